"""The provider of a service: changed by a request without a job, so no list tells of a lost answer."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from situations import NOW, POLICY, URL, case, job, journal, live, record, seen, wanting

from arcgis_operator.core import plan
from arcgis_operator.core.case import Case
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Accepted, Applied, Failure, Kind
from arcgis_operator.core.model import PROVIDER, Approval, Desired, SpecInvalid
from arcgis_operator.core.operations import (
    EDIT,
    PROVIDE,
    START,
    STOP,
    all_have_jobs,
    due,
    has_job,
    name_of,
    owned,
)
from arcgis_operator.core.record import Condition, Phase, Tried
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.core.settle import settle
from arcgis_operator.core.verdict import Reason
from arcgis_operator.core.wake import After

BOTH = wanting(provider="DMaps")
ALONE = replace(BOTH, leaves=owned("changeProvider", BOTH.leaves))
DIGEST = plan.digest(ALONE.leaves, URL, "s1")
LONG = 570.0
"""So many seconds it may still be at work."""
SHARED = live("old", provider="DMaps")


def lost(desired: Desired = BOTH, left: float = LONG, **sight: Any) -> Case:
    """Its request was sent two minutes ago, and the answer never came; `left`: it may be at work so long."""
    attempts = {"changeProvider": Tried(DIGEST, 1)}
    about = record(journal=journal(Phase.INTENDED, operation="changeProvider", attempts=attempts))
    return case(desired=desired, record=about, seen=seen(hidden_in=left, **sight), open_for=120.0)


def test_the_spec_declares_the_provider_beside_the_settings() -> None:
    target = {"siteRef": {"name": "prod"}, "service": {"name": "Roads", "type": "MapServer"}}
    fields = {"provider": "DMaps", "configuredState": "STARTED", "settings": {"description": "new"}}
    desired = parse_service({"metadata": {"namespace": "gis"}, "spec": {**target, **fields}})
    assert isinstance(desired, Desired)
    assert [leaf.path for leaf in desired.leaves] == [("description",), PROVIDER, ("configuredState",)]
    other = {**target, "provider": "SDS"}
    assert isinstance(parse_service({"metadata": {"namespace": "gis"}, "spec": other}), SpecInvalid)


def test_the_provider_is_changed_before_the_settings_and_these_before_a_start() -> None:
    wanted = wanting(provider="DMaps", state="STARTED")
    documents = [
        live("old", configuredState="STOPPED"),
        live("old", configuredState="STOPPED", provider="DMaps"),
        live("new", configuredState="STOPPED", provider="DMaps"),
    ]
    assert [due(wanted.leaves, {"service": one}) for one in documents] == [PROVIDE, EDIT, START]


def test_it_is_asked_for_by_its_word_alone_and_has_no_job() -> None:
    verdict = decide(case(desired=BOTH))
    assert verdict.effect is not None
    assert (verdict.effect.operation, verdict.effect.form) == (PROVIDE, {"provider": "DMaps"})
    assert verdict.record.journal.operation_uri.endswith("/Roads.MapServer/changeProvider")
    assert 'Sending the change of provider (attempt 1): provider "ArcObjects11" → "DMaps"' in verdict.message
    assert not has_job("changeProvider")
    assert not all_have_jobs(BOTH.leaves)
    assert all_have_jobs(wanting(state="STOPPED").leaves)
    assert has_job("edit")
    assert has_job("of a later version")


def test_a_job_of_it_is_named_as_the_site_names_it_though_paths_are_compared_in_small_letters() -> None:
    assert name_of(("changeprovider",)) == "changeProvider"
    assert name_of(("scaling", "edit")) == "scaling/edit"
    other = job(operation_uri="/arcgis/admin/services/Roads.MapServer/changeProvider", username="anna")
    note = decide(case(seen=seen(strays=(other,)))).notes[0]
    assert "Job j1 of anna changed the provider of this service" in note.message


@pytest.mark.parametrize("said", ["SDS", "ArcObjects", "Tiles", "", None, 5])
def test_a_provider_that_the_site_cannot_exchange_is_left_alone(said: Any) -> None:
    verdict = decide(case(desired=BOTH, seen=seen(document=live("old", provider=said))))
    assert (verdict.reason, verdict.effect) == (Reason.SHAPE_MISMATCH, None)
    assert "Only ArcObjects11 and DMaps can be exchanged for each other." in verdict.message


def test_once_it_is_applied_the_settings_follow_and_both_are_proved() -> None:
    sent = decide(case(desired=BOTH)).record
    told = settle(sent, Applied(), NOW, POLICY)
    assert told.reason is Reason.VERIFYING
    assert told.message == "The site applied the change of provider at once, without a job; verifying."
    assert told.record.history[0]["outcome"] == "Applied"
    early = case(desired=BOTH, record=told.record, ended_for=0.1, sent=ALONE.leaves)
    assert decide(early).effect is None
    shown = replace(early, seen=seen(document=SHARED), fresh_id="intent-3")
    edit = decide(shown)
    assert edit.effect is not None
    assert edit.effect.operation is EDIT
    assert edit.record.journal.attempts["changeProvider"] == Tried(DIGEST)
    done = case(
        desired=BOTH,
        record=replace(edit.record, journal=replace(edit.record.journal, phase=Phase.RUNNING, job_id="j1")),
        seen=seen(ours=job("COMPLETED"), document=live("new", provider="DMaps")),
    )
    assert decide(done).reason is Reason.CONVERGED


def test_what_is_applied_in_vain_three_times_is_given_up() -> None:
    about = case(desired=BOTH)
    for attempt in (1, 2, 3):
        sent = decide(replace(about, fresh_id=f"intent-{attempt}"))
        assert sent.effect is not None
        about = replace(about, record=settle(sent.record, Applied(), NOW, POLICY).record)
        tried = about.record.journal.attempts["changeProvider"]
        later = replace(tried, retry_time="2026-11-23T19:45:13Z") if tried.retry_time else tried
        about = replace(about, record=replace(about.record, journal=about.record.journal.counting(later)))
    verdict = decide(about)
    assert (verdict.reason, verdict.effect) == (Reason.EDIT_NOT_STICKING, None)
    assert "applied the change of provider at once, but still has other values" in verdict.message


def test_a_refusal_is_shown_as_the_site_said_it_and_given_up_after_three() -> None:
    """It may pass by itself, as any 500 may."""
    about = case(desired=BOTH, whose="roads -n gis")
    words = "the site refused (500): Changing the provider of the service 'Roads' is not permitted."
    told = []
    for attempt in (1, 2, 3):
        sent = decide(replace(about, fresh_id=f"intent-{attempt}"))
        assert sent.effect is not None
        told.append(settle(sent.record, Failure(Kind.REFUSED, words, 500), NOW, POLICY, about.whose))
        later = replace(told[-1].record.journal.tried, retry_time="2026-11-23T19:45:13Z")
        record = told[-1].record
        about = replace(about, record=replace(record, journal=record.journal.counting(later)))
    assert {one.reason for one in told} == {Reason.EDIT_REFUSED}
    assert "The site refused the change of provider (500): Changing the provider of" in told[0].message
    assert [one.spent for one in told] == [False, False, True]
    assert "Attempt 2 follows at 2026-11-23T19:45:44Z." in told[0].message
    assert "Giving up after 3 attempts." in told[2].message
    assert decide(about).effect is None


def test_a_lost_answer_says_that_no_job_can_be_looked_for() -> None:
    sent = decide(case(desired=BOTH)).record
    told = settle(sent, Failure(Kind.UNSURE, "time-out"), NOW, POLICY)
    assert (
        "The answer to the change of provider was lost (time-out). Waiting until the service" in told.message
    )


def test_no_list_of_jobs_tells_that_a_request_without_a_job_is_over() -> None:
    """An edit would be sent again here, because the site lists no job of it."""
    waits = decide(lost())
    assert (waits.reason, waits.effect) == (Reason.LOOKING_FOR_JOB, None)
    assert waits.record.journal.phase is Phase.INTENDED
    assert "nothing else is sent before 2026-11-23T19:54:44Z" in waits.message
    assert "arcgis-operator.dev/abandon=intent-1" in waits.message
    again = decide(lost(left=0.0))
    assert again.effect is not None
    assert again.effect.operation is PROVIDE
    assert again.record.journal.tried.attempt == 2


def test_the_wait_ends_when_it_is_over() -> None:
    """A turn that comes exactly then would ask for another one at once, without end."""
    over = lost(ALONE, 1e-9, document=SHARED)
    assert decide(over).record.journal.phase is Phase.IDLE


def test_a_person_who_knows_better_need_not_wait() -> None:
    given_up = decide(replace(lost(), abandon="intent-1"))
    assert given_up.effect is not None
    assert given_up.effect.operation is PROVIDE


@pytest.mark.parametrize("listed", [True, False])
def test_what_the_service_shows_is_ready_and_nothing_else_is_sent_meanwhile(listed: bool) -> None:
    alone = decide(lost(ALONE, document=SHARED, listed=listed))
    assert (alone.reason, alone.record.journal.phase) == (Reason.CONVERGED, Phase.INTENDED)
    over = decide(lost(ALONE, 0.0, document=SHARED, listed=listed))
    assert (over.reason, over.record.journal.phase) == (Reason.CONVERGED, Phase.IDLE)
    assert decide(lost(document=SHARED, listed=listed)).effect is None
    rest = decide(lost(left=0.0, document=SHARED, listed=listed))
    assert rest.effect is not None
    assert rest.effect.operation is EDIT


def test_nothing_is_live_by_a_request_that_may_still_change_it() -> None:
    """The former provider is wanted again, and shown: the request for the other one may be at work."""
    back = replace(wanting(provider="ArcObjects11"), leaves=wanting(provider="ArcObjects11").leaves[1:])
    waits = decide(lost(back))
    assert (waits.reason, waits.effect) == (Reason.LOOKING_FOR_JOB, None)
    assert decide(lost(back, left=0.0)).reason is Reason.CONVERGED


def test_it_waits_for_approval_where_what_restarts_a_service_does() -> None:
    asks = replace(BOTH, approval=Approval.WHEN_RESTARTING)
    for version in ("11.5.0", "12.0.0"):
        assert decide(case(desired=asks, site_version=version)).reason is Reason.AWAITING_APPROVAL


def test_a_plan_of_three_operations_is_approved_once() -> None:
    wanted = wanting(provider="DMaps", state="STOPPED")
    asks = case(desired=replace(wanted, approval=Approval.MANUAL), record=record())
    shown = decide(asks).record.plan
    assert shown is not None
    about = replace(asks, desired=replace(asks.desired, approved_plan=shown.hash))
    sent = decide(about)
    assert sent.effect is not None
    moved = settle(sent.record, Applied(), NOW, POLICY).record
    edit = decide(replace(about, record=moved, seen=seen(document=SHARED), fresh_id="intent-3"))
    assert edit.effect is not None
    runs = settle(edit.record, Accepted("j1", "SUBMITTED"), NOW, POLICY).record
    edited = seen(ours=job("COMPLETED"), document=live("new", provider="DMaps"))
    stop = decide(replace(about, record=runs, seen=edited, fresh_id="intent-4"))
    assert stop.effect is not None
    assert [one.effect.operation for one in (sent, edit, stop) if one.effect] == [PROVIDE, EDIT, STOP]
    assert stop.record.plan is not None
    assert stop.record.plan.rest_of == shown.hash


def test_who_has_no_status_says_until_when_it_waits() -> None:
    verdict = decide(case(desired=BOTH, seen=seen(hidden_in=60.0)))
    assert (verdict.reason, verdict.effect) == (Reason.LOOKING_FOR_JOB, None)
    assert "A change of provider has no job" in verdict.message
    assert "Nothing is sent before 2026-11-23T19:46:14Z" in verdict.message


def test_a_look_while_it_may_still_be_at_work_writes_nothing_new() -> None:
    first = decide(lost(ALONE, document=SHARED))
    again = lost(ALONE, document=SHARED)
    again = replace(again, record=first.record, now=NOW + timedelta(minutes=1))
    ready = replace(again.record, ready=Condition("True", "Converged", "", 1))
    assert decide(replace(again, record=ready)).record == ready
    assert first.wake == After(60.0)


def test_a_job_that_a_site_lists_for_it_all_the_same_is_no_guess() -> None:
    listed = job("COMPLETED", operation_uri="/arcgis/admin/services/Roads.MapServer/changeProvider")
    assert decide(lost(ALONE, document=SHARED, candidate=listed, traceable=False)).aside == ""
