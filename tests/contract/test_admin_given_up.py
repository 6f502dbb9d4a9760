"""A connection that is given up in the moment in which its handshake ends."""

import asyncio
import ssl
from collections.abc import AsyncIterator

import pytest
import trustme
from admin_wire import server_context

from arcgis_operator.adapters.admin import network


@pytest.fixture
async def port(authority: trustme.CA) -> AsyncIterator[int]:
    """Of a site that shakes hands and says nothing more, not even goodbye."""
    context = server_context(authority, "localhost")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_it_is_closed_so_that_the_next_one_may_have_its_number(
    port: int, trust: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when its time is over in the turn of the event loop that ends the handshake, after a stop.

    The system gives the lowest free number: all that is opened next gets the one of the socket closed last,
    and asyncio refuses it as long as it takes it for open, be it to a site or to the API server.
    """
    backend, made = network._Backend(trust), asyncio.StreamReaderProtocol.connection_made

    def given_up(self: asyncio.StreamReaderProtocol, transport: asyncio.BaseTransport) -> None:
        made(self, transport)
        asking.cancel()

    with monkeypatch.context() as patch:
        patch.setattr(asyncio.StreamReaderProtocol, "connection_made", given_up)
        asking = asyncio.create_task(backend.connect_tcp("localhost", port, 5.0))
        with pytest.raises(asyncio.CancelledError):
            await asking
    again = await backend.connect_tcp("localhost", port, 5.0)
    await again.aclose()
