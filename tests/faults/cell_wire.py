"""The way to the site, without sockets: one point where a fault can act on each request."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpcore
import httpx

from harness.fault import DOORS, UNTOUCHED, Fault, operation_of

Take = Callable[[str], Fault | None]
"""The fault, if any, of a request; its operation begins with the peer."""


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

    def __init__(self, inner: httpx.ASGITransport, take: Take) -> None:
        self.inner, self.take = inner, take

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fault = self.take(f"site {operation_of(request.url.path)}") or UNTOUCHED
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
