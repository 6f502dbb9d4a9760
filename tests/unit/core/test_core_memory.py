"""What is remembered of one service, and what follows from it."""

import math
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import pytest
from situations import case, job, live, proved, record, seen

from arcgis_operator.core.case import Hold, Policy
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Accepted, Applied, Failure, Kind
from arcgis_operator.core.job import Job
from arcgis_operator.core.memory import NOTHING, Memory, Rivals
from arcgis_operator.core.model import SiteRef
from arcgis_operator.core.record import Condition, Journal, Phase, Record
from arcgis_operator.core.said import Raw
from arcgis_operator.core.verdict import Reason

AT = "2026-11-27T14:00:00Z"
SITE, URL = SiteRef("gis", "prod"), "https://gis.example.com/arcgis"
SETTLE = 30.0
LOST = Failure(Kind.UNSURE, "no answer")


@dataclass
class Service:
    """A memory that is kept, and a clock that the test moves. Seconds that are not given have a default."""

    memory: Memory = NOTHING
    at: float = 1000.0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.memory, name)
        known = {"now": self.at, "settle_seconds": SETTLE, "job_seconds": 1800.0}
        given = {word: known[word] for word in known.keys() & signature(method).parameters.keys()}

        def call(*arguments: Any, **others: Any) -> Any:
            made = method(*arguments, **{**given, **others})
            if isinstance(made, Memory):
                self.memory = made
            return made

        return call


@dataclass(frozen=True)
class OldTerm:
    """Acquired long ago."""

    acquired_at: float = 0.0
    starts_settled: bool = True
    is_first: bool = False


@pytest.fixture
def roads() -> Service:
    """Of which nothing is remembered."""
    return Service()


def send(roads: Service, fact: Accepted | Failure, intent_id: str = "intent") -> None:
    """One request, and what became of it."""
    roads.sending(intent_id, AT, True, SITE, URL)
    roads.sent(intent_id, fact)


def intended(intent_id: str = "intent") -> Record:
    """A record with an open intent."""
    return Record(known=True, journal=Journal(Phase.INTENDED, id=intent_id))


def test_jobs_of_others_count_from_the_first_look_that_met_one(roads: Service) -> None:
    assert roads.busy_for() == 0.0
    for expected in (0.0, 60.0, 120.0):
        roads.met({"j9"}, "")
        assert roads.busy_for() == expected
        roads.at += 60.0
    roads.met(set(), "")
    assert roads.busy_for() == 0.0
    assert roads.ended_for(roads.at + 3.0) == 3.0


def test_a_job_that_was_seen_to_run_has_ended_when_it_is_not_seen_any_more(roads: Service) -> None:
    """Whether it was of others, or ours and somebody took away the status that named it."""
    roads.follow(Journal(Phase.RUNNING, id="mine", job_id=Raw("j1")))
    roads.met(set(), "j1")
    assert roads.ended_for(roads.at) == math.inf
    roads.follow(Journal())
    roads.met({"j1"}, "")
    assert roads.ended_for(roads.at) == math.inf
    roads.met(set(), "")
    assert roads.ended_for(roads.at + 3.0) == 3.0


def test_a_job_of_ours_that_nobody_saw_running_has_ended_as_well(roads: Service) -> None:
    roads.follow(Journal(Phase.RUNNING, id="mine", job_id=Raw("j1")))
    roads.follow(Journal())
    roads.met(set(), "")
    assert roads.ended_for(roads.at + 3.0) == 3.0


def test_an_operation_of_another_process_may_have_ended_just_now(roads: Service) -> None:
    for seconds in (0.0, 3.0):
        roads.at += seconds
        roads.meets(Journal(id="theirs"), ended_elsewhere=True)
        assert roads.ended_for(roads.at) == seconds
    streets = Service()
    streets.follow(Journal(id="mine"))
    streets.meets(Journal(id="mine"), ended_elsewhere=True)
    assert streets.ended_for(streets.at) == math.inf


def test_looks_in_vain_count_from_the_first_of_them_in_a_row(roads: Service) -> None:
    assert roads.vain_for() == 0.0
    for expected in (0.0, 60.0, 120.0):
        roads.looked(in_vain=True)
        assert roads.vain_for() == expected
        roads.at += 60
    roads.looked(in_vain=False)
    assert roads.vain_for() == 0.0
    roads.looked(in_vain=True)
    assert roads.vain_for() == 0.0


def test_every_record_waits_out_a_lost_answer_on_its_service(roads: Service) -> None:
    """Its own intent, that of another resource, or none at all."""
    send(roads, LOST)
    roads.at += 10
    for told in (intended(), Record(), Record(known=True)):
        assert roads.settle_in(told, OldTerm()) == 20
        assert Service().settle_in(Record(known=True), OldTerm()) == 0


def test_an_intent_that_this_process_did_not_store_waits_from_when_it_was_met(roads: Service) -> None:
    """Another leader may be sending it now, however old our own term is."""
    roads.follow(intended("theirs").journal)
    roads.at += 10
    assert roads.settle_in(intended("theirs"), OldTerm()) == 20
    send(roads, Accepted("j1", "SUBMITTED"))
    roads.follow(intended().journal)
    assert roads.settle_in(intended(), OldTerm()) <= 0


def test_a_lost_answer_may_be_a_job_that_only_the_record_of_its_intent_tells_of(roads: Service) -> None:
    """A status that was wiped or restored does not, nor that of another resource, however old the term."""
    send(roads, LOST)
    roads.unsent("next", "the intent could not be stored")
    roads.at += 100
    for told in (Record(), Record(known=True), Record(known=True, journal=Journal(id="before"))):
        assert roads.unseen_in(told, OldTerm()) == 1700
    assert roads.unseen_in(Record(known=True, journal=Journal(id="intent")), OldTerm()) <= 0
    rivers = Service(at=roads.at)
    rivers.merged(roads.memory)
    assert rivers.unseen_in(Record(known=True), OldTerm()) == 1700
    send(roads, Accepted("j1", "SUBMITTED"))
    assert roads.unseen_in(Record(known=True), OldTerm()) <= 0
    assert roads.unseen_in(Record(), OldTerm(acquired_at=roads.at)) == 1800


def test_an_intent_that_was_answered_is_settled(roads: Service) -> None:
    """Whatever the age of the term: the request has arrived."""
    running = Record(known=True, journal=Journal(Phase.RUNNING, id="theirs", job_id="j1"))
    roads.follow(running.journal)
    assert roads.settle_in(running, OldTerm(acquired_at=1000.0)) == 0


def test_who_takes_over_from_another_one_waits(roads: Service) -> None:
    """And who is back before that goes on at once."""
    rest, a, b = Record(known=True), "uid-a", "uid-b"
    wait = lambda: max(0.0, roads.settle_in(rest, OldTerm()))  # noqa: E731 - asked again and again
    roads.speaks(a, Rivals({b}), rest)
    assert wait() == 0, "nobody spoke before"
    roads.speaks(b, Rivals({a}), rest)
    assert roads.doubtful()
    roads.at += 10
    roads.speaks(b, Rivals({a}), rest)
    assert wait() == 20
    roads.speaks(a, Rivals({b}), rest)
    assert wait() == 0
    roads.speaks(b, Rivals({a}), rest)
    assert wait() == 30
    roads.at += 30
    roads.speaks(b, Rivals({a}), rest)
    assert wait() == 0
    assert not roads.doubtful()


def test_who_was_in_conflict_takes_over_slowly_after_a_restart_too(roads: Service) -> None:
    """The other one may not be known yet. An open operation is never taken over: it speaks."""
    in_conflict = Record(known=True, ready=Condition("False", "Conflict", "", 1))
    roads.speaks("uid-a", Rivals(), in_conflict)
    assert roads.settle_in(in_conflict, OldTerm()) == SETTLE
    roads.speaks("uid-b", Rivals(), replace(in_conflict, journal=intended().journal))
    assert not roads.doubtful()


def test_who_was_in_conflict_with_one_that_still_waited_takes_over_slowly(roads: Service) -> None:
    """It was the last to send something; but the site of the other one may be back in a moment."""
    rest, a, b = Record(known=True), "uid-a", "uid-b"
    in_conflict = replace(rest, ready=Condition("False", "Conflict", "", 1))
    roads.speaks(a, Rivals({b}), rest)
    roads.speaks(b, Rivals({a}), rest)
    roads.at += 10
    roads.speaks(a, Rivals({b}), in_conflict)
    assert roads.settle_in(rest, OldTerm()) == SETTLE
    roads.at += SETTLE - 1
    roads.speaks(a, Rivals({b}), rest)
    assert roads.settle_in(rest, OldTerm()) == 1, "its status tells of the conflict no more"
    roads.at += 1
    roads.speaks(a, Rivals({b}), rest)
    assert not roads.doubtful()


def test_who_says_a_conflict_itself_waits_for_nobody(roads: Service) -> None:
    """The settings of another resource are live, and nobody knows which was first: for ever otherwise."""
    in_conflict = Record(known=True, ready=Condition("False", "Conflict", "", 1))
    roads.speaks("uid-a", Rivals({"uid-b"}), Record(known=True))
    roads.speaks("uid-a", Rivals({"uid-b"}), in_conflict)
    assert not roads.doubtful()


def test_sends_are_counted_by_the_monotonic_clock(roads: Service) -> None:
    send(roads, Accepted("j1", "SUBMITTED"))
    roads.at += 100
    assert roads.sent_ago() == (100.0,)


def test_a_job_of_ours_is_lost_since_it_was_last_seen_to_run(roads: Service) -> None:
    """A word that nobody knows does not count as seen."""
    send(roads, Accepted("j1", "SUBMITTED"))
    roads.at += 1700
    roads.saw([Job("j1", "EXECUTING")])
    roads.at += 1700
    roads.saw([Job("j1", "MELTING"), Job("j2", "EXECUTING")])
    assert roads.lost_for() == 1700
    assert roads.may_run()
    roads.at += 101
    assert not roads.may_run()


def test_the_grace_of_a_late_read_ends_with_a_read_that_was_asked_for_after_it(roads: Service) -> None:
    """An answer that was long on its way shows what the service was when it was asked."""
    journal = Journal(Phase.RUNNING, id="mine", job_id="j1")
    roads.follow(journal)
    before = roads.at
    roads.at += 5
    roads.follow(journal, ended=True)
    asked_at = roads.at + 2
    roads.at += 60
    assert roads.ended_for(asked_at) == 2
    assert roads.ended_for(before) == 0


def test_what_was_applied_at_once_has_ended_with_its_answer(roads: Service) -> None:
    assert roads.ended_for(roads.at) == math.inf
    roads.sending("intent", AT, True, SITE, URL)
    roads.sent("intent", Applied())
    roads.follow(Journal(phase=Phase.IDLE, id="intent"))
    assert roads.ended_for(roads.at + 3.0) == 3.0


def test_the_end_of_an_operation_is_known_until_the_next_one(roads: Service) -> None:
    running = Journal(phase=Phase.RUNNING, id="first", job_id=Raw("j1"))
    roads.follow(running, ended=True)
    roads.at += 5.0
    roads.follow(running.closed())
    roads.ended()
    assert roads.ended_for(roads.at) == 5.0
    roads.follow(Journal(phase=Phase.INTENDED, id="second"))
    assert roads.ended_for(roads.at) == math.inf


def test_who_takes_the_word_has_verified_nothing_yet(roads: Service) -> None:
    roads.speaks("one", Rivals(), Record())
    roads.concluded(frozenset({"j1"}), verified=True)
    roads.speaks("one", Rivals(), Record())
    assert roads.memory.verified == {"j1"}
    roads.speaks("two", Rivals(), Record())
    assert roads.memory.verified is None


def test_of_two_memories_of_one_service_the_later_doubt_and_end_count_and_all_sends(roads: Service) -> None:
    other = Service(at=1005.0)
    send(roads, LOST)
    roads.ended()
    send(other, Accepted("j1", "SUBMITTED"), "other")
    other.ended()
    for first, second in ((roads.memory, other.memory), (other.memory, roads.memory)):
        merged = first.merged(second)
        assert (len(merged.sends), merged.open_job, set(merged.facts)) == (2, "j1", {"intent", "other"})
        assert (merged.unsure_at, merged.unsure_id, merged.ended_at) == (1000.0, "intent", 1005.0)


def test_what_was_verified_by_one_says_nothing_of_what_another_one_is_merged_with(roads: Service) -> None:
    roads.concluded(frozenset({"j1"}), verified=True)
    assert roads.memory.merged(roads.memory).verified is None


def test_what_is_left_are_sends_and_ends(roads: Service) -> None:
    send(roads, Accepted("j1", "SUBMITTED"))
    roads.ended()
    left = roads.memory.left()
    assert (left.sends, left.ended_at, left.open_job) == (roads.memory.sends, 1000.0, "")


def test_where_nothing_is_new_the_memory_is_the_same_object(roads: Service) -> None:
    """Of thousands of services at rest nothing is made anew at each look."""
    roads.follow(Journal(id="past"))
    roads.speaks("uid", Rivals(), Record(known=True))
    before = roads.memory
    roads.meets(Journal(id="past"), ended_elsewhere=False)
    roads.speaks("uid", Rivals(), Record(known=True))
    roads.looked(False)
    roads.explain(frozenset())
    assert roads.memory is before
    listed = frozenset({"j1"})
    before = roads.concluded(listed, verified=True)
    assert roads.concluded(listed, verified=True) is before


def test_what_another_record_told_of_is_inherited_and_what_this_one_told_of_before(roads: Service) -> None:
    """Sends count for the service, also when the status that told of them is gone, or another one's."""
    told = (("a1", ("t1", "t2")), ("b1", ()), ("a1", ("t1", "t3")), ("", ()))
    for intent_id, sends in told:
        roads.meets(Journal(id=intent_id), ended_elsewhere=False, recent=sends)
    assert roads.stamps() == ("t1", "t2", "t3")
    assert roads.memory.left().stamps() == ("t1", "t2", "t3")
    rivers = Service()
    rivers.merged(roads.memory)
    assert rivers.stamps() == ("t1", "t2", "t3")


def test_a_request_that_was_not_taken_is_not_inherited(roads: Service) -> None:
    """Its record, which tells of it no more, is still that of the same intent."""
    roads.meets(Journal(id="mine"), ended_elsewhere=False, recent=("t1", "t2"))
    roads.meets(Journal(id="mine"), ended_elsewhere=False, recent=("t1",))
    roads.meets(Journal(id="next"), ended_elsewhere=False, recent=("t1",))
    assert roads.stamps() == ("t1",)


def test_who_is_the_first_to_speak_takes_over_slowly_from_one_that_intended_something_later(
    roads: Service,
) -> None:
    """Its own status need not say Conflict any more: the process before may have ended in between."""
    mine = Record(known=True, journal=Journal(id="i1", intent_time="2026-12-01T06:00:00Z"))
    streets, rivals = Service(), Rivals(frozenset({"b"}), "2026-12-01T06:30:00Z")
    roads.speaks("a", rivals, mine)
    assert roads.settle_in(mine, OldTerm()) == SETTLE
    later = replace(mine, journal=replace(mine.journal, intent_time="2026-12-01T07:00:00Z"))
    streets.speaks("a", rivals, later)
    assert streets.settle_in(later, OldTerm()) == 0
    streets.speaks("b", Rivals(), later)
    assert not streets.doubtful(), "nobody else is there"


def test_while_an_operation_is_open_its_own_end_is_to_come(roads: Service) -> None:
    other = Service(at=900.0)
    other.ended()
    running = Journal(Phase.RUNNING, id="mine", job_id=Raw("j1"))
    roads.follow(running)
    roads.memory = replace(roads.memory, declared=())
    roads.merged(other.memory)
    assert (roads.memory.ended_at, roads.memory.declared) == (None, ())
    roads.follow(running, ended=True)
    assert roads.ended_for(roads.at + 1) == 1.0
    assert Service().merged(Memory(declared=())).declared is None, "what has not ended says nothing of others"


def test_what_may_be_under_way_is_waited_for(roads: Service) -> None:
    """A resource without status waits out the begin of a term that does not start settled."""
    term, policy = OldTerm(acquired_at=990.0, starts_settled=False), Policy(settle_seconds=30)
    waits = roads.waits(Record(), term, policy, jobless=False)
    assert (waits.settle_in, waits.unseen_in) == (20.0, 1790.0)
    assert (waits.presumed, waits.overdue) == (True, False)
    roads.follow(Journal(Phase.RUNNING, id="mine", job_id=Raw("j1")))
    roads.at += 1801
    waits = roads.waits(Record(known=True), term, policy, jobless=False)
    assert (waits.presumed, waits.overdue) == (False, True)


def test_a_look_tells_that_our_job_runs_or_has_ended_and_whose_else_do(roads: Service) -> None:
    running = Journal(Phase.RUNNING, id="mine", job_id=Raw("j1"))
    roads.follow(running)
    roads.at += 100
    roads.after_look(seen(ours=job("EXECUTING"), others=(job("EXECUTING", "j9"),)), running)
    assert (roads.lost_for(), roads.memory.busy_since) == (0.0, 1100.0)
    assert roads.memory.ended_at is None
    roads.at += 5
    roads.after_look(seen(ours=job("COMPLETED"), listed_ids=None), running)
    assert roads.ended_for(roads.at) == 0.0
    assert roads.memory.busy_since == 1100.0, "no list was read"


def test_once_an_intent_is_stored_it_is_followed_and_what_it_declares_is_known(roads: Service) -> None:
    begins = case()
    verdict = decide(begins)
    roads.after_turn(begins, verdict)
    assert (roads.memory.open_id, roads.memory.open_since) == ("intent-2", 1000.0)
    assert (roads.memory.explained, roads.memory.verified) == (frozenset(), None)
    assert [leaf.value for leaf in roads.memory.declared or ()] == ["new"]


def test_once_it_is_found_live_nothing_is_followed_and_the_jobs_are_explained(roads: Service) -> None:
    roads.follow(record(Phase.RUNNING).journal)
    ends = case(
        record=record(Phase.RUNNING),
        seen=seen(ours=job("COMPLETED"), document=live("new"), listed_ids=frozenset({"j1"})),
    )
    verdict = decide(ends)
    assert verdict.reason is Reason.CONVERGED
    roads.after_turn(ends, verdict)
    assert (roads.memory.open_job, roads.memory.open_since) == ("", None)
    assert roads.memory.verified == roads.memory.explained == {"j1"}
    assert roads.ended_for(roads.at) == 0.0


def test_a_look_in_vain_explains_nothing(roads: Service) -> None:
    away = case(record=proved(), seen=None, trouble=Hold(Reason.SITE_UNREACHABLE, "away"))
    roads.after_turn(away, decide(away))
    assert roads.memory.explained is None


def test_a_job_that_is_given_up_is_not_followed(roads: Service) -> None:
    roads.follow(Journal(Phase.RUNNING, id="mine", job_id=Raw("j1")))
    roads.given_up()
    assert roads.lost_for() == 0.0


def test_a_record_takes_over_sends_that_others_tell_of_up_to_twelve() -> None:
    mine = Journal(sends=("t02", "t03"))
    assert mine.with_sends(("t02",)) is mine
    more = [f"t{number:02}" for number in range(14)]
    assert mine.with_sends(more).sends == tuple(more[-12:])


LOST = Failure(Kind.UNSURE, "reset")
JOBLESS = 690.0


def lose(roads: Service, intent_id: str = "intent") -> None:
    """A change that has no job leaves, and two minutes later its answer is given up."""
    roads.sending(intent_id, AT, False, SITE, URL)
    roads.at += 120
    roads.sent(intent_id, LOST)


def hidden(roads: Service, record: Record, jobless: bool = True, **term: Any) -> float:
    return float(roads.hidden_in(record, OldTerm(**term), JOBLESS, jobless))


def moving(phase: Phase = Phase.INTENDED, intent_id: str = "intent") -> Record:
    return Record(known=True, journal=Journal(phase, id=intent_id, operation="changeProvider"))


def test_what_has_no_job_may_be_at_work_from_when_its_answer_was_given_up(roads: Service) -> None:
    roads.follow(moving().journal)
    lose(roads)
    assert hidden(roads, moving()) == 690.0
    roads.at += 600
    assert hidden(roads, moving()) == 90.0
    assert hidden(roads, Record()) == 90.0, "whatever became of its record"
    assert hidden(roads, moving(Phase.IDLE, "another")) == 90.0
    roads.at += 90
    assert hidden(roads, moving()) == 0.0


def test_an_intent_of_another_process_is_timed_from_when_it_was_met(roads: Service) -> None:
    assert hidden(roads, moving()) == 690.0
    roads.follow(moving().journal)
    roads.at += 100
    assert hidden(roads, moving()) == 590.0


def test_who_has_no_status_and_declares_what_has_no_job_waits_in_every_term_but_the_first(
    roads: Service,
) -> None:
    assert hidden(roads, Record(), acquired_at=990.0) == 680.0
    assert hidden(roads, Record(), acquired_at=990.0, is_first=True) == 0.0
    assert hidden(roads, Record(), jobless=False, acquired_at=990.0) == 0.0
    assert hidden(roads, Record(known=True), acquired_at=990.0) == 0.0


def test_what_a_person_gave_up_is_not_waited_for(roads: Service) -> None:
    lose(roads)
    assert hidden(roads, moving(Phase.IDLE)) == 0.0


def test_an_answer_ends_the_doubt_and_so_does_what_is_sent_next(roads: Service) -> None:
    lose(roads)
    roads.sent("intent", Applied())
    assert hidden(roads, Record()) <= 0.0
    lose(roads)
    roads.sending("edit", AT, True, SITE, URL)
    roads.sent("edit", LOST)
    assert hidden(roads, Record(known=True)) == 0.0


def test_a_joined_service_keeps_the_doubt_that_no_list_tells_of(roads: Service) -> None:
    lose(roads)
    streets = Service()
    streets.at = roads.at + 50
    streets.sending("edit", AT, True, SITE, URL)
    streets.sent("edit", LOST)
    for one, other in ((roads.memory, streets.memory), (streets.memory, roads.memory)):
        joined = Service()
        joined.memory, joined.at = one.merged(other), streets.at
        assert hidden(joined, Record(known=True)) == 640.0
        assert joined.memory.unsure_at == streets.at


def test_a_slot_is_held_while_what_has_no_job_may_be_at_work(roads: Service) -> None:
    policy = Policy()
    roads.follow(moving().journal)
    lose(roads)
    assert roads.occupies(replace(moving().journal, site_url=URL), URL, policy)
    assert roads.occupies(Journal(), URL, policy), "its record is gone"
    assert not roads.occupies(Journal(), "https://another.example.com/arcgis", policy)
    assert not roads.occupies(moving(Phase.IDLE).journal, URL, policy), "a person gave it up"
    roads.at += policy.jobless_seconds
    assert not roads.occupies(replace(moving().journal, site_url=URL), URL, policy)
