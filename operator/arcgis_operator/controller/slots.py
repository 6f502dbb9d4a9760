"""The job slots of a site: who has one, who waits for one, and for whom a free one is kept."""

from collections.abc import Callable

PROMISE_SECONDS = 10.0


class Slots:
    """First come, first served. `wake(key)` calls the service that a free slot is kept for.

    It is kept for a moment only: who was called may have nothing to do any more. The number of slots is the
    caller's to know. `clock` is monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], float], wake: Callable[[str], None]) -> None:
        self._clock, self._wake = clock, wake
        self._holders: dict[str, bool] = {}
        self._waiting: dict[str, bool] = {}
        self._promised: dict[str, float] = {}

    def holders(self) -> list[str]:
        """Services with an open operation, the oldest first."""
        return [*self._holders]

    def waiting(self) -> list[str]:
        """Services that wait, the first in line first."""
        return [*self._waiting]

    def taken_for(self, key: str) -> set[str]:
        """Services that have a slot, and others that one is kept for."""
        now = self._clock()
        kept = (other for other, until in self._promised.items() if until > now and other != key)
        return {*self._holders, *kept}

    def occupy(self, key: str, busy: bool) -> None:
        """Take a slot, or give back what was taken or kept."""
        self._waiting.pop(key, None)
        kept = self._promised.pop(key, None)
        if busy:
            self._holders[key] = True
        elif self._holders.pop(key, False) or kept is not None:
            self._call_next()

    def wait(self, key: str) -> bool:
        """Stand in line, and whether that is at its head."""
        self._promised.pop(key, None)
        self._waiting[key] = True
        return next(iter(self._waiting)) == key

    def _call_next(self) -> None:
        key = next(iter(self._waiting), None)
        if key is not None:
            del self._waiting[key]
            self._promised[key] = self._clock() + PROMISE_SECONDS
            self._wake(key)
