"""The plans are complete: a clean run of each flow shows no kind of request that has none."""

import pytest
from fault_cases import Case
from fault_sites import kinds, kinds_ever_seen, known

from harness.flows import FLOWS
from harness.stage import Stage


@pytest.mark.parametrize("flow", FLOWS)
def test_a_clean_run_shows_no_request_without_plans(stage: Stage, flow: str) -> None:
    """When a new request is right, learn the sites again: `python tests/faults/learn.py`."""
    shown = Case(stage, flow).clean()
    assert kinds(shown) <= kinds_ever_seen(), stage.story()


def test_every_flow_has_its_sites() -> None:
    assert known().keys() == FLOWS.keys()
