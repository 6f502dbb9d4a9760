"""Status writes that fail: rows S1, S12, S13, S14 of the fault table. One edit, a true status."""

from collections.abc import Mapping
from typing import Any

import pytest

from harness.cuts import STATUS
from harness.planted import HTML, Match, refusal
from harness.stage import Stage

LONG = 6  # refusals in a row; a second apart and more, this outlives every retry within a turn
FAULTS: Mapping[str, dict[str, Any]] = {
    "S12b one conflict": {"answer": refusal(409, "Conflict")},
    "S13 applied, the answer reset": {"when": "after", "reset": True},
    "S14 an HTML page instead, not applied": {"answer": HTML},
    "an HTML page instead, applied": {"when": "after", "answer": HTML},
    "not applied, reset": {"reset": True},
    "a server error, applied": {"when": "after", "answer": refusal(504, "Timeout")},
    "S1 server errors for long": {"answer": refusal(500, "InternalError"), "times": LONG},
    "too many requests for long": {"answer": refusal(429, Retry_After="1"), "times": 3},
}
PHASES = {"intent": "Intended", "job": "Running", "end": "Idle"}


@pytest.mark.parametrize("written", PHASES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_status_write_that_fails_costs_no_edit_and_no_truth(stage: Stage, fault: str, written: str) -> None:
    operator = stage.start().leads()
    rule = operator.proxy.rule(Match("PATCH", STATUS, PHASES[written]), **FAULTS[fault])
    stage.declare()
    stage.converged()
    stage.wait(lambda: rule.hits >= 1)
    stage.judge()
    assert operator.process.running


def test_the_operator_writes_nothing_but_status(stage: Stage) -> None:
    """Rows S1b and S12: there is no write of the object itself that could fail."""
    operator = stage.start().leads()
    stage.declare()
    stage.judge()
    changes = [one for one in operator.proxy.requests(Match(path="/arcgisservices/")) if one.method != "GET"]
    assert changes
    assert all(one.method == "PATCH" and one.path.endswith("/status") for one in changes)


def test_polls_of_a_running_job_ask_the_api_server_nothing_until_something_is_told(stage: Stage) -> None:
    operator = stage.start().leads().watches()
    stage.site.next_job(service=stage.service, hang=True)
    stage.declare()
    job = stage.bench.wait_job(stage.name, "EXECUTING")

    def reads() -> int:
        return len(operator.proxy.requests(Match("GET", f"/arcgisservices/{stage.name}")))

    def polls() -> int:
        return len(stage.site.journal(stage.since, kind="request", operation="job", job=job))

    stage.wait(lambda: polls() >= 3)
    before = reads()
    seen = polls()
    stage.wait(lambda: polls() >= seen + 3)
    assert reads() == before

    stage.ask_again()
    stage.wait(lambda: reads() > before)
    stage.site.finish(job)
    stage.converged()
    stage.judge()
