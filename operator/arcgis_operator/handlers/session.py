"""The HTTP sessions that kopf watches through, with the token of the moment on every request.

kopf asks for a new session after a 401, at once and for ever, so asking is paced here.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable

import aiohttp
import kopf

from arcgis_operator.adapters.kube.access import Access

QUICK = 60.0  # seconds; a session that lasted longer was good: pacing starts anew


class WatchSessions:
    """Opens sessions. Belongs to one event loop. At most one is open."""

    def __init__(self, access: Callable[[], Awaitable[Access]], pauses: Iterable[float]) -> None:
        self._access = access
        self._pauses = pauses
        self._next = itertools.chain([0.0], pauses)
        self._opened_at: float | None = None
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> kopf.AiohttpSession:
        """A session with freshly loaded credentials; waits when the last one was short-lived."""
        if self._opened_at is not None and time.monotonic() - self._opened_at > QUICK:
            self._next = itertools.chain([0.0], self._pauses)
        await asyncio.sleep(next(iter(self._next)))
        await self.close()
        access = await self._access()
        self._opened_at = time.monotonic()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=access.ssl_context()),  # each watch keeps its own
            headers={"User-Agent": "arcgis-operator"},
            proxy=access.configuration.proxy,
            middlewares=[_authorised(access)],
        )
        return kopf.AiohttpSession(server=access.server, aiohttp_session=self._session)

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()


def _authorised(access: Access) -> aiohttp.ClientMiddlewareType:
    async def middleware(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        authorization = await access.authorization()
        if authorization:
            request.headers["Authorization"] = authorization
        return await handler(request)

    return middleware
