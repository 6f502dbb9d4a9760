"""Serves sites and their control ports with uvicorn, in one process and one event loop.

Adds what uvicorn does not have: closing a connection without an answer, and an end without waiting
for anybody. Must not know what the site does.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from arcgis_simulator.control import create_control
from arcgis_simulator.site import Site

_TICK_SECONDS = 0.02
_LONGEST_TICK_SECONDS = 0.25  # many sites share a process: their jobs end a little later than they would
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends a reset


class _Protocol(H11Protocol):
    """Gives the application a way to end the connection that a request came on."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "end_connection": self._end_connection}

    def _end_connection(self, *, reset: bool) -> None:
        if not reset:
            self.transport.close()
            return
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # two servers share the process: _until_signalled does it for both

    def cut(self) -> None:
        """Stops listening and cuts every connection, whatever it waits for."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it reports what is cut off
        for listener in self.servers:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()


class CannotListen(Exception):
    """`part` of a `Listen` cannot be had; the text says why."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(why)
        self.part = part


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to serve. Port 0 takes a free one; without a certificate it is plain HTTP."""

    host: str = "127.0.0.1"
    port: int = 0
    control_port: int = 0
    tls_cert: Path | None = None
    tls_key: Path | None = None


async def serve(sites: Sequence[Site], listen: Listen, ready: Callable[[str, str], None]) -> None:
    """Serves until SIGTERM or SIGINT; calls ``ready`` with the two addresses of each site once both answer.

    Raises ``CannotListen`` if an address or a port cannot be had.
    """
    end = _signalled()
    tick_seconds = min(_TICK_SECONDS * len(sites), _LONGEST_TICK_SECONDS)
    await asyncio.gather(*(_serve(site, listen, ready, end, tick_seconds) for site in sites))


async def _serve(
    site: Site, listen: Listen, ready: Callable[[str, str], None], end: asyncio.Event, tick_seconds: float
) -> None:
    with (
        _bound(listen.host, listen.port, "port") as front,
        _bound("127.0.0.1", listen.control_port, "control_port") as back,
    ):
        tls = {"ssl_certfile": listen.tls_cert, "ssl_keyfile": listen.tls_key} if listen.tls_cert else {}
        site_server, control_server = _server(site.app, **tls), _server(create_control(site))
        tasks = [
            asyncio.create_task(site_server.serve(sockets=[front])),
            asyncio.create_task(control_server.serve(sockets=[back])),
        ]
        ticking = asyncio.create_task(_tick(site, tick_seconds))
        while not (site_server.started and control_server.started):
            if any(task.done() for task in tasks):
                await asyncio.gather(*tasks)
            await asyncio.sleep(0.005)
        scheme = "https" if tls else "http"
        ready(f"{scheme}://{_address(front)}/{site.world.context}", f"http://{_address(back)}")
        await end.wait()
        site_server.cut()
        control_server.cut()
        for task in (*tasks, ticking):  # uvicorn's own way to end waits for its next tick, twice
            task.cancel()
        await asyncio.gather(*tasks, ticking, return_exceptions=True)


def _server(app: Any, **tls: Any) -> _Server:
    quiet: dict[str, Any] = {"log_config": None, "access_log": False, "server_header": False}
    plain: dict[str, Any] = {"interface": "asgi3", "ws": "none", "lifespan": "off", "proxy_headers": False}
    config = uvicorn.Config(app, http=_Protocol, timeout_keep_alive=75, **quiet, **plain, **tls)
    return _Server(config)


_OF_THE_PORT = {errno.EADDRINUSE: "the port is in use", errno.EACCES: "this account may not use the port"}


def _bound(host: str, port: int, part: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off (40 ms an answer) only for sockets that name their protocol.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        if why := _OF_THE_PORT.get(error.errno or 0):
            raise CannotListen(part, why) from None
        raise CannotListen("host", "this machine has no such address") from None
    return bound


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _tick(site: Site, seconds: float) -> None:
    """Jobs move on also when nobody asks, so that the journal has them at their time."""
    while True:
        site.tick()
        await asyncio.sleep(seconds)


def _signalled() -> asyncio.Event:
    loop, seen = asyncio.get_running_loop(), asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, seen.set)
    return seen
