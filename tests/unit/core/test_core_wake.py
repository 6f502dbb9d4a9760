"""When the next turn is due, and the pauses between tries."""

import math

import pytest

from arcgis_operator.core.backoff import Backoff
from arcgis_operator.core.wake import BACKOFF, NOW, RESYNC, After, asked_for


def test_at_once_is_after_no_seconds_and_neither_is_left_to_somebody_else() -> None:
    assert After(0) == NOW
    assert len({NOW, BACKOFF, RESYNC}) == 3


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -1.0])
def test_a_turn_that_would_never_come_is_a_bug(seconds: float) -> None:
    with pytest.raises(ValueError, match="never comes"):
        After(seconds)


def test_an_answer_that_asks_for_no_pause_leaves_it_to_the_queue() -> None:
    assert [asked_for(pause) for pause in (7.0, 0.0, None)] == [After(7.0), BACKOFF, BACKOFF]


def test_pauses_double_up_to_the_longest_and_are_shortened_by_at_most_a_half() -> None:
    backoff = Backoff(first=1.0, longest=60.0)
    assert [backoff.pause(n) for n in (1, 2, 3, 7, 5000)] == [1, 2, 4, 60, 60]
    assert [backoff.pause(n, 1.0) for n in (1, 2, 7)] == [0.5, 1, 30]
