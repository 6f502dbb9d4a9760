"""Whether a site may be asked now, and be sent something: facts that are read, and the acts that change them.

To read a fact changes nothing. `enter` takes the try of the breaker: an act of its own, after the decision.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from arcgis_operator.adapters.admin import Exchange
from arcgis_operator.core import sentences
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.model import SiteWanted
from arcgis_operator.core.verdict import Reason
from arcgis_operator.sites.limits import WHOLE_SITE, Budget
from arcgis_operator.sites.livesite import Viewpoint, service_in

SPARE_SECONDS = 1.0  # between two looks whether the site is left alone for now
ASKED_OF_ALL = frozenset(("root", "mode", "token", "jobs"))  # a pause asked for here is meant for all
SUSPENDED = Hold(Reason.SUSPENDED, sentences.SITE_SUSPENDED)
OBSERVING = Hold(Reason.OBSERVING, sentences.SITE_OBSERVES)


class Availability:
    """Of the live site that a view looks at, within the limits that its own spec sets (`wanted`)."""

    def __init__(
        self, wanted: SiteWanted, place: Viewpoint, clock: Callable[[], float], longest_pause: float
    ) -> None:
        self.wanted = wanted
        self._place, self._longest_pause = place, longest_pause
        self._budget = Budget(wanted.requests_per_second, clock)
        self._unreachable_in_a_row = 0

    # ---- facts

    @property
    def circuit_open(self) -> bool:
        """The site failed so often that it is asked rarely."""
        return self._place.live.breaker.open

    def paid_for(self) -> float:
        """Seconds since the request budget was last overdrawn; below zero while turns wait for it."""
        return self._budget.paid_for()

    def gate(self) -> Hold | None:
        """Why the site is not even read now."""
        if self.wanted.suspend:
            return SUSPENDED
        passes = self._place.live.breaker.may_pass and not self.held()
        return None if passes else self.trouble()

    def trouble(self) -> Hold | None:
        """Why the site is asked rarely, or not at the moment, whoever's turn it is to try."""
        if later := self.held():
            return Hold(Reason.SITE_BUSY, later.detail)
        if self.circuit_open:
            text = sentences.circuit_open(self._longest_pause, self._place.live.last_failure)
            return Hold(Reason.CIRCUIT_OPEN, text)
        return None

    def unsent(self, key: str) -> tuple[Hold, ...]:
        """All that keeps an edit of this service from being sent now."""
        live = self._place.live
        later, taken = self.held(f"submit {service_in(key)}"), live.taken_for(key)
        full = service_in(key) not in taken and len(taken) >= self.wanted.max_jobs
        holds = (
            self.wanted.suspend and SUSPENDED,
            self.wanted.observe and OBSERVING,
            live.read_only and Hold(Reason.SITE_READ_ONLY, sentences.sentence(live.read_only)),
            later and Hold(Reason.SERVICE_BUSY, later.detail),
            full and Hold(Reason.QUEUED, sentences.queued(self.wanted.max_jobs)),
        )
        return tuple(hold for hold in holds if isinstance(hold, Hold))

    def closed(self) -> str | None:
        """That the ArcGISSite's own spec lets nothing be sent to the site, whichever service it is for."""
        if self.wanted.suspend:
            return sentences.SITE_SUSPENDED
        return sentences.SITE_OBSERVES if self.wanted.observe else None

    def held(self, what: str = WHOLE_SITE) -> Failure | None:
        """What the site would answer to this now, which it asked to be asked later."""
        return self._place.live.pauses.held(what)

    # ---- acts

    def adjust(self, wanted: SiteWanted) -> None:
        """Take over limits and suspension of a changed spec (another URL makes another session)."""
        self.wanted = wanted
        self._budget.per_second = wanted.requests_per_second

    async def enter(self) -> None:
        """A turn goes on that the gate let through: it takes the breaker's try, and waits for the budget."""
        self._place.live.breaker.reserve()
        await self._budget.wait()

    def release(self) -> None:
        """It asked for nothing after all."""
        self._place.live.breaker.release()

    async def spare(self) -> None:
        """Wait for a moment in which the site may be asked for what has time."""
        while self.wanted.suspend or self.circuit_open or self.held():  # noqa: ASYNC110 - time ends some
            await asyncio.sleep(SPARE_SECONDS)
        await self._budget.wait()

    def put_off(self, what: str, failure: Failure) -> Failure:
        """The answer in the words that hold for the whole pause, where the site asked for one."""
        self._place.live.pauses.put(what, failure)
        later = self.held(what) if failure.kind is Kind.BUSY else None
        return replace(failure, detail=later.detail) if later else failure

    def requested(self) -> None:
        """A request goes out."""
        self._place.live.breaker.requested()
        self._budget.count()

    def answered(self, exchange: Exchange) -> None:
        """What became of a request."""
        operation, failure = exchange.operation, exchange.failure
        if failure and exchange.http is None and not failure.unreachable:
            return  # there was no request: a login was held back, a Secret could not be read
        if failure and operation in ASKED_OF_ALL:
            self._place.live.pauses.put(WHOLE_SITE, failure)
        away = failure if failure and failure.unreachable else None
        self._unreachable_in_a_row = self._unreachable_in_a_row + 1 if away else 0
        self._place.live.outcome(away)

    def take_silence(self, most: int) -> bool:
        """Whether so many requests in a row found nobody, which are counted anew from now on."""
        silent = self._unreachable_in_a_row >= most
        self._unreachable_in_a_row = 0 if silent else self._unreachable_in_a_row
        return silent
