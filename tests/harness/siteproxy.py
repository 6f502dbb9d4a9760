"""A TLS proxy before the simulated site: every fault on the way to the site is here.

Each `Door` is an address of the site with faults of its own, so that cases do not disturb each other. What is
under way goes on even if its client is dead. All doors run in the loop of the proxies.
"""

import asyncio
import contextlib
import json
import socket
import ssl
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
import trustme
from yarl import URL

from harness.fault import DOORS, UNTOUCHED, Fault, operation_of
from harness.planted import Counted
from harness.proxyloop import HOP, RESET, background, called, there
from harness.site_wire import CLOSED, CUT, KEPT, REFUSED, SENDS, Line, Reply

HOST = "127.0.0.1"
HANDSHAKE_SECONDS = 5.0
JSON_TYPE = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the operator."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def operation(self) -> str:
        return operation_of(urlsplit(self.path).path.partition("/arcgis")[2])

    @property
    def job(self) -> str:
        """The job that is asked for, empty when none is."""
        return urlsplit(self.path).path.rpartition("/")[2] if self.operation == "job" else ""


@dataclass(slots=True, eq=False)
class Planted(Counted):
    """A fault for requests of an operation, or for connections once it is `armed`, until it is `cleared`."""

    operation: str
    fault: Fault
    armed: bool = True
    cleared: bool = False

    def takes(self, operation: str) -> bool:
        """Whether it acts on this request or connection, which is counted."""
        return not self.cleared and self.armed and operation == self.operation and self._count()


class SiteProxy:
    """Before the site at `url`, whose certificate `ca` has signed. Use it as a context manager."""

    def __init__(self, url: str, ca: str) -> None:
        self.context = urlsplit(url).path
        self._site = f"https://{urlsplit(url).netloc}"
        self._trust = ssl.create_default_context(cadata=ca)
        self._authority = trustme.CA(organization_name="site proxy")
        self.certificates = _certificates(self._authority)
        self.bugs: list[str] = []

    @property
    def ca(self) -> str:
        """What the operator has to trust, as PEM."""
        return self._authority.cert_pem.bytes().decode()

    def door(self, *, single: bool = False) -> "Door":
        """Another address of the site. `single`: each request needs a connection of its own."""
        made = Door(self, single=single)
        there(made.open())
        return made

    async def forward(self, asked: Asked) -> Reply:
        """What the site itself answers."""
        headers = {name: text for name, text in asked.headers.items() if name not in HOP}
        address = URL(f"{self._site}{asked.path}", encoded=True)
        async with self._client.request(
            asked.method, address, headers=headers, data=asked.body or None, allow_redirects=False
        ) as answer:
            kept = {name: text for name, text in answer.headers.items() if name.lower() not in HOP}
            return Reply(answer.status, kept, await answer.read())

    def __enter__(self) -> Self:
        there(self._start())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        there(self._client.close())
        assert not self.bugs, f"the proxy itself failed: {self.bugs}"

    async def _start(self) -> None:
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._trust, limit=0), auto_decompress=False
        )


class Door:
    """One address of the site. What is planted here acts on what comes through it."""

    def __init__(self, proxy: SiteProxy, *, single: bool) -> None:
        self._proxy, self._single = proxy, single
        self._planted: Planted | None = None
        self._after: str | None = None
        self._jobs: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.asked: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}{self._proxy.context}"

    def plant(
        self, operation: str, fault: Fault, *, times: int | None = 1, after: str | None = None
    ) -> Planted:
        """Breaks the next requests of an operation; a fault of `DOORS` the next connections.

        These come after a request of the operation `after` was answered; None: at once.
        """
        made = Planted(operation=operation, fault=fault, times=times, armed=after is None)
        self._after = after

        def place() -> None:
            self._planted = made
            self._look()

        called(place)
        return made

    def clear(self) -> None:
        """The site is as it was."""

        def take_away() -> None:
            if self._planted:
                self._planted.cleared = True
            self._look()

        called(take_away)

    def close(self) -> None:
        there(self._close())

    @property
    def certificates(self) -> Mapping[str, ssl.SSLContext]:
        return self._proxy.certificates

    # -- connections -------------------------------------------------------------------

    async def open(self) -> None:
        """Listens."""
        self._accepting = self._begin(self._accept(self._listening()))

    async def _accept(self, listening: socket.socket) -> None:
        with listening:
            while True:
                connection, _ = await background().sock_accept(listening)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._begin(self._guarded(connection))

    async def _guarded(self, connection: socket.socket) -> None:
        try:
            await self._serve(connection)
        except (OSError, EOFError):  # the operator closed it: that is its right
            pass
        except Exception as error:
            self._proxy.bugs.append(repr(error))

    async def _serve(self, connection: socket.socket) -> None:
        planted = self._planted
        door = planted.fault.breaks if planted and planted.fault.breaks in DOORS else ""
        if door in _DOORS and planted and planted.takes(planted.operation):
            with connection:
                await _DOORS[door](self, connection)
            return
        line = await self.encrypted(connection, "right")
        how = CUT
        try:
            while (how := await self._exchange(line)) == KEPT:
                pass
        finally:
            await line.end(how)

    async def encrypted(self, connection: socket.socket, certificate: str) -> Line:
        """The connection under TLS, with one of the certificates."""
        reader = asyncio.StreamReader(limit=2**20)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await background().connect_accepted_socket(
            lambda: protocol,
            connection,
            ssl=self.certificates[certificate],
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
        )
        return Line(reader, asyncio.StreamWriter(transport, protocol, reader, background()))

    # -- requests ------------------------------------------------------------------------

    async def _exchange(self, line: Line) -> str:
        asked = await _read(line.reader)
        self.asked.append(asked.operation)
        fault = self._fault(asked)
        if fault.late:
            await line.given_up()
        await asyncio.sleep(fault.seconds)
        reply = Reply(fault.code or 200, fault.headers or {}, fault.body)
        for _ in range(fault.processed):
            real = await self._forward(asked)
            if fault is UNTOUCHED:
                reply = real
            elif fault.rewrite:
                reply = Reply(real.code, fault.headers or JSON_TYPE, fault.rewrite(real.body))
        if not self._single:
            return await self._answered(line, fault, reply)
        self._arm(asked.operation)
        await self._answered(line, fault, replace(reply, headers={**reply.headers, "connection": "close"}))
        return CLOSED

    async def _answered(self, line: Line, fault: Fault, reply: Reply) -> str:
        match fault.breaks:
            case "hang":
                await line.given_up()
                return REFUSED
            case "request":
                return REFUSED
            case "answer":
                return await SENDS["half, then reset"](line, reply)
            case _:
                return await SENDS[fault.sends](line, reply)

    async def _forward(self, asked: Asked) -> Reply:
        reply = await self._proxy.forward(asked)
        if asked.operation == "edit" and (job := _job(reply.body)):
            self._jobs.add(job)
        return reply

    def _fault(self, asked: Asked) -> Fault:
        """Somebody else's job is no business of what is planted for this door."""
        planted = self._planted
        if planted is None or planted.fault.breaks in DOORS or (asked.job and asked.job not in self._jobs):
            return UNTOUCHED
        return planted.fault if planted.takes(asked.operation) else UNTOUCHED

    # -- inside --------------------------------------------------------------------------

    def _arm(self, answered: str) -> None:
        if self._planted and answered == self._after:
            self._planted.armed = True
            self._look()

    def _look(self) -> None:
        """Listens, or does not: where nobody listens, a connection is refused."""
        planted = self._planted
        active = planted is not None and planted.armed and not planted.cleared
        if active and planted is not None and planted.fault.breaks == "connect":
            self._accepting.cancel()
        elif self._accepting.cancelled() or self._accepting.cancelling():
            self._accepting = self._begin(self._accept(self._listening()))

    def _listening(self) -> socket.socket:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, self.port))
        listening.listen(64)
        listening.setblocking(False)
        self.port = listening.getsockname()[1]
        return listening

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = background().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _close(self) -> None:
        tasks = [task for task in self._tasks if not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# -- how a connection does not come about ------------------------------------------------------------


async def _silence(door: Door, connection: socket.socket) -> None:
    while await background().sock_recv(connection, 4096):
        pass


async def _shut(door: Door, connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


async def _slammed(door: Door, connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def _shows(certificate: str) -> "_Way":
    async def way(door: Door, connection: socket.socket) -> None:
        line = await door.encrypted(connection, certificate)
        await line.given_up()
        await line.end(CUT)

    return way


def _answers(text: bytes) -> "_Way":
    async def way(door: Door, connection: socket.socket) -> None:
        await background().sock_recv(connection, 4096)
        await background().sock_sendall(connection, text)

    return way


async def _half(door: Door, connection: socket.socket) -> None:
    """What the site says first in a handshake, to its middle."""
    came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = door.certificates["right"].wrap_bio(came, goes, server_side=True)
    came.write(await background().sock_recv(connection, 65536))
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    said = goes.read()
    await background().sock_sendall(connection, said[: len(said) // 2])


_Way = Callable[[Door, socket.socket], Coroutine[Any, Any, None]]
_DOORS: Mapping[str, _Way] = {
    "silence": _silence,
    "shut": _shut,
    "slammed": _slammed,
    "tls": _shows("a stranger's"),
    "another name": _shows("another name"),
    "expired": _shows("expired"),
    "plain": _answers(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"),
    "noise": _answers(bytes(range(256)) * 8),
    "half": _half,
}
"""`connect` is not among them: there is no connection then."""


# -- values --------------------------------------------------------------------------------------------


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    headers = {
        name.lower(): text.strip() for name, _, text in (line.partition(":") for line in lines) if name
    }
    method, path, _ = first.split(" ", 2)
    return Asked(method, path, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


def _job(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    named = {name.lower(): text for name, text in said.items()} if isinstance(said, dict) else {}
    return str(named.get("jobid", ""))


def _certificates(authority: trustme.CA) -> Mapping[str, ssl.SSLContext]:
    long_ago = datetime.now(UTC) - timedelta(days=30)
    issued = {
        "right": authority.issue_cert(HOST),
        "another name": authority.issue_cert("another.test"),
        "expired": authority.issue_cert(HOST, not_before=long_ago, not_after=long_ago + timedelta(days=1)),
        "a stranger's": trustme.CA(organization_name="stranger").issue_cert(HOST),
    }
    contexts = {}
    for name, one in issued.items():
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        one.configure_cert(contexts[name])
    return contexts
