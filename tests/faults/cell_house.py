"""The whole operator but its informer, in one process and in virtual time: no sockets, no threads.

The real wiring (`app.parts.Parts`) over the simulator's ASGI application and an API server in memory. What
the watch would tell is put into the real dispatch. Each request passes one point where a fault can act.
"""

import asyncio
import base64
import contextlib
import copy
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cell_clock import BASE, LoopClock, now
from cell_kube import KubeWire, Store
from cell_replica import Replica
from cell_wire import Trap, Wire
from fault_secrets import LIVE_SECRET, PASSWORD

from arcgis_operator.adapters.admin import AdminClient, transport
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, SERVED, Kind
from arcgis_operator.app import leading, parts
from arcgis_operator.app.lease import Elector
from arcgis_operator.reconcilers import clock
from arcgis_operator.sites.sessions import Sessions
from arcgis_simulator import jsontext
from arcgis_simulator.catalogue import Service
from arcgis_simulator.echo import Echo
from arcgis_simulator.jobs import Plan
from arcgis_simulator.site import Site
from arcgis_simulator.tokens import User
from arcgis_simulator.world import World
from harness.bench import ECHO
from harness.fault import Fault
from harness.merge_patch import merged

Json = Any
TRUST = ssl.create_default_context()
SERVICE, NEIGHBOUR = "FireWeatherWatch.MapServer", "SampleWorldCities.MapServer"
USERNAME = "gitops"


class House:
    """One site, one API server, one operator or two; enter `running` inside a virtual loop."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.traps: list[Trap] = []
        self.store = Store()
        self.word: Callable[[Json], list[tuple[float, str, Json]]] = lambda body: [(0.0, "CHANGED", body)]
        self.world = World()
        self.world.switches = self.world.switches.changed({"job_seconds": 0.4, "submitted_seconds": 0.2})
        self.world.set_user(User(USERNAME, PASSWORD))
        self._plant_secrets()
        self.site = Site(self.world, LoopClock())
        self.site.echo = Echo(ECHO)
        self._patch(patch)
        base = "/apis/arcgis-operator.dev/v1alpha1/namespaces/gis"
        self.service_path, self.site_path = f"{base}/arcgisservices/fire", f"{base}/arcgissites/prod"
        self.replicas: list[Replica] = []
        self.neighbour_path = f"{base}/arcgisservices/neighbour"
        self.generation, self.wanted = 0, ""
        self.spec: Json = {}
        self.lives = 1

    def _plant_secrets(self) -> None:
        """In the live document, and in the messages and results of all jobs."""
        document, plan_for = self.service().document, self.world.jobs.plan_for
        document["properties"] |= {"note": f"account {PASSWORD}", "connectionString": LIVE_SECRET}
        document["jsonProperties"] = {
            "stores": [{"name": "db", "password": LIVE_SECRET, "owner": PASSWORD}],
            "credentials": {"key": LIVE_SECRET},
        }

        def telling(service: str) -> Plan:
            plan = plan_for(service)
            return replace(plan, messages=plan.messages or [f"by {USERNAME} with {PASSWORD}"])

        self.world.jobs.plan_for = telling  # type: ignore[method-assign]

    def _patch(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(transport, "Network", lambda tls: Wire(httpx.ASGITransport(self.site.app), self.take))
        patch.setattr(ssl, "create_default_context", lambda *_, **__: TRUST)
        patch.setattr(parts, "boottime", now)
        patch.setattr(clock, "boottime", now)
        patch.setattr(leading, "boottime", now)
        patch.setattr(clock.Clock, "now", lambda _: BASE + timedelta(seconds=now()))
        patch.setitem(Elector.__init__.__kwdefaults__, "clock", now)
        patch.setitem(AdminClient.__init__.__kwdefaults__, "clock", now)
        patch.setitem(AdminClient.__init__.__kwdefaults__, "wall", lambda: BASE.timestamp() + now())
        patch.setitem(Sessions.__init__.__kwdefaults__, "wall", lambda: BASE.timestamp() + now())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["House"]:
        self.store_secret(PASSWORD)
        self.store.put(self.site_path, _object("prod", spec=_SITE))
        self.store.changed = self._tell
        ticking = asyncio.create_task(self._tick())
        self.start()
        try:
            yield self
        finally:
            for replica in self.replicas:
                await replica.stop()
            ticking.cancel()

    # -- for a cell ------------------------------------------------------------------

    def start(self) -> None:
        """One more operator."""
        self.replicas.append(Replica(KubeWire(self.store, self.take).call_api))

    async def stop(self) -> None:
        """The operator, as a rollout stops it."""
        await self.replicas.pop().stop()

    def store_secret(self, password: str) -> None:
        data = {"username": _encoded(USERNAME), "password": _encoded(password)}
        self.store.put("/api/v1/namespaces/gis/secrets/login", _object("login", data=data))

    def service(self, title: str = SERVICE) -> Service:
        """The service of the site, as it is now."""
        found = self.world.catalogue.find("", title)
        assert found is not None
        return found

    def declare(self, description: str) -> None:
        self.generation, self.wanted = self.generation + 1, description
        before = self.store.objects.get(self.service_path) or _object("fire", self.lives)
        metadata = {**before["metadata"], "generation": self.generation}
        spec = {**_SPEC, **self.spec, "settings": {"description": description}}
        self.store.put(self.service_path, {**before, "spec": spec, "metadata": metadata})

    def specify(self, **spec: Json) -> None:
        """What stands in the spec beside the settings, from the next declaration on."""
        self.spec = merged(self.spec, spec)

    def state(self) -> Json:
        """The declared state, as the live document shows it; empty where none is declared."""
        return {key: self.spec[key] for key in self.spec.keys() & {"configuredState"}}

    def patch(self, path: str, change: Json) -> None:
        """A person changes an object."""
        body = merged(self.store.objects[path], change)
        body["metadata"]["generation"] += "spec" in change
        if path == self.service_path:
            self.generation = body["metadata"]["generation"]
            self.specify(**change.get("spec", {}))
        self.store.put(path, copy.deepcopy(body))

    def move_in(self, description: str) -> None:
        """Another resource declares a service of its own."""
        name, _, kind = NEIGHBOUR.partition(".")
        spec = {
            **_SPEC,
            "service": {"name": name, "type": kind},
            "settings": {"description": description},
        }
        self.store.put(self.neighbour_path, _object("neighbour", spec=spec))

    def delete(self) -> None:
        """The next one that is declared is another object of the same name."""
        body = self.store.objects.pop(self.service_path)
        self.lives += 1
        self._tell_all(ARCGIS_SERVICES, "DELETED", body)

    def wipe_status(self) -> None:
        body = copy.deepcopy(self.store.objects[self.service_path])
        body.pop("status", None)
        self.store.put(self.service_path, body)

    def ask_again(self) -> None:
        body = copy.deepcopy(self.store.objects[self.service_path])
        body["metadata"]["annotations"] = {"arcgis-operator.dev/requestedAt": str(now())}
        self.store.put(self.service_path, body)

    def condition(self, kind: str = "Ready", path: str = "") -> Json:
        """The current one of a resource; empty when there is none."""
        body = self.store.objects.get(path or self.service_path) or _object("none")
        found = (body.get("status") or {}).get("conditions") or []
        current = body["metadata"]["generation"]
        here = (one for one in found if one["type"] == kind and one["observedGeneration"] == current)
        return next(here, {"status": "", "reason": ""})

    async def until(self, good: Callable[[], bool], seconds: float) -> bool:
        end = now() + seconds
        while not good() and now() < end:
            self.alive()
            await asyncio.sleep(0.1)
        return good()

    def alive(self) -> None:
        for task in (task for replica in self.replicas for task in replica.tasks):
            assert not task.done(), f"a part of the operator ended: {task}"

    def counted(self) -> bool:
        """The site tells how many resources it has."""
        services = sum("/arcgisservices/" in path for path in self.store.objects)
        status = self.store.objects[self.site_path].get("status") or {}
        return bool(status.get("services", {}).get("attached") == services)

    def ready(self) -> bool:
        """All services are."""
        there = [path for path in (self.service_path, self.neighbour_path) if path in self.store.objects]
        return bool(there) and all(self.condition(path=path)["status"] == "True" for path in there)

    def closed(self) -> bool:
        """No operation is open: after a lost answer one is for a while when all is Ready."""
        status = self.store.objects[self.service_path].get("status") or {}
        return bool((status.get("journal") or {}).get("phase", "Idle") == "Idle")

    def site_ready(self) -> bool:
        """The site is, or it waits for a person or the next resync."""
        site = self.condition(path=self.site_path)
        return site["status"] == "True" or site["reason"] == "SiteNotFound"

    def converged(self) -> bool:
        """Both are."""
        return self.ready() and self.site_ready()

    def stalled(self) -> bool:
        """The service waits for a person."""
        return self.condition("Stalled")["status"] == "True"

    def edits(self) -> list[Json]:
        """Those of ours that were taken, and starts and stops; what the neighbour asks for is not counted."""
        taken = [one for one in self.journal() if one["kind"] == "accepted" and one["service"] != NEIGHBOUR]
        return [one for one in taken if one["username"] == USERNAME]

    def journal(self) -> list[Json]:
        """What the site has recorded, as its control port would tell it."""
        records = self.site.journal.after(0, limit=100_000)
        return [json.loads(jsontext.dumps(one)) for one in records]

    def own_writes(self) -> list[tuple[float, str, int, Json]]:
        """Writes to the API server, but the lease and events."""
        return [one for one in self.store.writes if "/leases" not in one[1] and "/events" not in one[1]]

    def last_write(self) -> float:
        """When the operator has last written anything of its own to the API server."""
        return max((at for at, *_ in self.own_writes()), default=0.0)

    def last_edit(self) -> float:
        """When the site has last taken an edit of ours."""
        return max((one["time_ms"] / 1000 - BASE.timestamp() for one in self.edits()), default=0.0)

    def take(self, operation: str) -> Fault | None:
        """The fault of this request, which counts in every trap that is asked."""
        return next((fault for trap in self.traps if (fault := trap.takes(operation))), None)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may tell: the site says it in all it says."""
        return (PASSWORD, LIVE_SECRET, *self.world.tokens.given)

    # -- inside ------------------------------------------------------------------------

    async def _tick(self) -> None:
        while True:
            self.site.tick()
            await asyncio.sleep(1.0)

    def _tell_all(self, kind: Kind, word: str, body: Json) -> None:
        for replica in self.replicas:
            replica.seen(kind, word, copy.deepcopy(body))

    def _tell(self, path: str, body: Json) -> None:
        kind = next((kind for kind in SERVED if f"/{kind.plural}/" in path), None)
        for delay, word, what in self.word(body) if kind else ():
            asyncio.get_running_loop().call_later(delay, self._tell_all, kind, word, what)


def _object(name: str, life: int = 1, **parts: Json) -> Json:
    metadata = {"name": name, "namespace": "gis", "uid": f"u-{name}-{life}", "generation": 1}
    return {"metadata": {**metadata, "creationTimestamp": "2026-11-23T11:00:00Z"}, **parts}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_SITE = {
    "url": "https://site.test/arcgis",
    "credentials": {"secretRef": {"name": "login"}},
    "limits": {"requestsPerSecond": 500, "maxJobs": 20},
}
_SPEC = {"siteRef": {"name": "prod"}, "service": {"name": "FireWeatherWatch", "type": "MapServer"}}


@contextlib.contextmanager
def house() -> Iterator[House]:
    with pytest.MonkeyPatch.context() as patch:
        yield House(patch)
