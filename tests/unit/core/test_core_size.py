"""How large a status is at worst, and what goes first."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from situations import NOW, URL, job, journal, proved, wanting

from arcgis_operator.core.history import KEPT, PATHS
from arcgis_operator.core.jsondoc import stored_size
from arcgis_operator.core.planning import SHOWN_CHANGES
from arcgis_operator.core.record import JobShown, Observed, Phase, PlanShown, Record, Tried, stamp
from arcgis_operator.core.said import Shown
from arcgis_operator.core.shown import shown
from arcgis_operator.core.size import LARGEST, within
from arcgis_operator.core.status import LONGEST, MOST, render
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.core.wake import BACKOFF

Json = Any
BODY = {"metadata": {"generation": 1}}
TIME = stamp(NOW)
SIGNS = {"letters": "x", "letters of two bytes": "é", "signs of four bytes": "🗺", "what is escaped": "<"}


OURS = ("operation", "digest", "hash", "plan", "outcome")
"""Words that are made here."""


def result(sign: str) -> dict[str, Json]:
    """Of a service with 500 properties and 20 extensions, each of which has some, too."""
    own = {f"property{number}": sign * 60 for number in range(500)}
    extensions = [
        {"typeName": f"Extension{number}", "enabled": "true", "properties": {"p": sign * 60}}
        for number in range(20)
    ]
    return {"service": {"properties": own, "extensions": extensions}}


def worst(sign: str) -> Record:
    """All that a status may hold, as long as its schema lets it be, after a turn whose job had ended."""
    long = {name: ("x" if name in OURS else sign) * most for name, most in LONGEST.items()}
    change = {name: long[name] for name in ("operation", "path", "from", "to")}
    changer = {"id": "j" * 128, "username": sign * 64, "operation": "x" * 32, "status": sign * 64}
    tried = Tried(long["digest"], 3, 3, Reason.JOB_FAILED.value, sign * 400, TIME)
    before = JobShown("j" * 128, operation=long["operation"], submit_time=TIME, change_count=500)
    ended = job(
        "FAILED",
        "j" * 128,
        operation_uri=long["operationURI"],
        username=long["username"],
        messages=(Shown(sign * 192),) * 10,
        result=result(sign),
        end_ms=1_795_463_012_000,
    )
    entry = {
        "id": "j" * 128,
        **{name: long[name] for name in ("operation", "outcome", "status", "plan")},
        **dict.fromkeys(("submitTime", "endTime"), TIME),
        "paths": [long["paths"]] * PATHS,
        "changedBy": [long["changedBy"]] * MOST["changedBy"],
    }
    return replace(
        proved(),
        handled=sign * 256,
        overridden=sign * 256,
        next_window=TIME,
        journal=journal(
            Phase.RUNNING,
            site_url=URL + "/x" * 200,
            operation_uri="/arcgis/admin/services/" + "é" * 255 + ".MapServer/edit",
            username=long["username"],
            answer=sign * 400,
            attempts=dict.fromkeys(("edit", "start", "stop"), tried),
            sends=(TIME,) * MOST["sends"],
        ),
        job=shown(ended, before, wanting(**{f"property{number}": sign * 60 for number in range(500)})),
        history=(entry,) * KEPT,
        plan=PlanShown(
            long["hash"],
            long["digest"],
            "Drift",
            TIME,
            500,
            (change,) * SHOWN_CHANGES,
            True,
            (changer,) * 5,
            long["rest"],
            long["restOf"],
            sign * 256,
        ),
        observed=Observed("s" * 64, long["provider"], "STARTED", long["digest"], TIME, 5, (sign * 192,) * 5),
    )


def written(sign: str) -> dict[str, Json]:
    verdict = Verdict(Reason.JOB_FAILED, sign * 2000, worst(sign), wake=BACKOFF)
    return render(BODY, verdict, NOW)


@pytest.mark.parametrize("name", SIGNS)
def test_the_status_of_the_worst_service_has_32_kib_at_most(name: str) -> None:
    status = written(SIGNS[name])
    assert stored_size(status) <= LARGEST == 32 * 1024


@pytest.mark.parametrize("name", SIGNS)
def test_what_decides_and_what_is_newest_is_whole_however_large_the_rest_is(name: str) -> None:
    sign, status = SIGNS[name], written(SIGNS[name])
    assert len(status["journal"]["attempts"]) == 3
    assert len(status["journal"]["sends"]) == MOST["sends"]
    assert len(status["conditions"][0]["message"]) == 512
    assert status["plan"]["hash"] == "x" * 71
    assert status["plan"]["changeCount"] == 500
    assert status["job"]["id"] == "j" * 128
    assert status["job"]["resultTruncated"] is True
    assert status["history"][0]["status"] == sign * 64


def test_of_plain_letters_a_whole_history_and_plan_have_room() -> None:
    status = written("x")
    assert len(status["history"]) == KEPT
    assert len(status["plan"]["changes"]) == SHOWN_CHANGES
    assert len(status["job"]["messages"]) > 0


def large(kilobytes: int) -> dict[str, Json]:
    """A status that is too large by so much of what goes last."""
    return {
        "job": {"id": "j1", "messages": ["message"] * 10, "result": {"a": "x" * 100}},
        "history": [{"id": f"h{number}", "paths": ["p"]} for number in range(10)],
        "plan": {"hash": "x", "changes": [{"path": "p" * 1000}] * kilobytes},
    }


def test_a_status_that_is_small_enough_is_left_alone() -> None:
    assert within(large(1)) == large(1)
    assert within(large(1), stored_size(large(1))) == large(1)


def stages() -> list[dict[str, Json]]:
    """How a status looks after one thing after the other has gone."""
    first = large(3)
    found = [first]
    for cut in (
        {"job": {"id": "j1", "messages": ["message"] * 10, "resultTruncated": True}},
        {"job": {"id": "j1", "messages": ["message"] * 3, "resultTruncated": True}},
        {"history": [first["history"][0], *({"id": f"h{number}"} for number in range(1, 10))]},
        {"history": [first["history"][0], *({"id": f"h{number}"} for number in range(1, 9))]},
    ):
        found.append({**found[-1], **cut})
    return found


def test_what_is_least_worth_goes_first_and_no_more_than_need_be() -> None:
    for before, after in pairwise(stages()):
        assert within(large(3), stored_size(before) - 1) == after


def test_in_the_end_one_operation_is_left_and_the_count_of_the_changes() -> None:
    assert within(large(3), 1) == {
        "job": {"id": "j1", "resultTruncated": True},
        "history": [{"id": "h0", "paths": ["p"]}],
        "plan": {"hash": "x", "changes": []},
    }
    assert within({"observedGeneration": 1}, 1) == {"observedGeneration": 1}
