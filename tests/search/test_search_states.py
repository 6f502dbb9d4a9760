"""Every state that can be reached is met: no promise is broken, and rest can be reached from everywhere."""

from collections.abc import Callable

import pytest
from search_engine import search
from search_plans import plans
from search_world import State


@pytest.mark.plans
@pytest.mark.timeout(600)
@pytest.mark.parametrize("faults", list(plans()), ids=" + ".join)
def test_no_way_leads_to_a_broken_promise(
    faults: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    found = search(State(left=faults))
    assert not found.broken, "\n".join((found.broken, *found.trace))
    record_property("states", found.states)
    record_property("transitions", found.transitions)
