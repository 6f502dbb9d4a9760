"""A full list every few minutes: heals lost events, a dead watch, and deletions that nobody told us of.

Each namespace is listed by itself, so that one that is gone, or where rights are missing, stops itself only:
its resources stay as they are known, and it is asked again with the next resync.
"""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind, KubeListFailed
from arcgis_operator.adapters.kube.kinds import SERVED, Kind
from arcgis_operator.adapters.kube.preflight import INSTALL
from arcgis_operator.controller.dispatch import Dispatch
from arcgis_operator.controller.news import version_of
from arcgis_operator.core.identity import name_of
from arcgis_operator.reconcilers.breath import Breath
from arcgis_operator.telemetry.happenings import Resynced, Tell
from arcgis_operator.telemetry.logs import fields, named

log = logging.getLogger(__name__)

AGAIN_SECONDS = 2.0
LONGEST_SECONDS = 15.0
PASS_OVER_SECONDS = 30.0
SPREAD = 0.1
REFUSALS = (KubeFailureKind.FORBIDDEN, KubeFailureKind.MISSING)

Place = str | None
Step = tuple[Kind, Place]


class Resync:
    """Lists and compares, and tells of each complete list.

    `went_back(why)` is called when a list is older than what was known before: etcd was restored.
    `whole(collection, version)` is told that all of a collection is known as it was at a version.
    `caught_up()` answers whether the watch follows all there is, once what it told is taken in.
    """

    def __init__(
        self,
        api: KubeApi,
        namespaces: tuple[str, ...],
        dispatch: Dispatch,
        seconds: float,
        tell: Tell,
        went_back: Callable[[str], None],
        whole: Callable[[str, str], None],
        caught_up: Callable[[], Awaitable[bool]],
        breath: Breath,
    ) -> None:
        self._api, self._dispatch, self._seconds = api, dispatch, seconds
        self._tell, self._breath = tell, breath
        self._went_back, self._whole, self._caught_up = went_back, whole, caught_up
        places: tuple[Place, ...] = namespaces or (None,)
        self._unlisted = False
        self.refused = False
        """The last lists were refused, or their kinds are not there: no restart heals that."""
        self._steps: list[Step] = [(kind, place) for kind in SERVED for place in places]

    async def first(self) -> bool:
        """What a term begins with. True: all was listed, no resource has a journal, and none is left unread.

        Who has watched as a standby knows all there is, and lists it only when the term has begun.
        """
        self._unlisted = await self._is_known()
        untouched = not self._unlisted and await self._complete(_for_good)
        _for_good()
        await self._dispatch.look_at_everything(within=0.0)
        return untouched

    async def run(self) -> None:
        """A list every `seconds`, for ever; the first one at once where the term began without."""
        if self._unlisted:
            await self._complete()
        while True:
            await asyncio.sleep(self._seconds)
            await self._complete()
            await self._dispatch.look_at_everything(within=SPREAD * self._seconds)

    async def _is_known(self) -> bool:
        """Whether what the watch told is all there is, as far as that can be seen without a list."""
        return await self._caught_up() and all([await self._agrees(*step) for step in self._steps])

    async def _agrees(self, kind: Kind, place: Place) -> bool:
        """The API server has as many objects as are known, and its versions have not gone back.

        The watch goes on while it is asked.
        """
        news = self._dispatch.rows[kind].news
        highest, known = news.highest(), news.count(place)
        try:
            async with contextlib.aclosing(self._api.list(kind, place, limit=1)) as pages:
                page = await anext(pages)
        except KubeListFailed:
            return False
        count = len(page.items) + int(page.metadata.get("remainingItemCount") or 0)
        version = version_of({"metadata": page.metadata}) or 0
        first, last = sorted((known, news.count(place)))
        return version >= highest and first <= count <= last

    async def _complete(self, taken: Callable[[], object] = bool) -> bool:
        """All lists, again and again until they are complete, or what is left may be passed over."""
        left, untouched, pause, began = list(self._steps), True, AGAIN_SECONDS, time.monotonic()
        while True:
            failed: dict[Step, KubeFailure] = {}
            for step in left:
                try:
                    untouched = await self._take(*step, taken) and untouched
                except KubeListFailed as broken:
                    failed[step] = broken.failure
            left = list(failed)
            self.refused = bool(failed) and all(one.kind in REFUSALS for one in failed.values())
            _say(failed)
            if not left or self._may_pass_over(failed, time.monotonic() - began):
                self._tell(Resynced(tuple(sorted({str(place) for _, place in left}))))
                return untouched and not left
            await asyncio.sleep(pause)
            pause = min(LONGEST_SECONDS, 2 * pause)

    def _may_pass_over(self, failed: Mapping[Step, KubeFailure], waited: float) -> bool:
        """Refused, or failing for long, in some namespaces, while others are whole."""
        broken = {place for _, place in failed}
        if all(place in broken for _, place in self._steps):
            return False
        refused = all(failure.kind in REFUSALS for failure in failed.values())
        return refused or waited >= PASS_OVER_SECONDS

    async def _take(self, kind: Kind, place: Place, taken: Callable[[], object]) -> bool:
        """One list, page by page, so that it is never whole in memory. True: nothing in it has a journal.

        `taken` is called after each page.
        """
        news, untouched, version = self._dispatch.rows[kind].news, True, ""
        news.begin(place)
        async for page in self._api.list(kind, place):
            version = str(page.metadata.get("resourceVersion") or "")
            if news.is_at(version_of({"metadata": page.metadata})):
                self._went_back(f"the list of {kind.plural} is older than what was known before")
            for body in page.items:
                untouched = self._listed(kind, body) and untouched
                if self._breath.is_due():
                    await asyncio.sleep(0)
            taken()
        self._dispatch.list_ended(kind)
        if version:
            self._whole(kind.path(place), version)
        return untouched

    def _listed(self, kind: Kind, body: dict[str, Any]) -> bool:
        """Whether the object was taken in, and has no journal; one that is a trouble stops itself only."""
        try:
            self._dispatch.listed(kind, body)
            return "journal" not in (body.get("status") or {})
        except Exception:
            log.exception("object could not be taken in", extra=named(kind.name, resource_in(body)))
            self._dispatch.rows[kind].news.passes_over(name_of(body) if resource_in(body) else None)
            return False


def _for_good() -> None:
    """What a term begins with stays for long: Python's collector need not go through it again and again.

    With 100,000 resources it would hold the event loop for a third of a second each time.
    """
    gc.collect(1)
    gc.freeze()


def _say(failed: Mapping[Step, KubeFailure]) -> None:
    for (kind, place), failure in failed.items():
        gone = failure.code == 404
        crd = f"is the CustomResourceDefinition {kind.plural}.{kind.group} installed? {INSTALL}"
        reason = f"{failure.detail.strip()}: {crd}" if gone else failure.detail
        where = fields(kind=kind.name, namespace=place, reason=reason)
        log.warning("list failed", extra=where)


def resource_in(body: dict[str, Any]) -> str:
    """`namespace/name` of an object, empty where it has none."""
    metadata = body.get("metadata")
    return (
        str(name_of(body)) if isinstance(metadata, dict) and {"namespace", "name"} <= metadata.keys() else ""
    )
