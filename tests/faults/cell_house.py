"""The whole operator but its informer, in one process and in virtual time: no sockets, no threads.

The real wiring (`app.run.Operator`) over the simulator's ASGI application and an API server in memory. What
the watch would tell is put into the real dispatch. Each request passes one point where a fault can act.
"""

import asyncio
import base64
import contextlib
import copy
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore
import httpx
import pytest
from fault_kinds import EVENT, GET, LEASE, LIST, PATCH, SECRET
from kubernetes.aio.client.configuration import Configuration

from arcgis_operator.adapters.admin import AdminClient, transport
from arcgis_operator.adapters.kube.access import Access
from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.app import leading, run
from arcgis_operator.app.lease import Elector
from arcgis_operator.config import Config
from arcgis_simulator import jsontext
from arcgis_simulator.catalogue import Service
from arcgis_simulator.clock import Clock
from arcgis_simulator.site import Site
from arcgis_simulator.tokens import User
from arcgis_simulator.world import World
from harness.bench import FAST
from harness.canaries import canary
from harness.fault import DOORS, UNTOUCHED, Fault, operation_of

Json = Any
BASE = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
TRUST = ssl.create_default_context()
SERVICE = "FireWeatherWatch.MapServer"
USERNAME, PASSWORD = "gitops", canary()


def now() -> float:
    return asyncio.get_running_loop().time()


class LoopClock(Clock):
    """The site's time is the loop's."""

    def now_ms(self) -> int:
        return int(BASE.timestamp() * 1000 + now() * 1000)


class Trap:
    """Which requests a fault takes: the nth of an operation on, so many times, or until cleared."""

    def __init__(self, operation: str, nth: int, times: float, fault: Fault) -> None:
        self.operation, self.nth, self.times, self.fault = operation, nth, times, fault
        self.seen = self.hits = 0

    def takes(self, operation: str) -> Fault | None:
        """`operation` of a trap may be a peer alone: all of its operations."""
        if operation != self.operation and operation.partition(" ")[0] != self.operation:
            return None
        self.seen += 1
        if self.seen < self.nth or self.hits >= self.times:
            return None
        self.hits += 1
        return self.fault


class Wire(httpx.AsyncBaseTransport):
    """Stands in for the network before the site; asks the guard where the network would."""

    def __init__(self, house: "House") -> None:
        self.house, self.inner = house, httpx.ASGITransport(house.site.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fault = self.house.take_site(operation_of(request.url.path)) or UNTOUCHED
        await asyncio.sleep(fault.seconds)
        if fault.breaks in DOORS:
            raise httpcore.ConnectError("planted")
        await request.extensions["trace"]("http11.send_request_headers.started", {})
        answer = httpx.Response(fault.code or 200, headers=fault.headers, content=fault.body)
        for _ in range(fault.processed):
            real = await self.inner.handle_async_request(request)
            body = b"".join([part async for part in real.stream])  # type: ignore[union-attr]
            if fault.rewrite:
                answer = httpx.Response(
                    real.status_code, headers=fault.headers or {"content-type": "application/json"},
                    content=fault.rewrite(body),
                )  # fmt: skip
        if fault.breaks == "hang":
            await asyncio.sleep(3600)
        if fault.breaks == "request":
            raise httpcore.ReadError("planted")
        if fault.breaks == "answer":
            return httpx.Response(200, headers={"content-type": "application/json"}, stream=_Half(body))
        return answer


class _Half(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self.body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.body[: len(self.body) // 2]
        raise httpcore.ReadError("planted")


class _Answer:
    def __init__(self, status: int, content: bytes, headers: Any = None) -> None:
        self.status, self.content, self.headers = status, content, headers or {}

    async def read(self) -> bytes:
        return self.content


class Store:
    """Objects in memory, by path, with versions. `changed` hears of every write."""

    def __init__(self) -> None:
        self.objects: dict[str, Json] = {}
        self.version = 100
        self.writes: list[tuple[float, str, int, Json]] = []
        self.changed: Callable[[str, Json], None] = lambda path, body: None

    def put(self, path: str, body: Json) -> Json:
        self.version += 1
        body["metadata"]["resourceVersion"] = str(self.version)
        self.objects[path] = copy.deepcopy(body)
        self.changed(path, copy.deepcopy(body))
        return body

    def answer(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        if method == "GET" and path.endswith(("arcgissites", "arcgisservices")):
            items = [one for key, one in self.objects.items() if key.startswith(path + "/")]
            return 200, {"items": copy.deepcopy(items), "metadata": {}}
        if method == "GET":
            return (200, copy.deepcopy(self.objects[path])) if path in self.objects else (404, {})
        code, after = self._written(method, path, body)
        self.writes.append((now(), path, code, copy.deepcopy(after)))
        return code, after

    def _written(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        name = path.removesuffix("/status")
        if method == "POST":
            name = f"{path}/{body['metadata']['name']}"
            return (409, {}) if name in self.objects else (201, self.put(name, body))
        old = self.objects.get(name)
        if old is None:
            return 404, {}
        if body["metadata"].get("resourceVersion") not in (None, old["metadata"]["resourceVersion"]):
            return 409, {}
        if method == "PUT":
            return 200, self.put(name, body)
        return 200, self.put(name, {**old, "status": _merged(old.get("status") or {}, body["status"])})


class Replica:
    """One operator at work, all but its informer. `call_api` stands in for the way to the API server."""

    def __init__(self, call_api: Callable[..., Any]) -> None:
        configuration = Configuration()
        configuration.host = "http://kube.test"

        async def load() -> Configuration:
            return configuration

        self._api = KubeApi(Access(configuration, load))
        self._api._client.call_api = call_api
        config = Config(namespaces=("gis",), lease_namespace="gis", **_fast())
        self._operator = operator = run.Operator(config, self._api)
        self.seen = operator._dispatch.seen
        self._electing = asyncio.create_task(operator._elector.run(operator._begin, operator._end))
        others = (operator._events.run(), operator._leading.watch())
        self.tasks = [self._electing, *(asyncio.create_task(part) for part in others)]

    async def stop(self) -> None:
        """In the order of `Operator`'s own end."""
        settled = await self._operator._leading.stop()
        self._electing.cancel()
        await asyncio.gather(self._electing, return_exceptions=True)
        await self._operator._elector.release(settled=settled)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self._operator._sessions.aclose()
        await self._api.aclose()


class House:
    """One site, one API server, one operator or two; enter `running` inside a virtual loop."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.traps: list[Trap] = []
        self.store = Store()
        self.word: Callable[[Json], list[tuple[float, str, Json]]] = lambda body: [(0.0, "CHANGED", body)]
        self.world = World()
        self.world.switches = self.world.switches.changed({"job_seconds": 0.4, "submitted_seconds": 0.2})
        self.world.set_user(User(USERNAME, PASSWORD))
        self.site = Site(self.world, LoopClock())
        self._patch(patch)
        base = "/apis/arcgis-operator.dev/v1alpha1/namespaces/gis"
        self.service_path, self.site_path = f"{base}/arcgisservices/fire", f"{base}/arcgissites/prod"
        self.elder_path = f"{base}/arcgisservices/elder"
        self.replicas: list[Replica] = []
        self.generation, self.wanted = 0, ""
        self.lives = 1

    def _patch(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(transport, "Network", lambda tls: Wire(self))
        patch.setattr(ssl, "create_default_context", lambda *_, **__: TRUST)
        patch.setattr(run, "boottime", now)
        patch.setattr(leading, "boottime", now)
        patch.setattr(run.SystemClock, "now", lambda _: BASE + timedelta(seconds=now()))
        patch.setitem(Elector.__init__.__kwdefaults__, "clock", now)
        patch.setitem(AdminClient.__init__.__kwdefaults__, "clock", now)
        patch.setitem(AdminClient.__init__.__kwdefaults__, "wall", lambda: BASE.timestamp() + now())

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
        self.replicas.append(Replica(self._call_api))

    async def stop(self) -> None:
        """The operator, as a rollout stops it."""
        await self.replicas.pop().stop()

    def store_secret(self, password: str) -> None:
        data = {"username": _encoded(USERNAME), "password": _encoded(password)}
        self.store.put("/api/v1/namespaces/gis/secrets/login", _object("login", data=data))

    def service(self) -> Service:
        """The service of the site, as it is now."""
        found = self.world.catalogue.find("", SERVICE)
        assert found is not None
        return found

    def declare(self, description: str) -> None:
        self.generation, self.wanted = self.generation + 1, description
        before = self.store.objects.get(self.service_path) or _object("fire", self.lives)
        self._put_service(self.service_path, before, description, self.generation)

    def declare_elder(self, description: str) -> None:
        """Another resource for the same service."""
        self._put_service(self.elder_path, _object("elder", created="2026-11-23T10:00:00Z"), description, 1)

    def delete(self, path: str = "") -> None:
        """The next one that is declared is another object of the same name."""
        body = self.store.objects.pop(path or self.service_path)
        self.lives += 1
        self._tell_all("service", "DELETED", body)

    def wipe_status(self) -> None:
        body = copy.deepcopy(self.store.objects[self.service_path])
        body.pop("status", None)
        self.store.put(self.service_path, body)

    def suspend(self, suspended: bool) -> None:
        """The whole site, or no more."""
        body = copy.deepcopy(self.store.objects[self.site_path])
        body["spec"]["suspend"] = suspended
        body["metadata"]["generation"] += 1
        self.store.put(self.site_path, body)

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

    def gone(self) -> bool:
        """The resource has been deleted."""
        return self.service_path not in self.store.objects

    def counted(self) -> bool:
        """The site tells how many resources it has."""
        services = sum("/arcgisservices/" in path for path in self.store.objects)
        status = self.store.objects[self.site_path].get("status") or {}
        return bool(status.get("services", {}).get("attached") == services)

    def ready(self) -> bool:
        """The service is."""
        return bool(self.condition()["status"] == "True")

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
        """Those of ours that were taken."""
        return [one for one in self.journal() if one["kind"] == "accepted" and one["username"] == USERNAME]

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

    def take_site(self, operation: str) -> Fault | None:
        return self._take(f"site {operation}")

    def _take(self, operation: str) -> Fault | None:
        return next((fault for trap in self.traps if (fault := trap.takes(operation))), None)

    # -- inside ------------------------------------------------------------------------

    async def _tick(self) -> None:
        while True:
            self.site.tick()
            await asyncio.sleep(1.0)

    def _put_service(self, path: str, before: Json, description: str, generation: int) -> None:
        body = {**before, "spec": {**_SPEC, "settings": {"description": description}}}
        body["metadata"] = {**body["metadata"], "generation": generation}
        self.store.put(path, body)

    def _tell_all(self, kind: str, word: str, body: Json) -> None:
        for replica in self.replicas:
            replica.seen(kind, word, copy.deepcopy(body))

    def _tell(self, path: str, body: Json) -> None:
        kind = next((word for word in ("service", "site") if f"/arcgis{word}s/" in path), "")
        for delay, word, what in self.word(body) if kind else ():
            asyncio.get_running_loop().call_later(delay, self._tell_all, kind, word, what)

    async def _call_api(self, method: str, url: str, headers: Json, body: Json, *_: Any, **__: Any) -> Any:
        path = unquote(urlsplit(url).path)
        fault = self._take(f"kube {_kube_operation(method, path, body)}") or UNTOUCHED
        await asyncio.sleep(fault.seconds)
        if fault.breaks == "connect":
            raise ConnectionRefusedError
        code, content = fault.code or 200, fault.body
        if fault.applied or fault.rewrite:
            real, answer = self.store.answer(method, path, copy.deepcopy(body))
            if fault.rewrite:
                code, content = real, fault.rewrite(json.dumps(answer).encode())
        if fault.breaks == "hang":
            await asyncio.sleep(3600)
        if fault.breaks == "request":
            raise ConnectionResetError
        return _Answer(code, content, fault.headers)


def _kube_operation(method: str, path: str, body: Json) -> str:
    for part, name in (("/leases", LEASE), ("/events", EVENT), ("/secrets", SECRET)):
        if part in path:
            return name
    if method == "PATCH" and "/arcgisservices/" in path:
        phase = ((body.get("status") or {}).get("journal") or {}).get("phase", "")
        return f"{PATCH} {phase}".strip()
    if method == "PATCH":
        return f"{PATCH} site"
    return LIST if path.endswith(("arcgissites", "arcgisservices")) else GET


def _merged(target: Json, patch: Json) -> Json:
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


def _object(name: str, life: int = 1, created: str = "2026-11-23T11:00:00Z", **parts: Json) -> Json:
    metadata = {"name": name, "namespace": "gis", "uid": f"u-{name}-{life}", "generation": 1}
    return {"metadata": {**metadata, "creationTimestamp": created}, **parts}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _fast() -> dict[str, Any]:
    known = dict(FAST)
    known.update(site_write_seconds=2, settle_seconds=2, retry_seconds=5, backoff_seconds=5)
    return known


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
