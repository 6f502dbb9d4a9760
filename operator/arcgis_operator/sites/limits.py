"""What a site may be asked for: a request budget, a breaker, pauses. Clocks are monotonic, in seconds."""

import asyncio
import math
from collections.abc import Callable

from arcgis_operator.core import sentences
from arcgis_operator.core.backoff import Backoff
from arcgis_operator.core.failures import Failure, Kind

RESERVED_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0
TRIES_SECONDS = 30.0
WHOLE_SITE = ""


class Budget:
    """A request budget that lets a turn begin when it is not overdrawn, and never waits inside a turn.

    Every request is counted, so the rate holds on average; what waits is the beginning of the next turn,
    before anything is read. So nothing that was read grows old in a queue.
    """

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self.per_second = per_second
        self._clock = clock
        self._level = per_second
        self._at = self._paid_at = clock()
        self._turnstile = asyncio.Lock()

    def count(self) -> None:
        """One request is sent."""
        self._refill()
        self._level -= 1
        if self._level < 0:
            self._paid_at = self._at - self._level / self.per_second

    def paid_for(self) -> float:
        """Seconds since it was last overdrawn; below zero while it is, and turns wait."""
        return self._clock() - self._paid_at

    async def wait(self) -> None:
        """Wait until the budget is not overdrawn; first come, first served."""
        async with self._turnstile:
            await asyncio.sleep(self._missing())

    def _missing(self) -> float:
        self._refill()
        return max(0.0, -self._level / self.per_second)

    def _refill(self) -> None:
        now = self._clock()
        self._level = min(self.per_second, self._level + (now - self._at) * self.per_second)
        self._at = now


class Breaker:
    """Opens after failures in a row; then lets one turn through at a time, at growing intervals.

    To look whether a turn `may_pass` changes nothing. A turn that goes on says so with `reserve`, and the
    first request that really goes out is the try.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        failures: int = 5,
        longest_pause: float = LONGEST_PAUSE,
    ) -> None:
        self._clock, self._limit = clock, failures
        self._pauses = Backoff(FIRST_PAUSE, longest_pause)
        self._failures = 0
        self._tries = 0  # that failed since it opened
        self._until = 0.0
        self._reserved_until = -math.inf
        self._trying = False

    @property
    def open(self) -> bool:
        """The site failed so often that it is left alone."""
        return self._failures >= self._limit

    @property
    def trying(self) -> bool:
        """The one request is under way that tells whether the site is back."""
        return self._trying

    @property
    def may_pass(self) -> bool:
        """Whether a turn may try now."""
        return not self.open or self._clock() >= max(self._until, self._reserved_until)

    def reserve(self) -> None:
        """A turn goes on that was let through: for a moment it is the only one."""
        if self.open and self.may_pass:
            self._reserved_until = self._clock() + RESERVED_SECONDS

    def release(self) -> None:
        """It asked for nothing after all."""
        self._reserved_until = -math.inf

    def requested(self) -> None:
        """A request goes out. Until its outcome, or for the longest time one may take, nobody else tries."""
        if self.open and not self._trying and self._clock() >= self._until:
            self._trying = True
            self._until = self._clock() + max(self._pauses.pause(self._tries), TRIES_SECONDS)

    def failed(self) -> None:
        """No sensible answer came. The failures of one turn, and those under way before, count once."""
        self._failures += 1
        if not self.open or (self._tries and not self._trying):
            return
        self._trying = False
        self._tries += 1
        self._until = self._clock() + self._pauses.pause(self._tries)

    def answered(self) -> None:
        """The site is there."""
        self._failures, self._tries, self._trying = 0, 0, False


class Pauses:
    """What the site asked to be asked later, by what was asked; of the whole site under `WHOLE_SITE`."""

    def __init__(self, clock: Callable[[], float], longest: float) -> None:
        self._clock, self._longest = clock, longest
        self._until: dict[str, tuple[float, str]] = {}

    def put(self, what: str, failure: Failure) -> None:
        """The site refused this and named a pause, or named none: then there is none."""
        if failure.retry_after:
            self._until = {one: known for one, known in self._until.items() if known[0] > self._clock()}
            self._until[what] = (self._clock() + min(failure.retry_after, self._longest), failure.detail)

    def held(self, what: str = WHOLE_SITE) -> Failure | None:
        """The answer that the site would give now, None when it may be asked."""
        for one in (WHOLE_SITE, what):
            until, why = self._until.get(one, (-math.inf, ""))
            if self._clock() < until:
                return Failure(Kind.BUSY, sentences.pause(why))
        return None
