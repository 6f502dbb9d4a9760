"""An API server in memory that is quick: objects as JSON texts, each version noted for the judge."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from cell_clock import BASE, now

from harness.fault import UNTOUCHED, Fault
from harness.merge_patch import merged

Json = Any


class Answer:
    """What `KubeApi` reads of one."""

    def __init__(self, status: int, content: bytes, headers: Any = None) -> None:
        self.status, self.content, self.headers = status, content, headers or {}

    async def read(self) -> bytes:
        return self.content


class Shelf:
    """Objects by path. `changed(path, text, by_people)` hears of every version; `text` None: it is gone."""

    def __init__(self) -> None:
        self.texts: dict[str, bytes] = {}
        self.version = 100
        self.strip: Callable[[str, Json], Json] = lambda path, body: body
        self.changed: Callable[[str, bytes | None, bool], None] = lambda path, text, by_people: None

    def get(self, path: str) -> Json:
        """A copy; None when there is none."""
        text = self.texts.get(path)
        return None if text is None else json.loads(text)

    def put(self, path: str, body: Json, by_people: bool = True) -> bytes:
        self.version += 1
        body = self.strip(path, body)
        body["metadata"]["resourceVersion"] = str(self.version)
        if "/arcgisservices/" in path:
            _note_owner(self.get(path), body, "kubectl" if by_people else "arcgis-operator")
        text = self.texts[path] = json.dumps(body).encode()
        self.changed(path, text, by_people)
        return text

    def remove(self, path: str) -> Json:
        """The object as it was, None when there was none."""
        text = self.texts.pop(path, None)
        if text is None:
            return None
        self.changed(path, None, True)
        return json.loads(text)

    def answer(self, method: str, path: str, body: Json) -> tuple[int, bytes]:
        if method == "GET" and path.endswith(("arcgissites", "arcgisservices")):
            items = [text for key, text in self.texts.items() if key.startswith(path + "/")]
            return 200, b'{"items": [' + b",".join(items) + b'], "metadata": {}}'
        if method == "GET":
            text = self.texts.get(path)
            return (404, b'{"kind": "Status"}') if text is None else (200, text)
        name = path.removesuffix("/status")
        if method == "POST":
            name = f"{path}/{body['metadata']['name']}"
            return (409, b"{}") if name in self.texts else (201, self.put(name, body, False))
        old = self.get(name)
        if old is None:
            return 404, b'{"kind": "Status"}'
        if body["metadata"].get("resourceVersion") not in (None, old["metadata"]["resourceVersion"]):
            return 409, b"{}"
        if method == "PUT":
            return 200, self.put(name, body, False)
        after = {**old, "status": merged(old.get("status") or {}, body["status"])}
        return 200, self.put(name, after, False)


def _note_owner(old: Json, body: Json, who: str) -> None:
    """In `managedFields`, as far as the journal goes: whoever changed it last owns it."""
    before, journal = ((one or {}).get("status", {}).get("journal") for one in (old, body))
    if old is None or journal == before:
        return
    time = f"{BASE + timedelta(seconds=now()):%Y-%m-%dT%H:%M:%SZ}"
    entry = {"manager": who, "time": time, "fieldsV1": {"f:status": {"f:journal": {}}}}
    body["metadata"]["managedFields"] = [entry] if journal else []


Take = Callable[[str, str], "tuple[Fault, float] | None"]
"""Of an operation and a path: the fault, and the seconds that its answer is under way."""


class KubeWay:
    """Stands in for the network before the API server."""

    def __init__(self, shelf: Shelf, take: Take, seen: Callable[[str, str], None]) -> None:
        self._shelf, self._take, self._seen = shelf, take, seen

    async def call_api(self, method: str, url: str, headers: Json, body: Json, *_: Any, **__: Any) -> Any:
        """As `ApiClient.call_api`."""
        path = unquote(urlsplit(url).path)
        operation = operation_of(method, path, body)
        fault, arrives = self._take(operation, path) or (UNTOUCHED, 0.0)
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.breaks == "connect":
            raise ConnectionRefusedError
        code, content = fault.code or 200, fault.body
        if fault.applied or fault.rewrite:
            real, told = self._shelf.answer(method, path, body)
            if fault.rewrite:
                code, content = real, fault.rewrite(told)
        self._seen(operation, path)
        if arrives:
            await asyncio.sleep(arrives)
        if fault.breaks == "hang":
            await asyncio.sleep(3600)
        if fault.breaks == "request":
            raise ConnectionResetError
        return Answer(code, content, fault.headers)


_PARTS = (
    ("/leases", "lease"),
    ("/events", "event"),
    ("/secrets", "secret"),
    ("/api/v1/namespaces", "labels"),
)


def operation_of(method: str, path: str, body: Json) -> str:
    """One word, or `patch` and the phase that is written."""
    for part, name in _PARTS:
        if part in path:
            return f"kube {name}"
    if method == "PATCH" and "/arcgisservices/" in path:
        phase = ((body.get("status") or {}).get("journal") or {}).get("phase", "")
        return f"kube patch {phase}".strip()
    if method == "PATCH":
        return "kube patch site"
    if path.endswith(("/arcgissites", "/arcgisservices")):
        return f"kube list {path.rpartition('/')[2]}"
    return "kube get"
