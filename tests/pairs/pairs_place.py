"""Where a scene is played: the whole operator but its informer, over a site and an API server in memory."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import cell_house
import cell_replica
import httpx
import pairs_memo
import pytest
from acts_cluster import ClusterActs
from acts_resources import ResourceActs
from acts_site import SiteActs
from cell_clock import now
from pairs_history import Asked, Heard, History, Version
from pairs_loop import Hot, Loop
from pairs_objects import encoded, made
from pairs_scene import GIS, LAST, TEAM, Event, Scene, Script, When, path_of
from pairs_store import KubeWay, Shelf
from pairs_wire import REPLICA, SENT, SiteWay
from pairs_world import USER, Watched

from arcgis_operator.adapters.admin import transport
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES, Kind
from arcgis_simulator.tokens import User
from harness.canaries import canary
from harness.fault import Fault

Json = Any
LEASE = {"lease_seconds": 30.0, "renew_deadline_seconds": 20.0, "lease_retry_seconds": 5.0}
"""As shipped in proportion; renewed less often, for speed."""
UNDISPUTED = {"lease_seconds": 600.0, "renew_deadline_seconds": 400.0, "lease_retry_seconds": 100.0}
"""Where one operator leads from the start to the end."""
DISPUTES = {"restart", "crash", "stand_by", "restart_first", "empty_lease"}
"""Acts that make somebody else lead."""

DEEP = 5_000
"""Bytes of an object that is told in lists only: a watch does not survive the one that is nested so deep."""
WRITES = 1_000
"""Of one object in a scene: so many that it is not worth going on."""


class Place(ResourceActs, SiteActs, ClusterActs):
    """One site, one API server, and the operators of a script."""

    def __init__(self, script: Script, patch: pytest.MonkeyPatch) -> None:
        self.script, self.ways = script, script.ways
        self.ways["works"] = min(self.ways.get("works", 0.0), _longest_work(script))
        self.history = History(script)
        self.secret = script.password or self.ways.get("password") or canary()
        self.shelf = Shelf()
        self.replicas: list[Any] = []
        self.dead: set[int] = set()
        self.counts: dict[str, int] = {}
        self._behind = Watched(script, self.history, self.secret)
        self.world, self.site = self._behind.world, self._behind.site
        self.traps: list[Any] = []
        cell_house.House._patch(self, patch)  # type: ignore[arg-type]
        self._patch(patch)

    def take(self, operation: str, path: str = "") -> tuple[Fault, float] | None:
        """The fault of this request, which counts for every one that waits for it."""
        broken = next((fault for fault, until in self.ways.get("broken", ()) if now() < until), None)
        if broken and operation.startswith("site "):
            return broken, 0.0
        if f"/namespaces/{self.ways.get('refuses namespace')}/" in path and operation.startswith("kube "):
            return Fault(code=403, body=b'{"kind": "Status", "message": "forbidden"}'), 0.0
        found = [one for one in self.script.catches if one.takes(operation, path, now())]
        if found and found[0].arrives and "list" in operation:
            self.trigger(f"late {operation.rpartition(' ')[2]}")
        return (found[0].fault, found[0].arrives) if found else None

    async def play(self) -> History:
        """The whole script, in the time of the loop."""
        script = self.script
        for namespace, labels in ((GIS, {"team": "gis"}), (TEAM, {"team": "gis"})):
            self.shelf.put(
                f"/api/v1/namespaces/{namespace}", {"metadata": {"name": namespace, "labels": labels}}
            )
        self._declare_sites()
        for resource in script.resources:
            script.events.append(Event(When(resource.at), "make", {"resource": resource}))
        self.start()
        for event in (one for one in script.events if not one.when.trigger):
            asyncio.get_running_loop().call_at(event.when.seconds, self._act, event)
        await asyncio.sleep(script.length)
        while (rest := self._quiet_for() - now()) > 0:  # noqa: ASYNC110 - more may happen meanwhile
            await asyncio.sleep(rest)
        self.site.tick()
        return self._told()

    def start(self) -> None:
        """One more operator; its informer tells what there is."""
        number = len(self.replicas) + 1
        REPLICA.set(number)
        way = KubeWay(self.shelf, self.take, self._kube_seen)
        self.replicas.append(cell_replica.Replica(self._of(number, way.call_api)))
        REPLICA.set(0)
        asyncio.get_running_loop().call_later(0.5, self._tell_all, number)

    def living(self) -> Iterator[tuple[int, Any]]:
        """Number and replica of those that have not ended."""
        return ((number, one) for number, one in enumerate(self.replicas, 1) if number not in self.dead)

    def tell(self, word: str, body: Json, lag: float | None = None) -> None:
        """What a watch tells every replica."""
        kind = ARCGIS_SERVICES if "siteRef" in body.get("spec", {}) else ARCGIS_SITES
        lag = self.ways.get("watch_lag", 0.0) if lag is None else lag
        if now() >= self.ways.get("watch_dead_until", 0.0) and "spec" in body:
            asyncio.get_running_loop().call_later(lag, self._told_to_all, kind, word, json.dumps(body))

    def trigger(self, name: str) -> None:
        """Something happened that events wait for."""
        count = self.counts[name] = self.counts.get(name, 0) + 1
        for event in self.script.events:
            if event.when.trigger == name and event.when.nth == count:
                asyncio.get_running_loop().call_later(event.when.seconds, self._act, event)

    # -- inside --------------------------------------------------------------------------

    def _patch(self, patch: pytest.MonkeyPatch) -> None:
        inner = httpx.ASGITransport(self.site.app)
        patch.setattr(
            transport,
            "Network",
            lambda tls: SiteWay(inner, self.take, self._site_seen, self.ways, self.dead, self.secret),
        )
        config = cell_replica.Config
        settings = {**self._lease(), "namespaces": (GIS, TEAM), **self.ways.get("settings", {})}
        patch.setattr(cell_replica, "SETTINGS", {})
        patch.setattr(cell_replica, "Config", lambda **given: config(**{**given, **settings}))
        self.shelf.changed = self._changed
        self.shelf.strip = self._stripped
        logger = logging.getLogger("arcgis_operator")
        patch.setattr(logger, "handlers", [Heard(self.history.outputs)])
        patch.setattr(logger, "propagate", False)
        patch.setattr(logger, "level", logging.INFO)
        logger.manager._clear_cache()  # type: ignore[attr-defined]
        self.history.secrets |= self.ways.get("canaries", {})
        if not self.script.password:
            self.history.secrets["password"] = self.secret
        pairs_memo.remember(patch)
        if self.ways.get("fold"):
            self._behind.fold(patch, self.ways["fold"])

    def _lease(self) -> dict[str, float]:
        acts = {one.act for one in self.script.events}
        broken = {one.operation for one in self.script.catches}
        return LEASE if acts & DISPUTES or "kube lease" in broken else UNDISPUTED

    def _of(self, number: int, call_api: Callable[..., Any]) -> Callable[..., Any]:
        """Of one that crashed nothing leaves any more."""

        async def call(*args: Any, **named: Any) -> Any:
            if number in self.dead:
                await asyncio.sleep(10**6)
            return await call_api(*args, **named)

        return call

    def _quiet_for(self) -> float:
        """When it has been quiet long enough: what follows an edit may come late."""
        last = max((at for at, _, _ in self.history.events), default=0.0)
        return last + self.script.length - LAST

    def _declare_sites(self) -> None:
        limits = {"requestsPerSecond": 500, "maxJobs": 20, **self.script.limits}
        self.store_secret("login", USER, self.secret)
        plain = {"url": "https://site.test/arcgis", "credentials": {"secretRef": {"name": "login"}}}
        access = {"access": self.script.access} if self.script.access else {}
        sites = self.script.sites
        for name, spec in {**sites, "prod": {**access, **sites.get("prod", {})}}.items():
            self.shelf.put(
                path_of("arcgissites", GIS, name), made(name, GIS, spec={**plain, "limits": limits, **spec})
            )
        for user in {spec.get("_user", "") for spec in self.script.sites.values()} - {""}:
            self.world.set_user(User(user, self.secret))
            self.store_secret(f"login-{user}", user, self.secret)

    def store_secret(self, name: str, user: str, password: str) -> None:
        data = {"username": encoded(user), "password": encoded(password)}
        self.shelf.put(f"/api/v1/namespaces/{GIS}/secrets/{name}", made(name, GIS, data=data))

    def _act(self, event: Event) -> None:
        self.history.events.append((now(), event.act, event.facts))
        done = getattr(self, f"act_{event.act}")(**event.facts)
        if asyncio.iscoroutine(done):
            self.ways.setdefault("under way", set()).add(asyncio.create_task(done))

    def _stripped(self, path: str, body: Json) -> Json:
        strip = self.ways.get("strips")
        return strip(body, now()) if strip and "/arcgisservices/" in path else body

    def _changed(self, path: str, text: bytes | None, by_people: bool) -> None:
        if "/leases" in path:
            return
        if "/events" in path:
            self.history.outputs.append(("event", text or b""))
            return
        versions = self.history.versions.setdefault(path, [])
        versions.append(Version(now(), text, by_people))
        if len(versions) == WRITES:
            loop: Any = asyncio.get_running_loop()
            loop.much = f"{path.rpartition('/')[2]} is written for the {WRITES}th time"
        if text and "/arcgiss" in path:
            self.tell("CHANGED", json.loads(text))

    def _told_to_all(self, kind: Kind, word: str, text: str) -> None:
        behind = self.ways.get("behind", 0.0)
        for number, replica in self.living():
            if behind and number == 1:
                asyncio.get_running_loop().call_later(behind, replica.seen, kind, word, json.loads(text))
            else:
                replica.seen(kind, word, json.loads(text))

    def _tell_all(self, number: int) -> None:
        """The first list of a replica's informer."""
        for path, text in list(self.shelf.texts.items()):
            kind = next(
                (kind for kind in (ARCGIS_SERVICES, ARCGIS_SITES) if f"/{kind.plural}/" in path), None
            )
            if kind and number not in self.dead and len(text) < DEEP:
                self.replicas[number - 1].seen(kind, "LISTED", json.loads(text))

    def _kube_seen(self, operation: str, path: str) -> None:
        if operation.startswith("kube list"):
            self.trigger("list")
        elif operation == "kube patch Intended":
            self.trigger("intent")

    def _site_seen(self, word: str, request: httpx.Request) -> None:
        self.history.asked.append(Asked(now(), word, request.url.host, request.url.path))
        if word in SENT:
            request.left = now()  # type: ignore[attr-defined]
        if word == "edit":
            self.trigger("edit")

    def _told(self) -> History:
        history, end = self.history, now()
        history.edits += self._behind.edits()
        history.secrets |= self._behind.secrets()
        for number, replica in self.living():
            for task in replica.tasks:
                if task.done() and not task.cancelled():
                    history.ended_parts.append(f"replica {number}: {task.exception()!r}")
        history.end = end
        return history


def play(scene: Scene) -> History:
    """What happened in it."""
    with pytest.MonkeyPatch.context() as patch:
        script = scene.script()
        places: list[Place] = []

        async def run() -> History:
            places.append(Place(script, patch))
            return await places[0].play()

        with asyncio.Runner(loop_factory=Loop) as runner:
            try:
                return runner.run(run())
            except Hot as hot:
                places[0].history.hot = str(hot)
                return places[0].history


def _longest_work(script: Script) -> float:
    """Of what has no job: as is assumed, and while the token lasts, which is looked at when it is done."""
    bound = float(script.ways.get("settings", {}).get("job_timeout_seconds", 600.0))
    return 30.0 if "token_minutes_max" in script.switches else min(bound, 600.0) - 10.0
