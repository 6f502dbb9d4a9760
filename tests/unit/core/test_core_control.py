"""Approval and windows: which plans wait, for how long, what is said, and who may let them through."""

from dataclasses import replace
from datetime import timedelta

import pytest
from situations import NOW, case, job, journal, live, plan_hash, proved, record, seen, wanting

from arcgis_operator.core.annotations import OVERRIDE, override_in
from arcgis_operator.core.case import Case
from arcgis_operator.core.decide import decide, rests_on_version
from arcgis_operator.core.model import Approval, Desired
from arcgis_operator.core.record import Phase, stamp
from arcgis_operator.core.status import parse, render
from arcgis_operator.core.verdict import EventType, Reason
from arcgis_operator.core.wake import BACKOFF, RESYNC, After
from arcgis_operator.core.windows import Window, WindowType

HOUR = timedelta(hours=1)
NIGHTS = (Window("0 22 * * *", 6 * HOUR, "Europe/Zurich"),)  # it is 20:45 there
EVENINGS = (Window("0 18 * * *", 6 * HOUR, "Europe/Zurich"),)
ALWAYS_DENIED = (Window("0 0 * * *", 24 * HOUR, type=WindowType.DENY),)
OTHER_PLAN = f"sha256:{'0' * 64}"
NOW_AND_THEN = f"{plan_hash()} Mon Nov 23"


def waiting(approval: Approval = Approval.MANUAL, version: str = "12.0", **changed: object) -> Case:
    return case(
        desired=replace(wanting(), approval=approval, **changed), site_version=version, whose="roads -n gis"
    )


def timed(windows: tuple[Window, ...] = NIGHTS, desired: Desired | None = None, **changed: object) -> Case:
    return case(desired=replace(desired or wanting(), windows=windows), whose="roads -n gis", **changed)


def drifted(desired: Desired) -> Case:
    """Somebody changed what had been proved live."""
    return case(desired=desired, record=proved(desired), site_version="12.0")


# ---- approval


def test_a_change_waits_until_its_plan_is_approved_and_the_message_says_how() -> None:
    verdict = decide(waiting())
    assert (verdict.reason, verdict.effect, verdict.wake) == (Reason.AWAITING_APPROVAL, None, RESYNC)
    assert verdict.message == (
        '1 change waits for approval: settings.description "old" → "new". To approve it: kubectl patch agsvc '
        f'roads -n gis --type=merge -p \'{{"spec":{{"change":{{"approvedPlan":"{plan_hash()}"}}}}}}\''
    )
    assert verdict.record.plan
    assert verdict.record.plan.hash == plan_hash()
    assert not verdict.record.journal.sends


def test_the_approved_plan_is_sent_and_no_other_one() -> None:
    assert decide(waiting(approved_plan=plan_hash())).effect
    other = decide(waiting(approved_plan=OTHER_PLAN))
    assert other.effect is None
    assert "(spec.change.approvedPlan names another plan)" in other.message


def test_the_approval_of_a_plan_is_none_of_the_same_wish_from_another_value() -> None:
    approved = waiting(approved_plan=plan_hash())
    assert decide(replace(approved, seen=seen(document=live("changed meanwhile")))).effect is None


def test_an_approval_holds_for_the_next_attempt_at_the_same_plan() -> None:
    again = record(journal=journal(ended=1, failure="JobFailed: no", retry_time=stamp(NOW)))
    assert decide(replace(waiting(approved_plan=plan_hash()), record=again)).effect


@pytest.mark.parametrize("approval", Approval)
def test_what_somebody_else_changed_is_put_back_without_approval(approval: Approval) -> None:
    assert decide(drifted(replace(wanting(), approval=approval))).effect


def test_a_wiped_status_cannot_make_a_repair_of_a_new_wish() -> None:
    """What was proved live is no longer known, so the difference counts as a new wish."""
    assert (
        decide(replace(drifted(replace(wanting(), approval=Approval.MANUAL)), record=record())).effect is None
    )


@pytest.mark.parametrize(
    ("approval", "version", "sends"),
    [
        (Approval.AUTOMATIC, "12.0", True),
        (Approval.MANUAL, "11.5", False),
        (Approval.WHEN_RESTARTING, "12.0", False),
        (Approval.WHEN_RESTARTING, "13.1.2", False),
        (Approval.WHEN_RESTARTING, "11.5.0", True),
        (Approval.WHEN_RESTARTING, "", False),
        (Approval.WHEN_RESTARTING, "next", False),
    ],
)
def test_what_restarts_the_service_depends_on_the_version_of_the_site(
    approval: Approval, version: str, sends: bool
) -> None:
    assert bool(decide(waiting(approval, version)).effect) is sends


def test_while_the_version_is_not_known_it_is_looked_at_again_soon() -> None:
    assert decide(waiting(Approval.WHEN_RESTARTING, "")).wake is BACKOFF
    assert decide(waiting(Approval.MANUAL, "")).wake is RESYNC


@pytest.mark.parametrize(
    ("edit", "rests"),
    [
        (waiting(Approval.WHEN_RESTARTING, "11.5"), True),
        (waiting(Approval.WHEN_RESTARTING, "11.5", approved_plan=plan_hash()), False),
        (waiting(Approval.WHEN_RESTARTING, "12.0"), False),
        (waiting(Approval.AUTOMATIC, "11.5"), False),
        (replace(drifted(replace(wanting(), approval=Approval.WHEN_RESTARTING)), site_version="11.5"), False),
    ],
)
def test_an_edit_rests_on_the_version_only_where_nothing_else_makes_an_approval_needless(
    edit: Case, rests: bool
) -> None:
    assert rests_on_version(edit, decide(edit)) is rests


def test_a_long_list_of_changes_is_cut_and_the_command_is_whole() -> None:
    many = wanting(**{f"name{at}": "x" * 90 for at in range(5)})
    verdict = decide(case(desired=replace(many, approval=Approval.MANUAL), whose="roads -n gis"))
    assert len(verdict.message) <= 512
    assert "6 changes wait for approval" in verdict.message
    assert verdict.message.endswith("\"}}}'")


# ---- windows


def test_a_change_waits_for_the_window_and_is_looked_at_when_it_opens() -> None:
    verdict = decide(timed())
    assert (verdict.reason, verdict.effect) == (Reason.OUTSIDE_WINDOW, None)
    assert verdict.wake == After(75 * 60 - 14)
    assert verdict.record.next_window == "2026-11-23T21:00:00Z"
    assert verdict.message == (
        "1 change waits for a window. The next one opens at 2026-11-23T21:00:00Z (2026-11-23 22:00 in "
        "Europe/Zurich). To send it now: kubectl annotate agsvc roads -n gis --overwrite "
        f'{OVERRIDE}="{plan_hash()} $(date)"'
    )


def test_in_the_window_the_edit_is_sent_and_has_to_leave_before_it_closes() -> None:
    verdict = decide(timed(EVENINGS))
    assert verdict.effect
    assert verdict.effect.within == (EVENINGS,)
    assert verdict.record.next_window == ""


def test_a_repair_waits_for_the_window_as_a_new_wish_does() -> None:
    assert (
        decide(replace(drifted(replace(wanting(), windows=NIGHTS)), now=NOW)).reason is Reason.OUTSIDE_WINDOW
    )


def test_the_windows_of_the_site_count_as_well() -> None:
    closed = decide(timed(EVENINGS, site_windows=ALWAYS_DENIED))
    assert closed.reason is Reason.OUTSIDE_WINDOW
    assert "None opens before" in closed.message
    assert "kubectl annotate agsite prod -n gis" in closed.message
    assert "agsvc" not in closed.message
    assert closed.record.next_window == ""
    assert closed.wake == After(86400.0)


def test_an_open_job_is_followed_to_its_end_though_the_window_has_closed() -> None:
    running = timed(record=record(Phase.RUNNING), seen=seen(document=None, ours=job()))
    assert decide(running).reason is Reason.JOB_RUNNING
    done = timed(record=record(Phase.RUNNING), seen=seen(document=live("new"), ours=job("COMPLETED")))
    assert decide(done).reason is Reason.CONVERGED


def test_approval_comes_before_the_window() -> None:
    both = timed(desired=replace(wanting(), approval=Approval.MANUAL))
    assert decide(both).reason is Reason.AWAITING_APPROVAL


# ---- overrides


def test_an_override_lets_the_plan_through_that_it_names_and_says_so() -> None:
    verdict = decide(timed(override=NOW_AND_THEN))
    assert verdict.effect
    assert verdict.effect.within == ()
    assert verdict.record.overridden == NOW_AND_THEN
    assert [(note.reason, note.type) for note in verdict.notes] == [("WindowOverridden", EventType.NORMAL)]
    assert NOW_AND_THEN in verdict.notes[0].message


@pytest.mark.parametrize("override", [OTHER_PLAN, "true", plan_hash()[:20], ""])
def test_what_does_not_name_the_plan_lets_nothing_through(override: str) -> None:
    assert decide(timed(override=override)).effect is None


def test_an_override_is_heard_once() -> None:
    heard = replace(record(), overridden=NOW_AND_THEN)
    assert decide(timed(override=NOW_AND_THEN, record=heard)).effect is None
    assert decide(timed(override=f"{plan_hash()} Tue Nov 24", record=heard)).effect


def test_an_override_is_spent_with_its_plan_though_the_window_was_open() -> None:
    verdict = decide(timed(EVENINGS, override=NOW_AND_THEN))
    assert verdict.record.overridden == NOW_AND_THEN
    assert verdict.notes == ()


def test_what_was_heard_stays_heard_while_it_stands_there() -> None:
    before = f"{OTHER_PLAN} Sun"
    later = decide(timed(EVENINGS, override=before, record=replace(record(), overridden=before)))
    assert later.record.overridden == before
    gone = decide(timed(EVENINGS, record=replace(record(), overridden=before)))
    assert gone.record.overridden == ""


def test_each_override_opens_the_windows_of_its_own_owner_only() -> None:
    both = timed(site_windows=ALWAYS_DENIED)
    assert decide(replace(both, override=NOW_AND_THEN)).effect is None
    assert decide(replace(both, site_override=NOW_AND_THEN)).effect is None
    sent = decide(replace(both, override=NOW_AND_THEN, site_override=f"{plan_hash()} too"))
    assert sent.effect
    assert sent.record.overridden == f"{NOW_AND_THEN}; {plan_hash()} too"
    assert len(sent.notes) == 2


def test_the_annotation_is_read_as_one_word_of_bounded_length() -> None:
    assert override_in({OVERRIDE: "a; b"}) == "a, b"
    assert len(override_in({OVERRIDE: "x" * 1000})) <= 120
    assert override_in({}) == ""


# ---- what the status keeps


def test_the_status_keeps_what_was_heard_and_shows_the_next_window_while_one_is_waited_for() -> None:
    body = {"metadata": {"namespace": "gis", "name": "roads", "generation": 1, "uid": "u"}}
    sent = render(body, decide(timed(override=NOW_AND_THEN)), NOW)
    assert sent["lastHandledOverride"] == NOW_AND_THEN
    assert parse({**body, "status": sent}).overridden == NOW_AND_THEN
    closed = render(body, decide(timed()), NOW)
    assert closed["nextWindowTime"] == "2026-11-23T21:00:00Z"
    assert parse({**body, "status": closed}).next_window == ""
