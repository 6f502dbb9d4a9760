"""Two operations of one service: each is due, counted and proved by what it owns, one after the other."""

from dataclasses import replace
from typing import Any

import pytest
from situations import NOW, POLICY, URL, case, digest, job, journal, live, proved, record, seen, wanting

from arcgis_operator.core import plan
from arcgis_operator.core.case import Case
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Accepted
from arcgis_operator.core.jobs import Signal
from arcgis_operator.core.look import look
from arcgis_operator.core.model import RUN_STATE, Approval, Desired, SpecInvalid
from arcgis_operator.core.operations import EDIT, OPERATIONS, START, STOP, due, owned, paths_of
from arcgis_operator.core.record import Phase, Tried
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.core.settle import settle
from arcgis_operator.core.verdict import Reason

BOTH = wanting(state="STOPPED")
EDIT_DIGEST, STOP_DIGEST = digest(), plan.digest(owned("stop", BOTH.leaves), URL, "s1")
GONE_WRONG = Tried(STOP_DIGEST, 2, 2, "JobFailed", "it broke.")


def stopping(phase: Phase = Phase.RUNNING, **tried: Any) -> Any:
    """A record of a stop under way, after an edit that is live."""
    attempts = {"edit": Tried(EDIT_DIGEST), "stop": replace(Tried(STOP_DIGEST, 1), **tried)}
    return record(phase, journal=journal(phase, operation="stop", attempts=attempts))


def spec(**fields: Any) -> Desired | SpecInvalid:
    target = {"siteRef": {"name": "prod"}, "service": {"name": "Roads", "type": "MapServer"}}
    return parse_service({"metadata": {"namespace": "gis"}, "spec": {**target, **fields}})


def test_the_spec_declares_whether_the_service_should_run_beside_its_settings() -> None:
    desired = spec(configuredState="STOPPED", settings={"description": "new"})
    assert isinstance(desired, Desired)
    assert [leaf.path for leaf in desired.leaves] == [("description",), RUN_STATE]
    assert isinstance(spec(configuredState="PAUSED"), SpecInvalid)


def test_every_setting_has_one_owner() -> None:
    for state in ("STARTED", "STOPPED"):
        leaves = wanting(state=state).leaves
        assert sorted(leaf.path for one in OPERATIONS for leaf in one.owned(leaves)) == sorted(
            leaf.path for leaf in leaves
        )
    assert owned("scaling", BOTH.leaves) == ()


def test_a_job_of_an_unknown_operation_may_be_any() -> None:
    assert paths_of("stop") == {("stop",)}
    assert paths_of("scaling") == {("edit",), ("start",), ("stop",), ("changeprovider",)}


def test_the_settings_are_made_live_before_the_state() -> None:
    assert due(BOTH.leaves, {"service": live("old")}) is EDIT
    assert due(BOTH.leaves, {"service": live("new")}) is STOP
    assert due(wanting(state="STARTED").leaves, {"service": live("new", configuredState="STOPPED")}) is START


def test_a_stop_is_asked_for_without_a_document() -> None:
    verdict = decide(case(desired=BOTH, seen=seen(document=live("new"))))
    assert verdict.effect is not None
    assert (verdict.effect.operation, verdict.effect.form) == (STOP, {})
    assert verdict.record.journal.operation_uri.endswith("/Roads.MapServer/stop")
    assert verdict.record.plan is not None
    (change,) = verdict.record.plan.changes
    assert dict(change) == {
        "operation": "stop",
        "path": "configuredState",
        "from": "STARTED",
        "to": "STOPPED",
    }


def test_ready_is_said_only_when_everything_is_live() -> None:
    half = case(desired=BOTH, record=stopping(), seen=seen(ours=job("COMPLETED"), document=live("new")))
    assert decide(half).reason is not Reason.CONVERGED
    stopped = live("new", configuredState="STOPPED")
    whole = decide(replace(half, seen=seen(ours=job("COMPLETED"), document=stopped)))
    assert whole.reason is Reason.CONVERGED
    assert whole.record.journal.attempts == {"edit": Tried(EDIT_DIGEST), "stop": Tried(STOP_DIGEST)}
    assert "2 declared settings verified" in whole.message


def test_an_edit_that_is_live_is_told_before_the_next_operation_follows() -> None:
    first = decide(case(desired=BOTH))
    assert first.record.plan is not None
    assert first.record.plan.count_of("edit") == first.record.plan.count_of("stop") == 1
    runs = settle(first.record, Accepted("j1", "SUBMITTED"), NOW, POLICY).record
    assert runs.job is not None
    assert runs.job.change_count == 1
    ended = case(desired=BOTH, record=runs, seen=seen(ours=job("COMPLETED"), document=live("new")))
    verdict = decide(replace(ended, fresh_id="intent-3"))
    (note,) = [one for one in verdict.notes if one.reason == "PartlyLive"]
    assert 'The edit is verified on the site (job j1): settings.description "old" → "new".' in note.message
    assert verdict.effect is not None
    assert verdict.effect.operation is STOP
    assert [entry["id"] for entry in verdict.record.history] == ["j1"]


def test_without_a_plan_on_record_nothing_is_told_of_what_is_live() -> None:
    ended = case(desired=BOTH, record=record(Phase.RUNNING), seen=seen(ours=job(), document=live("new")))
    over = replace(ended, seen=seen(ours=job("COMPLETED"), document=live("new")))
    assert [one.reason for one in decide(over).notes] == []


def test_failures_of_one_operation_are_not_forgotten_for_another_one() -> None:
    """The stop failed twice; somebody changes a setting meanwhile, whose edit is in vain, too."""
    attempts = {"edit": Tried(EDIT_DIGEST), "stop": GONE_WRONG}
    idle = record(journal=journal(operation="stop", attempts=attempts))
    edit = decide(case(desired=BOTH, record=idle, seen=seen(document=live("old"))))
    assert edit.effect is not None
    assert edit.effect.operation is EDIT
    assert edit.record.journal.attempts["stop"] == GONE_WRONG
    runs = settle(edit.record, Accepted("j1", "SUBMITTED"), NOW, POLICY).record
    failed = decide(case(desired=BOTH, record=runs, seen=seen(ours=job("FAILED"))))
    counts = failed.record.journal.attempts
    assert (counts["edit"].ended, counts["stop"].ended) == (1, 2)


def test_what_is_not_wanted_any_more_does_not_count_when_it_is_wanted_again() -> None:
    given_up = record(
        journal=journal(operation="stop", attempts={"edit": Tried(EDIT_DIGEST), "stop": GONE_WRONG})
    )
    other = case(
        desired=wanting(state="STARTED"),
        record=given_up,
        seen=seen(document=live("new", configuredState="STOPPED")),
    )
    assert decide(other).record.journal.attempts.keys() == {"edit", "start"}


def test_an_edit_is_not_proved_by_the_state_nor_a_stop_by_the_settings() -> None:
    edit = open_case(record(Phase.RUNNING), live("old", configuredState="STOPPED"))
    assert look(edit).signal is Signal.JOB_NOT_STICKING
    stop = open_case(stopping(), live("old"))
    assert look(stop).signal is Signal.JOB_NOT_STICKING
    assert look(
        replace(stop, seen=seen(ours=job("COMPLETED"), document=live("old", configuredState="STOPPED")))
    ).signal is (Signal.DONE)


def open_case(about: Any, document: Any) -> Case:
    return case(desired=BOTH, record=about, seen=seen(ours=job("COMPLETED"), document=document))


def test_a_stop_that_is_not_wanted_any_more_proves_nothing() -> None:
    """It owns nothing then; what the service shows may still be from before it."""
    back = case(
        desired=wanting(state="STARTED"),
        record=stopping(),
        seen=seen(ours=job("COMPLETED"), document=live("new")),
        ended_for=1.0,
        sent=owned("stop", BOTH.leaves),
    )
    assert look(back).signal is Signal.JOB_ENDED
    assert decide(replace(back, ended_for=60.0)).reason is Reason.CONVERGED


def test_where_no_jobs_are_listed_a_live_edit_is_followed_by_nothing_while_its_job_may_run() -> None:
    blind = case(
        desired=BOTH,
        record=record(Phase.INTENDED),
        seen=seen(document=live("new"), listed=False),
        open_for=60.0,
    )
    assert decide(blind).reason is Reason.OUTCOME_UNKNOWN
    later = decide(replace(blind, open_for=POLICY.job_timeout_seconds + 1))
    assert later.effect is not None
    assert later.effect.operation is STOP


def test_after_a_restart_nothing_is_built_on_what_may_be_from_before_the_last_operation() -> None:
    """Its end is known, what it declared is not: it is done, and the next one waits for the grace."""
    ended = case(
        desired=BOTH,
        record=record(Phase.RUNNING),
        seen=seen(ours=job("COMPLETED"), document=live("new")),
        ended_for=1.0,
    )
    assert look(ended).signal is Signal.DONE
    verdict = decide(ended)
    assert (verdict.reason, verdict.effect) == (Reason.VERIFYING, None)
    assert verdict.record.journal.phase is Phase.IDLE


@pytest.mark.parametrize("said", [None, "", "STARTING", 5])
def test_a_service_that_does_not_say_whether_it_runs_is_neither_started_nor_stopped(said: Any) -> None:
    verdict = decide(case(desired=BOTH, seen=seen(document=live("new", configuredState=said))))
    assert (verdict.reason, verdict.effect) == (Reason.SHAPE_MISMATCH, None)
    assert "Remove spec.configuredState." in verdict.message


def test_a_colleague_who_stops_a_service_is_told_and_it_is_started_again() -> None:
    wanted = wanting(state="STARTED")
    ready = proved(wanted)
    attempts = {name: Tried(plan.digest(owned(name, wanted.leaves), URL, "s1")) for name in ("edit", "start")}
    ready = replace(ready, journal=replace(ready.journal, attempts=attempts))
    verdict = decide(
        case(desired=wanted, record=ready, seen=seen(document=live("new", configuredState="STOPPED")))
    )
    assert verdict.effect is not None
    assert verdict.effect.operation is START
    assert [note.reason for note in verdict.notes] == ["DriftDetected"]
    assert 'configuredState was changed on the site: found "STOPPED"' in verdict.notes[0].message


def test_a_stop_waits_for_approval_on_any_site_where_what_restarts_a_service_does() -> None:
    """An edit restarts nothing before 12.0; a stop ends the service on every version."""
    asks = replace(BOTH, approval=Approval.WHEN_RESTARTING)
    for version in ("11.5.0", "12.0.0"):
        stop = case(desired=asks, site_version=version, seen=seen(document=live("new")))
        assert decide(stop).reason is Reason.AWAITING_APPROVAL
    assert decide(case(desired=asks, site_version="11.5.0")).effect is not None
