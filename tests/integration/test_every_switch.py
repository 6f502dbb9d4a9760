"""What is unknown about a real site is a switch of the simulated one: under each, all goes live by one edit.

One operator and one site for all of them; only the switches change between two cases. What a switch makes of
a failing edit, of a busy service or of a foreign job is in `test_wire_shapes` and `test_jobs_that_go_wrong`.
"""

import dataclasses
import random
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from arcgis_devcluster import Cluster
from arcgis_simulator.switches import Switches
from harness.bench import AWAY, Workbench

Values = Mapping[str, Any]
SERVICES = 300
COMBINATIONS = 50
LOOKS = 20
QUICK: Values = {"job_seconds": 0.4, "submitted_seconds": 0.2}
DEFAULTS: Values = {**dataclasses.asdict(Switches()), **QUICK}
NUMBERS: Mapping[str, tuple[Any, ...]] = {
    "unknown_service_code": (400, 500),
    "unknown_job_code": (400, 500),
    "forbidden_code": (499, 500),
    "read_only_code": (403, 503),
    "job_seconds": (0.0, 1.5),
    "submitted_seconds": (0.0, 1.0),
    "job_unavailable_reads": (1, 4),
    "jobs_kept_seconds": (5.0,),
    "jobs_lag_seconds": (1.0,),
    "stale_read_seconds": (0.5,),
    "restart_seconds": (0.0, 3.0),
    "locks_after": (1,),
    "token_minutes_default": (1.0,),
    "token_minutes_max": (1.0,),
    "clock_skew_seconds": (-86400.0, -3600.0, 3600.0, 86400.0),
}
NOT_FOR_A_GOOD_END = frozenset({"job_outcome", "logins_fail_with"})
"""The flow is one whose job ends well: other ends, and no login, have tests of their own."""


def choices() -> dict[str, tuple[Any, ...]]:
    """Every other value that each switch has."""
    found = dict(NUMBERS)
    for name, hint in get_type_hints(Switches).items():
        values = get_args(hint) if get_origin(hint) is Literal else (False, True) if hint is bool else ()
        if others := tuple(value for value in values if value != DEFAULTS[name]):
            found[name] = others
    return found


CHOICES = choices()
UNASKED: Values = {"drift": {"massRepair": {"action": "Off"}}}
"""After an upgrade, which another version is, a person is asked before a drift is restored."""
ALONE = [{name: value} for name, values in CHOICES.items() for value in values]


def together(seed: int) -> Values:
    """A random choice for about half of the switches."""
    chance = random.Random(seed)
    names = [name for name in sorted(CHOICES) if chance.random() < 0.5]
    return {name: chance.choice(CHOICES[name]) for name in names}


def said(values: Values) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items())


@pytest.fixture(scope="module")
def switching(control_plane: Cluster) -> Iterator[Workbench]:
    with Workbench(control_plane) as bench:
        bench.start_site(f"--services={SERVICES}")
        bench.register(**UNASKED)
        bench.start_operator(
            job_timeout_seconds=8, retry_seconds=2
        )  # above the longest stale read, as the defaults are
        yield bench


def each_makes_one_edit(bench: Workbench, values: Values) -> None:
    """A new resource, a change of it and a drift under these switches; nothing else of it changes."""
    service = bench.fresh_service()
    name = f"switch-{service[-14:-10]}"
    before = bench.site.document(service)
    bench.site.switch(**{**DEFAULTS, **values})
    bench.site.expire_tokens()
    if {"jobs_list", "version"} & values.keys():
        bench.meet_anew(**UNASKED)  # a site that never listed its jobs, not one that stopped to
    try:
        bench.declare(name, service, {"description": said(values), "properties": {"maxRecordCount": 77}})
        if cannot_be_told_from_an_outage(values):
            bench.came_to(name, AWAY)
            assert bench.edits(service) == []
            bench.site.switch(**DEFAULTS)
        bench.converged(name)
        bench.converge_on(name, service, {"description": "changed", "properties": {"maxRecordCount": 77}})
        assert len(bench.edits(service)) == 2
        bench.site.drift(service, {"description": "quick fix"})
        is_put_right(bench, name, service)
    finally:
        bench.site.switch(**DEFAULTS)
    after = bench.site.document(service)
    assert bench.sent(service, "description") == [said(values), "changed", "changed"], bench.story(name)
    assert after["description"] == "changed"
    assert bench.most_jobs_at_once(service) <= 1
    assert {**after, "description": "", "properties": {}} == {**before, "description": "", "properties": {}}
    assert {**after["properties"], "maxRecordCount": ""} == {**before["properties"], "maxRecordCount": ""}


def is_put_right(bench: Workbench, name: str, service: str) -> None:
    """By the third edit. A site that answers with what it was a moment ago is asked again."""
    for _ in range(LOOKS):
        bench.looked_at(service, asked=lambda: bench.ask_again(name))
        if len(bench.edits(service)) == 3:
            break
    bench.wait_edits(service, 3)
    bench.converged(name)


def cannot_be_told_from_an_outage(values: Values) -> bool:
    """A list of jobs that is refused with a 500: nothing may be sent, for a job might be running."""
    return values.get("jobs_list") == "forbidden" and values.get("forbidden_code") == 500


def test_no_switch_is_left_out() -> None:
    fields = {field.name for field in dataclasses.fields(Switches)}
    assert CHOICES.keys() | NOT_FOR_A_GOOD_END == fields


@pytest.mark.plans
@pytest.mark.xdist_group("switches")
@pytest.mark.parametrize("values", ALONE, ids=said)
def test_all_goes_live_by_one_edit_each_whatever_this_switch_says(
    switching: Workbench, values: Values
) -> None:
    each_makes_one_edit(switching, values)


@pytest.mark.plans
@pytest.mark.xdist_group("switches together")
@pytest.mark.parametrize("seed", range(COMBINATIONS))
def test_all_goes_live_by_one_edit_each_whatever_these_switches_say(switching: Workbench, seed: int) -> None:
    each_makes_one_edit(switching, together(seed))
