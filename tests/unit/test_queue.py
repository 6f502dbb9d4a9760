"""The work queue: nothing is lost, nothing runs twice at once, the earliest and most urgent request wins."""

import asyncio
import math
import random

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from arcgis_operator.controller.queue import Due, Priority, Wanted, WorkQueue, run_workers
from arcgis_operator.core.wake import BACKOFF, NOW, RESYNC, After, Wake
from harness import virtual_time

KEYS = st.sampled_from("abcde")
PRIORITIES = st.sampled_from(Priority)
GROUPS = {"a": "one site", "b": "one site", "c": "one site", "d": "another site"}
MOST = 2
DELAYS = st.sampled_from([0.0, 0.0, 1.0, 2.0, 5.0, 600.0])


class QueueMachine(RuleBasedStateMachine):
    """The queue against a model that knows only: who wants a turn since when, who is in one."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.queue: WorkQueue[str] = WorkQueue(
            clock=lambda: self.now, chance=lambda: 0.0, group=GROUPS.get, most_of_a_group=MOST
        )
        self.wanted: dict[str, Wanted] = {}
        self.again: dict[str, Wanted] = {}
        self.in_turn: set[str] = set()
        self.last = Priority.CHANGE
        self.turn_began = -math.inf

    @rule(key=KEYS, priority=PRIORITIES, delay=DELAYS)
    def add(self, key: str, priority: Priority, delay: float) -> None:
        self.queue.add(key, priority, delay)
        place = self.again if key in self.in_turn else self.wanted
        place[key] = Wanted(self.now + delay, priority).with_(place.get(key))

    @rule(key=KEYS)
    def retry(self, key: str) -> None:
        pause = self.queue.retry(key)
        place = self.again if key in self.in_turn else self.wanted
        place[key] = Wanted(self.now + pause, Priority.CHANGE).with_(place.get(key))

    @rule(key=KEYS)
    def forget(self, key: str) -> None:
        self.queue.forget(key)
        assert self.queue.failures(key) == 0

    @rule()
    def take(self) -> None:
        due = {
            key: wanted
            for key, wanted in self.wanted.items()
            if wanted.due <= self.now and not self.is_full(GROUPS.get(key))
        }
        key = self.queue.take()
        if key is None:
            assert not due, "a key that is due was not given"
            return
        assert key not in self.in_turn, "two turns of one key at once"
        assert key in due, "a turn before its time, or one that nobody wanted"
        assert due[key].priority == self.next_among({wanted.priority for wanted in due.values()})
        assert due[key].due == min(w.due for w in due.values() if w.priority == due[key].priority)
        self.last = due[key].priority
        self.turn_began = self.now
        del self.wanted[key]
        self.in_turn.add(key)

    def is_full(self, group: str | None) -> bool:
        return group is not None and sum(GROUPS.get(key) == group for key in self.in_turn) >= MOST

    def next_among(self, waiting: set[Priority]) -> Priority:
        """Operations under way and changes by turns, the rest when there are none of these."""
        if waiting >= {Priority.OPEN, Priority.CHANGE}:
            return Priority.CHANGE if self.last is Priority.OPEN else Priority.OPEN
        return min(waiting)

    @precondition(lambda self: self.in_turn)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.in_turn)))
        self.queue.done(key)
        self.in_turn.remove(key)
        if key in self.again:
            self.wanted[key] = self.again.pop(key)

    @rule(seconds=st.sampled_from([0.5, 1.0, 5.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def it_counts_what_is_due(self) -> None:
        waits = {priority: [0.0] for priority in Priority}
        for wanted in self.wanted.values():
            if wanted.due <= self.now:
                waits[wanted.priority].append(self.now - wanted.due)
        assert self.queue.due() == {one: Due(len(some) - 1, max(some)) for one, some in waits.items()}
        oldest = max(max(some) for some in waits.values())
        assert self.queue.stalled() == min(oldest, self.now - self.turn_began)

    def teardown(self) -> None:
        """Nobody was lost: with time, every key that is wanted gets its turn."""
        for key in sorted(self.in_turn):
            self.queue.done(key)
        expected = set(self.wanted) | set(self.again)
        self.now += 100_000
        given = set()
        while (key := self.queue.take()) is not None:
            given.add(key)
            self.queue.done(key)
        assert given == expected


QueueMachine.TestCase.settings = hypothesis_settings(max_examples=150, stateful_step_count=40, deadline=None)
test_the_queue_keeps_its_promises_whatever_is_asked = QueueMachine.TestCase


def test_a_delayed_key_wakes_a_waiting_worker_in_time() -> None:
    async def scene() -> tuple[str, float]:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("late", Priority.OPEN, 50)
        queue.add("early", Priority.RESYNC, 30)
        waiting = asyncio.create_task(queue.get())
        await asyncio.sleep(10)
        queue.add("early", Priority.OPEN, 5)
        return await waiting, asyncio.get_running_loop().time()

    assert virtual_time.run(scene()) == ("early", 15.0)


def test_a_cancelled_worker_leaves_its_key_to_another() -> None:
    async def scene() -> str:
        queue: WorkQueue[str] = WorkQueue()
        first, second = (asyncio.create_task(queue.get()) for _ in range(2))
        await asyncio.sleep(0)
        queue.add("a")
        first.cancel()
        async with asyncio.timeout(1):
            return await second

    assert virtual_time.run(scene()) == "a"


class Workshop:
    """Workers over a queue; each turn takes a while, and what happens is written down."""

    def __init__(self, crashing: frozenset[str] = frozenset()) -> None:
        self.queue: WorkQueue[str] = WorkQueue(chance=lambda: 0.0)
        self.crashing = crashing
        self.turns: list[tuple[str, float]] = []
        self.crashed: list[str] = []
        self.wakes: dict[str, Wake] = {}
        self.running: list[str] = []
        self.most = 0

    async def turn(self, key: str) -> Wake:
        assert key not in self.running
        self.running.append(key)
        self.most = max(self.most, len(self.running))
        self.turns.append((key, asyncio.get_running_loop().time()))
        try:
            await asyncio.sleep(1)
            if key in self.crashing:
                raise ZeroDivisionError
            return self.wakes.pop(key, RESYNC)
        finally:
            self.running.remove(key)

    async def on_crash(self, key: str, error: Exception) -> None:
        self.crashed.append(key)
        raise RuntimeError("reporting fails, too")

    async def work(self, seconds: float, workers: int = 2) -> None:
        task = asyncio.create_task(
            run_workers(self.queue, self.turn, workers=workers, on_crash=self.on_crash)
        )
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.wait([task])


def test_workers_never_run_more_turns_at_once_than_there_are_workers() -> None:
    async def scene() -> Workshop:
        shop = Workshop()
        for key in "abcdefg":
            shop.queue.add(key)
        await shop.work(10, workers=3)
        return shop

    shop = virtual_time.run(scene())
    assert (sorted(key for key, _ in shop.turns), shop.most) == (list("abcdefg"), 3)


def test_a_crashing_turn_backs_off_and_leaves_the_others_alone() -> None:
    async def scene() -> Workshop:
        shop = Workshop(crashing=frozenset("x"))
        shop.queue.add("x")
        shop.queue.add("a", Priority.OPEN, 20)
        await shop.work(21.5)
        return shop

    shop = virtual_time.run(scene())
    assert [at for key, at in shop.turns if key == "x"] == [0, 2, 5, 10, 19]
    assert ("a", 20.0) in shop.turns
    assert shop.crashed == ["x"] * 5


def test_a_turn_that_ends_well_clears_the_failures() -> None:
    async def scene() -> int:
        shop = Workshop(crashing=frozenset("x"))
        shop.queue.add("x")
        await shop.work(1.5)
        shop.crashing = frozenset()
        await shop.work(5)
        return shop.queue.failures("x")

    assert virtual_time.run(scene()) == 0


@pytest.mark.parametrize(
    ("wake", "times", "failures"),
    [(NOW, [0, 2, 3], 0), (After(7.0), [0, 2, 10], 0), (BACKOFF, [0, 2, 5], 2), (RESYNC, [0, 2], 0)],
)
def test_a_turn_says_when_the_next_one_of_its_key_is_due(
    wake: Wake, times: list[float], failures: int
) -> None:
    """After one that failed; what the last turn answers leaves it to the resync."""

    async def scene() -> tuple[list[float], int]:
        shop = Workshop(crashing=frozenset("x"))
        shop.queue.add("x")
        await shop.work(1.5)
        shop.crashing, shop.wakes = frozenset(), {"x": wake}
        await shop.work(2.0)
        seen = shop.queue.failures("x")
        await shop.work(20.0)
        return [at for _, at in shop.turns], seen

    assert virtual_time.run(scene()) == (times, failures)


def test_a_key_added_during_its_turn_gets_another_one() -> None:
    async def scene() -> list[tuple[str, float]]:
        shop = Workshop()
        shop.queue.add("a")
        adding = asyncio.get_running_loop().call_later(0.5, shop.queue.add, "a")
        await shop.work(5)
        adding.cancel()
        return shop.turns

    assert virtual_time.run(scene()) == [("a", 0.0), ("a", 1.0)]


def test_ten_thousand_keys_are_served_by_urgency_and_by_turns() -> None:
    queue: WorkQueue[int] = WorkQueue(clock=lambda: 0.0)
    chance = random.Random(7)
    priorities = {key: chance.choice(list(Priority)) for key in range(10_000)}
    for key, priority in priorities.items():
        queue.add(key, priority)
    given = [priorities[key] for key in iter(queue.take, None)]
    urgent, rest = given[: -given.count(Priority.RESYNC)], given[-given.count(Priority.RESYNC) :]
    assert set(rest) == {Priority.RESYNC}
    pairs = min(given.count(Priority.OPEN), given.count(Priority.CHANGE))
    assert urgent[: 2 * pairs] == [Priority.OPEN, Priority.CHANGE] * pairs


def test_a_group_whose_turns_hang_leaves_workers_to_the_others() -> None:
    queue: WorkQueue[str] = WorkQueue(
        clock=lambda: 0.0, group=lambda key: key.partition("|")[0], most_of_a_group=2
    )
    for number in range(2000):
        queue.add(f"hangs|{number}")
    queue.add("fine|1")
    assert list(iter(queue.take, None)) == ["hangs|0", "hangs|1", "fine|1"]
    queue.done("hangs|1")
    assert list(iter(queue.take, None)) == ["hangs|2"]
    assert queue.due()[Priority.CHANGE].keys == 1997


async def test_what_waits_is_forgotten_when_a_term_begins_and_what_comes_then_gets_its_turn() -> None:
    """On standby nothing gets a turn, and in days each service may have changed."""
    queue: WorkQueue[str] = WorkQueue(group=lambda key: key[0], most_of_a_group=1)
    queue.add("a1")
    assert queue.take() == "a1"
    queue.add("a2")
    queue.add("later", delay=60.0)
    queue.retry("failed")
    assert queue.take() is None
    queue.clear()
    assert queue.due()[Priority.CHANGE].keys == 0
    assert queue.failures("failed") == 0
    queue.add("b")
    assert queue.take() == "b"
    queue.done("a1")
    assert queue.take() is None
