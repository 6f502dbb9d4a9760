"""Schedules that once broke a promise, and the rule that was missing: kept, one by one."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from model_schedule import Draw, attempt
from test_model_bites import a_listed_job_that_is_not_found_is_over, an_old_leader_stores

from arcgis_operator.core.memory import NOTHING
from arcgis_operator.core.record import Journal, Phase


def steps(text: str) -> tuple[str, ...]:
    """`A turn; A goes on 0 x3` as the names of four actions."""
    named = (part.strip().partition(" x") for part in text.split(";"))
    return tuple(name for name, _, times in named for _ in range(int(times or 1)))


@dataclass(frozen=True)
class Story:
    """What happened, and what happens again when the rule is taken away."""

    draw: Draw
    plan: tuple[str, ...]
    without: Callable[[pytest.MonkeyPatch], None]
    breaks: str


STORIES = {
    "a thawed leader, whose own settle time is long over, meets the fresh intent of its successor": Story(
        Draw(49, ("lease", "late")),
        steps(
            "A turn; A goes on 0 x5; time for a turn; roads wants third; B takes over;"
            "B turn; B goes on 0 x6; A turn; A goes on 0 x6"
        ),
        an_old_leader_stores,
        "P1",
    ),
    "a new leader looks for a lost answer while the job is listed and cannot be found": Story(
        Draw(23, ("lease", "hide")),
        steps(
            "A turn; A goes on 0 x6; B takes over; request 0 arrives; j01 hides;"
            "B turn; B goes on 0 x6; 91 s pass; B turn; B goes on 0 x7"
        ),
        a_listed_job_that_is_not_found_is_over,
        "P1",
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_it_ends_well(story: Story) -> None:
    _, error = asyncio.run(attempt(story.draw, story.plan))
    assert error is None


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_it_ends_badly_without_the_rule(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.without(monkeypatch)
    _, error = asyncio.run(attempt(story.draw, story.plan))
    assert error is not None
    assert f"Broken: {story.breaks}" in error


def test_an_operation_that_another_replica_opened_meanwhile_is_timed_anew() -> None:
    mine = NOTHING.follow(Journal(Phase.RUNNING, id="mine", job_id="j1"), ended=True, now=0.0)
    theirs = mine.follow(Journal(Phase.RUNNING, id="theirs", job_id="j2"), now=5000.0)
    assert (theirs.open_for(now=5000.0), theirs.ended_for(5000.0)) == (0.0, math.inf)
