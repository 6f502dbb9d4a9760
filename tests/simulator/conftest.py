"""A site in process on a clock that stands still, a client that is signed in, and its control."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from simulator_client import Client

from arcgis_simulator.clock import Clock
from arcgis_simulator.control import create_control
from arcgis_simulator.site import Site
from arcgis_simulator.tokens import User
from arcgis_simulator.world import World


@pytest.fixture
def site() -> Site:
    world = World()
    world.set_user(User("siteadmin", "secret"))
    world.set_user(User("reader", "secret", "viewer"))
    return Site(world, Clock(manual=True))


@pytest.fixture
async def stranger(site: Site) -> AsyncIterator[Client]:
    """A client without a token."""
    client = Client(site)
    yield client
    await client.http.aclose()


@pytest.fixture
async def client(stranger: Client) -> Client:
    await stranger.sign_in()
    return stranger


@pytest.fixture
async def control(site: Site) -> AsyncIterator[Callable[..., Any]]:
    """Calls the control port: ``await control("POST", "/clock", advance=5)``."""
    transport = httpx.ASGITransport(create_control(site))
    async with httpx.AsyncClient(transport=transport, base_url="http://control") as http:

        async def call(method: str, path: str, *, fails: int = 200, **body: Any) -> Any:
            answer = await http.request(method, path, json=body or None)
            assert answer.status_code == fails, answer.text
            return answer.json()

        yield call
