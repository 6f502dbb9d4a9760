"""A full list every few minutes: heals lost events, a dead watch, and deletions that nobody told us of."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.adapters.kube.failures import KubeListFailed
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES, Kind
from arcgis_operator.controller.dispatch import Dispatch, Word
from arcgis_operator.controller.registry import name_of
from arcgis_operator.telemetry.logs import fields

log = logging.getLogger(__name__)

AGAIN_SECONDS = 2.0
SPREAD = 0.1
BREATH = 20  # objects between two pauses, so that others get their turns meanwhile


class Resync:
    """Lists and compares. `done` is called after each complete list."""

    def __init__(
        self,
        api: KubeApi,
        namespaces: tuple[str, ...],
        dispatch: Dispatch,
        seconds: float,
        done: Callable[[], None],
    ) -> None:
        self._api, self._namespaces = api, namespaces
        self._dispatch, self._seconds, self._done = dispatch, seconds, done

    async def first(self) -> bool:
        """The list that a term begins with. True: no resource has a journal."""
        untouched = await self._complete()
        self._dispatch.look_at_everything(within=0.0)
        return untouched

    async def run(self) -> None:
        """A list every `seconds`, for ever."""
        while True:
            await asyncio.sleep(self._seconds)
            await self._complete()
            self._dispatch.look_at_everything(within=SPREAD * self._seconds)

    async def _complete(self) -> bool:
        """The list, repeated until it is complete. True: no resource has a journal."""
        while True:
            try:
                await self._take("site", ARCGIS_SITES)
                untouched = await self._take("service", ARCGIS_SERVICES)
            except KubeListFailed as failed:
                log.warning("resync failed", extra=fields(reason=failed.failure.detail))
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self._done()
                return untouched

    async def _take(self, word: Word, kind: Kind) -> bool:
        """Object by object, so that the list is never whole in memory."""
        left, untouched = dict(self._dispatch.known(word)), True
        number = 0
        async for body in self._list(kind):
            number += 1
            if number % BREATH == 0:
                await asyncio.sleep(0)
            self._dispatch.seen(word, "LISTED", body)
            left.pop(name_of(body), None)
            untouched = untouched and "journal" not in (body.get("status") or {})
        self._dispatch.gone(word, left)
        return untouched

    async def _list(self, kind: Kind) -> AsyncIterator[dict[str, Any]]:
        places: tuple[str | None, ...] = self._namespaces or (None,)
        for place in places:
            async for body in self._api.list(kind, place):
                yield body
