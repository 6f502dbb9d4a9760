"""The network below the pool: what it opens, and the name of everything that breaks there."""

import asyncio
import socket
import ssl
import sys

import httpcore
import pytest

from arcgis_operator.adapters.admin import network


def broken_by(error: Exception):
    async def opens(*args, **options):
        raise error

    return opens


BREAKS = {
    "time": (TimeoutError(), httpcore.ConnectTimeout),
    "a refusal": (ConnectionRefusedError(), httpcore.ConnectError),
    "an end": (EOFError(), httpcore.ConnectError),
}


@pytest.mark.parametrize(("error", "named"), BREAKS.values(), ids=BREAKS)
async def test_a_connection_that_does_not_come_about_has_the_name_that_the_pool_knows(
    monkeypatch, error, named
):
    monkeypatch.setattr(network, "connect", broken_by(error))
    with pytest.raises(named):
        await network._Backend(ssl.create_default_context()).connect_tcp("site.test", 443)


@pytest.mark.parametrize(("error", "named"), BREAKS.values(), ids=BREAKS)
async def test_a_handshake_that_breaks_closes_its_socket(monkeypatch, error, named):
    opened = socket.socket()

    async def connects(*args):
        return opened

    monkeypatch.setattr(network, "connect", connects)
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", broken_by(error))
    with pytest.raises(named):
        await network._Backend(ssl.create_default_context()).connect_tcp("site.test", 443)
    assert opened.fileno() == -1


async def test_a_connection_is_opened_with_tls_for_its_host(monkeypatch):
    told, dialled = [], []

    async def connects(*args):
        dialled.append(args)
        return "socket"

    async def opens(protocol, *args, **options):
        told.append((args, options))
        return None, protocol()

    monkeypatch.setattr(network, "connect", connects)
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", opens)
    tls = ssl.create_default_context()
    await network._Backend(tls).connect_tcp("site.test", 6443, 5.0)
    assert dialled == [("site.test", 6443, 5.0)]
    assert told == [((), {"sock": "socket", "ssl": tls, "server_hostname": "site.test"})]


class BrokenPipe:
    """Both sides of a connection that gives nothing and takes nothing."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def read(self, most):
        raise self.error

    def write(self, buffer):
        return None

    async def drain(self):
        raise self.error

    def get_extra_info(self, name):
        return {"peername": "the site"}.get(name)


STREAMS = {
    "a read out of time": (TimeoutError(), lambda stream: stream.read(1), httpcore.ReadTimeout),
    "a read that breaks": (OSError(), lambda stream: stream.read(1), httpcore.ReadError),
    "a write out of time": (TimeoutError(), lambda stream: stream.write(b"x"), httpcore.WriteTimeout),
    "a write that breaks": (OSError(), lambda stream: stream.write(b"x"), httpcore.WriteError),
}


@pytest.mark.parametrize(("error", "act", "named"), STREAMS.values(), ids=STREAMS)
async def test_a_stream_that_breaks_has_the_name_that_the_pool_knows(error, act, named):
    pipe = BrokenPipe(error)
    with pytest.raises(named):
        await act(network._Stream(pipe, pipe))


def test_a_stream_tells_what_its_socket_knows():
    assert network._Stream(BrokenPipe(), BrokenPipe()).get_extra_info("peername") == "the site"


class Idle(BrokenPipe):
    """A connection over a socket pair whose other end takes nothing any more."""

    def __init__(self, opened: socket.socket, buffered: int = 0) -> None:
        super().__init__(TimeoutError())
        self.opened, self.buffered = opened, buffered
        self.transport = self

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def get_extra_info(self, name):
        return self.opened if name == "socket" else None


SILENCES = {  # bytes written, bytes in the buffer of the process, what the time-out is called
    "a large request": (3_000_000, 9, network.LargeUntaken),
    "a small one": (100, 9, network.SmallUntaken),
    "a request that was taken": (100, 0, httpcore.ReadTimeout),
}


@pytest.mark.parametrize(("size", "buffered", "named"), SILENCES.values(), ids=SILENCES)
async def test_a_silence_says_whether_the_request_was_taken(size, buffered, named):
    here, there = socket.socketpair()
    with here, there:
        stream = network._Stream(idle := Idle(here, buffered), idle)
        with pytest.raises(httpcore.TimeoutException):
            await stream.write(bytes(size))
        with pytest.raises(named):
            await stream.read(1)


async def test_bytes_in_the_queue_of_the_socket_count_as_not_taken():
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        here.send(bytes(5000))
        expected = 0 if sys.platform == "darwin" else 5000
        assert network._unacknowledged(Idle(here)) >= expected
        here.close()
        assert network._unacknowledged(Idle(here, 7)) == 7


ENDS = {
    "bytes": lambda there: there.send(b"HTTP/1.1 408 Request Timeout"),
    "the end": lambda there: there.close(),
}


@pytest.mark.parametrize("comes", ENDS.values(), ids=ENDS)
async def test_what_has_come_to_an_idle_connection_spoils_it_before_the_loop_has_read_it(comes):
    """Else a request of this very moment is written to a site that has hung up, or gets an older answer."""
    here, there = socket.socketpair()
    with there:
        _, writer = await asyncio.open_connection(sock=here)
        stream = network._Stream(network._Reader(), writer)
        assert not stream.get_extra_info("is_readable")
        comes(there)
        assert stream.get_extra_info("is_readable")
        await stream.aclose()


async def test_a_connection_that_is_lost_is_of_no_use():
    """Its socket is closed, and nothing has been read of it."""
    here, there = socket.socketpair()
    with there:
        _, writer = await asyncio.open_connection(sock=here)
        assert not network._has_come(writer)
        writer.transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert network._has_come(writer)
