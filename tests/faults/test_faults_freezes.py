"""SIGSTOP at every request of an edit's life: a leader that wakes up after its term spoils nothing."""

import pytest
from fault_cases import Case
from fault_sites import RequestSite, known

from harness.stage import Stage

FLOWS = ("update", "create", "drift", "update during a job", "foreign job", "status wiped")
PLANS = {f"{flow}: {site}": (flow, site) for flow in FLOWS for site in known()[flow]}


@pytest.mark.plans
@pytest.mark.parametrize(("flow", "site"), PLANS.values(), ids=PLANS)
def test_a_leader_that_wakes_up_after_its_term_sends_nothing(stage: Stage, flow: str, site: str) -> None:
    Case(stage, flow).frozen(RequestSite.parse(site), comes_back=False)


@pytest.mark.plans
@pytest.mark.parametrize(("flow", "site"), PLANS.values(), ids=PLANS)
def test_a_leader_that_gets_its_lease_back_goes_on_in_a_new_term(stage: Stage, flow: str, site: str) -> None:
    Case(stage, flow).frozen(RequestSite.parse(site), comes_back=True)
