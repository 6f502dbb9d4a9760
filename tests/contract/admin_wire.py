"""A scripted site on a real TLS socket that keeps every byte it received, and values the tests share."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import trustme

from arcgis_operator.adapters.admin import Credentials
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.operations import EDIT, SERVICE
from arcgis_operator.core.operations import Request as Asked

ROADS = ServiceRef(name="Roads", type="MapServer", folder="Transport")
DOCUMENT = {"serviceName": "Roads", "type": "MapServer", "description": "old"}
USER, PASSWORD, TOKEN = "gis-admin", "s3cret & (päss)", "tok-0123456789abcdef"
EDIT_PATH = "/arcgis/admin/services/Transport/Roads.MapServer/edit"
LOGIN_PATH = "/arcgis/sharing/rest/generateToken"


async def credentials() -> Credentials:
    return Credentials(USER, PASSWORD)


def allowed() -> None:
    """A guard that never objects."""


def replacing(ref: ServiceRef, document: Mapping[str, Any]) -> Asked:
    """The edit that makes this the service's document."""
    return Asked(EDIT, ref, EDIT.request((), {SERVICE: document}), "intent-1")


REQUEST = replacing(ROADS, DOCUMENT)


def objecting_at(ask: int) -> Callable[[], str | None]:
    """A guard that says no when it is asked for the n-th time, and from then on."""
    asked = 0

    def guard() -> str | None:
        nonlocal asked
        asked += 1
        return "the lease term is over" if asked >= ask else None

    return guard


@dataclass
class Request:
    """One request as it was on the wire; names of headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(httpx.QueryParams(self.body.decode()))


Answers = Callable[[Request], Awaitable[bytes | AsyncIterator[bytes] | None]]


def answer(body: object, status: str = "200 OK", **headers: str) -> bytes:
    """The bytes of an answer; a body that is not bytes is written as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Content-Length": str(len(content)), **{k.replace("_", "-"): v for k, v in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


def token_answer(token: str = TOKEN) -> bytes:
    return answer({"token": token, "expires": 4_102_444_800_000, "ssl": True})


@dataclass
class WireSite:
    """Answers logins itself, everything else by `respond`; None there closes the connection."""

    respond: Answers
    requests: list[Request] = field(default_factory=list)
    stream: bytearray = field(default_factory=bytearray)
    url: str = ""

    async def start(self, context: ssl.SSLContext) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, ssl=context)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"https://localhost:{port}/arcgis"

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def drained(self) -> None:
        """Every connection was closed by its client, so all that was sent has arrived."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def targets(self) -> list[str]:
        return [request.target for request in self.requests]

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await self._read(reader):
                self.requests.append(request)
                reply = token_answer() if request.target == LOGIN_PATH else await self.respond(request)
                if reply is None:
                    return
                async for chunk in _chunks(reply):
                    writer.write(chunk)
                    await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> Request | None:
        buffer = b""
        while not _complete(buffer):
            chunk = await reader.read(65536)
            if not chunk:
                return None
            buffer += chunk
            self.stream += chunk
        head, _, body = buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        return Request(method, target, {name.lower(): value for name, value in headers.items()}, body)


async def _chunks(reply: bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if isinstance(reply, bytes):
        yield reply
        return
    async for chunk in reply:
        yield chunk


def _complete(buffer: bytes) -> bool:
    head, found, body = buffer.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    ]
    return bool(found) and len(body) >= int(lengths[0] if lengths else 0)


def server_context(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


class Script:
    """Answers of a site in process: logins are counted, everything else is handed to `respond`."""

    def __init__(self, respond: Callable[[httpx.Request], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self.logins = 0
        self.login: Callable[[httpx.Request], httpx.Response] = self._token
        self._respond = respond

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    @property
    def others(self) -> list[httpx.Request]:
        return [request for request in self.requests if request.url.path != LOGIN_PATH]

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path != LOGIN_PATH:
            return self._respond(request)
        self.logins += 1
        return self.login(request)

    def _token(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, json={"token": f"{TOKEN}-{self.logins}", "expires": 4_102_444_800_000, "ssl": True}
        )


ACCEPTED = answer({"jobsUrl": "https://inside/jobs/j1", "jobid": "j1", "status": "SUBMITTED"})


async def accepting(request: Request) -> bytes:
    return ACCEPTED
