"""Verified TLS connections for httpcore's pool, on asyncio's own streams.

httpcore's usual network layer gives the event loop a turn between the guard's check and the write, and keeps
a socket that is cancelled in its TLS handshake. Here nothing is awaited before the bytes are handed to the
socket, and what is cancelled is closed. Must not know requests; the trace of `transport.py` asks the guard.
"""

import asyncio
import contextlib
import fcntl
import select
import socket
import ssl
import sys
import termios
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import httpcore
import httpx

from arcgis_operator.adapters.admin.dialling import connect, tunnel
from arcgis_operator.adapters.admin.lanes import Lanes

CONNECTIONS = 8
PACKET_BYTES = 1200  # fits into one packet on any way
_UNASKED = "unasked"


class Network(httpx.AsyncBaseTransport):
    """A pool of HTTP/1.1 connections. Raises httpcore's exceptions; `tls` must verify, else `ValueError`.

    `proxy` is host and port of one that tunnels. What the environment says of proxies is not read.
    """

    def __init__(self, tls: ssl.SSLContext, proxy: tuple[str, int] | None = None) -> None:
        if tls.verify_mode is not ssl.CERT_REQUIRED or not tls.check_hostname:
            raise ValueError("the TLS context must verify certificate and host name")
        tls.set_alpn_protocols(["http/1.1"])
        self._lanes = Lanes(CONNECTIONS)
        self._closed = False
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=10.0,  # well under what ingresses allow, so none closes while we write
            retries=0,
            network_backend=_Backend(tls, proxy),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            async with asyncio.timeout(request.extensions["timeout"]["pool"]):
                await self._lanes.enter()
        except TimeoutError as error:
            raise httpcore.PoolTimeout from error
        try:
            answer = await self._answer(request)
        except BaseException:
            self._lanes.leave()
            raise
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer, self._lanes))

    async def _answer(self, request: httpx.Request) -> httpcore.Response:
        if self._closed:
            raise httpcore.ConnectError
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        if answer.extensions["network_stream"].get_extra_info(_UNASKED):
            await answer.aclose()
            raise httpcore.RemoteProtocolError("the answer was there before the request")
        return answer

    async def aclose(self) -> None:
        self._closed = True
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response, lanes: Lanes) -> None:
        self._answer, self._lanes = answer, lanes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._answer.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        try:
            await self._answer.aclose()
        finally:
            self._lanes.leave()


class _Backend(httpcore.AsyncNetworkBackend):
    def __init__(self, tls: ssl.SSLContext, proxy: tuple[str, int] | None = None) -> None:
        self._tls, self._proxy = tls, proxy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of httpcore
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """With TLS: the address of a site is https."""
        loop = asyncio.get_running_loop()
        ends = None if timeout is None else loop.time() + timeout
        with _named(httpcore.ConnectTimeout, httpcore.ConnectError):
            opened = await self._dialled(host, port, timeout)
            reader = _Reader(loop=loop)
            protocol = _Protocol(reader, loop=loop)
            try:
                async with asyncio.timeout_at(ends):
                    transport, _ = await loop.create_connection(
                        lambda: protocol, sock=opened, ssl=self._tls, server_hostname=host
                    )
            except BaseException:
                protocol.abort()
                opened.close()
                raise
        return _Stream(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def _dialled(self, host: str, port: int, seconds: float | None) -> socket.socket:
        """It ends in time by itself, and says what was missing."""
        if self._proxy is None:
            return await connect(host, port, seconds)
        return await tunnel(self._proxy, host, port, seconds)


class _Reader(asyncio.StreamReader):
    """Counts what came and was not read."""

    unread = 0

    def feed_data(self, data: Any) -> None:
        self.unread += len(data)
        super().feed_data(data)

    async def read(self, n: int = -1) -> bytes:
        data = await super().read(n)
        self.unread -= len(data)
        return data


class _Protocol(asyncio.StreamReaderProtocol):
    """Can give up a connection whose handshake has just ended."""

    _made: asyncio.WriteTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self._made = transport
        super().connection_made(transport)

    def abort(self) -> None:
        """No goodbye, for which asyncio would keep the socket's number in use for up to half a minute."""
        if self._made is not None:
            self._made.abort()


class LargeUntaken(httpcore.TimeoutException):
    """The other side never acknowledged all of a request that takes more than one packet."""


class SmallUntaken(httpcore.TimeoutException):
    """The other side never acknowledged a request of one packet."""


class _Stream(httpcore.AsyncNetworkStream):
    """A site, or what stands before it, may answer twice: what was not asked for is never an answer."""

    def __init__(self, reader: _Reader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._read_since_write = False
        self._written = 0  # since something was read

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        with _named(lambda: self._silence(httpcore.ReadTimeout), httpcore.ReadError):
            async with asyncio.timeout(timeout):
                data = await self._reader.read(max_bytes)
                self._read_since_write, self._written = True, 0
                return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        with _named(lambda: self._silence(httpcore.WriteTimeout), httpcore.WriteError):
            async with asyncio.timeout(timeout):  # does not suspend on entry
                self._read_since_write = False
                self._written += len(buffer)
                self._writer.write(buffer)
                await self._writer.drain()

    async def aclose(self) -> None:
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _silence(self, usual: type[Exception]) -> Exception:
        """What a time-out looks like from here: whether the other side has taken what was written."""
        if not _unacknowledged(self._writer):
            return usual()
        return LargeUntaken() if self._written > PACKET_BYTES else SmallUntaken()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # asked of an idle connection: it is of no use any more
            read = self._reader.at_eof() or self._reader.unread > 0 or self._writer.is_closing()
            return read or _has_come(self._writer)
        if info == _UNASKED:  # asked of an answer: all of it had come before the request was written
            return not self._read_since_write
        return self._writer.get_extra_info(info)


def _has_come(writer: asyncio.StreamWriter) -> bool:
    """Bytes, or the end, that the event loop has had no turn to read; also where the connection is lost."""
    opened, waiting = writer.get_extra_info("socket"), select.poll()
    if opened is None or opened.fileno() < 0:
        return True
    waiting.register(opened.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def _unacknowledged(writer: asyncio.StreamWriter) -> int:
    """Bytes that were written and not acknowledged. Source: tcp(7), SIOCOUTQ; unix(7) for its other name."""
    opened = writer.get_extra_info("socket")
    if opened is None:
        return 0
    waiting = writer.transport.get_write_buffer_size()
    with contextlib.suppress(OSError, ValueError):  # of a socket that was closed
        queued = fcntl.ioctl(opened.fileno(), termios.TIOCOUTQ, bytes(4))
        waiting += int.from_bytes(queued, sys.byteorder)
    return waiting


@contextlib.contextmanager
def _named(timed_out: Callable[[], Exception], broken: type[Exception]) -> Iterator[None]:
    """The exceptions of asyncio under the names that httpcore's pool expects."""
    try:
        yield
    except TimeoutError as error:
        raise timed_out() from error
    except (OSError, EOFError) as error:
        raise broken from error
