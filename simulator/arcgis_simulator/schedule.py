"""What is due, and when: a queue of acts ordered by site time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Act = Callable[[int], None]


class Schedule:
    """Acts that wait for their time. An act is called with the time at which it was due."""

    def __init__(self) -> None:
        self._queue: list[tuple[int, int, Act]] = []
        self._order = count()
        self.now_ms = 0

    def at(self, due_ms: int, act: Act) -> None:
        """Puts an act on the queue; acts of one moment run in the order in which they came."""
        heapq.heappush(self._queue, (due_ms, next(self._order), act))

    def after(self, seconds: float, act: Act) -> None:
        self.at(self.now_ms + round(seconds * 1000), act)

    def advance(self, now_ms: int) -> None:
        """Runs all that is due until now, each at its own time, also what those acts put on the queue."""
        while self._queue and self._queue[0][0] <= now_ms:
            due_ms, _, act = heapq.heappop(self._queue)
            self.now_ms = max(self.now_ms, due_ms)
            act(self.now_ms)
        self.now_ms = max(self.now_ms, now_ms)
