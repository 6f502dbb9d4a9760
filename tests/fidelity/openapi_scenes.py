"""Scenes for generated cases: a fresh site in a known state, who asks, and how a case is put to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hypothesis import strategies as st
from schemathesis import Case, Response

from arcgis_simulator import jsontext
from arcgis_simulator.catalogue import Service
from arcgis_simulator.clock import Clock
from arcgis_simulator.jobs import Plan
from arcgis_simulator.oauth import OUT_OF_BAND
from arcgis_simulator.site import Site
from arcgis_simulator.tokens import User
from arcgis_simulator.world import World

PASSWORD = "secret"
USERS = (
    User("siteadmin", PASSWORD),
    User("author", PASSWORD, "publisher"),
    User("reader", PASSWORD, "viewer"),
)
REFUSED = {"reader": 403, "nobody": 499, "a forger": 498}
"""Who may not administer, and the code that tells it."""
BASE = "https://site.test/arcgis"


@dataclass(frozen=True)
class Scene:
    """``planted``: names and secrets that exist take the place of generated ones; ``pick`` says which."""

    asker: str
    way: str
    state: str
    planted: bool
    pick: int
    switches: tuple[str, str]


SCENES = st.builds(
    Scene,
    asker=st.sampled_from(["siteadmin", "author", "siteadmin", "author", *REFUSED]),
    way=st.sampled_from(["authorization", "x-esri-authorization", "query", "body", "cookie"]),
    state=st.sampled_from(["calm", "calm", "calm", "read-only", "busy"]),
    planted=st.sampled_from([True, True, False]),
    pick=st.integers(0, 10_000),
    switches=st.sampled_from(
        [
            ("error_form", "documented"),
            ("error_form", "A"),
            ("error_form", "B"),
            ("submit_reply", "2"),
            ("jobs_url", "internal"),
            *[("jobs_url", "without-admin")] * 3,
        ]
    ),
)


class Front:
    """One application for all cases: the site of the present scene answers."""

    def __init__(self) -> None:
        self.site: Site

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self.site.app(scope, receive, send)


def play(scene: Scene) -> Site:
    """A site with users, a job that hangs, and the state of the scene."""
    world = World(ids_from="cases")
    for user in USERS:
        world.set_user(user)
    site = Site(world, Clock(manual=True))
    world.foreign_edit(target(world, scene), "colleague", {}, Plan(outcome=None))
    name, value = scene.switches
    busy = {"busy": "refuse"} if scene.state == "busy" else {}
    world.switches = world.switches.changed({name: value, **busy})
    world.read_only = "Back at noon" if scene.state == "read-only" else None
    return site


def target(world: World, scene: Scene) -> Service:
    services = list(world.catalogue.services.values())
    return services[scene.pick % len(services)]


def put(case: Case, scene: Scene, site: Site) -> tuple[Response, Mapping[str, Any]]:
    """Sends the case with the token of the scene; answers also what was there before."""
    world = site.world
    for fields in (case.query, case.body):
        if isinstance(fields, dict):
            fields.pop("token", None)
    if scene.planted:
        _plant(case, scene, world)
    way, token = scene.way, _token(scene, world)
    if way == "body" and not isinstance(case.body, dict):
        way = "query"
    sent: dict[str, Any] = {"headers": {}, "params": {}, "cookies": {}}
    if token is not None and way == "body":
        case.body["token"] = token
    elif token is not None:
        place, name, value = {
            "query": ("params", "token", token),
            "cookie": ("cookies", "agsadmin", token),
        }.get(way, ("headers", way, f"Bearer {token}"))
        sent[place][name] = value
    if isinstance(case.body, dict):
        case.body = _form(case.body)
    before = snapshot(world)
    return case.call(base_url=BASE, allow_redirects=False, **sent), before


def snapshot(world: World) -> Mapping[str, Any]:
    """All that a request might change."""
    return {
        "services": {key: jsontext.dumps(one.document) for key, one in world.catalogue.services.items()},
        "folders": sorted(world.catalogue.folders),
        "deployments": jsontext.dumps(world.catalogue.deployments),
        "jobs": {job.jobid: job.status for job in world.jobs.jobs.values()},
        "occupied": sorted(job.service for job in world.jobs.jobs.values() if not job.ended),
        "users": sorted(world.tokens.users),
        "read-only": world.read_only,
        "tokens": len(world.tokens.given),
    }


def _token(scene: Scene, world: World) -> str | None:
    user = world.tokens.users.get(scene.asker)
    if user is not None:
        return world.tokens.grant(user, "", world.now_ms, world.switches).value
    return None if scene.asker == "nobody" else "forged"


def _plant(case: Case, scene: Scene, world: World) -> None:
    service = target(world, scene)
    names = {
        "folder": service.folder or min(world.catalogue.folders.values()),
        "name": service.document["serviceName"],
        "type": service.document["type"],
        "job": next(iter(world.jobs.jobs)),
        "user": USERS[scene.pick % len(USERS)].username,
    }
    if {"folder", "name"} <= set(case.path_parameters or {}) and not service.folder:
        names = {**names, "folder": "Transport", "name": "Addresses", "type": "GeocodeServer"}
    for name in case.path_parameters or {}:
        case.path_parameters[name] = names[name]
    if isinstance(case.body, dict):
        secrets = _secrets(case.body, scene, world)
        case.body.update({name: value for name, value in secrets.items() if name in case.body})
        _name_the_deployment(case.body, names, world)
        if isinstance(case.body.get("services"), list):
            named = {
                "folderName": service.folder,
                **{n: service.document[n] for n in ("serviceName", "type")},
            }
            case.body["services"] = [named]
    if "redirect_uri" in (case.query or {}):
        case.query["redirect_uri"] = OUT_OF_BAND if scene.pick % 2 else f"{BASE}/admin"


def _secrets(body: Mapping[str, Any], scene: Scene, world: World) -> Mapping[str, str]:
    login = {"username": "siteadmin", "password": PASSWORD}
    wanted = "code" if scene.pick % 2 or "code" in body else "token"
    state = world.oauth.authorize({"response_type": wanted, "redirect_uri": OUT_OF_BAND}, BASE)
    if "code" not in body:
        return {**login, "oauth_state": state}
    done = world.oauth.sign_in({**login, "oauth_state": state}, world.now_ms, world.switches)
    return {"code": done.code or ""}


def _name_the_deployment(body: Mapping[str, Any], names: Mapping[str, str], world: World) -> None:
    spec = body.get("serviceScalingSpec")
    entries = spec.get("scalingSpec") if isinstance(spec, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and "deploymentId" in entry:
            entry["deploymentId"] = _deployment(names, world)


def _deployment(names: Mapping[str, str], world: World) -> str:
    title = f"{names['name']}.{names['type']}"
    found = world.catalogue.find("", title) or world.catalogue.find(names["folder"], title)
    assert found is not None
    return found.deployments[0]


def _form(body: Mapping[str, Any]) -> str:
    """As a form carries it: text as it is, all else as JSON."""
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    return urlencode(texts, errors="replace")
