"""SIGSTOP at every request of a leader: one that wakes up after its term spoils nothing."""

from typing import Any

import pytest
from fault_cases import Case
from fault_sites import RequestSite, known

from harness.flows import FLOWS
from harness.stage import Stage

LED = [name for name, flow in FLOWS.items() if not (flow.starts or flow.has_standby)]
"""Flows with one operator, that leads from the beginning."""
PLANS = {f"{flow}: {site}": (flow, site) for flow in LED for site in known()[flow]}


@pytest.mark.plans
@pytest.mark.parametrize(("flow", "site"), PLANS.values(), ids=PLANS)
def test_a_leader_that_wakes_up_after_its_term_sends_nothing(stage: Stage, flow: str, site: str) -> None:
    Case(stage, flow).frozen(RequestSite.parse(site), comes_back=False)


@pytest.mark.plans
@pytest.mark.parametrize(("flow", "site"), PLANS.values(), ids=PLANS)
def test_a_leader_that_gets_its_lease_back_goes_on_in_a_new_term(
    stage: Stage, flow: str, site: str, record_property: Any
) -> None:
    case = Case(stage, flow)
    case.frozen(RequestSite.parse(site), comes_back=True)
    record_property("settled after a thaw", case.settled_seconds)
