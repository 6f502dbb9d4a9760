"""The request budget and the breaker of a site, on a clock of their own."""

import asyncio

import pytest

from arcgis_operator.controller.limits import Breaker, Budget


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    """Sleeping moves the clock."""
    clock = Hand()

    async def sleep(seconds: float) -> None:
        clock.now += seconds

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return clock


async def test_a_turn_begins_at_once_while_the_budget_lasts(hand: Hand) -> None:
    """Ten requests a second allow ten at once."""
    budget = Budget(10, hand)
    for _ in range(10):
        await budget.wait()
        budget.count()
    assert hand.now == 0


async def test_an_overdrawn_budget_delays_the_next_turn_not_the_requests_inside(hand: Hand) -> None:
    """The debt of one turn is paid before the next begins."""
    budget = Budget(10, hand)
    for _ in range(30):
        budget.count()
    assert hand.now == 0
    await budget.wait()
    assert hand.now == pytest.approx(2.0)


async def test_in_the_long_run_the_rate_holds(hand: Hand) -> None:
    """A thousand turns of three requests take as long as three thousand requests may."""
    budget = Budget(50, hand)
    for _ in range(1000):
        await budget.wait()
        for _ in range(3):
            budget.count()
    assert hand.now == pytest.approx(3000 / 50, rel=0.03)


def test_the_breaker_opens_after_five_failures_in_a_row() -> None:
    """Four are not enough, and an answer starts the count anew."""
    breaker = Breaker(Hand())
    for _ in range(4):
        breaker.failed()
    assert not breaker.open
    breaker.answered()
    for _ in range(4):
        breaker.failed()
    assert not breaker.open
    breaker.failed()
    assert breaker.open


def test_an_open_breaker_lets_one_turn_through_at_a_time() -> None:
    """After its pause, and then not again before the next."""
    hand = Hand()
    breaker = Breaker(hand)
    for _ in range(5):
        breaker.failed()
    assert not breaker.let_through()
    hand.now = 5.1
    assert breaker.let_through()
    assert not breaker.let_through()


def test_many_failures_at_once_cost_one_pause() -> None:
    """Requests that were under way when it opened, and all requests of one turn that was let through."""
    hand = Hand()
    breaker = Breaker(hand)
    for _ in range(20):
        breaker.failed()
    hand.now = 5.1
    assert breaker.let_through()
    for _ in range(3):
        breaker.failed()
    hand.now = 15
    assert not breaker.let_through()
    hand.now = 15.2
    assert breaker.let_through()


def test_the_pauses_of_the_breaker_grow_to_their_limit_and_an_answer_closes_it() -> None:
    """5, 10, 20, 40, 60, 60 seconds."""
    hand = Hand()
    breaker = Breaker(hand)
    for _ in range(5):
        breaker.failed()
    pauses = []
    for _ in range(6):
        start = hand.now
        while not breaker.let_through():
            hand.now += 0.5
        pauses.append(hand.now - start)
        breaker.failed()
    assert pauses == [5, 10, 20, 40, 60, 60]
    breaker.answered()
    assert breaker.let_through()
