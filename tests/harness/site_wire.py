"""How the bytes of an answer come to the operator: `SENDS`, one word for each way, right or broken.

A way says what is written and, by what it returns, what becomes of the connection.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from harness.proxyloop import RESET

KEPT, CLOSED, CUT, REFUSED, LEFT = "kept", "closed", "cut", "reset", "left"
"""Ready for the next request; closed as TLS wants it, or without; reset; open until the client goes."""
PAUSE = 0.02
RECORD = b"\x17\x03\x03\x40\x00" + b"\xa5" * 64
"""The beginning of a TLS record of 16 KiB."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is bytes."""

    code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def head(self, length: str | None = None, *more: str) -> bytes:
        """Status line and headers; `length` in place of the right one, empty for none."""
        known = {code.value: code.phrase for code in HTTPStatus}
        size = str(len(self.body)) if length is None else length
        lines = [
            f"HTTP/1.1 {self.code} {known.get(self.code, 'Planted')}",
            *(f"{name}: {text}" for name, text in self.headers.items()),
            *([f"content-length: {size}"] if size else []),
            *more,
        ]
        return "\r\n".join([*lines, "", ""]).encode()

    @property
    def middle(self) -> int:
        return len(self.body) // 2

    def whole(self) -> bytes:
        return self.head() + self.body

    def half(self) -> bytes:
        return self.head() + self.body[: self.middle]

    def chunked(self, end: bytes = b"0\r\n\r\n") -> bytes:
        parts = [self.body[at : at + 100] for at in range(0, len(self.body), 100)]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
        return self.head("", "transfer-encoding: chunked") + chunks + end


class Line:
    """The operator's connection. It can also be written below TLS, and cut."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def below(self, data: bytes) -> None:
        """Bytes that no TLS has seen."""
        os.write(self._socket.fileno(), data)

    async def given_up(self) -> None:
        """Waits until the client has closed it."""
        try:
            while await self.reader.read(4096):
                pass
        except OSError:
            return

    async def end(self, how: str) -> None:
        """Closes it in one of the ways."""
        if how == LEFT:
            await self.given_up()
        if how == CLOSED:
            self._writer.close()
            return
        if how == REFUSED and self._socket is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._writer.transport.abort()

    @property
    def _socket(self) -> Any:
        """None when the client has closed it."""
        return self._writer.get_extra_info("socket")


Way = Callable[[Line, Reply], Awaitable[str]]


def says(text: Callable[[Reply], bytes], then: str = KEPT) -> Way:
    """These bytes at once."""

    async def way(line: Line, reply: Reply) -> str:
        await line.send(text(reply))
        return then

    return way


def drips(text: Callable[[Reply], bytes], pieces: int, pause: float) -> Way:
    """The same bytes in so many pieces, with a pause before each."""

    async def way(line: Line, reply: Reply) -> str:
        data = text(reply)
        size = max(1, len(data) // pieces)
        for at in range(0, len(data), size):
            await asyncio.sleep(pause)
            await line.send(data[at : at + size])
        return KEPT

    return way


async def drips_for_ever(line: Line, reply: Reply) -> str:
    """Each byte in time, the whole never."""
    await line.send(reply.head("1000000"))
    gone = asyncio.ensure_future(line.given_up())
    while not gone.done():
        await line.send(b" ")
        await asyncio.wait([gone], timeout=PAUSE)
    return CUT


def below(text: Callable[[Reply], bytes], data: bytes, then: str) -> Way:
    """Some bytes through TLS, then some that are none of it."""

    async def way(line: Line, reply: Reply) -> str:
        await line.send(text(reply))
        line.below(data)
        return then

    return way


def headed(*lines: str) -> Way:
    """The right answer with more headers."""
    return says(lambda reply: reply.head(None, *lines) + reply.body)


def sized(length: Callable[[Reply], str], then: str = CLOSED) -> Way:
    """The right answer with this length."""
    return says(lambda reply: reply.head(length(reply)) + reply.body, then)


def started(line: bytes, then: str = CLOSED) -> Way:
    """The right answer after another status line."""
    return says(lambda reply: line + reply.whole().partition(b"\r\n")[2], then)


def nothing(_: Reply) -> bytes:
    return b""


SENDS: Mapping[str, Way] = {
    "": says(Reply.whole),
    "half, then reset": says(Reply.half, REFUSED),
    "half, then closed": says(Reply.half, CLOSED),
    "half, then cut": says(Reply.half, CUT),
    "half, then silence": says(Reply.half, LEFT),
    "headers, then silence": says(lambda reply: reply.head(), LEFT),
    "headers, then cut": says(lambda reply: reply.head(), CUT),
    "half the headers, then closed": says(lambda reply: reply.head()[:20], CLOSED),
    "half the headers, then silence": says(lambda reply: reply.head()[:20], LEFT),
    "closed before the headers": says(nothing, CLOSED),
    "cut before the headers": says(nothing, CUT),
    "half a record of TLS, then cut": below(Reply.half, RECORD, CUT),
    "half a record of TLS, then reset": below(nothing, RECORD, REFUSED),
    "half a record of TLS, then silence": below(Reply.half, RECORD, LEFT),
    "plain text in the middle of TLS": below(Reply.half, b"HTTP/1.1 400 Bad Request\r\n\r\n", CUT),
    "an alert of TLS": below(Reply.half, b"\x15\x03\x03\x00\x02\x02\x50", CUT),
    "whole, then cut": says(Reply.whole, CUT),
    "whole, then closed": says(Reply.whole, CLOSED),
    "in pieces": drips(Reply.whole, 20, PAUSE),
    "for ever": drips_for_ever,
    "no length, closed": says(lambda reply: reply.head("") + reply.body, CLOSED),
    "no length, cut in the middle": says(lambda reply: reply.head("") + reply.body[: reply.middle], CUT),
    "a length that is too long": sized(lambda reply: str(len(reply.body) + 100)),
    "a length that is too short": sized(lambda reply: str(reply.middle), KEPT),
    "a length of nothing": sized(lambda reply: "0", KEPT),
    "a negative length": sized(lambda reply: "-1"),
    "a length in words": sized(lambda reply: "many"),
    "a huge length": sized(lambda reply: "9" * 30),
    "two lengths": headed("content-length: 7"),
    "chunked": says(Reply.chunked),
    "chunked without an end": says(lambda reply: reply.chunked(b""), CLOSED),
    "chunked with a broken size": says(lambda reply: reply.chunked(b"zz\r\n\r\n"), CLOSED),
    "chunked with a huge size": says(lambda reply: reply.chunked(b"f" * 30 + b"\r\n\r\n"), CLOSED),
    "chunked beside a length": headed("transfer-encoding: chunked"),
    "an encoding of transfer that is none": headed("transfer-encoding: gzip"),
    "extra bytes after the answer": says(lambda reply: reply.whole() + b"\r\nmore\r\n"),
    "the answer comes twice": says(lambda reply: reply.whole() * 2),
    "the answer comes again later": drips(lambda reply: reply.whole() * 2, 2, PAUSE),
    "100 and 103 before it": says(
        lambda reply: (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + reply.whole()
        )
    ),
    "100 for ever": says(lambda reply: b"HTTP/1.1 100 Continue\r\n\r\n" * 5000, LEFT),
    "101 instead": says(lambda reply: b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + reply.whole(), LEFT),
    "204 with a body": started(b"HTTP/1.1 204 No Content\r\n", KEPT),
    "304 with a body": started(b"HTTP/1.1 304 Not Modified\r\n", KEPT),
    "a code of two digits": started(b"HTTP/1.1 20 OK\r\n"),
    "code 999": started(b"HTTP/1.1 999 Planted\r\n"),
    "HTTP/1.0": started(b"HTTP/1.0 200 OK\r\n"),
    "HTTP/0.9": says(lambda reply: reply.body, CLOSED),
    "HTTP/2": says(lambda reply: b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" * 20, CLOSED),
    "no words": says(lambda reply: b"\x00\xff\xfe\x01" * 20, CLOSED),
    "a header of 200 kB": headed("x-long: " + "x" * 200_000),
    "5,000 headers": headed(*(f"x-{number}: y" for number in range(5000))),
    "a header without a colon": headed("nonsense"),
    "a header with a zero": headed("x-zero: a\0b"),
    "a header that is folded": headed("x-fold: a", " b"),
    "lines that end in LF": says(lambda reply: reply.head().replace(b"\r\n", b"\n") + reply.body),
}
