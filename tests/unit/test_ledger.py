"""What is remembered of the sends to services that nobody speaks for any more."""

import math
from dataclasses import dataclass, replace

import pytest

from arcgis_operator.core.failures import Accepted, Applied, Failure, Kind
from arcgis_operator.core.job import Job
from arcgis_operator.core.model import SiteRef
from arcgis_operator.core.record import Condition, Journal, Phase, Record
from arcgis_operator.core.said import Raw
from arcgis_operator.core.wake import RESYNC, After
from arcgis_operator.reconcilers.ledger import Ledger

SETTLE = 30.0
AT = "2026-11-27T14:00:00Z"
SITE, URL = SiteRef("gis", "prod"), "https://gis.example.com/arcgis"
Clock = list[float]


@pytest.fixture
def clock() -> Clock:
    """Moved by the test."""
    return [1000.0]


@pytest.fixture
def ledger(clock: Clock) -> Ledger:
    """By the test's clock."""
    return Ledger(lambda: clock[0], SETTLE, 1800.0)


def send(ledger: Ledger, key: str, fact: Accepted | Failure) -> None:
    """One request, and what became of it."""
    ledger.sending(key, "intent", AT, SITE, URL)
    ledger.sent(key, "intent", fact)


def test_jobs_of_others_count_from_the_first_look_that_met_one(ledger: Ledger, clock: Clock) -> None:
    assert ledger.busy_for("roads") == 0.0
    for expected in (0.0, 60.0, 120.0):
        ledger.met("roads", {"j9"}, "")
        assert ledger.busy_for("roads") == expected
        clock[0] += 60.0
    ledger.met("roads", set(), "")
    assert ledger.busy_for("roads") == 0.0
    assert ledger.ended_for("roads", clock[0] + 3.0) == 3.0


def test_a_job_that_was_seen_to_run_has_ended_when_it_is_not_seen_any_more(
    ledger: Ledger, clock: Clock
) -> None:
    """Whether it was of others, or ours and somebody took away the status that named it."""
    ledger.follow("roads", Journal(Phase.RUNNING, id="mine", job_id=Raw("j1")), ended=False)
    ledger.met("roads", set(), "j1")
    assert ledger.ended_for("roads", clock[0]) == math.inf
    ledger.follow("roads", Journal(), ended=False)
    ledger.met("roads", {"j1"}, "")
    assert ledger.ended_for("roads", clock[0]) == math.inf
    ledger.met("roads", set(), "")
    assert ledger.ended_for("roads", clock[0] + 3.0) == 3.0


def test_a_job_of_ours_that_nobody_saw_running_has_ended_as_well(ledger: Ledger, clock: Clock) -> None:
    ledger.follow("roads", Journal(Phase.RUNNING, id="mine", job_id=Raw("j1")), ended=False)
    ledger.follow("roads", Journal(), ended=False)
    ledger.met("roads", set(), "")
    assert ledger.ended_for("roads", clock[0] + 3.0) == 3.0


def test_an_operation_of_another_process_may_have_ended_just_now(ledger: Ledger, clock: Clock) -> None:
    for seconds in (0.0, 3.0):
        clock[0] += seconds
        ledger.ended_elsewhere("roads", "theirs")
        ledger.follow("roads", Journal(id="theirs"), ended=False)
        assert ledger.ended_for("roads", clock[0]) == seconds
    ledger.follow("streets", Journal(id="mine"), ended=False)
    ledger.ended_elsewhere("streets", "mine")
    assert ledger.ended_for("streets", clock[0]) == math.inf


def test_the_end_of_an_operation_outlives_those_who_speak_for_the_service(
    ledger: Ledger, clock: Clock
) -> None:
    send(ledger, "roads", Accepted("j1", "SUBMITTED"))
    ledger.ended("roads")
    ledger.leave("roads")
    clock[0] += 3.0
    assert ledger.ended_for("roads", clock[0]) == 3.0


def test_looks_in_vain_count_from_the_first_of_them_in_a_row(ledger: Ledger, clock: Clock) -> None:
    assert ledger.vain_for("roads") == 0.0
    for expected in (0.0, 60.0, 120.0):
        ledger.looked("roads", in_vain=True)
        assert ledger.vain_for("roads") == expected
        clock[0] += 60
    ledger.looked("roads", in_vain=False)
    assert ledger.vain_for("roads") == 0.0
    ledger.looked("roads", in_vain=True)
    assert ledger.vain_for("roads") == 0.0


def test_sends_count_for_an_hour_after_a_resource_has_gone(ledger: Ledger, clock: Clock) -> None:
    """Deleting and creating it again does not double the edits of an hour."""
    send(ledger, "roads", Accepted("job", "SUBMITTED"))
    assert ledger.leave("roads") is RESYNC
    clock[0] += 3599
    ledger.leave("others")
    assert [send.stamp for send in ledger["roads"].sends] == [AT]
    assert not ledger["roads"].open_job


def test_after_an_hour_nothing_is_left(ledger: Ledger, clock: Clock) -> None:
    """Whoever leaves later sweeps out."""
    send(ledger, "roads", Accepted("job", "SUBMITTED"))
    ledger.leave("roads")
    clock[0] += 3601
    ledger.leave("others")
    assert ledger["roads"].sends == ()


def test_a_request_without_answer_is_remembered_until_its_job_can_no_longer_run(
    ledger: Ledger, clock: Clock
) -> None:
    """A resource that comes meanwhile has to wait for it where the site lists no jobs."""
    send(ledger, "roads", Failure(Kind.UNSURE, "reset"))
    clock[0] += 10
    assert ledger.leave("roads") == After(1790)
    assert ledger["roads"].unsure_at == 1000.0
    assert ledger.unseen_in("roads", Record(), OldTerm()) == 1790
    clock[0] += 1790
    assert ledger.leave("roads") is RESYNC
    assert ledger["roads"].unsure_at is None


def test_a_service_is_remembered_until_it_is_left(ledger: Ledger) -> None:
    send(ledger, "roads", Accepted("job", "SUBMITTED"))
    assert ledger.remembered() == {"roads"}
    ledger.leave("roads")
    assert ledger.remembered() == set()


LOST = Failure(Kind.UNSURE, "no answer")


@dataclass(frozen=True)
class OldTerm:
    """Acquired long ago."""

    acquired_at: float = 0.0
    starts_settled: bool = True

    def check(self) -> str | None:
        return None


def intended(intent_id: str = "intent") -> Record:
    """A record with an open intent."""
    return Record(known=True, journal=Journal(Phase.INTENDED, id=intent_id))


def test_every_record_waits_out_a_lost_answer_on_its_service(ledger: Ledger, clock: Clock) -> None:
    """Its own intent, that of another resource, or none at all."""
    send(ledger, "roads", LOST)
    clock[0] += 10
    for record in (intended(), Record(), Record(known=True)):
        assert ledger.settle_in("roads", record, OldTerm()) == 20
        assert ledger.settle_in("rivers", Record(known=True), OldTerm()) == 0


def test_an_intent_that_this_process_did_not_store_waits_from_when_it_was_met(
    ledger: Ledger, clock: Clock
) -> None:
    """Another leader may be sending it now, however old our own term is."""
    ledger.follow("roads", intended("theirs").journal, ended=False)
    clock[0] += 10
    assert ledger.settle_in("roads", intended("theirs"), OldTerm()) == 20
    send(ledger, "roads", Accepted("j1", "SUBMITTED"))
    ledger.follow("roads", intended().journal, ended=False)
    assert ledger.settle_in("roads", intended(), OldTerm()) <= 0


def test_a_lost_answer_may_be_a_job_that_only_the_record_of_its_intent_tells_of(
    ledger: Ledger, clock: Clock
) -> None:
    """A status that was wiped or restored does not, nor that of another resource, however old the term."""
    send(ledger, "roads", LOST)
    ledger.unsent("roads", "next", "the intent could not be stored")
    clock[0] += 100
    for record in (Record(), Record(known=True), Record(known=True, journal=Journal(id="before"))):
        assert ledger.unseen_in("roads", record, OldTerm()) == 1700
    assert ledger.unseen_in("roads", Record(known=True, journal=Journal(id="intent")), OldTerm()) <= 0
    ledger.share("roads", "rivers")
    assert ledger.unseen_in("rivers", Record(known=True), OldTerm()) == 1700
    send(ledger, "roads", Accepted("j1", "SUBMITTED"))
    assert ledger.unseen_in("roads", Record(known=True), OldTerm()) <= 0
    assert ledger.unseen_in("roads", Record(), OldTerm(acquired_at=clock[0])) == 1800


def test_an_intent_that_was_answered_is_settled(ledger: Ledger) -> None:
    """Whatever the age of the term: the request has arrived."""
    running = Record(known=True, journal=Journal(Phase.RUNNING, id="theirs", job_id="j1"))
    ledger.follow("roads", running.journal, ended=False)
    assert ledger.settle_in("roads", running, OldTerm(acquired_at=1000.0)) == 0


def test_who_takes_over_from_another_one_waits(ledger: Ledger, clock: Clock) -> None:
    """And who is back before that goes on at once."""
    rest, a, b = Record(known=True), "uid-a", "uid-b"
    wait = lambda: max(0.0, ledger.settle_in("roads", rest, OldTerm()))  # noqa: E731 - asked again and again
    ledger.speaks("roads", a, {b}, rest)
    assert wait() == 0, "nobody spoke before"
    ledger.speaks("roads", b, {a}, rest)
    assert ledger.doubtful("roads")
    clock[0] += 10
    ledger.speaks("roads", b, {a}, rest)
    assert wait() == 20
    ledger.speaks("roads", a, {b}, rest)
    assert wait() == 0
    ledger.speaks("roads", b, {a}, rest)
    assert wait() == 30
    clock[0] += 30
    ledger.speaks("roads", b, {a}, rest)
    assert wait() == 0
    assert not ledger.doubtful("roads")


def test_who_was_in_conflict_takes_over_slowly_after_a_restart_too(ledger: Ledger) -> None:
    """The other one may not be known yet. An open operation is never taken over: it speaks."""
    in_conflict = Record(known=True, ready=Condition("False", "Conflict", "", 1))
    ledger.speaks("roads", "uid-a", set(), in_conflict)
    assert ledger.settle_in("roads", in_conflict, OldTerm()) == SETTLE
    ledger.speaks("roads", "uid-b", set(), replace(in_conflict, journal=intended().journal))
    assert not ledger.doubtful("roads")


def test_what_is_remembered_goes_along_when_two_keys_turn_out_to_be_one(ledger: Ledger, clock: Clock) -> None:
    """The later of the doubts, all sends, and the job that is followed."""
    send(ledger, "first", LOST)
    clock[0] += 5
    ledger.sending("second", "other", AT, SITE, URL)
    ledger.sent("second", "other", Accepted("j1", "SUBMITTED"))
    ledger.share("second", "first")
    ledger.share("never heard of", "first")
    merged = ledger["first"]
    assert (len(merged.sends), merged.open_job, set(merged.facts)) == (2, "j1", {"intent", "other"})
    assert ledger.settle_in("first", Record(known=True), OldTerm()) == 25
    ledger.share("first", "second")
    assert ledger.settle_in("second", Record(known=True), OldTerm()) == 25
    assert len(ledger["second"].sends) == 2


def test_sends_are_counted_by_the_monotonic_clock(ledger: Ledger, clock: Clock) -> None:
    send(ledger, "roads", Accepted("j1", "SUBMITTED"))
    clock[0] += 100
    assert ledger.sent_ago("roads") == (100.0,)


def test_a_job_of_ours_is_lost_since_it_was_last_seen_to_run(ledger: Ledger, clock: Clock) -> None:
    """A word that nobody knows does not count as seen."""
    send(ledger, "roads", Accepted("j1", "SUBMITTED"))
    clock[0] += 1700
    ledger.saw("roads", [Job("j1", "EXECUTING")])
    clock[0] += 1700
    ledger.saw("roads", [Job("j1", "MELTING"), Job("j2", "EXECUTING")])
    assert ledger.lost_for("roads") == 1700
    assert ledger.may_run("roads")
    clock[0] += 101
    assert not ledger.may_run("roads")


def test_the_grace_of_a_late_read_ends_with_a_read_that_was_asked_for_after_it(
    ledger: Ledger, clock: Clock
) -> None:
    """An answer that was long on its way shows what the service was when it was asked."""
    journal = Journal(Phase.RUNNING, id="mine", job_id="j1")
    ledger.follow("roads", journal, ended=False)
    before = clock[0]
    clock[0] += 5
    ledger.follow("roads", journal, ended=True)
    asked_at = clock[0] + 2
    clock[0] += 60
    assert ledger.ended_for("roads", asked_at) == 2
    assert ledger.ended_for("roads", before) == 0


def test_what_was_applied_at_once_has_ended_with_its_answer(ledger: Ledger, clock: Clock) -> None:
    assert ledger.ended_for("roads", clock[0]) == math.inf
    ledger.sending("roads", "intent", AT, SITE, URL)
    ledger.sent("roads", "intent", Applied())
    ledger.follow("roads", Journal(phase=Phase.IDLE, id="intent"), ended=False)
    assert ledger.ended_for("roads", clock[0] + 3.0) == 3.0


def test_the_end_of_an_operation_is_known_until_the_next_one(ledger: Ledger, clock: Clock) -> None:
    running = Journal(phase=Phase.RUNNING, id="first", job_id=Raw("j1"))
    ledger.follow("roads", running, ended=True)
    clock[0] += 5.0
    ledger.follow("roads", running.closed(), ended=False)
    ledger.ended("roads")
    assert ledger.ended_for("roads", clock[0]) == 5.0
    ledger.follow("roads", Journal(phase=Phase.INTENDED, id="second"), ended=False)
    assert ledger.ended_for("roads", clock[0]) == math.inf


def test_two_names_of_a_service_remember_the_later_end(ledger: Ledger, clock: Clock) -> None:
    ledger.ended("roads")
    clock[0] += 5.0
    ledger.ended("streets")
    ledger.share("streets", "roads")
    assert ledger.ended_for("roads", clock[0]) == 0.0


def test_who_takes_the_word_has_verified_nothing_yet(ledger: Ledger) -> None:
    ledger.speaks("roads", "one", set(), Record())
    ledger.verified("roads", frozenset({"j1"}))
    ledger.speaks("roads", "one", set(), Record())
    assert ledger["roads"].verified == {"j1"}
    ledger.speaks("roads", "two", set(), Record())
    assert ledger["roads"].verified is None


def test_what_was_verified_under_one_key_says_nothing_under_another(ledger: Ledger) -> None:
    for key in ("roads", "Roads"):
        ledger.verified(key, frozenset({"j1"}))
    ledger.share("roads", "Roads")
    assert ledger["Roads"].verified is None
