"""Every state that can be reached is met: no promise is broken, and rest can be reached from everywhere."""

from collections.abc import Callable

import pytest
from search_engine import search
from search_plans import BOTH, LEASE, PODS, of_pods, of_two, plans
from search_world import State

SHARE = 15
"""Of the searches that are quick every 15th belongs to `make test`."""


CHOSEN = {"two_operations_due": of_two, "a_request_without_a_job": of_pods}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The searches with a take-over are the largest by far: they belong to the whole only."""
    chosen = list(CHOSEN.get(metafunc.function.__name__.rpartition("_with_")[2], plans)())
    if metafunc.config.option.plans != "whole":
        chosen = [faults for faults in chosen if LEASE[0] not in faults][::SHARE]
    metafunc.parametrize("faults", chosen, ids=[" + ".join(faults) for faults in chosen])


@pytest.mark.timeout(900)
def test_no_way_leads_to_a_broken_promise(
    faults: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    nothing_breaks(State(left=faults), record_property)


@pytest.mark.timeout(900)
def test_no_way_leads_to_a_broken_promise_with_two_operations_due(
    faults: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    nothing_breaks(State(left=faults, wishes=BOTH), record_property)


@pytest.mark.timeout(900)
def test_no_way_leads_to_a_broken_promise_with_a_request_without_a_job(
    faults: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    nothing_breaks(State(left=faults, wishes=PODS), record_property)


def nothing_breaks(state: State, record_property: Callable[[str, object], None]) -> None:
    found = search(state)
    assert not found.broken, "\n".join((found.broken, *found.trace))
    record_property("states", found.states)
    record_property("transitions", found.transitions)
