"""SIGSTOP at an exact request: a leader that wakes up after its term sends nothing, and spoils nothing."""

import pytest

from harness.bench import ready
from harness.cuts import CUTS, Trap
from harness.stage import Replica, Stage

LATE = ("before the intent is stored", "before the job is on record", "before the end is on record")
"""Writes that reach the API server when somebody else has long written."""
EDIT_LOST = "before the edit is taken"
ALONE = ("after the intent was stored", "after the edit was taken", "before the job is on record")


def frozen(stage: Stage, cut: str) -> tuple[Replica, Trap]:
    """A leader that stands still at a request, which goes on without it unless it is to be late."""
    leader = stage.start("leader").leads()
    trap = CUTS[cut].arm(stage, leader)
    stage.declare()
    trap.sprung()
    leader.process.freeze()
    return leader, trap


def ended(leader: Replica) -> None:
    """It has noticed, is told to stop, and stops: nothing of it is left under way."""
    leader.said("lease lost")
    assert leader.process.terminate() == 0


@pytest.mark.parametrize("cut", CUTS)
def test_a_leader_thawed_after_the_take_over_sends_nothing(stage: Stage, cut: str) -> None:
    leader, trap = frozen(stage, cut)
    if cut not in LATE:
        trap.release()
    stage.start("standby").leads()
    stage.converged()
    if cut in LATE:
        trap.release()
    before = stage.received()
    leader.process.thaw()
    ended(leader)
    assert stage.received() == before, f"sent under the old term\n{stage.story()}"
    stage.judge(received=(2,) if cut == EDIT_LOST else (1,))


@pytest.mark.parametrize("cut", ALONE)
def test_a_leader_that_gets_its_lease_back_goes_on_in_a_new_term(stage: Stage, cut: str) -> None:
    leader, trap = frozen(stage, cut)
    stage.lease_ran_out()
    trap.release()
    before = stage.received()
    leader.process.thaw()
    stage.judge_new_term(leader, before)
    stage.judge()


@pytest.mark.parametrize("cut", ALONE)
def test_a_leader_whose_successor_was_killed_goes_on_in_a_new_term(stage: Stage, cut: str) -> None:
    leader, trap = frozen(stage, cut)
    successor = stage.start("successor")
    successor.said("lease acquired")
    assert successor.process.kill() == -9
    trap.release()
    before = stage.received()
    leader.process.thaw()
    stage.judge_new_term(leader, before)
    stage.judge()


def test_a_leader_whose_standby_did_the_work_finds_nothing_to_do(stage: Stage) -> None:
    leader, trap = frozen(stage, "after the intent was stored")
    trap.release()
    successor = stage.start("successor").leads()
    stage.converged()
    assert successor.process.terminate() == 0
    before = stage.received()
    leader.process.thaw()
    stage.judge_new_term(leader, before)
    stage.judge()
    assert ready(stage.bench.get(stage.name)) == "Converged"
