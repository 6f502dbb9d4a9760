"""From a host's name to a connected socket, in such a way that no site waits for another one's name.

asyncio looks names up in a handful of threads for the whole process, and a look-up that nobody waits for any
more keeps its thread for as long as the system tries: a few silent name servers delay every site. Here each
name has a thread of its own, one at a time, which also does not keep the process from ending.
"""

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any

Address = tuple[Any, ...]
"""As `socket.getaddrinfo` gives it: family, type, protocol, canonical name, socket address."""

NEXT_SECONDS = 0.25
LONGEST_HEAD = 16 * 1024


_under_way: dict[tuple[str, int], asyncio.Future[list[Address]]] = {}


class NameSilent(OSError):
    """The look-up of the name had no answer in time."""


async def connect(host: str, port: int, seconds: float | None) -> socket.socket:
    """A connected socket; raises `OSError`, `TimeoutError`, `NameSilent`."""
    ends = None if seconds is None else asyncio.get_running_loop().time() + seconds
    try:
        async with asyncio.timeout_at(ends):
            addresses = await _addresses(host, port)
    except TimeoutError:
        raise NameSilent from None
    async with asyncio.timeout_at(ends):
        return await _first(_in_turn(addresses))


class ProxyAway(OSError):
    """There is no connection to the proxy."""


class ProxyRefused(OSError):
    """The proxy answers something else than that the tunnel stands; the text is its status code."""


async def tunnel(proxy: tuple[str, int], host: str, port: int, seconds: float | None) -> socket.socket:
    """A socket through the proxy to the host; raises `ProxyAway`, `ProxyRefused`, `TimeoutError`.

    Source: RFC 9110, section 9.3.6: CONNECT. The proxy looks the name up.
    """
    ends = None if seconds is None else asyncio.get_running_loop().time() + seconds
    try:
        opened = await connect(*proxy, seconds)
    except OSError as error:
        raise ProxyAway from error
    try:
        async with asyncio.timeout_at(ends):
            await _ask_for_tunnel(opened, f"{host}:{port}")
    except BaseException:
        opened.close()
        raise
    return opened


async def _ask_for_tunnel(opened: socket.socket, where: str) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(opened, f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode())
    said = b""
    while b"\r\n\r\n" not in said:
        part = await loop.sock_recv(opened, LONGEST_HEAD)
        said += part
        if not part or len(said) > LONGEST_HEAD:
            raise ProxyRefused("no answer")
    found = re.match(rb"HTTP/1\.[01] ([0-9]{3})\b", said)
    if not found or not found[1].startswith(b"2"):
        raise ProxyRefused(found[1].decode() if found else "no answer")
    if not said.endswith(b"\r\n\r\n"):  # the site says nothing before we do
        raise ProxyRefused("no answer")


async def _addresses(host: str, port: int) -> list[Address]:
    with contextlib.suppress(socket.gaierror, UnicodeError):  # it is an address already
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    looking = _under_way.get((host, port))
    if looking is None or looking.get_loop() is not asyncio.get_running_loop():
        looking = _under_way[host, port] = asyncio.get_running_loop().create_future()
        threading.Thread(target=_look_up, args=(host, port, looking), daemon=True, name="name").start()
    return await asyncio.shield(looking)


def _look_up(host: str, port: int, looking: asyncio.Future[list[Address]]) -> None:
    """In a thread of its own."""
    found: list[Address] | OSError
    try:
        found = list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except OSError as error:
        found = error
    except UnicodeError:
        found = socket.gaierror(socket.EAI_NONAME, "no name")
    with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
        looking.get_loop().call_soon_threadsafe(_tell, host, port, looking, found)


def _tell(
    host: str, port: int, looking: asyncio.Future[list[Address]], found: list[Address] | OSError
) -> None:
    _under_way.pop((host, port), None)
    if isinstance(found, OSError):
        looking.set_exception(found)
        looking.exception()  # who waited may have gone
    else:
        looking.set_result(found)


def _in_turn(addresses: Sequence[Address]) -> list[Address]:
    """The families by turns, the one that the system prefers first. Source: RFC 8305, section 4."""
    families: dict[object, list[Address]] = {}
    for address in addresses:
        families.setdefault(address[0], []).append(address)
    return [one for one in chain(*zip_longest(*families.values())) if one]


async def _first(addresses: list[Address]) -> socket.socket:
    """The first that connects: the next begins after a moment, or as soon as the one before has failed."""
    tries: set[asyncio.Task[socket.socket]] = set()
    error: BaseException = OSError("the name has no address")
    try:
        while addresses or tries:
            if addresses:
                tries.add(asyncio.create_task(_try(addresses.pop(0))))
            wait = NEXT_SECONDS if addresses else None
            done, tries = await asyncio.wait(tries, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            good = [task for task in done if task.exception() is None]
            if good:
                tries |= set(good[1:])
                return good[0].result()
            error = next((failed for task in done if (failed := task.exception())), error)
        raise error
    finally:
        for task in tries:
            task.cancel()
            task.add_done_callback(_close)


async def _try(address: Address) -> socket.socket:
    family, kind, protocol, _, where = address
    opened = socket.socket(family, kind, protocol)
    opened.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(opened, where)
    except BaseException:
        opened.close()
        raise
    return opened


def _close(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()
