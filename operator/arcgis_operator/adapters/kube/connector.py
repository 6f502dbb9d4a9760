"""Connections to the API server: they notice it when their other end has gone, and lead nowhere else.

A NAT or a load balancer may forget a connection and drop what comes, with no reset. Then the kernel alone
would try for a quarter of an hour to deliver what was sent, and wait for ever for what was not.
"""

import socket
import ssl
from typing import Any, Literal

import aiohttp

QUIET_SECONDS = 15  # without a byte, before the kernel begins to ask whether the other end is there
ASK_SECONDS = 5
ASKS = 3
UNHEARD_MILLISECONDS = 30_000  # what was sent, and not acknowledged for so long, ends the connection

_OPTIONS = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", QUIET_SECONDS),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", ASK_SECONDS),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", ASKS),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", UNHEARD_MILLISECONDS),
)
"""Source: Linux tcp(7). Not every system has each of them."""


def connector(tls: ssl.SSLContext | Literal[True], limit: int) -> aiohttp.TCPConnector:
    """For sessions with the API server; `limit` 0: any number of connections."""
    return aiohttp.TCPConnector(limit=limit, ssl=tls, socket_factory=watchful_socket)


class PointsElsewhere(aiohttp.ClientConnectionError):
    """An answer that is a redirect: what gave it is not the API server."""


async def staying(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """A middleware: no redirect is followed.

    aiohttp would carry our token and our writes to another host, and bring back a read for a write's answer.
    """
    answer = await handler(request)
    if 300 <= answer.status < 400:
        answer.close()
        raise PointsElsewhere(f"a redirect ({answer.status})")
    return answer


def watchful_socket(address: tuple[Any, ...]) -> socket.socket:
    """For one address, as `socket.getaddrinfo` gives it."""
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    for level, name, value in _OPTIONS:
        if hasattr(socket, name):
            made.setsockopt(level, getattr(socket, name), value)
    return made
