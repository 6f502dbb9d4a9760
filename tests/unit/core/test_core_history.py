"""The history in a status: one entry for each operation that is over, and nothing that decides."""

from dataclasses import replace
from typing import Any

import pytest
from situations import NOW, POLICY, case, digest, job, journal, live, plan_hash, proved, record, seen, wanting
from test_core_decide import SITUATIONS
from test_core_run_state import BOTH

from arcgis_operator.core.case import Case
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Accepted, Applied, Failure, Kind
from arcgis_operator.core.history import KEPT, OUTCOMES
from arcgis_operator.core.jobs import MACHINE, Signal
from arcgis_operator.core.record import Phase, PlanShown, Record
from arcgis_operator.core.settle import settle
from arcgis_operator.core.status import parse, render
from arcgis_operator.core.verdict import Reason, Verdict

Json = Any
SENT = "2026-11-23T19:43:14Z"
TAKEN_BACK = {Signal.NOT_SENT, Signal.REJECTED}
"""Nothing came of them; a rejection that is final is a failure, which is told by `settle`."""
FAILED = {Signal.JOB_FAILED, Signal.JOB_NOT_STICKING}


def planned(paths: int = 1, **changed: Json) -> PlanShown:
    changes = tuple(
        {"operation": "edit", "path": f"settings.properties.p{number}", "from": "1", "to": "2"}
        for number in range(paths)
    )
    return replace(
        PlanShown(plan_hash(), digest(), "Spec", SENT, paths, changes),
        **changed,
    )


def over(**changed: Json) -> Json:
    """The newest entry, after a turn whose job COMPLETED and is live."""
    about = replace(record(Phase.RUNNING), **{"plan": planned(), **changed})
    verdict = decide(case(record=about, seen=seen(ours=job("COMPLETED"), document=live("new"))))
    return verdict.record.history[0]


def test_every_signal_that_closes_an_operation_has_an_outcome() -> None:
    closes = {
        signal
        for (phase, signal), cell in MACHINE.items()
        if phase is not Phase.IDLE and cell.phase is Phase.IDLE
    }
    assert closes == OUTCOMES.keys() | FAILED | TAKEN_BACK


def test_an_operation_that_is_verified_is_told_with_all_that_is_known_of_it() -> None:
    ended = job("COMPLETED", username="gitops", end_ms=1_795_463_012_000)
    about = replace(record(Phase.RUNNING), plan=planned(7, cause="Drift", approved=True))
    verdict = decide(case(record=about, seen=seen(ours=ended, document=live("new"))))
    assert verdict.reason is Reason.CONVERGED
    assert verdict.record.history == (
        {
            "id": "j1",
            "operation": "edit",
            "outcome": "Converged",
            "status": "COMPLETED",
            "cause": "Drift",
            "plan": plan_hash(),
            "approved": True,
            "generation": 1,
            "attempt": 1,
            "submitTime": SENT,
            "endTime": "2026-11-23T19:45:14Z",
            "duration": "12s",
            "changeCount": 7,
            "paths": [f"settings.properties.p{number}" for number in range(3)],
        },
    )


def after(**changed: Json) -> Record:
    return decide(case(**changed)).record


NEWER = wanting("newer")
OUTCOME: dict[str, tuple[Record, str]] = {
    "its job failed": (after(record=record(Phase.RUNNING), seen=seen(ours=job("FAILED"))), "JobFailed"),
    "the site has other values after it": (
        after(record=record(Phase.RUNNING), seen=seen(ours=job("COMPLETED"))),
        "EditNotSticking",
    ),
    "something else was wanted meanwhile": (
        after(desired=NEWER, record=record(Phase.RUNNING), seen=seen(ours=job("COMPLETED"))),
        "Outdated",
    ),
    "something else was wanted meanwhile, and is live": (
        after(
            desired=NEWER,
            record=record(Phase.RUNNING),
            seen=seen(ours=job("COMPLETED"), document=live("newer")),
        ),
        "Outdated",
    ),
    "its answer was lost, and nothing is found of it": (after(record=record(Phase.INTENDED)), "NoTrace"),
    "its answer was lost, and it is live": (
        after(record=record(Phase.INTENDED), seen=seen(document=live("new"))),
        "Converged",
    ),
    "its answer was lost, and its job failed": (
        after(record=record(Phase.INTENDED), seen=seen(candidate=job("FAILED", "j5"))),
        "JobFailed",
    ),
    "the site answered it with an error": (
        after(record=replace(record(), journal=journal(Phase.INTENDED, answer="500"))),
        "EditRefused",
    ),
    "a person gave it up": (after(record=record(Phase.INTENDED), abandon="intent-1"), "GivenUp"),
    "the site forgot its job": (
        after(record=record(Phase.RUNNING), seen=seen(ours=Failure(Kind.MISSING, "no")), lost_for=9999.0),
        "JobLost",
    ),
    "the site refused it": (
        settle(record(Phase.INTENDED), Failure(Kind.REFUSED, "no", 400), NOW, POLICY).record,
        "EditRefused",
    ),
    "the site did it without a job": (
        settle(record(Phase.INTENDED), Applied(), NOW, POLICY).record,
        "Applied",
    ),
}


@pytest.mark.parametrize("name", OUTCOME)
def test_an_operation_is_told_of_however_it_ended(name: str) -> None:
    about, outcome = OUTCOME[name]
    assert [one["outcome"] for one in about.history] == [outcome]
    assert about.history[0]["submitTime"] == SENT
    assert about.history[0]["endTime"] == "2026-11-23T19:45:14Z"


@pytest.mark.parametrize("kind", [Kind.NOT_SENT, Kind.NO_CREDENTIALS, Kind.BUSY, Kind.UNAUTHORISED])
def test_what_was_taken_back_or_put_off_leaves_no_entry(kind: Kind) -> None:
    folded = settle(record(Phase.INTENDED), Failure(kind, "later", 429), NOW, POLICY)
    assert not folded.record.journal.open
    assert folded.record.history == ()


@pytest.mark.parametrize("fact", [Accepted("j1", "SUBMITTED"), Failure(Kind.UNSURE, "lost")])
def test_what_is_open_still_leaves_no_entry(fact: Json) -> None:
    assert settle(record(Phase.INTENDED), fact, NOW, POLICY).record.history == ()


def test_an_edit_that_is_live_before_it_is_settled_is_told_of_once() -> None:
    """Ready is said early; the entry comes with the write that closes the journal."""
    lost = case(
        record=record(Phase.INTENDED),
        seen=seen(candidate=job("COMPLETED", "j5"), document=live("new"), settle_in=30.0),
    )
    early = decide(lost)
    assert early.reason is Reason.CONVERGED
    assert early.record.journal.open
    assert early.record.history == ()
    closed = decide(replace(lost, record=early.record, seen=replace(lost.seen or seen(), settle_in=0.0)))
    assert [one["id"] for one in closed.record.history] == ["j5"]
    again = decide(replace(lost, record=closed.record, seen=seen(document=live("new"))))
    assert again.record.history == closed.record.history


def test_each_operation_of_one_plan_has_an_entry_with_its_own_settings() -> None:
    first = decide(case(desired=BOTH))
    runs = settle(first.record, Accepted("j1", "SUBMITTED"), NOW, POLICY).record
    second = decide(case(desired=BOTH, record=runs, seen=seen(ours=job("COMPLETED"), document=live("new"))))
    stops = settle(second.record, Accepted("j2", "SUBMITTED"), NOW, POLICY).record
    stopped = seen(ours=job("COMPLETED", "j2"), document=live("new", configuredState="STOPPED"))
    whole = decide(case(desired=BOTH, record=stops, seen=stopped))
    assert whole.reason is Reason.CONVERGED
    assert [(one["id"], one["operation"], one["paths"]) for one in whole.record.history] == [
        ("j2", "stop", ["configuredState"]),
        ("j1", "edit", ["settings.description"]),
    ]
    assert [one["changeCount"] for one in whole.record.history] == [1, 1]


def test_the_last_ten_are_kept() -> None:
    older = tuple({"id": f"h{number}"} for number in range(KEPT))
    about = replace(record(Phase.RUNNING), plan=planned(), history=older)
    kept = after(record=about, seen=seen(ours=job("COMPLETED"), document=live("new"))).history
    assert [one["id"] for one in kept] == ["j1", *(f"h{number}" for number in range(KEPT - 1))]


def test_an_operation_that_an_annotation_let_through_says_so() -> None:
    heard = f"{plan_hash()} now"
    assert over(overridden=heard, plan=replace(planned(), override=heard))["overridden"] is True
    assert "overridden" not in over(overridden=heard, plan=planned()), "it was heard for an earlier one"
    assert "overridden" not in over(overridden="now", plan=None)


def test_a_plan_that_a_person_approved_says_so_and_so_does_its_entry() -> None:
    asked = replace(wanting(), approved_plan=plan_hash())
    sent = decide(case(desired=asked)).record
    assert sent.plan is not None
    assert sent.plan.approved
    other = decide(case(desired=replace(asked, approved_plan="sha256:other"))).record
    assert other.plan is not None
    assert not other.plan.approved


def test_a_long_path_is_cut_and_no_value_is_told() -> None:
    change = {"path": "settings.properties." + "x" * 200, "from": "secret", "to": "secret"}
    entry = over(plan=planned(changes=(change,)))
    assert "secret" not in str(entry)
    assert [len(path) for path in entry["paths"]] == [96]


def plainly(verdict: Verdict) -> Verdict:
    return replace(verdict, record=replace(verdict.record, history=()))


@pytest.mark.parametrize("name", SITUATIONS)
def test_nothing_is_decided_by_the_history(name: str) -> None:
    situation: Case = SITUATIONS[name][0]
    bare = replace(situation, record=replace(situation.record, history=()))
    told = replace(situation, record=replace(situation.record, history=({"id": "j1"},) * KEPT))
    assert plainly(decide(told)) == plainly(decide(bare))


@pytest.mark.parametrize("history", ["text", ["j1"], [None, {"id": "j0"}], {"id": "j0"}, None])
def test_a_history_that_cannot_be_read_loses_nothing_else(history: Json) -> None:
    body = {"metadata": {"generation": 1}, "status": {}}
    whole = render(body, Verdict(Reason.CONVERGED, "", proved(), wake=decide(case()).wake), NOW)
    found = parse({**body, "status": {**whole, "history": history}})
    assert replace(found, ready=proved().ready, history=()) == proved()
    assert found.history in ((), ({"id": "j0"},))


def test_a_status_that_somebody_put_back_keeps_its_history() -> None:
    """As while another resource has the word: what was done stays done."""
    passed_over = {"observedGeneration": 1, "journal": {"id": "x"}, "history": [{"id": "j0"}]}
    found = parse({"metadata": {"generation": 1}, "status": passed_over})
    assert not found.known
    assert found.history == ({"id": "j0"},)
