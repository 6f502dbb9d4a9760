"""SIGKILL at an exact request: whoever comes after ends with live settings and one edit."""

import pytest

from harness.cuts import CUTS
from harness.stage import Stage

KILLED = -9
EDIT_LOST = "before the edit is taken"
"""The killed operator's own request is thrown away here: it must be sent once more."""


def sent(cut: str) -> tuple[int, ...]:
    """How many edit requests may come in all."""
    return (2,) if cut == EDIT_LOST else (1,)


@pytest.mark.parametrize("cut", CUTS)
def test_an_operator_killed_at_a_request_leaves_one_edit_to_the_next(stage: Stage, cut: str) -> None:
    first = stage.start("first").leads()
    trap = CUTS[cut].arm(stage, first)
    stage.declare()
    trap.sprung()
    assert first.process.kill() == KILLED
    trap.release()
    second = stage.start("second").leads()
    stage.judge(received=sent(cut))
    assert second.process.running


@pytest.mark.parametrize("cut", CUTS)
def test_the_standby_of_a_killed_leader_leaves_one_edit(stage: Stage, cut: str) -> None:
    leader = stage.start("leader").leads()
    standby = stage.start("standby").watches()
    trap = CUTS[cut].arm(stage, leader)
    stage.declare()
    trap.sprung()
    assert leader.process.kill() == KILLED
    trap.release()
    standby.leads()
    stage.judge(received=sent(cut))
    assert standby.process.running
