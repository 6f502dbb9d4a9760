"""When a running job is looked at: near its usual end, then backing off, never later than the bound."""

from itertools import pairwise
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from arcgis_operator.core.case import Policy

SECONDS = st.floats(min_value=0.05, max_value=3000, allow_nan=False)


def looks(policy: Policy, job_seconds: float) -> list[float]:
    """The times of all looks until the first one that finds the job ended."""
    at = [policy.pause(0.0)]
    while at[-1] < job_seconds:
        at.append(at[-1] + policy.pause(at[-1]))
    return at


def test_a_job_that_takes_the_usual_time_is_looked_at_once_or_at_the_bound() -> None:
    assert looks(Policy(usual_job_seconds=6), 6.1) == [6.25]
    assert looks(Policy(usual_job_seconds=30), 30.1) == [10, 20, 30, 30.5]


def test_a_job_that_takes_longer_is_looked_at_less_and_less_often() -> None:
    found = looks(Policy(usual_job_seconds=2), 120)
    steps = [after - before for before, after in pairwise(found)]
    assert steps == sorted(steps)
    assert len(found) <= len(looks(Policy(), 120))


def test_while_nothing_is_known_the_pauses_grow_with_the_time() -> None:
    assert looks(Policy(), 5) == [2, 4, 6]


@settings(derandomize=True, deadline=None)
@given(usual=st.just(0.0) | SECONDS, job=SECONDS, first=st.floats(0.05, 10), bound=st.floats(0, 50))
def test_no_job_waits_longer_than_the_bound_for_its_next_look(
    usual: float, job: float, first: float, bound: float
) -> None:
    policy = Policy(usual_job_seconds=usual, poll_seconds=first, poll_max_seconds=first + bound)
    found = looks(policy, job)
    assert found[-1] - job <= first + bound + 1e-6
    assert all(after - before > 0 for before, after in pairwise(found))


def test_a_job_whose_end_others_tell_of_is_looked_at_at_the_bound_only() -> None:
    assert looks(Policy(usual_job_seconds=inf), 25) == [10, 20, 30]
