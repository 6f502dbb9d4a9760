"""Each rule is needed: without it the search finds a way to a broken promise.

With the rule in place the same faults do no harm: they are among those of `search_plans`.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import pytest
from search_engine import search
from search_plans import BOTH, PODS, of_pods, plans
from search_world import Rules, State

from arcgis_operator.core import decide as deciding
from arcgis_operator.core import look, operations
from arcgis_operator.core.case import Case, Seen
from arcgis_operator.core.jobs import MACHINE, Cell, Signal
from arcgis_operator.core.record import Phase, Tried
from arcgis_operator.core.wake import After

CRASH, SPEC, MOVED, BACK = "a crash", "a new spec", "a take-over", "another take-over"
AGAIN = Cell(Phase.IDLE, again=True)


@dataclass(frozen=True)
class Without:
    """What is taken away, and the faults that then break a promise."""

    faults: tuple[str, ...]
    rules: tuple[str, ...] = ()
    wishes: tuple[str, ...] = State().wishes
    cells: tuple[tuple[Phase, Signal], ...] = ()


TAKEN_AWAY = {
    "the intent is stored first": Without((CRASH, SPEC), ("intent_first",)),
    "compare-and-swap": Without((SPEC, "an object is made again"), ("compare_and_swap",)),
    "the term is checked before the send": Without((MOVED, SPEC), ("term_at_send",)),
    "the term, not only who leads": Without((MOVED, BACK), ("term_not_leader",)),
    "only the present leader stores, and a doubt is heeded for every record": Without(
        (MOVED, "a request is slow"), ("term_at_store", "doubt_for_all")
    ),
    "outcomes are folded by the intent's id": Without((MOVED, SPEC, CRASH), ("folded_by_id",)),
    "the settle time": Without((CRASH,), ("settle_time",)),
    "the settle time of a term": Without((CRASH,), ("settle_term",)),
    "R3: who has no status waits": Without((CRASH, "a status is wiped"), ("look_without_status",)),
    "jobs are read before the document": Without((SPEC, SPEC), ("jobs_before_document",)),
    "R1 and R2: jobs of others are looked at": Without(
        (CRASH, "a status is wiped"), ("others_are_looked_at",)
    ),
    "a job that is not found is unseen": Without(("a job hides",), ("gone_is_unseen", "listed_is_there")),
    "a job that is listed is there": Without((CRASH, "a job hides"), ("listed_is_there",)),
    "the grace of the read-back": Without(("an old document",), ("grace",)),
    "the end of an operation that this process did not follow, or whose record is gone": Without(
        (CRASH, "an old document"), ("ends_remembered",)
    ),
    "a calm release only after a settle time": Without(
        ("a restart", "a request is slow", "a status is wiped"), ("calm_release",)
    ),
    "no list of jobs tells of what has none": Without(("an answer is lost",), ("jobless_time",), PODS),
    "who has no status waits for what has no job": Without(
        (CRASH, "a status is wiped"), ("jobless_time",), PODS
    ),
    "an open intent waits until all is settled": Without(
        (CRASH,), cells=((Phase.INTENDED, Signal.UNSETTLED),)
    ),
    "an unseen job is waited for": Without(("a job hides",), cells=((Phase.RUNNING, Signal.JOB_UNSEEN),)),
}


@pytest.mark.parametrize("name", TAKEN_AWAY)
def test_without_it_a_promise_is_broken(name: str, rules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    without = TAKEN_AWAY[name]
    for rule in without.rules:
        setattr(rules, rule, False)
    for cell in without.cells:
        monkeypatch.setattr(deciding, "MACHINE", {**MACHINE, cell: AGAIN})
    found = search(State(left=without.faults, wishes=without.wishes))
    assert found.broken


@pytest.mark.parametrize("name", TAKEN_AWAY)
def test_its_faults_are_among_those_that_are_searched_with_all_rules(name: str) -> None:
    wanted = Counter(TAKEN_AWAY[name].faults)
    searched = of_pods() if TAKEN_AWAY[name].wishes == PODS else plans()
    assert any(wanted <= Counter(plan) for plan in searched)


def test_every_rule_of_the_harness_is_taken_away_once() -> None:
    taken = {rule for without in TAKEN_AWAY.values() for rule in without.rules}
    assert taken == set(Rules.__dataclass_fields__)


def test_completed_is_not_success(rules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator that believes the job's word is Ready while the site has something else."""
    monkeypatch.setattr(look, "_ended", lambda case, job: look.Sight(Signal.MATCHES))
    found = search(State(left=("a job does nothing",)))
    assert found.broken


SLOW_AND_DONE_BY_HAND = (CRASH, SPEC, "a request is slow", "the wanted value by others")


def test_settings_that_match_do_not_show_that_our_edit_has_come_in(
    rules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody was quicker, no job runs, our edit is still on its way: it restarts what is called Ready."""
    monkeypatch.setattr(look, "_unanswered", _ready_when_it_matches)
    found = search(State(left=SLOW_AND_DONE_BY_HAND))
    assert "Ready although an edit of ours is under way" in found.broken


def _ready_when_it_matches(case: Case, seen: Seen) -> look.Sight:
    live = case.matches and case.as_intended
    return look.Sight(Signal.LIVE if live else Signal.UNSETTLED, wake=After(seen.settle_in))


ALTERNATING = ("a job fails", "drift", "a switch")


def test_failures_that_take_turns_would_reset_each_others_bound(
    rules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted for the last operation only, as it was when there was one."""
    tried = Case.tried

    def of_the_last_only(case: Case, operation: str) -> Tried:
        last = case.record.journal.operation == operation
        return tried(case, operation) if last else tried(replace(case, requested="again"), operation)

    monkeypatch.setattr(Case, "tried", of_the_last_only)
    found = search(State(left=ALTERNATING, wishes=BOTH))
    assert "what counts against one operation was forgotten" in found.broken


def test_an_operation_is_not_proved_by_what_another_one_owns(
    rules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit whose job did nothing, while the service runs as declared."""
    monkeypatch.setattr(look, "_done", lambda case: case.as_intended)
    found = search(State(left=("a job does nothing",) * 3, wishes=BOTH))
    assert "one more job after so many in vain" in found.broken


def test_the_order_of_the_table_is_kept(rules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that starts before its settings are live serves with the old ones."""
    monkeypatch.setattr(operations, "OPERATIONS", operations.OPERATIONS[::-1])
    found = search(State(wishes=BOTH))
    assert "an operation before its time" in found.broken


def test_a_request_without_a_job_may_be_at_work_though_what_it_asks_for_is_live(
    rules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody was quicker: what is due next is sent while the site still works at the first."""

    def done_when_shown(case: Case, left: float) -> look.Sight:
        live = case.part_live and case.as_intended
        return look.Sight(Signal.DONE if live else Signal.UNSETTLED, wake=After(left))

    monkeypatch.setattr(look, "_at_work", done_when_shown)
    found = search(State(left=("an answer is lost", "other pods"), wishes=PODS))
    assert "two jobs of ours at once" in found.broken
