"""Watches and lists that lie, beside those of `tests/e2e/test_e2e_watches.py`: one edit, and life goes on.

The resync is far away, so what heals is the watch; but where it hears nothing any more.
"""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from harness.planted import Answer, Match, WatchRule, error_event
from harness.stage import PATIENCE, Stage
from harness.streams import BROKEN, LYING, deed

Json = Any
FAR = 600
SERVICES = "arcgisservices"


TIMES: Mapping[str, int | None] = {"once": 1, "three times": 3, "until cleared": None}
CLEARED_AFTER = 3
BOUND_SECONDS = 15.6
"""So soon after the last fault all has settled: fifteen seconds and a job."""


def came_about(stage: Stage, rule: WatchRule, times: int) -> None:
    """Has so many events spoiled. A new one is asked for as long as one may go by between two streams."""
    give_up = time.monotonic() + PATIENCE
    while (seen := rule.hits) < times:
        assert time.monotonic() < give_up, stage.story()
        stage.label(f"event-{time.monotonic_ns()}")
        stage.moment(lambda before=seen: rule.hits > before, 0.5)  # type: ignore[misc]


@pytest.mark.plans
@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("kind", [*BROKEN, *LYING])
def test_a_stream_that_breaks_or_lies_costs_no_edit(stage: Stage, kind: str, times: str) -> None:
    operator = stage.start(resync_seconds=FAR).leads().watches()
    count = TIMES[times]
    rule = operator.proxy.watch_rule(SERVICES, **{**deed(kind, stage.service), "times": count})
    stage.declare()
    came_about(stage, rule, count or CLEARED_AFTER)
    operator.proxy.clear()
    over = time.monotonic()
    stage.judge()
    assert time.monotonic() - over <= BOUND_SECONDS, stage.story()
    assert operator.process.running


@pytest.mark.plans
def test_a_stale_replay_starts_nothing(stage: Stage) -> None:
    """The first event of the object comes once more, in the place of a newer one."""
    operator = stage.start(resync_seconds=FAR).leads().watches()
    first = operator.proxy.watch_rule(SERVICES)
    stage.declare()
    stage.converged()
    stage.declare(description="newer")
    stage.converged()
    stale = operator.proxy.watch_rule(SERVICES, instead=first.came[0].strip(), then="end")
    stage.label("asks-for-an-event")
    stage.wait(lambda: stale.hits >= 1)
    stage.looked_again()
    assert len(stage.bench.edits(stage.service)) == 2, stage.story()
    assert stage.site.document(stage.service) == stage.wanted_document(), stage.story()
    stage.judge_logs()


def listed(**parts: Json) -> Answer:
    body = {"apiVersion": "arcgis-operator.dev/v1alpha1", "kind": "ArcGISServiceList", "items": []}
    return Answer(200, json.dumps({**body, "metadata": {"resourceVersion": "1"}, **parts}).encode())


LISTS: Mapping[str, Answer] = {
    "an empty list": listed(),
    "a list without a version": listed(metadata={}),
    "a list of things that are none": listed(items=[7]),
    "a list without items": listed(items=None),
    "half a list": Answer(200, listed().body[:40]),
}


@pytest.mark.plans
@pytest.mark.parametrize("fault", LISTS)
def test_a_list_that_is_wrong_is_put_right_by_what_follows(stage: Stage, fault: str) -> None:
    operator = stage.start(resync_seconds=FAR).leads().watches()
    rule = operator.proxy.rule(Match("GET", r"/arcgisservices$", watch=False), answer=LISTS[fault])
    operator.proxy.watch_rule(SERVICES, instead=error_event(410, "Expired"), then="end")
    stage.declare()
    stage.wait(lambda: rule.hits >= 1)
    stage.judge()
    assert operator.process.running


SILENT: Mapping[str, dict[str, Any]] = {
    "half a line": {"cut_at": 40, "then": "silence"},
    "a bookmark": {"instead": b'{"type": "BOOKMARK", "object": {}}', "then": "silence"},
}


@pytest.mark.plans
@pytest.mark.parametrize("fault", SILENT)
def test_a_stream_that_falls_silent_is_made_up_for_by_the_resync(stage: Stage, fault: str) -> None:
    operator = stage.start(resync_seconds=1).leads().watches()
    rule = operator.proxy.watch_rule(SERVICES, **SILENT[fault])
    stage.declare()
    stage.judge()
    assert rule.hits == 1


@pytest.mark.plans
def test_a_list_of_a_version_that_is_none_is_made_up_for_by_the_resync(stage: Stage) -> None:
    """kopf asks with that version for ever: no watch comes about before the next process."""
    operator = stage.start(resync_seconds=1).leads().watches()
    answer = listed(metadata={"resourceVersion": "none"})
    rule = operator.proxy.rule(Match("GET", r"/arcgisservices$", watch=False), answer=answer)
    operator.proxy.watch_rule(SERVICES, instead=error_event(410, "Expired"), then="end")
    stage.declare()
    stage.judge()
    assert rule.hits == 1
