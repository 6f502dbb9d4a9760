"""From a name to a connected socket: a name that nobody answers for is waited for by its own site only."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import httpcore
import pytest

from arcgis_operator.adapters.admin import dialling, network
from arcgis_operator.adapters.admin.dialling import NameSilent, ProxyAway, ProxyRefused, connect, tunnel


def address(where: tuple[str, int], family: socket.AddressFamily = socket.AF_INET) -> dialling.Address:
    return (family, socket.SOCK_STREAM, 6, "", where)


class Names:
    """A resolver: some names have addresses, the others wait until they are let go."""

    def __init__(self) -> None:
        self.known: dict[str, list[dialling.Address] | Exception] = {}
        self.gone = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, flags: int = 0, **options: Any) -> list[dialling.Address]:
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "not an address")
        self.asked.append(host)
        if host not in self.known:
            self.gone.wait(30)
        found = self.known.get(host, socket.gaierror(socket.EAI_AGAIN, "late"))
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    resolver = Names()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    yield resolver
    resolver.gone.set()


@pytest.fixture
def listener() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[:2]


@contextlib.contextmanager
def closing(opened: socket.socket) -> Iterator[socket.socket]:
    with opened:
        yield opened


async def test_an_address_is_dialled_without_a_look_up(listener: tuple[str, int]) -> None:
    with closing(await connect(*listener, 5.0)) as opened:
        assert opened.getpeername() == listener


async def test_a_name_that_nobody_answers_for_says_so_and_keeps_one_thread(names: Names) -> None:
    for _ in range(5):
        with pytest.raises(NameSilent):
            await connect("dead.test", 443, 0.01)
    assert names.asked == ["dead.test"]


async def test_the_pool_hears_that_it_was_the_name(names: Names) -> None:
    """And not that nothing was there in time, which is as true, and tells nobody where to look."""
    backend = network._Backend(ssl.create_default_context())
    with pytest.raises(httpcore.ConnectError) as error:
        await backend.connect_tcp("dead.test", 443, 0.01)
    assert isinstance(error.value.__cause__, NameSilent)


async def test_silent_names_do_not_delay_another_one(names: Names, listener: tuple[str, int]) -> None:
    dead = [asyncio.create_task(connect(f"dead{number}.test", 443, 30.0)) for number in range(40)]
    await asyncio.sleep(0)
    names.known["site.test"] = [address(listener)]
    with closing(await connect("site.test", listener[1], 5.0)) as opened:
        assert opened.getpeername() == listener
    for task in dead:
        task.cancel()
    await asyncio.gather(*dead, return_exceptions=True)


UNKNOWN = {
    "no such name": (socket.gaierror(socket.EAI_NONAME, "x"), socket.gaierror),
    "a name that is none": (UnicodeEncodeError("idna", "x", 0, 1, "label too long"), socket.gaierror),
    "no address": ([], OSError),
}


@pytest.mark.parametrize(("found", "raised"), UNKNOWN.values(), ids=UNKNOWN)
async def test_a_name_without_an_address_is_no_connection(
    names: Names, found: Any, raised: type[OSError]
) -> None:
    names.known["site.test"] = found
    with pytest.raises(raised):
        await connect("site.test", 443, None)


async def test_the_next_address_is_tried_when_one_refuses(names: Names, listener: tuple[str, int]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        shut = server.getsockname()[:2]
    names.known["site.test"] = [address(shut), address(listener)]
    with closing(await connect("site.test", 443, 5.0)) as opened:
        assert opened.getpeername() == listener
    names.known["site.test"] = [address(shut)]
    with pytest.raises(ConnectionRefusedError):
        await connect("site.test", 443, 5.0)


async def test_the_next_address_is_tried_a_moment_later_and_who_comes_second_is_closed(
    monkeypatch: pytest.MonkeyPatch, names: Names
) -> None:
    made: list[socket.socket] = []

    async def slowly(one: dialling.Address) -> socket.socket:
        await asyncio.sleep(0.01 if one[4] == ("second", 1) else 0.01 + dialling.NEXT_SECONDS)
        made.append(socket.socket())
        return made[-1]

    monkeypatch.setattr(dialling, "NEXT_SECONDS", 0.02)
    monkeypatch.setattr(dialling, "_try", slowly)
    names.known["site.test"] = [address(("first", 1)), address(("second", 1))]
    opened = await connect("site.test", 443, 5.0)
    await asyncio.sleep(0.05)
    opened.close()
    assert all(one.fileno() == -1 for one in made)


async def test_of_two_that_connect_at_once_one_is_closed(
    monkeypatch: pytest.MonkeyPatch, names: Names
) -> None:
    made: list[socket.socket] = []
    go = asyncio.Barrier(2)

    async def together(one: dialling.Address) -> socket.socket:
        await go.wait()
        made.append(socket.socket())
        return made[-1]

    monkeypatch.setattr(dialling, "NEXT_SECONDS", 0.01)
    monkeypatch.setattr(dialling, "_try", together)
    names.known["site.test"] = [address(("first", 1)), address(("second", 1))]
    with closing(await connect("site.test", 443, 5.0)):
        await asyncio.sleep(0)
        assert sorted(one.fileno() == -1 for one in made) == [False, True]


async def test_a_connection_that_is_given_up_leaves_no_try_behind(
    monkeypatch: pytest.MonkeyPatch, names: Names
) -> None:
    """Of two addresses one fails late, and nothing comes of the other."""

    async def late(one: dialling.Address) -> socket.socket:
        await asyncio.sleep(0.02 if one[4] == ("first", 1) else 30)
        raise ConnectionRefusedError

    monkeypatch.setattr(dialling, "NEXT_SECONDS", 0.01)
    monkeypatch.setattr(dialling, "_try", late)
    names.known["site.test"] = [address(("first", 1)), address(("second", 1))]
    with pytest.raises(TimeoutError):
        await connect("site.test", 443, 0.1)
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


def test_families_take_turns_the_preferred_one_first() -> None:
    six, four = socket.AF_INET6, socket.AF_INET
    found = [address((str(number), 1), family) for number, family in enumerate((six, six, four, six, four))]
    assert [one[4][0] for one in dialling._in_turn(found)] == ["0", "2", "1", "4", "3"]


def test_a_loop_that_has_ended_is_told_nothing(names: Names) -> None:
    async def give_up() -> None:
        with pytest.raises(NameSilent):
            await connect("late.test", 443, 0.01)

    asyncio.run(give_up())
    looking = next(one for one in threading.enumerate() if one.name == "name")
    names.gone.set()
    looking.join(5)
    assert not looking.is_alive()
    names.known["late.test"] = socket.gaierror(socket.EAI_NONAME, "x")

    async def again() -> None:
        with pytest.raises(socket.gaierror):
            await connect("late.test", 443, 5.0)

    asyncio.run(again())


class Proxy:
    """Listens, and answers a CONNECT with these bytes."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.asked, self._over = answer, b"", asyncio.Event()

    async def start(self) -> tuple[str, int]:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        where: tuple[str, int] = self._server.sockets[0].getsockname()[:2]
        return where

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked = await reader.readuntil(b"\r\n\r\n")
            writer.write(self.answer)
            await self._last(reader, writer)
            writer.close()
        finally:
            self._over.set()

    async def _last(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await writer.drain()

    async def stop(self) -> None:
        """Once the connection is over: a task that is left ends when garbage is collected, anywhere."""
        self._server.close()
        await self._over.wait()


ANSWERS = {
    "it asks for an account": (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407"),
    "it forbids the way": (b"HTTP/1.0 403 Forbidden\r\nServer: x\r\n\r\n", "403"),
    "it is no proxy": (b"220 mail.test ESMTP\r\n\r\n", "no answer"),
    "it hangs up": (b"", "no answer"),
    "it never ends": (b"HTTP/1.1 200 OK\r\n" + b"x" * 20_000, "no answer"),
}


@pytest.mark.parametrize(("answer", "said"), ANSWERS.values(), ids=ANSWERS)
async def test_a_proxy_that_refuses_says_its_code(answer: bytes, said: str) -> None:
    proxy = Proxy(answer)
    where = await proxy.start()
    with pytest.raises(ProxyRefused, match=said):
        await tunnel(where, "site.test", 443, 5.0)
    await proxy.stop()


class StayingProxy(Proxy):
    """It keeps the connection, as HTTP/1.1 does."""

    async def _last(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()


STAYING = {
    "with a page": (b"HTTP/1.1 407 No\r\nContent-Length: 6\r\n\r\n<html>", "407"),
    "with more than was asked for": (b"HTTP/1.1 200 OK\r\n\r\nwelcome", "no answer"),
}


@pytest.mark.parametrize(("answer", "said"), STAYING.values(), ids=STAYING)
async def test_a_proxy_that_refuses_and_stays_says_its_code_at_once(answer: bytes, said: str) -> None:
    proxy = StayingProxy(answer)
    where = await proxy.start()
    with pytest.raises(ProxyRefused, match=said):
        await tunnel(where, "site.test", 443, 2.0)
    await proxy.stop()


async def test_a_host_that_is_no_name_has_no_address() -> None:
    with pytest.raises(socket.gaierror):
        await connect(f"{'a' * 64}.test", 443, 2.0)


async def test_a_tunnel_is_asked_for_by_name_and_its_socket_is_the_way_to_the_site() -> None:
    proxy = Proxy(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")
    where = await proxy.start()
    with closing(await tunnel(where, "site.test", 6443, 5.0)) as opened:
        assert opened.getpeername() == where
    assert proxy.asked == b"CONNECT site.test:6443 HTTP/1.1\r\nHost: site.test:6443\r\n\r\n"
    await proxy.stop()


async def test_a_proxy_that_nobody_listens_at_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        shut = server.getsockname()[:2]
    with pytest.raises(ProxyAway):
        await tunnel(shut, "site.test", 443, 5.0)
