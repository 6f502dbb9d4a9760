"""SIGTERM in the middle of the work: the operator ends at once with 0, and the next one goes on."""

import signal

import pytest

from harness.cuts import CUTS
from harness.stage import Stage

STOPS = (
    "before the intent is stored",
    "after the intent was stored",
    "before the edit is taken",
    "after the edit was taken",
    "before the job is on record",
    "while the job runs",
    "before the end is on record",
)
STOP_SECONDS = 5.0


@pytest.mark.parametrize("cut", STOPS)
def test_an_operator_stopped_at_a_request_leaves_one_edit_to_the_next(stage: Stage, cut: str) -> None:
    first = stage.start("first").leads()
    trap = CUTS[cut].arm(stage, first)
    stage.declare()
    trap.sprung()
    first.process.send(signal.SIGTERM)
    trap.release()
    assert first.process.wait(STOP_SECONDS) == 0
    stage.start("second").leads()
    stage.judge(received=(1, 2) if cut == "before the edit is taken" else (1,))


def test_an_operator_that_sent_while_it_stopped_does_not_call_its_term_settled(stage: Stage) -> None:
    first = stage.start("first").leads()
    trap = CUTS["after the intent was stored"].arm(stage, first)
    stage.site.fault({"drop": True}, when="after", operation="edit", service=stage.service)
    stage.declare()
    trap.sprung()
    first.process.send(signal.SIGTERM)
    trap.release()
    assert first.process.wait(STOP_SECONDS) == 0
    assert len(stage.received()) == 1, stage.story()
    (released,) = first.lines("lease released")
    assert '"settled": false' in released
    stage.start("second").leads()
    stage.judge()


def test_a_calm_handover_waits_for_nothing(stage: Stage) -> None:
    first = stage.start("first").leads()
    second = stage.start("second").watches()
    stage.declare()
    stage.converged()
    assert first.process.terminate() == 0
    second.leads()
    assert first.lines("lease released")
    stage.judge()


def test_two_replicas_send_one_edit(stage: Stage) -> None:
    """Row S11."""
    replicas = [stage.start("one").watches(), stage.start("two").watches()]
    stage.wait(lambda: any(replica.lines("leading") for replica in replicas))
    stage.declare()
    stage.judge()
    assert sum(len(replica.lines("leading")) for replica in replicas) == 1
