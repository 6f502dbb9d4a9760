"""A connection whose other end is gone without a word: every packet to it is dropped, and no reset comes.

The drop is real: a filter on the server's socket, which the kernel asks before TCP sees a packet, as a NAT
that forgot the connection would do.
"""

import asyncio
import ctypes
import logging
import socket
import struct
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from fake_apiserver import FakeApiServer
from notes import Notes
from test_informer_faults import EAGER, QUICK

from arcgis_operator.adapters.kube import connector
from arcgis_operator.adapters.kube.access import load_access
from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.adapters.kube.kinds import ARCGIS_SITES
from arcgis_operator.app.supervisor import Supervisor
from arcgis_operator.handlers.informer import Informer
from arcgis_operator.handlers.pulse import SILENT_SECONDS, Pulse

SO_ATTACH_FILTER = 26  # Source: Linux, asm-generic/socket.h
DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)  # a BPF program of one instruction: keep no byte
SOON = {"TCP_KEEPIDLE": 1, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": 2_000}


def drop_all(transport: asyncio.BaseTransport) -> None:
    """From here on nothing reaches the server over this connection, and nobody is told."""
    made: socket.socket = transport.get_extra_info("socket")
    program = ctypes.create_string_buffer(DROP_ALL)
    made.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(program)))


class Connections:
    """Those that the server has taken, by the part of a path that was asked for over them."""

    def __init__(self, server: FakeApiServer) -> None:
        self.seen: list[tuple[str, asyncio.BaseTransport]] = []
        server.fault = self._note

    async def _note(self, request: web.Request) -> web.StreamResponse | None:
        if request.transport is not None:
            self.seen.append((request.path_qs, request.transport))
        return None

    def die(self, part: str) -> None:
        """All over which such a path was asked for."""
        for path, transport in self.seen:
            if part in path and not transport.is_closing():
                drop_all(transport)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same options with shorter times."""
    options = [(level, name, SOON.get(name, value)) for level, name, value in connector._OPTIONS]
    monkeypatch.setattr(connector, "_OPTIONS", options)


@pytest.fixture
async def connections(server: FakeApiServer) -> AsyncIterator[Connections]:
    yield Connections(server)
    server.fault = None


def test_the_shipped_times_notice_a_dead_connection_within_35_seconds_and_a_dead_watch_within_75() -> None:
    quiet = connector.QUIET_SECONDS + connector.ASKS * connector.ASK_SECONDS
    assert max(quiet, connector.UNHEARD_MILLISECONDS / 1000) <= 35
    assert SILENT_SECONDS <= 75
    made = connector.watchful_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1)))
    assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    made.close()


async def test_a_watch_whose_connection_dies_is_opened_anew_and_the_log_says_so(
    server: FakeApiServer, connections: Connections, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kubeconfig, notes, lost = server.kubeconfig(tmp_path / "config"), Notes(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def lose() -> None:
        loop.call_soon_threadsafe(lost.set)

    pulse = Pulse(lose)
    supervisor = Supervisor(
        lambda sink: Informer(sink, lambda: load_access(kubeconfig), tuning=QUICK, pulse=pulse),
        notes,
        patience=EAGER,
    )
    task = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(10):
        await server.watched()
    connections.die("watch=true")
    with caplog.at_level(logging.WARNING):
        async with asyncio.timeout(10):
            await lost.wait()
    assert "watch connection lost" in caplog.text
    server.put("arcgisservices", "roads")
    await notes.has("service", "roads")
    task.cancel()
    await asyncio.wait([task])


async def dead(api: KubeApi) -> None:
    """Until the kernel has told the client of each idle connection."""
    idle = api._client.rest_client.pool_manager.connector._conns
    for _ in range(500):
        if not any(one.is_connected() for kept in idle.values() for one, _ in kept):
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def test_an_idle_connection_that_died_is_not_used_for_the_next_request(
    api: KubeApi, connections: Connections
) -> None:
    """The kernel has noticed meanwhile: the request goes out over a new one, at once."""
    assert await api.served(ARCGIS_SITES) is True
    connections.die("")
    await dead(api)
    started = time.monotonic()
    assert await api.served(ARCGIS_SITES) is True
    assert time.monotonic() - started < 1.0


async def test_a_read_into_a_dead_connection_goes_out_again_over_a_new_one_once_that_is_noticed(
    api: KubeApi, connections: Connections
) -> None:
    """Without the time-out of the sockets it would hang for as long as any request may: ten seconds."""
    assert await api.served(ARCGIS_SITES) is True
    connections.die("")
    started = time.monotonic()
    assert await api.served(ARCGIS_SITES) is True
    assert time.monotonic() - started < 6.0
