"""The place in the line for a job slot: told in words that stay true, and told again only when far off."""

import math
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from situations import NOW, case

from arcgis_operator.core.case import Case, Hold
from arcgis_operator.core.decide import decide
from arcgis_operator.core.line import LEAST_SECONDS, Standing, told
from arcgis_operator.core.record import LineShown, Record, stamp
from arcgis_operator.core.status import parse, render
from arcgis_operator.core.verdict import Reason

FULL = Hold(Reason.QUEUED, "All 2 job slots of the site are in use.")
THIRD = Standing(3, 40, 360.0)
TOLD = LineShown(40, 120, stamp(NOW), stamp(NOW + timedelta(minutes=20)))
BODY = {"metadata": {"namespace": "gis", "name": "roads", "generation": 1, "uid": "u"}}


def queued(**changed: object) -> Case:
    return replace(case(unsent=(FULL,), standing=THIRD), **changed)  # type: ignore[arg-type]


def test_who_waits_is_told_the_place_and_when_its_turn_comes() -> None:
    verdict = decide(queued())
    assert verdict.message == (
        "All 2 job slots of the site are in use. Number 3 of 40 in line at 2026-11-23T19:45:14Z; by the last "
        "jobs its turn comes about 2026-11-23T19:51:14Z."
    )
    assert render(BODY, verdict, NOW)["line"] == {
        "place": 3,
        "length": 40,
        "toldTime": "2026-11-23T19:45:14Z",
        "expectedStartTime": "2026-11-23T19:51:14Z",
    }


def test_where_nobody_knows_how_long_jobs_take_only_the_place_is_told() -> None:
    verdict = decide(queued(standing=Standing(3, 40)))
    assert verdict.message.endswith("Number 3 of 40 in line at 2026-11-23T19:45:14Z.")
    assert decide(queued(standing=None)).message == FULL.message


def test_while_the_line_moves_a_little_no_look_writes_anything() -> None:
    first = render(BODY, decide(queued(standing=Standing(40, 120, 1200.0))), NOW)
    for minutes, place in ((1, 1), (6, 39), (10, 30), (19, 21)):
        now = NOW + timedelta(minutes=minutes)
        again = queued(
            record=parse({**BODY, "status": first}), standing=Standing(place, 90, 30.0 * place), now=now
        )
        assert render({**BODY, "status": first}, decide(again), now) == first


def test_where_it_is_not_kept_it_is_told_once() -> None:
    """By an API server with an older CRD: told at each look, it would be written each time."""
    status = render(BODY, decide(queued(standing=Standing(40, 120, 1200.0))), NOW)
    seen = []
    for minutes in range(1, 60):
        status = {name: value for name, value in status.items() if name != "line"}
        body, now = {**BODY, "status": status}, NOW + timedelta(minutes=minutes)
        status = render(
            body, decide(queued(record=parse(body), standing=Standing(40, 120, 1.0), now=now)), now
        )
        seen.append(status)
    assert all(one == seen[0] for one in seen)


def test_who_waits_no_more_stands_in_no_line() -> None:
    waited = replace(Record(known=True), line=TOLD)
    assert "line" not in render(BODY, decide(case(record=waited)), NOW)
    elsewhere = case(record=waited, unsent=(Hold(Reason.SITE_READ_ONLY, "Read only."), FULL), standing=THIRD)
    assert "line" not in render(BODY, decide(elsewhere), NOW)


@pytest.mark.parametrize(
    ("minutes", "standing", "again"),
    [
        (4.9, Standing(1, 1, 9.0), False),
        (5, Standing(40, 120, 9.0), False),
        (5, Standing(21, 100, 9.0), False),
        (5, Standing(20, 100, 9.0), True),
        (5, Standing(79, 200, 9.0), False),
        (5, Standing(80, 200, 9.0), True),
        (-5, Standing(20, 100, 9.0), True),
        (20, Standing(30, 100, 9.0), False),
        (21, Standing(30, 100, 9.0), True),
    ],
)
def test_a_place_is_told_again_when_it_is_far_off_or_late(
    minutes: float, standing: Standing, again: bool
) -> None:
    now = NOW + timedelta(minutes=minutes)
    found = told(TOLD, standing, now)
    assert (found != TOLD) is again
    if again:
        assert (found.place, found.length, found.told_time) == (standing.place, standing.length, stamp(now))


def test_a_turn_that_is_late_is_not_promised_anew_before_the_place_is_another_one() -> None:
    late = told(TOLD, Standing(30, 100, 900.0), NOW + timedelta(minutes=21))
    assert late.expected_start_time == ""
    assert told(late, Standing(30, 100, 900.0), NOW + timedelta(hours=5)) == late
    assert told(late, Standing(15, 80, 450.0), NOW + timedelta(hours=5)).expected_start_time


def test_a_time_that_cannot_be_read_is_long_ago() -> None:
    assert told(replace(TOLD, told_time="?"), Standing(3, 9), NOW).place == 3


@given(
    st.integers(1, 5000),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 50), st.floats(0, 1e5)), max_size=60),
)
def test_however_a_line_moves_up_little_is_written(length: int, looks: list[tuple[int, int, float]]) -> None:
    """Each look comes so many seconds after the last one, and so many have left by then."""
    now, place, shown, writes = NOW, length, None, []
    for seconds, left, wait in looks:
        now, place = now + timedelta(seconds=seconds), max(1, place - left)
        before, shown = shown, told(shown, Standing(place, length, wait), now)
        writes += [now] if shown != before else []
    assert len(writes) <= 2 * (math.log2(length) + 1)
    assert all((later - sooner).total_seconds() >= LEAST_SECONDS for sooner, later in pairwise(writes))
