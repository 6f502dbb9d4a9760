"""SIGKILL at every request of every flow: nothing is lost or doubled, and the judge finds nothing."""

import pytest
from fault_cases import CUTS, Case
from fault_plans import Plan, kills, second_kills

from harness.stage import Stage


@pytest.mark.plans
@pytest.mark.parametrize("plan", list(kills()), ids=str)
def test_a_kill_at_any_request_is_recovered_from(stage: Stage, plan: Plan) -> None:
    Case(stage, plan.flow).killed(*((site, CUTS[cut]) for site, cut in plan.steps()))


@pytest.mark.plans
@pytest.mark.parametrize("plan", list(second_kills()), ids=str)
def test_a_kill_of_the_successor_is_recovered_from(stage: Stage, plan: Plan) -> None:
    Case(stage, plan.flow).killed(*((site, CUTS[cut]) for site, cut in plan.steps()))
