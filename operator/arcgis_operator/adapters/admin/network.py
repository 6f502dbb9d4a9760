"""Verified TLS connections for httpcore's pool, on asyncio's own streams.

httpcore's usual network layer gives the event loop a turn between the guard's check and the write, and keeps
a socket that is cancelled in its TLS handshake. Here nothing is awaited before the bytes are handed to the
socket, and what is cancelled is closed. Must not know requests; the trace of `transport.py` asks the guard.
"""

import asyncio
import contextlib
import importlib.util
import ssl
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import httpcore
import httpx

from arcgis_operator.adapters.admin.lanes import Lanes

CONNECTIONS = 8
_UNASKED = "unasked"

# httpcore tries to import it at every lock it takes, and a failed import searches the whole path each
# time: a quarter of the operator's processor time. What is None here fails at once.
_ABSENT: dict[str, Any] = {} if importlib.util.find_spec("sniffio") else {"sniffio": None}
sys.modules.update(_ABSENT)


class Network(httpx.AsyncBaseTransport):
    """A pool of HTTP/1.1 connections. Raises httpcore's exceptions; `tls` must verify, else `ValueError`."""

    def __init__(self, tls: ssl.SSLContext) -> None:
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
            network_backend=_Backend(tls),
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
    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of httpcore
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """With TLS: the address of a site is https, and there is no proxy."""
        with _named(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                loop = asyncio.get_running_loop()
                reader = _Reader(loop=loop)
                transport, protocol = await loop.create_connection(
                    lambda: asyncio.StreamReaderProtocol(reader, loop=loop),
                    host,
                    port,
                    ssl=self._tls,
                    server_hostname=host,
                    happy_eyeballs_delay=0.25,
                )
        return _Stream(reader, asyncio.StreamWriter(transport, protocol, reader, loop))


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


class _Stream(httpcore.AsyncNetworkStream):
    """A site, or what stands before it, may answer twice: what was not asked for is never an answer."""

    def __init__(self, reader: _Reader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._read_since_write = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        with _named(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                data = await self._reader.read(max_bytes)
                self._read_since_write = True
                return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        with _named(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):  # does not suspend on entry
                self._read_since_write = False
                self._writer.write(buffer)
                await self._writer.drain()

    async def aclose(self) -> None:
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # asked of an idle connection: it is of no use any more
            return self._reader.at_eof() or self._reader.unread > 0 or self._writer.is_closing()
        if info == _UNASKED:  # asked of an answer: all of it had come before the request was written
            return not self._read_since_write
        return self._writer.get_extra_info(info)


@contextlib.contextmanager
def _named(timed_out: type[Exception], broken: type[Exception]) -> Iterator[None]:
    """The exceptions of asyncio under the names that httpcore's pool expects."""
    try:
        yield
    except TimeoutError as error:
        raise timed_out from error
    except (OSError, EOFError) as error:
        raise broken from error
