"""The way to the site: latency, answers that are lost, requests that arrive late, folders that are old."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any, TypeVar

import httpcore
import httpx
from cell_clock import now
from fault_secrets import PASSWORD
from pairs_store import Take

from harness.canaries import in_json
from harness.fault import DOORS, UNTOUCHED, Fault

T = TypeVar("T")
REPLICA: ContextVar[int] = ContextVar("REPLICA", default=0)
"""Whose request it is: a replica that crashed sends nothing any more."""
REQUEST: ContextVar[Any] = ContextVar("REQUEST", default=None)
ECHOED = in_json(PASSWORD).encode()
"""In the texts of planted errors: the account's password of this scene stands in its place."""
JSON_TYPE = {"content-type": "application/json"}


SENT = ("edit", "start", "stop", "changeProvider")
"""Requests that change a service."""


def word_of(path: str) -> str:
    """One word for a request to the site."""
    last = path.rpartition("/")[2]
    if last == "generateToken":
        return "token"
    if "/jobs/" in path:
        return "job"
    if last in ("jobs", "mode", *SENT):
        return last
    if "/services" not in path:
        return "root"
    return "service" if last.endswith("Server") and "." in last else "folder"


class SiteWay(httpx.AsyncBaseTransport):
    """Stands in for the network before the site; asks the guard where the network would."""

    def __init__(
        self,
        inner: httpx.ASGITransport,
        take: Take,
        seen: Callable[[str, httpx.Request], None],
        ways: dict[str, Any],
        dead: set[int],
        secret: str,
    ) -> None:
        self._secret = in_json(secret).encode()
        self._inner, self._take, self._seen, self._ways, self._dead = inner, take, seen, ways, dead
        self._folders: dict[str, tuple[float, bytes]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if REPLICA.get() in self._dead:
            await asyncio.sleep(10**6)
        word = word_of(request.url.path)
        fault, arrives = self._take(f"site {word}", request.url.path) or (UNTOUCHED, 0.0)
        if fault.breaks in DOORS:
            await asyncio.sleep(fault.seconds)
            raise httpcore.ConnectError("planted")
        await request.extensions["trace"]("http11.send_request_headers.started", {})
        self._seen(word, request)
        if fault.late:
            return await self._late(request, fault.seconds)
        if pause := self._ways.get("latency", 0.0) + fault.seconds:
            await asyncio.sleep(pause)
        answer = await self._answered(word, request, fault)
        if fault.breaks == "hang":
            await asyncio.sleep(3600)
        if fault.breaks:
            raise httpcore.ReadError("planted")
        if arrives:
            await asyncio.sleep(arrives)
        return answer

    async def _answered(self, word: str, request: httpx.Request, fault: Fault) -> httpx.Response:
        stands_in = httpx.Response(
            fault.code or 200, headers=fault.headers, content=fault.body.replace(ECHOED, self._secret)
        )
        if not fault.applied and not fault.rewrite:
            return stands_in
        status, body = await self._processed(word, request)
        if not fault.rewrite:
            return stands_in
        return httpx.Response(status, headers=fault.headers or JSON_TYPE, content=fault.rewrite(body))

    async def _processed(self, word: str, request: httpx.Request) -> tuple[int, bytes]:
        REQUEST.set(request)
        if word == "changeProvider" and (works := self._ways.get("works", 0.0)):
            return await asyncio.shield(self._kept(self._works(request, works)))
        return await self._read(word, request)

    async def _works(self, request: httpx.Request, seconds: float) -> tuple[int, bytes]:
        """What has no job is done before it is answered, whoever still waits for that."""
        REQUEST.set(request)
        request.arrived = now()  # type: ignore[attr-defined]
        await asyncio.sleep(seconds)
        return await self._read("changeProvider", request)

    def _kept(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Goes on when nobody waits for it."""
        task = asyncio.create_task(work)
        self._ways.setdefault("under way", set()).add(task)
        return task

    async def _read(self, word: str, request: httpx.Request) -> tuple[int, bytes]:
        real = await self._inner.handle_async_request(request)
        body = b"".join([part async for part in real.stream])  # type: ignore[union-attr]
        kept = self._ways.get("folder_age", 0.0) if word == "folder" else 0.0
        if kept:
            at, old = self._folders.get(request.url.path, (-(10**6), b""))
            if now() - at < kept:
                return real.status_code, old
            self._folders[request.url.path] = now(), body
        return real.status_code, body

    async def _late(self, request: httpx.Request, seconds: float) -> httpx.Response:
        """It arrives although nobody waits any more."""

        async def arrive() -> None:
            await asyncio.sleep(seconds)
            await self._processed(word_of(request.url.path), request)

        self._kept(arrive())
        await asyncio.sleep(3600)
        raise httpcore.ReadError("planted")
