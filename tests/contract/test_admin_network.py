"""The network below the pool: what it opens, and the name of everything that breaks there."""

import asyncio
import ssl

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
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", broken_by(error))
    with pytest.raises(named):
        await network._Backend(ssl.create_default_context()).connect_tcp("site.test", 443)


async def test_a_connection_is_opened_with_tls_for_its_host_by_all_its_addresses_in_turn(monkeypatch):
    told = []

    async def opens(protocol, *args, **options):
        told.append((args, options))
        return None, protocol()

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", opens)
    tls = ssl.create_default_context()
    await network._Backend(tls).connect_tcp("site.test", 6443)
    options = {"ssl": tls, "server_hostname": "site.test", "happy_eyeballs_delay": 0.25}
    assert told == [(("site.test", 6443), options)]


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
