"""What a site may be asked for: a request budget and a breaker. Clocks are monotonic, in seconds."""

import asyncio
from collections.abc import Callable


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
    """Opens after failures in a row; then lets one turn through at a time, at growing intervals."""

    def __init__(
        self,
        clock: Callable[[], float],
        failures: int = 5,
        first_pause: float = 5.0,
        longest_pause: float = 60.0,
    ) -> None:
        self._clock, self._limit = clock, failures
        self._first_pause, self._longest_pause = first_pause, longest_pause
        self._failures = 0
        self._pause = 0.0
        self._until = 0.0
        self._trying = False

    @property
    def open(self) -> bool:
        """The site failed so often that it is left alone."""
        return self._failures >= self._limit

    def let_through(self) -> bool:
        """Whether a turn may try now; while open, the one that may closes the door behind it."""
        if not self.open:
            return True
        if self._clock() < self._until:
            return False
        self._until = self._clock() + self._pause
        self._trying = True
        return True

    def failed(self) -> None:
        """No sensible answer came. The failures of one turn, and those under way before, count once."""
        self._failures += 1
        if not self.open or (self._pause and not self._trying):
            return
        self._trying = False
        self._pause = min(self._longest_pause, self._pause * 2 or self._first_pause)
        self._until = self._clock() + self._pause

    def answered(self) -> None:
        """The site is there."""
        self._failures, self._pause, self._trying = 0, 0.0, False
