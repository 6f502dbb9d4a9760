"""Fixtures for the border to the site."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import trustme
from admin_wire import Answers, Script, WireSite, client_context, credentials, server_context

from arcgis_operator.adapters.admin import AdminClient, Trust


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def trust(authority: trustme.CA) -> ssl.SSLContext:
    return client_context(authority)


@pytest.fixture
async def wire_site(authority: trustme.CA) -> AsyncIterator[Callable[[Answers], Awaitable[WireSite]]]:
    """Starts scripted sites on real sockets."""
    async with AsyncExitStack() as stack:

        async def start(respond: Answers, name: str = "localhost") -> WireSite:
            site = WireSite(respond)
            await site.start(server_context(authority, name))
            stack.push_async_callback(site.stop)
            return site

        yield start


@pytest.fixture
async def client_of(trust: ssl.SSLContext) -> AsyncIterator[Callable[..., AdminClient]]:
    """Makes clients that are closed at the end."""
    async with AsyncExitStack() as stack:

        def make(url: str, **options: Any) -> AdminClient:
            tls = options.pop("tls", trust)
            trusted = Trust(tls, "the CA of the test") if tls else None
            client = AdminClient(url, options.pop("credentials", credentials), trusted, **options)
            stack.push_async_callback(client.aclose)
            return client

        yield make


@pytest.fixture
def scripted(client_of: Callable[..., AdminClient]) -> Callable[..., tuple[AdminClient, Script]]:
    """A client of a site in process that gives the same answer to everything but a login."""

    def make(
        respond: httpx.Response | Callable[[httpx.Request], httpx.Response], **options: Any
    ) -> tuple[AdminClient, Script]:
        script = Script((lambda request: respond) if isinstance(respond, httpx.Response) else respond)
        return client_of("https://site.test/arcgis", transport=script.transport, **options), script

    return make
