"""How many requests are with a site at once: as few as serve it, for each may need a connection of its own.

It begins with one. When somebody has waited a moment there is one more, up to a limit, so that a slow site
has all of them within a second; when nobody is under way it is one again. Knows nothing of requests.
"""

import asyncio
import math
from collections import deque

MOMENT = 0.1


class Lanes:
    """At most `most` at once, in the order of their coming. Belongs to one event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open, self._used = 1, 0
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._opened_at = -math.inf
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self) -> None:
        """Waits for a free one; call `leave` afterwards."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiting.append((loop.time(), waiter))
        self._admit()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                self._admit()
            else:
                self.leave()
            raise

    def leave(self) -> None:
        """It is free again."""
        self._used -= 1
        self._admit()
        if not self._used:
            self._open = 1

    def _admit(self) -> None:
        while self._waiting and (self._used < self._open or self._waiting[0][1].done()):
            _, waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                self._used += 1
        self._watch()

    def _watch(self) -> None:
        """Looks when the first in line will have waited a moment, and one was opened a moment ago."""
        if self._timer is None and self._waiting and self._open < self._most:
            due = max(self._waiting[0][0], self._opened_at) + MOMENT
            self._timer = asyncio.get_running_loop().call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        self._timer = None
        if self._waiting and self._waiting[0][0] + MOMENT <= due:
            self._open, self._opened_at = self._open + 1, due
        self._admit()
