"""The HTTP sessions that kopf watches through, with the token of the moment on every request.

kopf asks for a new session after a 401, at once and for ever, so asking is paced here. What is heard over
them is told to a `Pulse`.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable

import aiohttp
import kopf

from arcgis_operator.adapters.kube.access import Access
from arcgis_operator.adapters.kube.connector import connector, staying
from arcgis_operator.handlers.pulse import Pulse

QUICK = 60.0  # seconds; a session that lasted longer was good: pacing starts anew


class WatchSessions:
    """Opens sessions, with answers of a class. Belongs to one event loop. At most one is open."""

    def __init__(
        self,
        access: Callable[[], Awaitable[Access]],
        pauses: Iterable[float],
        pulse: Pulse,
        answers: type[aiohttp.ClientResponse],
    ) -> None:
        self._access, self._pulse, self._answers = access, pulse, answers
        self._pauses = pauses
        self._next = itertools.chain([0.0], pauses)
        self._opened_at: float | None = None
        self._session: aiohttp.ClientSession | None = None
        self._used: Access | None = None

    async def open(self) -> kopf.AiohttpSession:
        """A session with freshly loaded credentials; waits when the last one was short-lived."""
        if self._opened_at is not None and time.monotonic() - self._opened_at > QUICK:
            self._next = itertools.chain([0.0], self._pauses)
        await asyncio.sleep(next(iter(self._next)))
        await self.close()
        access = self._used = await self._access()
        self._opened_at = time.monotonic()
        self._session = aiohttp.ClientSession(
            connector=connector(access.ssl_context(), limit=0),  # each watch keeps its own
            response_class=self._answers,
            headers={"User-Agent": "arcgis-operator"},
            proxy=access.configuration.proxy,
            middlewares=[staying, _authorised(access, self._pulse)],
        )
        return kopf.AiohttpSession(server=access.server, aiohttp_session=self._session)

    def outdated(self) -> str:
        """Why other certificates are needed, empty while these will do."""
        if self._pulse.untrusted:
            return self._pulse.untrusted
        return "the certificates have changed" if self._used and self._used.has_new_files() else ""

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()


def _authorised(access: Access, pulse: Pulse) -> aiohttp.ClientMiddlewareType:
    async def middleware(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        authorization = await access.authorization()
        if authorization:
            request.headers["Authorization"] = authorization
        try:
            return await handler(request)
        except aiohttp.ClientSSLError as error:
            pulse.untrusted = f"the API server's certificate is not trusted ({type(error).__name__})"
            raise

    return middleware
