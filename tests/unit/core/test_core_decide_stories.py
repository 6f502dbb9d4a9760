"""What turns do that a table does not show: what they send, remember and tell."""

from dataclasses import replace
from datetime import timedelta

import pytest
from situations import NOW, case, digest, job, journal, live, proved, record, seen, wanting

from arcgis_operator.core.case import Case, Hold, Policy
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.jsondoc import loads
from arcgis_operator.core.model import Leaf, LeafKind
from arcgis_operator.core.record import JobShown, Phase, Record, stamp
from arcgis_operator.core.verdict import Reason
from arcgis_operator.core.wake import After

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
    assert loads(effect.form["service"]) == live("new")
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
    assert [note.message for note in first.notes] == [
        'settings.description was changed on the site: found "old", declared "new". '
        "No recent job on the site tells who did it. Restoring the declared value."
    ]
    again = decide(case(record=replace(first.record, journal=replace(first.record.journal, phase=IDLE))))
    assert again.notes == ()
    assert "(attempt 2)" in again.message
    assert again.record.plan is not None
    assert (again.record.plan.cause, again.record.plan.since_time) == ("Drift", stamp(NOW))


def test_drift_behind_somebody_elses_job_is_still_drift() -> None:
    busy = replace(proved(), ready=record(ready="False").ready)
    assert "(after drift)" in decide(case(record=busy)).message


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
    assert (
        "Job j7 edited this service with the operator's account (gitops), but the operator has no record"
        in notes[0].message
    )
    assert "Job j8 of anna edited this service; the operator did not send it." in notes[1].message


def test_an_old_job_gives_way_when_a_new_change_is_due_and_stays_in_the_history() -> None:
    old = decide(case(record=record(RUNNING), seen=seen(ours=job("FAILED")))).record
    new = decide(
        case(record=replace(old, journal=old.journal.counting(replace(old.journal.tried, retry_time=""))))
    ).record
    assert new.job is None
    assert old.job is not None
    assert [one["id"] for one in new.history] == ["j1"]


@pytest.mark.parametrize(
    "hold", [Hold(Reason.QUEUED, "full"), None], ids=["the site is full", "somebody's job runs"]
)
def test_a_try_that_was_asked_for_is_not_lost_while_it_has_to_wait(hold: Hold | None) -> None:
    waits = case(record=refused_before(3), requested="now", unsent=(hold,))
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
    assert verdict.record.journal.service_id == "", "a part of an id would be another id"
    observed = decide(case(seen=seen(document=live("new", **said)))).record.observed
    assert observed is not None
    assert (len(observed.service_id), len(observed.provider), len(observed.configured_state)) == (0, 32, 32)


def seconds_of(given: Case) -> float:
    """Until the next look."""
    wake = decide(given).wake
    assert isinstance(wake, After)
    return wake.seconds


def test_the_pause_between_looks_at_a_job_of_somebody_else_grows() -> None:
    busy = case(seen=seen(others=(job(job_id="j9"),)))
    pauses = [seconds_of(replace(busy, busy_for=seconds)) for seconds in (0.0, 10.0, 30.0, 600.0)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 3
    assert pauses[-1] == Policy().poll_max_seconds


def test_the_pause_between_looks_at_a_job_grows() -> None:
    def wake(age: float) -> float:
        return seconds_of(open_(RUNNING, seen=seen(ours=job()), open_for=age))

    assert [wake(0.0), wake(50.0), wake(1000.0)] == [2.0, 5.0, 10.0]


def test_the_job_that_is_named_does_not_depend_on_the_order_of_the_list() -> None:
    two = (job(job_id="j8", username="anna"), job(job_id="j9", username="ben"))
    texts = {decide(case(record=record(), seen=seen(others=order))).message for order in (two, two[::-1])}
    assert len(texts) == 1


def test_declared_settings_that_the_service_did_not_have_are_named_until_the_spec_changes() -> None:
    desired = wanting(allowUploads="true", maxFeatures="5")
    sent = decide(case(desired=desired, seen=seen(document=live(allowUploads="false"))))
    there = live("new", allowUploads="true", maxFeatures="5")
    proof = decide(case(desired=desired, record=sent.record, seen=seen(document=there)))
    text = (
        "1 of 3 declared settings did not exist on this service before: settings.maxFeatures. Check the spell"
    )
    assert proof.reason is Reason.CONVERGED
    assert text in proof.message
    assert proof.record.observed is not None
    assert proof.record.observed.new_count == 1
    assert proof.record.observed.new_settings == ("settings.maxFeatures",)
    later = decide(case(desired=desired, record=proof.record, seen=seen(document=there)))
    assert text in later.message
    other = decide(case(desired=wanting(), record=proof.record, seen=seen(document=there)))
    assert "new to this service" not in other.message


def test_many_new_settings_are_counted_and_the_first_five_named() -> None:
    names = {f"new{number}": "x" for number in range(7)}
    desired = wanting(**names)
    sent = decide(case(desired=desired))
    proof = decide(case(desired=desired, record=sent.record, seen=seen(document=live("new", **names))))
    assert "7 of 8 declared settings did not exist on this service before: settings.new0," in proof.message
    assert "settings.new4, …. Check the spelling of what has no effect." in proof.message


VERSIONS = {"11.5.0.1000": True, "12.0": False, "": False, "x": False}


def proved_at(version: str, **settings: str) -> str:
    """What is said once the edit of these texts has ended and they are live."""
    done = replace(record(RUNNING), job=replace(record(RUNNING).job or JobShown(), status="COMPLETED"))
    looked = seen(document=live("new", **settings), ours=job("COMPLETED"))
    proof = decide(case(desired=wanting(**settings), record=done, seen=looked, site_version=version))
    assert proof.reason is Reason.CONVERGED
    return proof.message


@pytest.mark.parametrize(("version", "told"), VERSIONS.items())
def test_before_12_a_setting_of_the_processes_is_live_after_the_next_restart(
    version: str, told: bool
) -> None:
    text = "Live after the next restart of the service: settings.recycleStartTime (the site is version 11.5"
    assert (text in proved_at(version, recycleStartTime="00:30")) is told


def test_a_job_that_is_only_guessed_to_be_ours_is_said_to_be_that() -> None:
    """Another process sent the intent, and what became of it is found by account and time."""
    told = "only account and time tell that job j1 is the job of its edit."
    failed, live_now = job("FAILED", messages=("no memory",)), {"document": live("new")}
    guessed = decide(open_(INTENDED, seen=seen(candidate=failed, traceable=False)))
    assert told in guessed.message
    assert told not in decide(open_(INTENDED, seen=seen(candidate=failed))).message
    done = decide(open_(INTENDED, seen=seen(candidate=job("COMPLETED"), traceable=False, **live_now)))
    assert told in done.aside
    assert told not in done.message
    assert told not in decide(open_(INTENDED, seen=seen(candidate=job("COMPLETED"), **live_now))).aside


def test_before_12_what_clients_see_needs_no_restart() -> None:
    assert "restart" not in proved_at("11.5")


def test_a_setting_that_the_service_keeps_twice_is_told() -> None:
    both = live("new", capabilities="Query", jsonProperties={"capabilities": "Query,Sync"})
    leaf = Leaf(("capabilities",), LeafKind.SET, ["Query"])
    twin = Leaf(("jsonProperties", "capabilities"), LeafKind.JSON, "Query,Sync")

    def told(*leaves: Leaf) -> str:
        desired = replace(wanting("new"), leaves=leaves)
        return decide(case(desired=desired, seen=seen(document=both))).message

    assert "also keeps capabilities in jsonProperties, with another value. Declare settings.json" in told(
        leaf
    )
    assert "also keeps" not in told(leaf, twin)
    assert "also keeps" not in told(Leaf(("description",), LeafKind.TEXT, "new"))
    both["jsonProperties"]["capabilities"] = "Query"
    assert "also keeps" not in told(leaf)
