"""The work queue: which key gets the next turn, and when.

Keys are de-duplicated; a key has one turn at a time; a key added during its turn gets another one.
For one key the earliest time and the most urgent priority of all requests win. Where both are due, operations
under way and changes take turns: neither thousands of changes nor thousands of polls keep the others waiting.
Of one group (a site) only so many keys are in their turn at once, so one that hangs leaves workers to others.
Knows nothing of what a turn does.
"""

import asyncio
import heapq
import itertools
import logging
import math
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Generic, TypeVar

from arcgis_operator.core.backoff import Backoff
from arcgis_operator.core.wake import After, Left, Wake
from arcgis_operator.telemetry.logs import fields

log = logging.getLogger(__name__)

Key = TypeVar("Key", bound=Hashable)
Facts = dict[str, Any]


class Priority(IntEnum):
    """Who goes first among the keys that are due; the first two take turns."""

    OPEN = 0  # an operation under way, or one that a slot was kept for
    CHANGE = 1  # a deletion, a new generation
    RESYNC = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request for a turn: not before `due`, on the queue's clock."""

    due: float
    priority: Priority

    def with_(self, other: "Wanted | None") -> "Wanted":
        """Both requests as one: the earlier time, the more urgent priority."""
        if other is None:
            return self
        return Wanted(min(self.due, other.due), min(self.priority, other.priority))


@dataclass(frozen=True, slots=True)
class Due:
    """So many keys are due, the first of them since `oldest` seconds."""

    keys: int
    oldest: float


_ORDER = {
    Priority.OPEN: (Priority.CHANGE, Priority.OPEN, Priority.RESYNC),
    Priority.CHANGE: (Priority.OPEN, Priority.CHANGE, Priority.RESYNC),
    Priority.RESYNC: (Priority.OPEN, Priority.CHANGE, Priority.RESYNC),
}
"""Who is asked first, by who had the last turn."""


_Ready = dict[Priority, list[tuple[float, int, Key, Wanted]]]
"""Heaps of keys that are due, by priority."""


def _nothing() -> _Ready[Key]:
    return {priority: [] for priority in Priority}


class WorkQueue(Generic[Key]):
    """Belongs to one event loop. `clock` is monotonic, in seconds; by default the loop's."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] | None = None,
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
        group: Callable[[Key], Hashable] = lambda key: None,
        most_of_a_group: int = 1,
    ) -> None:
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._backoff = backoff or Backoff()
        self._chance = chance
        self._group, self._most = group, most_of_a_group
        self._turns: Counter[Hashable] = Counter()
        self._turn_began = -math.inf
        self._wanted: dict[Key, Wanted] = {}  # waiting for a turn
        self._again: dict[Key, Wanted] = {}  # in its turn, and wanted once more
        self._in_turn: set[Key] = set()
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._failures: dict[Key, int] = {}
        # heaps; an entry that `_wanted` no longer holds is void
        self._later: list[tuple[float, int, Key, Wanted]] = []
        self._ready: _Ready[Key] = _nothing()
        self._held: dict[Hashable, _Ready[Key]] = {}  # of groups that are full
        self._last = Priority.CHANGE
        self._order = itertools.count()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, key: Key, priority: Priority = Priority.CHANGE, delay: float = 0.0) -> None:
        """Ask for a turn of `key` in `delay` seconds at the latest."""
        wanted = Wanted(self._clock() + max(0.0, delay), priority)
        if key in self._in_turn:
            self._again[key] = wanted.with_(self._again.get(key))
        else:
            self._put(key, wanted.with_(self._wanted.get(key)))

    def take(self) -> Key | None:
        """The next key that is due, now in its turn; None when there is none. Call `done` afterwards."""
        self._promote()
        for priority in _ORDER[self._last]:
            while entry := self._first(self._ready[priority]):
                key = entry[2]
                if self._is_full(self._group(key)):
                    heapq.heappush(self._held.setdefault(self._group(key), _nothing())[priority], entry)
                    continue
                self._begin(key)
                self._last = priority
                return key
        return None

    async def get(self) -> Key:
        """Wait for the next key that is due."""
        while (key := self.take()) is None:
            await self._wait()
        self._wake()
        return key

    def done(self, key: Key) -> None:
        """End the turn of `key`."""
        self._in_turn.remove(key)
        if not self._in_turn:
            self._at_rest.set()
        self._release(self._group(key))
        again = self._again.pop(key, None)
        if again is not None:
            self._put(key, again)

    def clear(self) -> None:
        """Forget what waits for a turn."""
        self._wanted.clear()
        self._later.clear()
        self._failures.clear()
        self._held.clear()
        self._ready = _nothing()

    async def rest(self) -> None:
        """Wait until no key is in its turn."""
        await self._at_rest.wait()

    def follow(self, key: Key, wake: Wake) -> None:
        """Ask for the next turn as the last one answered."""
        match wake:
            case After(seconds):
                self.forget(key)
                self.add(key, Priority.OPEN, seconds)
            case Left.BACKOFF:
                self.retry(key)
            case Left.RESYNC:
                self.forget(key)

    def retry(self, key: Key) -> float:
        """Ask for a turn after a pause that grows with each failure in a row; returns the pause."""
        self._failures[key] = self.failures(key) + 1
        pause = self._backoff.pause(self.failures(key), self._chance())
        self.add(key, delay=pause)
        return pause

    def forget(self, key: Key) -> None:
        """The failures in a row are over."""
        self._failures.pop(key, None)

    def failures(self, key: Key) -> int:
        """Failures in a row."""
        return self._failures.get(key, 0)

    def due(self) -> dict[Priority, "Due"]:
        """What waits for a worker now, by priority."""
        now, ages = self._clock(), {priority: list[float]() for priority in Priority}
        for wanted in self._wanted.values():
            if wanted.due <= now:
                ages[wanted.priority].append(now - wanted.due)
        return {priority: Due(len(some), max(some, default=0.0)) for priority, some in ages.items()}

    def stalled(self) -> float:
        """Seconds for which some key was due and none got its turn."""
        oldest = max(due.oldest for due in self.due().values())
        return min(oldest, self._clock() - self._turn_began)

    def _is_full(self, group: Hashable) -> bool:
        return group is not None and self._turns[group] >= self._most

    def _begin(self, key: Key) -> None:
        del self._wanted[key]
        self._in_turn.add(key)
        self._turns[self._group(key)] += 1
        self._turn_began = self._clock()
        self._at_rest.clear()

    def _release(self, group: Hashable) -> None:
        """One more of the group may have its turn: the first of each priority, as one of these is next."""
        self._turns[group] -= 1
        if not self._turns[group]:
            del self._turns[group]
        for priority, held in self._held.get(group, _nothing()).items():
            if entry := self._first(held):
                heapq.heappush(self._ready[priority], entry)
        if group in self._held and not any(self._held[group].values()):
            del self._held[group]
        self._wake()

    def _first(self, entries: list[tuple[float, int, Key, Wanted]]) -> tuple[float, int, Key, Wanted] | None:
        """Taken from a heap, without those that are void."""
        while entries:
            entry = heapq.heappop(entries)
            if self._wanted.get(entry[2]) is entry[3]:
                return entry
        return None

    def _put(self, key: Key, wanted: Wanted) -> None:
        if self._wanted.get(key) == wanted:
            return
        self._wanted[key] = wanted
        heapq.heappush(self._later, (wanted.due, next(self._order), key, wanted))
        self._wake()

    def _promote(self) -> None:
        now = self._clock()
        while self._later and self._later[0][0] <= now:
            due, order, key, wanted = heapq.heappop(self._later)
            if self._wanted.get(key) is wanted:
                heapq.heappush(self._ready[wanted.priority], (due, order, key, wanted))

    async def _wait(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._wake()
        try:
            await waiter
        except asyncio.CancelledError:
            self._wake()  # this wake-up may have been meant for another
            raise

    def _wake(self) -> None:
        """Let one waiter look, now or when the earliest key is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiters and self._waiters[0].done():
            self._waiters.popleft()
        if not self._waiters:
            return
        pause = self._pause()
        if pause is None:
            return
        if pause > 0:
            self._timer = asyncio.get_running_loop().call_later(pause, self._wake)
        else:
            self._waiters.popleft().set_result(None)

    def _pause(self) -> float | None:
        """Seconds until a key may be due, None when nothing is wanted."""
        if any(self._ready.values()):
            return 0.0
        return max(0.0, self._later[0][0] - self._clock()) if self._later else None


async def run_workers(
    queue: WorkQueue[Key],
    turn: Callable[[Key], Awaitable[Wake]],
    *,
    workers: int,
    on_crash: Callable[[Key, Exception], Awaitable[None]],
    about: Callable[[Key], Facts] = lambda key: fields(key=key),
) -> None:
    """Give turns for ever, `workers` at a time; each answers when the next one of its key is due.

    A turn that raises has a bug: it is logged with what is to be said `about` the key, `on_crash` may say so
    on the resource, and the key backs off.
    """
    async with asyncio.TaskGroup() as group:
        for number in range(workers):
            group.create_task(_work(queue, turn, on_crash, about), name=f"worker {number}")


async def _work(
    queue: WorkQueue[Key],
    turn: Callable[[Key], Awaitable[Wake]],
    on_crash: Callable[[Key, Exception], Awaitable[None]],
    about: Callable[[Key], Facts],
) -> None:
    while True:
        key = await queue.get()
        try:
            queue.follow(key, await turn(key))
        except Exception as error:
            queue.retry(key)
            log.exception("reconcile crashed", extra=about(key))
            try:
                await on_crash(key, error)
            except Exception:
                log.exception("crash could not be reported", extra=about(key))
        finally:
            queue.done(key)
