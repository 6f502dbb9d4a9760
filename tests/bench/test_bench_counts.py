"""The benchmark counts what is there: from an audit log, from a real run, and never looks at a time."""

import json
from pathlib import Path
from typing import Any

import pytest
from arcgis_bench import figures, quick
from arcgis_bench.audit import Audit
from arcgis_bench.contenders import contenders
from arcgis_bench.scenarios import SCENARIOS


def entry(**changed: Any) -> dict[str, Any]:
    """A status write that sets Ready=True for generation 2."""
    condition = {"type": "Ready", "status": "True", "observedGeneration": 2}
    return {
        "verb": "patch",
        "user": {"username": "operator"},
        "objectRef": {"resource": "arcgisservices", "subresource": "status", "name": "roads"},
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": "2026-11-24T01:00:00.000001Z",
        "stageTimestamp": "2026-11-24T01:00:00.500001Z",
        "requestObject": {"status": {"conditions": [condition]}},
        **changed,
    }


@pytest.mark.parametrize(
    ("written", "generation"),
    {
        "a status write that sets Ready": (entry(), 2),
        "one that was refused": (entry(responseStatus={"code": 409}), None),
        "one without conditions": (entry(requestObject={"status": {"job": {}}}), None),
        "one on a site": (entry(objectRef={"resource": "arcgissites", "name": "prod"}), None),
    }.values(),
)
def test_ready_is_what_the_api_server_accepted(
    tmp_path: Path, written: dict[str, Any], generation: int | None
) -> None:
    log = tmp_path / "audit.jsonl"
    log.write_text(json.dumps(written) + "\n")
    audit = Audit(log)
    audit.read()
    audit.close()
    assert audit.requests[0].ready == generation
    assert (audit.ready.get("roads") or (None,))[0] == generation


def test_a_line_that_is_still_being_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    log, line = tmp_path / "audit.jsonl", json.dumps(entry())
    log.write_text(line[:40])
    audit = Audit(log)
    audit.read()
    assert audit.requests == []
    with log.open("a") as file:
        file.write(line[40:] + "\n")
    audit.read()
    audit.close()
    assert len(audit.requests) == 1


@pytest.mark.parametrize(("percent", "value"), [(1, 1), (50, 50), (99, 99), (100, 100)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: float) -> None:
    assert figures.percentile(range(100, 0, -1), percent) == value


def test_runs_are_shown_by_median_least_and_most() -> None:
    found = figures.summarised([{"edits": 1.0}, {"edits": 5.0}, {"edits": 2.0}])
    assert found["edits"] == figures.Summary(median=2.0, least=1.0, most=5.0, runs=3)


def test_a_count_out_of_bounds_is_told_as_a_sentence() -> None:
    found = {"edits_mean": 1.5, "edits_most": 2.0, "status_writes_most": 3.0, "api_writes_mean": 4.0}
    assert list(quick.outside("burst", found)) == [
        "burst: edits_mean is 1.5, must be from 1 to 1",
        "burst: edits_most is 2, must be from 1 to 1",
    ]


@pytest.mark.timeout(300)
def test_a_burst_on_real_parts_costs_one_edit_and_few_writes_for_each_change() -> None:
    found = quick.small_burst(contenders()["operator"])
    assert not list(quick.outside("burst", found)), found
    assert SCENARIOS["burst-10"].goals.keys() <= found.keys(), "a goal for a figure that nobody measures"
