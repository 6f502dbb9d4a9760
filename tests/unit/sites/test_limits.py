"""The request budget and the breaker of a site, on a clock of their own."""

import asyncio

import pytest

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.sites.limits import WHOLE_SITE, Breaker, Budget, Pauses


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


def opened(hand: Hand) -> Breaker:
    breaker = Breaker(hand)
    for _ in range(5):
        breaker.failed()
    return breaker


def passes(breaker: Breaker) -> bool:
    """A turn that goes on where it may, as far as its first request."""
    if not breaker.may_pass:
        return False
    breaker.reserve()
    breaker.requested()
    return True


def test_to_look_at_an_open_breaker_changes_nothing() -> None:
    hand = Hand()
    breaker = opened(hand)
    assert not breaker.may_pass
    hand.now = 5.1
    assert [breaker.may_pass for _ in range(20)] == [True] * 20


def test_an_open_breaker_lets_one_turn_through_at_a_time() -> None:
    """After its pause; then nobody passes until the outcome is known."""
    hand = Hand()
    breaker = opened(hand)
    assert not passes(breaker)
    hand.now = 5.1
    assert passes(breaker)
    assert not passes(breaker)
    hand.now = 30
    assert not passes(breaker)
    breaker.failed()
    hand.now = 40.1
    assert passes(breaker)


def test_a_turn_that_was_let_through_is_alone_for_a_moment_or_until_it_asks_for_nothing() -> None:
    hand = Hand()
    breaker = opened(hand)
    breaker.reserve()
    hand.now = 5.1
    breaker.reserve()
    assert not breaker.may_pass
    breaker.release()
    assert breaker.may_pass
    breaker.reserve()
    hand.now = 6.2
    assert breaker.may_pass


def test_a_try_of_which_nobody_tells_the_outcome_keeps_nobody_out_for_ever() -> None:
    hand = Hand()
    breaker = opened(hand)
    hand.now = 5.1
    assert passes(breaker)
    hand.now = 35.2
    assert breaker.may_pass


def test_a_request_of_a_job_under_way_is_no_try_while_the_pause_lasts() -> None:
    hand = Hand()
    breaker = opened(hand)
    breaker.requested()
    breaker.failed()
    hand.now = 5.1
    assert breaker.may_pass


def test_many_failures_at_once_cost_one_pause() -> None:
    """Requests that were under way when it opened, and all requests of one turn that was let through."""
    hand = Hand()
    breaker = opened(hand)
    for _ in range(15):
        breaker.failed()
    hand.now = 5.1
    assert passes(breaker)
    for _ in range(3):
        breaker.failed()
    hand.now = 15
    assert not passes(breaker)
    hand.now = 15.2
    assert passes(breaker)


def test_the_pauses_of_the_breaker_grow_to_their_limit_and_an_answer_closes_it() -> None:
    """5, 10, 20, 40, 60, 60 seconds."""
    hand = Hand()
    breaker = opened(hand)
    pauses = []
    for _ in range(6):
        start = hand.now
        while not passes(breaker):
            hand.now += 0.5
        pauses.append(hand.now - start)
        breaker.failed()
    assert pauses == [5, 10, 20, 40, 60, 60]
    breaker.answered()
    assert passes(breaker)


def later(seconds: float | None) -> Failure:
    return Failure(Kind.BUSY, "the site asks for fewer requests (429)", retry_after=seconds)


def test_a_pause_holds_for_what_was_refused_and_one_for_the_site_for_all() -> None:
    hand = Hand()
    pauses = Pauses(hand, 60.0)
    pauses.put("job j1", later(10.0))
    held = pauses.held("job j1")
    assert held
    assert held.detail == "The site asked for a pause (the site asks for fewer requests (429))."
    assert held.retry_after is None
    assert pauses.held("job j2") is None
    assert pauses.held() is None
    hand.now = 10.0
    assert pauses.held("job j1") is None
    pauses.put(WHOLE_SITE, later(10.0))
    assert pauses.held("job j2")
    assert pauses.held()


@pytest.mark.parametrize(("asked", "holds"), [(None, 0.0), (0.0, 0.0), (7.0, 7.0), (3600.0, 60.0)])
def test_a_pause_is_as_long_as_asked_for_within_bounds(asked: float | None, holds: float) -> None:
    hand = Hand()
    pauses = Pauses(hand, 60.0)
    pauses.put("edit roads", later(asked))
    while pauses.held("edit roads"):
        hand.now += 0.5
    assert hand.now == holds
