"""Sends generated cases to a simulated site in process, each by somebody, and knows what may come back."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from arcgis_simulator import jsontext, openapi
from arcgis_simulator.api.addresses import resolve
from arcgis_simulator.api.table import OPEN
from arcgis_simulator.clock import Clock
from arcgis_simulator.jobs import Plan
from arcgis_simulator.site import Site
from arcgis_simulator.tokens import User
from arcgis_simulator.world import World

BASE = "http://site.test/arcgis"
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(openapi.document(BASE))
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
KNOWN: Mapping[str, tuple[str, ...]] = {
    "name": ("FireWeatherWatch.MapServer", "Hosted", "Utilities", "fireweatherwatch.mapserver"),
    "service": ("FireWeatherWatch.MapServer", "PrintingTools.GPServer", "SampleWorldCities.MapServer"),
    "folder": ("Hosted", "Utilities", "utilities", "System"),
    "user": ("siteadmin", "reader"),
    "job": ("of-a-colleague",),
}
WHO = {"siteadmin": None, "reader": 403, "nobody": 499, "a liar": 498}
"""Who asks, and the code that he is refused with where a token is needed."""
ESRI = "X-Esri-Authorization"
DOCUMENTS = frozenset({"service", "serviceScalingSpec", "serviceJson"})
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


class House:
    """A site with two users and one running job; the clock stands still."""

    def __init__(self) -> None:
        world = World()
        world.set_user(User("siteadmin", "secret"))
        world.set_user(User("reader", "secret", "viewer"))
        self.site = Site(world, Clock(manual=True))
        target = world.catalogue.find("", "FireWeatherWatch.MapServer")
        assert target is not None
        self.job = world.foreign_edit(target, "colleague", target.document, Plan(outcome=None)).jobid
        self.tokens = {
            name: world.tokens.grant(user, "", world.now_ms, world.switches) for name, user in self._users()
        }
        self._runner = asyncio.Runner()
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(self.site.app))

    def close(self) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()

    def state(self) -> str:
        """Of all that only an accepted operation may change."""
        world = self.site.world
        return jsontext.digest(
            [
                {service.title: service.document for service in world.catalogue.services.values()},
                world.catalogue.folders,
                world.catalogue.deployments,
                [*world.jobs.jobs],
                world.read_only,
            ]
        )

    def send(self, case: schemathesis.Case, who: str) -> httpx.Response:
        """Over HTTP as `requests` would spell it, with that user's token."""
        held = {"a liar": "made-up"} | {name: token.value for name, token in self.tokens.items()}
        if who in held:
            case.headers["Authorization"] = f"Bearer {held[who]}"
        spelled = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
        body = spelled.body.encode() if isinstance(spelled.body, str) else spelled.body
        sent = httpx.Request(spelled.method, spelled.url, headers=dict(spelled.headers), content=body)
        return self._runner.run(self._http.send(sent))

    def _users(self) -> list[tuple[str, User]]:
        return [*self.site.world.tokens.users.items()]


def steer(case: schemathesis.Case, data: st.DataObject, house: House) -> None:
    """Most cases go to something that is there, ask for JSON, and carry JSON where it belongs."""
    for name in case.path_parameters:
        if data.draw(st.integers(0, 9)) > 2:
            known = data.draw(st.sampled_from(KNOWN[name]))
            case.path_parameters[name] = house.job if name == "job" else known
    for holder, name in ((case.headers, "Authorization"), (case.headers, ESRI), (case.query, "token")):
        holder.pop(name, None)
    if data.draw(st.integers(0, 9)) > 1:
        case.query["f"] = "json"
    for field in DOCUMENTS.intersection(case.body if isinstance(case.body, dict) else ()):
        if data.draw(st.integers(0, 9)) > 2:
            case.body[field] = jsontext.dumps(data.draw(_written(house)))


def _written(house: House) -> st.SearchStrategy[Any]:
    """A document of the site with something else in it, its scaling, something new, or any JSON at all."""
    service = house.site.world.catalogue.find("", "FireWeatherWatch.MapServer")
    documents = [service.document] if service else []
    scalings = [{"scalingSpec": house.site.world.catalogue.scaling(service)}] if service else []
    new = st.builds(lambda name: {"serviceName": name, "type": "MapServer"}, st.text(min_size=1, max_size=5))
    changed = st.builds(
        lambda document, name, value: {**document, name: value},
        st.sampled_from(documents or [{}]),
        st.sampled_from(["description", "properties", "extensions", "minInstancesPerNode", "type", "new"]),
        VALUES,
    )
    return st.one_of(changed, st.sampled_from(scalings or [{}]), new, VALUES)


def refusal(answer: httpx.Response) -> int | None:
    """The code of a refusal in form A or B; None for everything else."""
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return None
    said = answer.json()
    error = said.get("error", said if said.get("status") == "error" else {})
    return error.get("code") if isinstance(error, dict) else None


def needs_token(answer: httpx.Response) -> bool:
    return resolve(answer.request.url.raw_path.partition(b"?")[0].decode(), "arcgis").operation not in OPEN
