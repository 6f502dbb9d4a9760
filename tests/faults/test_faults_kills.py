"""SIGKILL at every request of every flow: nothing is lost or doubled, and the judge finds nothing."""

from typing import Any

import pytest
from fault_cases import CUTS, Case
from fault_plans import Plan, kills, second_kills

from harness.stage import Stage


@pytest.mark.plans
@pytest.mark.parametrize("plan", list(kills()), ids=str)
def test_a_kill_at_any_request_is_recovered_from(stage: Stage, plan: Plan, record_property: Any) -> None:
    killed(stage, plan, record_property)


@pytest.mark.plans
@pytest.mark.parametrize("plan", list(second_kills()), ids=str)
def test_a_kill_of_the_successor_is_recovered_from(stage: Stage, plan: Plan, record_property: Any) -> None:
    killed(stage, plan, record_property)


def killed(stage: Stage, plan: Plan, record_property: Any) -> None:
    case = Case(stage, plan.flow)
    case.killed(*((site, CUTS[cut]) for site, cut in plan.steps()))
    record_property("settled after a kill", case.settled_seconds)
