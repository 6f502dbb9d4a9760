"""The rest of a plan: who let the whole through is not asked again for it, and for nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from situations import NOW, POLICY, case, job, live, plan_hash, seen, wanting

from arcgis_operator.core.case import Case
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Accepted, Applied, Failure, Kind
from arcgis_operator.core.model import Approval, Desired
from arcgis_operator.core.operations import EDIT, STOP
from arcgis_operator.core.record import PlanShown, Record
from arcgis_operator.core.settle import settle
from arcgis_operator.core.status import parse, render
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.core.windows import Window

HOUR = timedelta(hours=1)
NIGHTS = (Window("0 22 * * *", 6 * HOUR, "Europe/Zurich"),)  # it is 20:45 there
EVENINGS = (Window("0 18 * * *", 6 * HOUR, "Europe/Zurich"),)
BOTH = wanting(state="STOPPED")
WHOLE, REST = plan_hash(BOTH), plan_hash(BOTH, live("new"))
WORD = f"{WHOLE} Mon"
APPROVED = replace(BOTH, approval=Approval.MANUAL, approved_plan=WHOLE)
BODY: Any = {"metadata": {"namespace": "gis", "name": "roads", "generation": 1, "uid": "u"}}


def asking(desired: Desired = APPROVED, **changed: Any) -> Case:
    return case(desired=desired, whose="roads -n gis", **changed)


def after_edit(about: Case) -> Case:
    """The edit was sent, and is live; so everything was stored, and read again."""
    sent = decide(about)
    assert sent.effect is not None
    assert sent.effect.operation is EDIT
    runs = settle(sent.record, Accepted("j1", "SUBMITTED"), NOW, POLICY)
    return replace(about, record=stored(runs), seen=seen(ours=job("COMPLETED"), document=live("new")))


def stored(verdict: Verdict) -> Record:
    return parse({**BODY, "status": render(BODY, verdict, NOW)})


def stop_failed(about: Case) -> Case:
    """The stop after that was sent, and its job failed; a pause is over."""
    sent = decide(about)
    assert sent.effect is not None
    assert sent.effect.operation is STOP
    runs = stored(settle(sent.record, Accepted("j2", "SUBMITTED"), NOW, POLICY))
    failed = seen(ours=job("FAILED", "j2"), document=live("new"))
    given_up = stored(decide(replace(about, record=runs, seen=failed)))
    later = NOW + timedelta(minutes=5)
    return replace(about, record=given_up, seen=seen(document=live("new")), now=later)


# ---- approval


def test_the_rest_of_an_approved_plan_is_sent_without_asking_again() -> None:
    verdict = decide(after_edit(asking()))
    assert verdict.effect is not None
    assert verdict.effect.operation is STOP
    assert verdict.record.plan is not None
    assert (verdict.record.plan.hash, verdict.record.plan.rest_of) == (REST, WHOLE)
    assert verdict.record.plan.approved


def test_the_plan_says_what_will_be_left_of_it() -> None:
    shown = decide(asking(replace(APPROVED, approved_plan=""))).record.plan
    assert shown is not None
    assert (shown.hash, shown.rest, shown.rest_of) == (WHOLE, REST, "")
    alone = decide(asking(seen=seen(document=live("new")))).record.plan
    assert alone is not None
    assert (alone.hash, alone.rest, alone.rest_of) == (REST, "", "")


def test_the_history_says_of_both_operations_that_they_were_approved() -> None:
    about = after_edit(asking())
    sent = decide(about)
    runs = stored(settle(sent.record, Accepted("j2", "SUBMITTED"), NOW, POLICY))
    stopped = seen(ours=job("COMPLETED", "j2"), document=live("new", configuredState="STOPPED"))
    verdict = decide(replace(about, record=runs, seen=stopped))
    assert verdict.reason is Reason.CONVERGED
    assert [(one["operation"], one["approved"]) for one in verdict.record.history] == [
        ("stop", True),
        ("edit", True),
    ]


def test_a_rest_that_fails_is_tried_again_without_asking() -> None:
    again = decide(stop_failed(after_edit(asking())))
    assert again.effect is not None
    assert again.effect.operation is STOP


def test_while_the_document_may_be_too_old_the_rest_is_kept_and_shown() -> None:
    """As after a restart: what the edit declared is not known any more."""
    about = after_edit(asking())
    waits = decide(replace(about, ended_for=1.0))
    assert waits.reason is Reason.VERIFYING
    assert waits.record.plan is not None
    assert (waits.record.plan.hash, waits.record.plan.change_count) == (REST, 1)
    assert [one["operation"] for one in waits.record.plan.changes] == ["stop"]
    later = replace(about, record=stored(waits), seen=seen(document=live("new")))
    assert decide(later).effect is not None


def test_an_edit_that_is_applied_at_once_leaves_the_same_rest() -> None:
    sent = decide(asking())
    applied = stored(settle(sent.record, Applied(), NOW, POLICY))
    verdict = decide(asking(record=applied, seen=seen(document=live("new"))))
    assert verdict.effect is not None
    assert verdict.effect.operation is STOP
    in_vain = decide(asking(record=applied, seen=seen(document=live("old"))))
    assert in_vain.record.plan is not None
    assert (in_vain.record.plan.hash, in_vain.record.plan.rest_of) == (WHOLE, "")


def live_now(about: Case, **changed: Any) -> Case:
    """The edit's job has COMPLETED, and the service shows this."""
    return replace(about, seen=seen(ours=job("COMPLETED"), document=live("new", **changed)))


def approved(about: Case, name: str, leaves: Any = BOTH.leaves) -> Case:
    return replace(about, desired=replace(APPROVED, approved_plan=name, leaves=leaves))


def at_rest(about: Case, record: Record) -> Case:
    return replace(about, record=record, seen=seen(document=live("new")))


def left_over(about: Case) -> Record:
    """What is stored once the rest waits: here because the approval was taken back for a while."""
    return stored(decide(approved(about, "")))


def refused_edit() -> Record:
    refused = Failure(Kind.REFUSED, "no", code=400)
    return stored(settle(decide(asking()).record, refused, NOW, POLICY))


def shown_as_a_whole(about: Case) -> Record:
    """Of two changes by hand, the first was seen."""
    seen_undone = approved(at_rest(about, left_over(about)), "")
    return stored(decide(replace(seen_undone, seen=seen(document=live("old")))))


BETWEEN: dict[str, Callable[[Case], Case]] = {
    "another setting is declared": lambda about: approved(
        about, WHOLE, wanting(state="STOPPED", snippet="more").leaves
    ),
    "another plan is approved": lambda about: approved(about, f"sha256:{'0' * 64}"),
    "the approval is taken back": lambda about: approved(about, ""),
    "the service was made anew": lambda about: live_now(about, id="s2"),
    "the status was lost": lambda about: at_rest(about, Record()),
    "the status was put back": lambda about: at_rest(about, replace(left_over(about), known=False)),
    "the edit was refused and somebody else made its change": lambda about: at_rest(about, refused_edit()),
    "somebody undid the edit, and did it again": lambda about: at_rest(about, shown_as_a_whole(about)),
}
"""What comes in between, after the edit of the whole plan is live."""


@pytest.mark.parametrize("between", BETWEEN)
def test_whatever_comes_in_between_a_person_is_asked(between: str) -> None:
    verdict = decide(BETWEEN[between](after_edit(asking())))
    assert (verdict.reason, verdict.effect) == (Reason.AWAITING_APPROVAL, None)


def test_an_approval_that_comes_back_counts_for_the_rest_as_before() -> None:
    about = after_edit(asking())
    assert decide(at_rest(about, left_over(about))).effect is not None


def test_what_was_converged_since_is_no_rest() -> None:
    """The same difference as that of the rest, for another reason: the spec said otherwise meanwhile."""
    about = after_edit(asking())
    waits = at_rest(about, left_over(about))
    ready = decide(approved(waits, WHOLE, wanting(state="STARTED").leaves))
    assert ready.reason is Reason.CONVERGED
    assert decide(at_rest(about, stored(ready))).reason is Reason.AWAITING_APPROVAL


# ---- overrides of windows


def shut(word: str = WORD, **changed: Any) -> Case:
    return asking(replace(BOTH, windows=NIGHTS), override=word, **changed)


def test_what_lets_a_plan_through_a_window_lets_its_rest_through() -> None:
    verdict = decide(after_edit(shut()))
    assert verdict.effect is not None
    assert (verdict.effect.operation, verdict.effect.within) == (STOP, ())
    assert [note.reason for note in verdict.notes] == ["PartlyLive", "WindowOverridden"]
    assert verdict.record.overridden == WORD


def test_it_does_so_once() -> None:
    again = decide(stop_failed(after_edit(shut())))
    assert (again.reason, again.effect) == (Reason.OUTSIDE_WINDOW, None)
    asked = replace(stop_failed(after_edit(shut())), requested="once more")
    assert decide(asked).reason is Reason.OUTSIDE_WINDOW
    named = replace(stop_failed(after_edit(shut())), override=f"{WHOLE} Tue")
    assert decide(named).effect is not None


def test_a_word_that_was_heard_for_the_same_plan_before_does_not_hold_for_its_rest() -> None:
    """The edit of today went out in a window, without it."""
    heard = replace(Record(known=True), overridden=WORD)
    about = after_edit(asking(replace(BOTH, windows=EVENINGS), override=WORD, record=heard))
    night = replace(about, desired=replace(BOTH, windows=NIGHTS))
    assert decide(night).reason is Reason.OUTSIDE_WINDOW


def test_the_word_of_one_owner_opens_no_window_of_the_other_for_the_rest() -> None:
    about = after_edit(shut())
    closed = decide(replace(about, site_windows=NIGHTS))
    assert closed.reason is Reason.OUTSIDE_WINDOW
    assert "kubectl annotate agsite" in closed.message
    assert "agsvc" not in closed.message


def test_a_word_that_is_taken_away_or_names_another_plan_lets_no_rest_through() -> None:
    about = after_edit(shut())
    for word in ("", f"sha256:{'0' * 64} Mon"):
        assert decide(replace(about, override=word)).reason is Reason.OUTSIDE_WINDOW


def test_after_the_edit_was_undone_the_whole_waits_for_its_window_again() -> None:
    about = after_edit(shut())
    waits = stored(decide(replace(about, ended_for=1.0)))
    undone = decide(replace(about, record=waits, seen=seen(document=live("old"))))
    assert (undone.reason, undone.effect) == (Reason.OUTSIDE_WINDOW, None)


# ---- whatever happens


ACTS = ("works", "fails", "refused", "drift", "mended", "stopped", "started", "wish", "wiped", "retry")


@given(st.lists(st.sampled_from(ACTS), min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
def test_nothing_is_ever_sent_that_is_no_part_of_what_was_approved(acts: list[str]) -> None:
    """From the same values to the same values, on the same service: a part of the plan, never more."""
    world = World()
    for act in acts:
        world.do(act)


class World:
    """A site and a resource whose approval stands for the first plan, from `old` and STARTED."""

    def __init__(self) -> None:
        self.document = live("old")
        self.wanted, self.record, self.turn, self.asked = BOTH, Record(), 0, ""

    def do(self, act: str) -> None:
        changes: dict[str, dict[str, str]] = {
            "drift": {"description": "by hand"},
            "mended": {"description": "new"},
            "stopped": {"configuredState": "STOPPED"},
            "started": {"configuredState": "STARTED"},
        }
        if act in changes:
            self.document = {**self.document, **changes[act]}
        elif act == "wish":
            self.wanted = wanting("newer", state="STOPPED") if self.wanted is BOTH else BOTH
        elif act == "wiped":
            self.record = Record()
        elif act == "retry":
            self.asked = f"once more {self.turn}"
        self.give_turn(act)

    def give_turn(self, act: str) -> None:
        self.turn += 1
        now = NOW + timedelta(hours=self.turn)
        desired = replace(APPROVED, leaves=self.wanted.leaves)
        about = asking(
            desired,
            record=self.record,
            now=now,
            requested=self.asked,
            fresh_id=f"intent-{self.turn}",
            seen=seen(document=self.document),
        )
        sent = decide(about)
        self.record = stored(sent)
        if sent.effect is None:
            return
        assert self.record.plan is not None
        if self.record.plan.cause == "Spec":
            made = {one["path"]: (one.get("from"), one["to"]) for one in self.record.plan.changes}
            whole = {
                "settings.description": ("old", "new"),
                "configuredState": ("STARTED", "STOPPED"),
            }
            assert made.items() <= whole.items()
            assert made == whole or self.record.plan.rest_of == WHOLE
        self.answer(about, sent, act)

    def answer(self, about: Case, sent: Verdict, act: str) -> None:
        if act == "refused":
            self.record = stored(settle(sent.record, Failure(Kind.REFUSED, "no", code=400), NOW, POLICY))
            return
        runs = stored(settle(sent.record, Accepted("j1", "SUBMITTED"), NOW, POLICY))
        assert sent.effect is not None
        if act != "fails":
            made = {"description": "new"} if sent.effect.operation is EDIT else {"configuredState": "STOPPED"}
            self.document = {**self.document, **made}
        ended = seen(ours=job("FAILED" if act == "fails" else "COMPLETED"), document=self.document)
        self.record = stored(decide(replace(about, record=runs, seen=ended, ended_for=1.0)))


def test_of_a_plan_with_one_operation_nothing_is_left() -> None:
    alone = PlanShown(hash="sha256:1", change_count=1)
    assert alone.after("edit", "2026-11-30T12:00:00Z") == alone
