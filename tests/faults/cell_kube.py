"""An API server in memory, and the way to it: one point where a fault can act on each request."""

import asyncio
import copy
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from cell_clock import now
from cell_wire import Take
from fault_kinds import EVENT, GET, LEASE, LIST, PATCH, SECRET

from harness.fault import UNTOUCHED
from harness.merge_patch import merged

Json = Any


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
            return 200, {"items": copy.deepcopy(items), "metadata": {"resourceVersion": str(self.version)}}
        if method == "GET":
            return (
                (200, copy.deepcopy(self.objects[path]))
                if path in self.objects
                else (404, {"kind": "Status"})
            )
        code, after = self._written(method, path, body)
        self.writes.append((now(), path, code, copy.deepcopy(after)))
        return code, after

    def _written(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        name = path.removesuffix("/status")
        if method == "POST":
            name = f"{path}/{body['metadata']['name']}"
            return (409, {"kind": "Status"}) if name in self.objects else (201, self.put(name, body))
        old = self.objects.get(name)
        if old is None:
            return 404, {"kind": "Status"}
        if body["metadata"].get("resourceVersion") not in (None, old["metadata"]["resourceVersion"]):
            return 409, {"kind": "Status"}
        if method == "PUT":
            return 200, self.put(name, body)
        return 200, self.put(name, {**old, "status": merged(old.get("status") or {}, body["status"])})


class KubeWire:
    """Stands in for the network before the API server."""

    def __init__(self, store: Store, take: Take) -> None:
        self.store, self.take = store, take

    async def call_api(self, method: str, url: str, headers: Json, body: Json, *_: Any, **__: Any) -> Any:
        """As `ApiClient.call_api`."""
        path = unquote(urlsplit(url).path)
        fault = self.take(f"kube {_kube_operation(method, path, body)}") or UNTOUCHED
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
