"""The job slots of a site: who has one, who waits for one, and for whom a free one is kept."""

from collections.abc import Callable
from typing import Protocol

PROMISE_SECONDS = 10.0


class Taker(Protocol):
    """Takes slots for its services, and has a limit of its own."""

    def room(self) -> int:
        """How many more slots its services may take now."""


class Slots:
    """First come, first served, but for those whose limit is reached.

    `wake(key)` calls the service that a free slot is kept for. It is kept for a moment only: who was called
    may have nothing to do any more. Jobs that nobody here follows may take some, and nobody tells when these
    end, so the first in line looks by itself, or is called by those who hold one. `clock` is monotonic, in
    seconds.
    """

    def __init__(self, clock: Callable[[], float], wake: Callable[[str], None]) -> None:
        self._clock, self._wake = clock, wake
        self._holders: dict[str, Taker] = {}
        self._waiting: dict[str, Taker] = {}
        self._promised: dict[str, float] = {}
        self._takers: set[Taker] = set()  # that have stood in line

    def holders(self, of: Taker | None = None) -> list[str]:
        """Services with an open operation, the oldest first; all, or those of one taker."""
        return [key for key, taker in self._holders.items() if of in (None, taker)]

    def waiting(self) -> list[str]:
        """Services that wait, the first in line first."""
        return [*self._waiting]

    def place(self, key: str) -> tuple[int, int]:
        """The place of a service in the line, from 1, and of how many: the last if it stands in none yet."""
        if key in self._promised or key not in self._waiting:
            length = len(self._waiting) + 1
            return 1 if key in self._promised else length, length
        return next(at for at, one in enumerate(self._waiting, 1) if one == key), len(self._waiting)

    def knows(self, key: str) -> bool:
        """Whether it has a slot, was called for one, or waits."""
        return key in self._holders or key in self._promised or key in self._waiting

    def taken_for(self, key: str) -> set[str]:
        """Services that have a slot, and others that one is kept for."""
        now = self._clock()
        kept = (other for other, until in self._promised.items() if until > now and other != key)
        return {*self._holders, *kept}

    def occupy(self, key: str, taker: Taker) -> None:
        """Take a slot, perhaps the one that is kept for it."""
        headless = self._leave(key)
        self._holders[key] = taker
        self._next(headless)

    def free(self, key: str) -> None:
        """Give back what was taken or kept."""
        frees = key in self._holders or key in self._promised
        headless = self._leave(key)
        self._holders.pop(key, None)
        self._next(headless, frees)

    def wait(self, key: str, taker: Taker) -> bool:
        """Stand in line, and whether that is at its head: who is there has to look by itself.

        Who was called, and found no slot after all, is not sent to the end: nobody else would look. What the
        head has seen may let others go, whose limit is higher.
        """
        if self._promised.pop(key, None) is not None:
            self._waiting = {key: taker, **self._waiting}
        self._waiting[key] = taker
        self._takers.add(taker)
        self._call(but=taker)
        return self._head() == key

    def drop(self, taker: Taker) -> None:
        """A taker is gone: what it had is free, and its services that waited look where they are now."""
        self._takers.discard(taker)
        waited = [key for key, one in self._waiting.items() if one is taker]
        for key in (*waited, *self.holders(taker)):
            self.free(key)
        for key in waited:
            self._wake(key)

    def clear(self) -> None:
        """Another led meanwhile: what is open takes its slot anew."""
        for one in (self._holders, self._waiting, self._promised):
            one.clear()

    def _head(self) -> str | None:
        return next(iter(self._waiting), None)

    def _leave(self, key: str) -> bool:
        """Out of the line, and no slot is kept for it; whether it was at the head."""
        was_head = self._head() == key
        self._waiting.pop(key, None)
        self._promised.pop(key, None)
        return was_head

    def _next(self, headless: bool, frees: bool = False) -> None:
        """Call those there is room for; who is the first of the rest looks by itself if nobody else can."""
        self._call()
        alone = frees and not self.taken_for("")
        if (headless or alone) and (head := self._head()):
            self._wake(head)

    def _call(self, but: Taker | None = None) -> None:
        """As many as there is room for."""
        while key := self._callable({but} if but else set()):
            del self._waiting[key]
            self._promised[key] = self._clock() + PROMISE_SECONDS
            self._wake(key)

    def _callable(self, full: set[Taker]) -> str | None:
        """The first in line whose taker has room; those that are `full` are not asked again."""
        for key, taker in self._waiting.items():
            if taker not in full and taker.room() > 0:
                return key
            full.add(taker)
            if full >= self._takers:
                break
        return None
