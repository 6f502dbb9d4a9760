"""Which reason wins when several gates are shut at once: every combination of them."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pytest
from situations import NOW, POLICY, case, journal, live, proved, record, seen, stamp, timedelta, wanting

from arcgis_operator.core import gates
from arcgis_operator.core.case import Case, Hold
from arcgis_operator.core.decide import decide
from arcgis_operator.core.gates import GATES, Closes, Gate
from arcgis_operator.core.model import Approval, DriftPolicy
from arcgis_operator.core.planning import Target, plan_of
from arcgis_operator.core.verdict import Reason
from arcgis_operator.core.windows import Window, WindowType

LOOKS = tuple(gate for gate in GATES if gate.closes is Closes.LOOK)
SENDS = tuple(gate for gate in GATES if gate.closes is Closes.SEND)

NEVER = Window("0 0 * * *", timedelta(days=1), type=WindowType.DENY)


def failed(given: Case) -> Case:
    """With an attempt at these settings that failed a moment ago."""
    soon = stamp(NOW + timedelta(seconds=20))
    tried = replace(given.record.journal.tried, ended=1, reason="JobFailed", text="no", retry_time=soon)
    counted = given.record.journal.counting(tried)
    return replace(given, record=replace(given.record, journal=counted))


def reported(given: Case) -> Case:
    """With a drift of what had been live, which is only to be reported."""
    desired = replace(wanting(), drift=DriftPolicy(report=True))
    return replace(given, desired=desired, record=replace(given.record, observed=proved().observed))


def one_of_many(given: Case) -> Case:
    """With a drift of what had been live, as on many other services."""
    hold = Hold(Reason.SITE_DIVERGED, "many")
    return replace(given, drifts=(hold,), record=replace(given.record, observed=proved().observed))


SHUT: dict[Reason, Callable[[Case], Case]] = {
    Reason.JOB_FAILED: failed,
    Reason.DRIFT_REPORTED: reported,
    Reason.SITE_DIVERGED: one_of_many,
    Reason.VERIFYING: lambda given: replace(given, ended_for=1.0, sent=wanting("older").leaves),
    Reason.EDIT_BUDGET_SPENT: lambda given: replace(given, sent_ago=(60.0,) * POLICY.edits_per_hour),
    Reason.AWAITING_APPROVAL: lambda given: replace(
        given, desired=replace(given.desired or wanting(), approval=Approval.MANUAL)
    ),
    Reason.OUTSIDE_WINDOW: lambda given: replace(given, site_windows=(NEVER,)),
}
"""How each gate is shut that the core reads by itself; all others are told as a hold."""


def shut(given: Case, gate: Gate) -> Case:
    """With this gate shut, and the others as they were."""
    reason = gate.reasons[0]
    if reason in SHUT:
        return SHUT[reason](given)
    hold = Hold(reason, f"{gate.asks} No.")
    if gate.closes is Closes.LOOK:
        return replace(given, unlooked=(hold, *given.unlooked))
    return replace(given, unsent=(hold, *given.unsent))


def closed(gates_shut: tuple[Gate, ...]) -> Case:
    """A change of the spec that is due, with these gates shut."""
    given = case(record=record(journal=journal()))
    for gate in gates_shut:
        given = shut(given, gate)
    return given


def test_with_every_gate_open_the_edit_is_sent() -> None:
    assert decide(closed(())).effect


@pytest.mark.parametrize("count", range(1, len(SENDS) + 1))
def test_the_first_gate_that_is_shut_gives_the_reason(count: int) -> None:
    for some in combinations(SENDS, count):
        verdict = decide(closed(some))
        assert verdict.reason is some[0].reasons[0], [gate.asks for gate in some]
        assert verdict.effect is None
        early = any(gate.reasons[0] is Reason.VERIFYING for gate in some)
        assert bool(verdict.record.plan) is not early, "what would change is shown, once it is known"


@pytest.mark.parametrize("count", range(1, len(LOOKS) + 1))
def test_a_gate_that_closes_the_look_wins_over_all_that_close_sending(count: int) -> None:
    for some in combinations(LOOKS, count):
        verdict = decide(replace(closed((*some, *SENDS)), seen=None))
        assert verdict.reason is some[0].reasons[0], [gate.asks for gate in some]
        assert verdict.effect is None


@pytest.mark.parametrize("gate", SENDS, ids=lambda gate: gate.asks)
def test_no_gate_that_closes_sending_hides_that_the_settings_are_live(gate: Gate) -> None:
    reason = decide(replace(closed((gate,)), seen=seen(document=live("new")))).reason
    assert reason is (Reason.VERIFYING if gate.reasons[0] is Reason.VERIFYING else Reason.CONVERGED)


@pytest.mark.parametrize("field", ["unlooked", "unsent"])
def test_a_hold_that_no_gate_knows_keeps_the_edit_back_as_well(field: str) -> None:
    known = {reason for gate in GATES for reason in gate.reasons}
    unknown = next(reason for reason in Reason if reason not in known)
    given = replace(case(), **{field: (Hold(unknown, "something new"),)})
    assert decide(given).effect is None
    assert decide(given).reason is unknown


def test_to_ask_a_gate_changes_nothing() -> None:
    given = closed(SENDS)
    assert given.desired is not None
    assert given.document is not None
    plan = plan_of(given, Target(given.desired.service, given.leaves, given.document))
    assert [gates.to_send(given, plan) for _ in range(3)] == [gates.to_send(given, plan)] * 3
