"""The job slots of a site: who has one, who waits for one, and for whom a free one is kept."""

from collections.abc import Callable

PROMISE_SECONDS = 10.0


class Slots:
    """First come, first served. `wake(key)` calls the service that a free slot is kept for.

    It is kept for a moment only: who was called may have nothing to do any more. `room()` says how many are
    free; jobs that are not of this session may take some, and nobody tells when these end, so the first in
    line looks by itself, or is called by those of this session. `clock` is monotonic, in seconds.
    """

    def __init__(
        self, clock: Callable[[], float], wake: Callable[[str], None], room: Callable[[], int]
    ) -> None:
        self._clock, self._wake, self._room = clock, wake, room
        self._holders: dict[str, bool] = {}
        self._waiting: dict[str, bool] = {}
        self._promised: dict[str, float] = {}

    def holders(self) -> list[str]:
        """Services with an open operation, the oldest first."""
        return [*self._holders]

    def waiting(self) -> list[str]:
        """Services that wait, the first in line first."""
        return [*self._waiting]

    def knows(self, key: str) -> bool:
        """Whether it has a slot, was called for one, or waits."""
        return key in self._holders or key in self._promised or key in self._waiting

    def taken_for(self, key: str) -> set[str]:
        """Services that have a slot, and others that one is kept for."""
        now = self._clock()
        kept = (other for other, until in self._promised.items() if until > now and other != key)
        return {*self._holders, *kept}

    def occupy(self, key: str, busy: bool) -> None:
        """Take a slot, or give back what was taken or kept."""
        headless, frees = self._head() == key, not busy and (key in self._holders or key in self._promised)
        self._waiting.pop(key, None)
        self._promised.pop(key, None)
        if busy:
            self._holders[key] = True
        else:
            self._holders.pop(key, None)
        self._call()
        alone = frees and not self.taken_for("")
        if (headless or alone) and (head := self._head()):
            self._wake(head)

    def wait(self, key: str) -> bool:
        """Stand in line, and whether that is at its head: who is there has to look by itself.

        Who was called, and found no slot after all, is not sent to the end: nobody else would look.
        """
        if self._promised.pop(key, None) is not None:
            self._waiting = {key: True, **self._waiting}
        self._waiting[key] = True
        return self._head() == key

    def clear(self) -> None:
        """Another led meanwhile: what is open takes its slot anew."""
        for one in (self._holders, self._waiting, self._promised):
            one.clear()

    def _head(self) -> str | None:
        return next(iter(self._waiting), None)

    def _call(self) -> None:
        """As many as there is room for."""
        while (key := self._head()) and self._room() > 0:
            del self._waiting[key]
            self._promised[key] = self._clock() + PROMISE_SECONDS
            self._wake(key)
