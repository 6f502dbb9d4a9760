"""Faults of the watch and of the API server's answers: rows S3x and S4 to S9, and life goes on after each.

The resync is far away in these cases but the last: what heals is the watch itself. That it lives afterwards
is shown by one more look, which only an event can ask for.
"""

from collections.abc import Mapping
from email.utils import formatdate
from time import time
from typing import Any

import pytest

from harness.planted import HTML, Answer, Match, refusal
from harness.stage import Replica, Stage
from harness.streams import BROKEN

FAR = 600
SERVICES = "arcgisservices"


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_stream_is_opened_anew(stage: Stage, fault: str) -> None:
    operator = stage.start(resync_seconds=FAR).leads().watches()
    rule = operator.proxy.watch_rule(SERVICES, **BROKEN[fault])
    stage.declare()
    stage.converged()
    stage.wait(lambda: rule.hits >= 1)
    stage.judge()
    assert operator.process.running


def test_events_that_come_late_and_stale_start_nothing(stage: Stage) -> None:
    """Row S3x: the resync looks first, a colleague labels the object, then the old events come."""
    operator = stage.start(resync_seconds=1).leads().watches()
    rule = operator.proxy.watch_rule(SERVICES, delay=4)
    stage.declare()
    stage.converged()
    assert rule.hits == 1
    stage.label("was-here")
    stage.judge()


def test_an_event_that_never_comes_is_healed_by_the_resync(stage: Stage) -> None:
    """Row S9: the stream stays open and silent."""
    operator = stage.start(resync_seconds=1).leads().watches()
    rule = operator.proxy.watch_rule(SERVICES, swallow=True, then="silence")
    stage.declare()
    stage.judge()
    assert rule.hits == 1


ANSWERS: Mapping[str, tuple[Answer, int]] = {
    "S6 503 for long": (refusal(503, "ServiceUnavailable"), 6),
    "S6b 429 for long": (refusal(429, "TooManyRequests", Retry_After="1"), 6),
    "S7 429 with a date": (
        refusal(429, "TooManyRequests", Retry_After=formatdate(time() + 1, usegmt=True)),
        3,
    ),
    "429 with nonsense": (refusal(429, "TooManyRequests", Retry_After="soon"), 3),
    "S8 200 with HTML": (HTML, 3),
    "S8b 401 for a while": (refusal(401, "Unauthorized"), 6),
    "S8c 403 for long": (refusal(403, "Forbidden"), 6),
    "200 without a body": (Answer(200), 3),
}
READS = Match("GET", r"/(arcgisservices|arcgissites)$")


def broken(operator: Replica, match: Match, answer: Answer) -> Any:
    """From now on the API server answers so, and there is no stream any more."""
    rule = operator.proxy.rule(match, answer=answer, times=None)
    operator.proxy.cut_streams()
    return rule


@pytest.mark.parametrize("fault", ANSWERS)
def test_lists_and_watches_that_are_refused_are_asked_for_again(stage: Stage, fault: str) -> None:
    answer, times = ANSWERS[fault]
    operator = stage.start(resync_seconds=FAR).leads().watches()
    rule = broken(operator, READS, answer)
    stage.declare()
    stage.wait(lambda: rule.hits >= times)
    assert stage.received() == []
    operator.proxy.clear()
    stage.judge()
    assert operator.process.running


@pytest.mark.parametrize("fault", ANSWERS)
def test_an_api_server_that_refuses_everything_costs_the_term_and_nothing_else(
    stage: Stage, fault: str
) -> None:
    answer, _ = ANSWERS[fault]
    operator = stage.start(resync_seconds=FAR).leads().watches()
    broken(operator, Match(), answer)
    stage.declare()
    operator.said("lease lost")
    assert stage.received() == []
    operator.proxy.clear()
    operator.said("leading", times=2)
    stage.judge()
    assert operator.process.running
