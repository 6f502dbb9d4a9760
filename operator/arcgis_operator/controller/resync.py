"""A full list every few minutes: heals lost events, a dead watch, and deletions that nobody told us of."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.adapters.kube.failures import KubeListFailed
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES, Kind
from arcgis_operator.controller.dispatch import Dispatch
from arcgis_operator.telemetry.logs import fields

log = logging.getLogger(__name__)

AGAIN_SECONDS = 2.0
SPREAD = 0.1


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
        services = await self._complete()
        self._dispatch.look_at_everything(within=0.0)
        return not any("journal" in (body.get("status") or {}) for body in services)

    async def run(self) -> None:
        """A list every `seconds`, for ever."""
        while True:
            await asyncio.sleep(self._seconds)
            await self._complete()
            self._dispatch.look_at_everything(within=SPREAD * self._seconds)

    async def _complete(self) -> list[dict[str, Any]]:
        """The list, repeated until it is complete."""
        while True:
            services = await self._once()
            if services is not None:
                return services
            await asyncio.sleep(AGAIN_SECONDS)

    async def _once(self) -> list[dict[str, Any]] | None:
        before = self._dispatch.known("site"), self._dispatch.known("service")
        try:
            sites, services = await self._list(ARCGIS_SITES), await self._list(ARCGIS_SERVICES)
        except KubeListFailed as failed:
            log.warning("resync failed", extra=fields(reason=failed.failure.detail))
            return None
        self._dispatch.take_list("site", sites, before[0])
        self._dispatch.take_list("service", services, before[1])
        self._done()
        return services

    async def _list(self, kind: Kind) -> list[dict[str, Any]]:
        places: tuple[str | None, ...] = self._namespaces or (None,)
        return [body for place in places async for body in self._api.list(kind, place)]
