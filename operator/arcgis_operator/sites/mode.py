"""The site's read-only mode: asked of its mode, which tells more than the words of a refusal."""

from collections.abc import Callable
from dataclasses import replace

from arcgis_operator.adapters.admin import SiteMode
from arcgis_operator.core import sentences
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.settle import AWAY_CODES
from arcgis_operator.sites.link import Link
from arcgis_operator.sites.livesite import Viewpoint

MODE_SECONDS = 5.0  # between two questions whether read-only mode is over
UNASKED = (Kind.BUSY, Kind.NO_CREDENTIALS)


class Mode:
    """What one view learns of it, for all. `clock` is monotonic."""

    def __init__(self, link: Link, place: Viewpoint, clock: Callable[[], float]) -> None:
        self._link, self._place, self._clock = link, place, clock
        self._asked_at = clock()

    async def ask(self) -> SiteMode | Failure:
        """Whether the site takes changes at the moment."""
        mode = await self._link.ask("mode", lambda client: client.mode())
        self._asked_at = self._clock()
        if isinstance(mode, SiteMode):
            self._place.live.set_read_only(sentences.read_only(mode.message) if mode.read_only else "")
        return mode

    async def ask_again(self) -> None:
        """Now and then, whether it is over; where the site does not tell, the next edit will."""
        if not self._place.live.read_only or self._clock() - self._asked_at < MODE_SECONDS:
            return
        mode = await self.ask()
        if isinstance(mode, Failure) and not mode.unreachable and mode.kind not in UNASKED:
            self._place.live.read_only = ""

    async def explain(self, failure: Failure) -> Failure:
        """Whether it was the reason of a refused edit; the site's words decide where its mode is unread."""
        mode = await self.ask()
        if not isinstance(mode, SiteMode):
            if failure.read_only:
                self._place.live.read_only = failure.detail
            return replace(failure, kind=Kind.BUSY) if failure.read_only else failure
        if mode.read_only and (failure.read_only or failure.code not in AWAY_CODES):
            return replace(failure, kind=Kind.BUSY, detail=self._place.live.read_only, read_only=True)
        return replace(failure, read_only=False)
