"""Every cell of the table can be reached, and nothing leads outside it; laws that hold for any case."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from situations import NOW, POLICY, URL, case, digest, job, journal, live, proved, record, wanting
from test_core_decide import SITUATIONS
from test_core_settle import FACTS

from arcgis_operator.core import plan
from arcgis_operator.core.case import Case, Hold, Seen
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.jobs import MACHINE
from arcgis_operator.core.jsondoc import loads, merge_patch
from arcgis_operator.core.look import look
from arcgis_operator.core.record import Phase, Record, stamp
from arcgis_operator.core.settle import settle, signal_of
from arcgis_operator.core.status import parse, render
from arcgis_operator.core.verdict import Progress, Reason

LAW = settings(derandomize=True, deadline=None, max_examples=400)
WORDS = st.sampled_from(["SUBMITTED", "EXECUTING", "COMPLETED", "FAILED", "CANCELLED", "UNAVAILABLE", "?"])
FAILURES = st.builds(Failure, st.sampled_from(Kind), st.just("it said no"))
JOBS = st.builds(lambda word, error: job(word, error=error), WORDS, st.sampled_from(["", "", "broken"]))
OTHERS = st.lists(st.builds(lambda word: job(word, job_id="j9", username="anna"), WORDS), max_size=1)
DOCUMENTS = st.sampled_from(
    [live("new"), live("old"), live("newer"), live("old", id="s2"), live(properties=[])]
)
TIMES = st.sampled_from(["", stamp(NOW - timedelta(minutes=5)), stamp(NOW + timedelta(minutes=5))])
SECONDS = st.sampled_from([0.0, 5.0, 60.0, 5000.0])
JOURNALS = st.builds(
    lambda phase, **changed: journal(phase, **changed),
    st.sampled_from(Phase),
    digest=st.sampled_from(["", digest(), digest(wanting("newer"))]),
    site_url=st.sampled_from([URL, URL, "https://other.example.com/arcgis"]),
    attempt=st.integers(0, 4),
    ended=st.integers(0, 3),
    failure=st.sampled_from(["", "JobFailed: it broke", "EditNotSticking: no", "Submitting: no trace"]),
    retry_time=TIMES,
    answer=st.sampled_from(["", "500 no"]),
    sends=st.integers(0, 12).map(lambda n: tuple(stamp(NOW - timedelta(minutes=i + 1)) for i in range(n))),
)
RECORDS = st.just(Record()) | st.builds(
    lambda shown, base, handled: replace(base, journal=shown, handled=handled),
    JOURNALS,
    st.sampled_from([record(), record(ready="True"), proved(), record(Phase.RUNNING)]),
    st.sampled_from(["", "once"]),
)
SEEN = st.builds(
    Seen,
    document=DOCUMENTS | FAILURES | st.none(),
    ours=JOBS | FAILURES | st.none(),
    others=OTHERS.map(lambda jobs: tuple(one for one in jobs if not one.ended)),
    jobs_failure=st.none() | st.none() | FAILURES,
    listed=st.sampled_from([True, True, False]),
    candidate=st.none() | JOBS,
    traceable=st.booleans(),
    settle_in=st.sampled_from([0.0, 0.0, 40.0]),
    unseen_in=st.sampled_from([0.0, 0.0, 600.0]),
)
CASES = st.builds(
    case,
    desired=st.sampled_from([wanting(), wanting("newer"), None]),
    generation=st.integers(1, 2),
    record=RECORDS,
    seen=st.none() | SEEN | SEEN | SEEN,
    unlooked=st.sampled_from([(), (), (), (Hold(Reason.SUSPENDED, "suspended"),)]),
    unsent=st.sampled_from([(), (), (Hold(Reason.QUEUED, "full"),)]),
    requested=st.sampled_from(["", "once", "twice"]),
    abandon=st.sampled_from(["", "intent-1"]),
    open_for=SECONDS,
    lost_for=SECONDS,
    ended_for=SECONDS,
    vain_for=SECONDS,
)


@pytest.mark.parametrize("cell", MACHINE, ids=lambda cell: "-".join(cell))
def test_every_cell_is_reached(cell: tuple[Phase, Any]) -> None:
    looked = {(one.record.journal.phase, look(one).signal) for one, _ in SITUATIONS.values()}
    folded = {(Phase.INTENDED, signal_of(fact)) for fact, _, _ in FACTS.values()}
    assert cell in looked | folded


@LAW
@given(CASES)
def test_no_case_leads_outside_the_table(given_case: Case) -> None:
    assert (given_case.record.journal.phase, look(given_case).signal) in MACHINE
    decide(given_case)


@LAW
@given(CASES)
def test_nothing_is_sent_but_a_difference_nobody_else_is_working_on(given_case: Case) -> None:
    verdict = decide(given_case)
    if verdict.effect is None:
        return
    found = given_case.seen
    assert found is not None
    assert isinstance(found.document, dict)
    assert found.others == ()
    assert found.jobs_failure is None
    assert found.settle_in <= 0
    assert found.unseen_in <= 0 or given_case.record.journal.open
    assert not given_case.unlooked
    assert not given_case.unsent
    assert given_case.desired is not None
    assert not given_case.matches
    sent = loads(verdict.effect.form["service"])
    assert plan.differing(given_case.desired.leaves, sent) == ()
    assert sent.keys() >= found.document.keys()
    assert verdict.record.journal.id == verdict.effect.intent_id == given_case.fresh_id
    assert verdict.record.journal.generation == given_case.generation
    assert len(verdict.record.journal.sends) <= POLICY.edits_per_hour


@LAW
@given(CASES)
def test_ready_is_said_only_after_a_match_with_no_job_running(given_case: Case) -> None:
    verdict = decide(given_case)
    if verdict.reason is not Reason.CONVERGED:
        return
    found = given_case.seen
    assert found is not None
    assert given_case.matches
    assert found.others == ()
    before = given_case.record
    if before.journal.phase is Phase.INTENDED and found.settle_in > 0:
        assert verdict.record.journal == before.journal
        assert found.traceable
        assert found.candidate
        assert found.candidate.ended
    else:
        assert found.settle_in <= 0 or before.known
    if given_case.record.journal.phase is Phase.RUNNING:
        assert getattr(found.ours, "ended", True)


@LAW
@given(CASES)
def test_an_open_journal_closes_only_when_its_end_was_seen(given_case: Case) -> None:
    before, after = given_case.record.journal, decide(given_case).record.journal
    if not before.open or (after.open and after.id == before.id):
        return
    found = given_case.seen
    assert found is not None
    assert before.site_url == given_case.site_url or given_case.abandon == before.id
    if before.phase is Phase.INTENDED:
        assert found.settle_in <= 0
        assert found.others == () or given_case.abandon == before.id


@LAW
@given(CASES)
def test_a_wait_makes_nothing_known(given_case: Case) -> None:
    verdict = decide(given_case)
    if not given_case.record.known and verdict.record.known:
        assert verdict.reason in (Reason.CONVERGED, Reason.SUBMITTING)


@LAW
@given(CASES)
def test_the_same_look_again_and_again_writes_nothing(given_case: Case) -> None:
    body: dict[str, Any] = {"metadata": {"generation": given_case.generation}, "status": {}}
    if given_case.record.known:
        body["status"] = render(body, replace(decide(given_case), record=given_case.record), NOW)
    patches = []
    for number in range(4):
        verdict = decide(replace(given_case, record=parse(body)))
        if verdict.effect:
            return
        status = render(body, verdict, NOW + timedelta(milliseconds=number))
        patches.append(merge_patch(body["status"], status))
        body["status"] = status
    assert patches[2:] == [{}, {}]


@LAW
@given(CASES)
def test_a_conclusion_says_something_and_looks_again(given_case: Case) -> None:
    verdict = decide(given_case)
    assert verdict.message
    if verdict.progress is Progress.NONE:
        assert verdict.reason in (Reason.CONVERGED, Reason.SUSPENDED)


@pytest.mark.parametrize("fact", [fact for fact, _, _ in FACTS.values()], ids=FACTS)
def test_an_answer_is_folded_into_whatever_the_intent_carries(fact: Any) -> None:
    for ended in range(4):
        settle(
            record(Phase.INTENDED, journal=journal(Phase.INTENDED, ended=ended, attempt=ended)),
            fact,
            NOW,
            POLICY,
        )
