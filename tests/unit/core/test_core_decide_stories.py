"""What turns do that a table does not show: what they send, remember and tell."""

from dataclasses import replace
from datetime import timedelta

import pytest
from situations import NOW, case, digest, job, journal, live, proved, record, seen, wanting

from arcgis_operator.core.case import Case, Hold
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.record import Phase, Record, stamp
from arcgis_operator.core.verdict import Reason

IDLE, INTENDED, RUNNING = Phase.IDLE, Phase.INTENDED, Phase.RUNNING
GATE = Hold(Reason.SUSPENDED, "spec.suspend is true.")
MINUTE, HOUR = 60.0, 3600.0


def ago(seconds: float) -> str:
    return stamp(NOW - timedelta(seconds=seconds))


def open_(phase: Phase, **changed: object) -> Case:
    """A case in the middle of an operation whose request can no longer arrive."""
    return case(record=record(phase), **changed)


def failed(kind: Kind, detail: str = "no answer") -> Failure:
    return Failure(kind, detail)


def refused_before(ended: int, reason: str = "JobFailed", retry: float = 60) -> Record:
    """A record of so many failures."""
    told = journal(ended=ended, attempt=ended, failure=f"{reason}: it broke.", retry_time=ago(-retry))
    return record(journal=told)


def test_the_edit_carries_the_whole_document_read_in_this_turn() -> None:
    effect = decide(case()).effect
    assert effect is not None
    assert effect.document == live("new")
    assert effect.intent_id == "intent-2"


def test_the_intent_names_all_that_a_successor_needs() -> None:
    intent = decide(case(record=record(journal=journal(digest="other")), generation=4)).record.journal
    assert intent == journal(
        INTENDED,
        id="intent-2",
        generation=4,
        intent_time=stamp(NOW),
        sends=(ago(120), stamp(NOW)),
        digest=digest(),
    )


def test_drift_is_told_once_and_its_attempts_stay_drift() -> None:
    first = decide(case(record=proved()))
    assert [note.message for note in first.notes] == ["settings.description is old on the site, new here"]
    again = decide(case(record=replace(first.record, journal=replace(first.record.journal, phase=IDLE))))
    assert again.notes == ()
    assert "(attempt 2)" in again.message
    assert again.record.plan is not None
    assert (again.record.plan.cause, again.record.plan.since_time) == ("Drift", stamp(NOW))


def test_drift_behind_somebody_elses_job_is_still_drift() -> None:
    busy = replace(proved(), ready=record(ready="False").ready)
    assert "(drift)" in decide(case(record=busy)).message


def test_a_revert_after_our_own_job_is_not_drift() -> None:
    taken_back = replace(proved(wanting("old")), journal=journal(RUNNING))
    verdict = decide(
        case(
            record=taken_back, desired=wanting("old"), seen=seen(ours=job("COMPLETED"), document=live("new"))
        )
    )
    assert "(attempt 1)" in verdict.message
    assert verdict.notes == ()


def test_stray_edits_are_told() -> None:
    strays = (job("COMPLETED", job_id="j7"), job("COMPLETED", job_id="j8", username="anna"))
    notes = decide(case(record=record(), seen=seen(strays=strays))).notes
    assert [note.reason for note in notes] == ["StrayEdit", "StrayEdit"]
    assert "j7 of gitops edited this service and carries our user name" in notes[0].message
    assert "j8 of anna edited this service and is not ours" in notes[1].message


def test_an_old_job_moves_to_the_history_when_a_new_change_is_due() -> None:
    old = decide(case(record=record(RUNNING), seen=seen(ours=job("FAILED")))).record
    new = decide(case(record=replace(old, journal=replace(old.journal, retry_time="")))).record
    assert new.job is None
    assert new.history[0]["id"] == "j1"


@pytest.mark.parametrize(
    "hold", [Hold(Reason.QUEUED, "full"), None], ids=["the site is full", "somebody's job runs"]
)
def test_a_try_that_was_asked_for_is_not_lost_while_it_has_to_wait(hold: Hold | None) -> None:
    waits = case(record=refused_before(3), requested="now", sending=hold)
    busy = waits if hold else replace(waits, seen=seen(others=(job(job_id="j9"),)))
    waited = decide(busy).record
    later = decide(case(record=waited, requested="now"))
    assert later.reason is Reason.SUBMITTING
    assert "(attempt 1)" in later.message


AWAY = {
    "the site is away for a moment": (failed(Kind.UNSURE), 1.0, True),
    "the site is away for long": (failed(Kind.UNSURE), 601.0, False),
    "the service is gone": (failed(Kind.MISSING), 1.0, False),
}


@pytest.mark.parametrize(("failure", "silent", "kept"), AWAY.values(), ids=AWAY)
def test_ready_outlives_what_says_nothing_about_the_service(
    failure: Failure, silent: float, kept: bool
) -> None:
    verdict = decide(case(record=proved(), seen=seen(document=failure), vain_for=silent))
    assert verdict.keep_ready is kept


def test_ready_outlives_the_job_of_somebody_else_while_the_settings_stay_live() -> None:
    others = (job(job_id="j9", username="anna"),)
    assert decide(case(record=proved(), seen=seen(others=others, document=live("new")))).keep_ready
    assert not decide(case(record=proved(), seen=seen(others=others))).keep_ready


def test_ready_does_not_outlive_a_lost_journal() -> None:
    garbled = Record(ready=proved().ready)
    for look in (
        seen(document=failed(Kind.UNSURE)),
        seen(others=(job(),), document=live("new")),
        seen(settle_in=9.0),
    ):
        assert not decide(case(record=garbled, seen=look)).keep_ready


def test_a_converged_resource_stays_as_it_is_however_old_its_sends() -> None:
    calm = decide(case(record=proved(), seen=seen(document=live("new")))).record
    later = decide(case(record=calm, seen=seen(document=live("new")), now=NOW + timedelta(hours=5)))
    assert later.record == calm


def test_a_new_state_of_the_service_is_noted_and_its_proof_stays_as_old_as_it_is() -> None:
    stopped = live("new", configuredState="STOPPED")
    observed = decide(case(record=proved(), seen=seen(document=stopped))).record.observed
    assert observed is not None
    assert observed.configured_state == "STOPPED"
    assert observed.verified_time == ago(2 * HOUR)


def test_what_a_site_says_of_a_service_is_cut_to_what_the_status_may_hold() -> None:
    said = dict.fromkeys(("id", "provider", "configuredState"), "\x1b" + "s" * 10_000)
    verdict = decide(case(seen=seen(document=live(**said))))
    assert verdict.record.journal.service_id == "s" * 63 + "…"
    observed = decide(case(seen=seen(document=live("new", **said)))).record.observed
    assert observed is not None
    assert (len(observed.service_id), len(observed.provider), len(observed.configured_state)) == (64, 32, 32)


def test_the_pause_between_looks_at_a_job_grows() -> None:
    def wake(age: float) -> float:
        return decide(open_(RUNNING, seen=seen(ours=job()), open_for=age)).wake

    assert [wake(0.0), wake(50.0), wake(1000.0)] == [2.0, 5.0, 10.0]


def test_the_job_that_is_named_does_not_depend_on_the_order_of_the_list() -> None:
    two = (job(job_id="j8", username="anna"), job(job_id="j9", username="ben"))
    texts = {decide(case(record=record(), seen=seen(others=order))).message for order in (two, two[::-1])}
    assert len(texts) == 1
