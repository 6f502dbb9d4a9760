"""What becomes of an intent when its request came back."""

from dataclasses import replace

import pytest
from situations import NOW, POLICY, case, job, journal, live, record, seen

from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Accepted, Applied, Fact, Failure, Kind
from arcgis_operator.core.jsondoc import merge_patch
from arcgis_operator.core.record import Phase
from arcgis_operator.core.settle import AWAY_CODES, settle
from arcgis_operator.core.status import parse, render
from arcgis_operator.core.verdict import Progress, Reason, Verdict
from arcgis_operator.core.wake import BACKOFF, After

FIRST = record(Phase.INTENDED)
R, K = Reason, Kind
FACTS: dict[str, tuple[Fact, Reason, Phase]] = {
    "the site named a job": (Accepted("j7", "SUBMITTED"), R.JOB_RUNNING, Phase.RUNNING),
    "the site applied it at once": (Applied(), R.VERIFYING, Phase.IDLE),
    "it never left": (Failure(K.NOT_SENT, "no connection"), R.SITE_UNREACHABLE, Phase.IDLE),
    "we kept it back": (Failure(K.WITHHELD, "lease lost"), R.VERIFYING, Phase.IDLE),
    "there were no credentials": (Failure(K.NO_CREDENTIALS, "no key"), R.CREDENTIALS_UNREADABLE, Phase.IDLE),
    "the credentials were rejected": (Failure(K.UNAUTHORISED, "no"), R.CREDENTIALS_REJECTED, Phase.IDLE),
    "the service was locked": (Failure(K.BUSY, "try again later"), R.SERVICE_BUSY, Phase.IDLE),
    "the site was read-only": (Failure(K.BUSY, "upgrade", read_only=True), R.SITE_READ_ONLY, Phase.IDLE),
    "the edit was refused": (Failure(K.REFUSED, "400 bad"), R.EDIT_REFUSED, Phase.IDLE),
    "the service was gone": (Failure(K.MISSING, "404"), R.EDIT_REFUSED, Phase.IDLE),
    "the answer was lost": (Failure(K.UNSURE, "time-out"), R.LOOKING_FOR_JOB, Phase.INTENDED),
    "the answer made no sense": (Failure(K.GARBLED, "HTML"), R.LOOKING_FOR_JOB, Phase.INTENDED),
}
UNCOUNTED = [K.NOT_SENT, K.WITHHELD, K.NO_CREDENTIALS, K.UNAUTHORISED, K.BUSY]


def settled(fact: Fact) -> Verdict:
    return settle(FIRST, fact, NOW, POLICY)


@pytest.mark.parametrize(("fact", "reason", "phase"), FACTS.values(), ids=FACTS)
def test_an_intent_becomes(fact: Fact, reason: Reason, phase: Phase) -> None:
    verdict = settled(fact)
    assert (verdict.reason, verdict.record.journal.phase) == (reason, phase)
    assert verdict.effect is None
    assert verdict.record.journal.id == FIRST.journal.id


def test_every_kind_of_failure_is_folded() -> None:
    assert {fact.kind for fact, _, _ in FACTS.values() if isinstance(fact, Failure)} == set(Kind)


def test_the_job_is_on_record_with_what_we_know_of_it() -> None:
    shown = settled(Accepted("j7", "SUBMITTED")).record.job
    assert shown is not None
    assert (shown.id, shown.status, shown.operation, shown.attempt) == ("j7", "SUBMITTED", "edit", 1)
    assert shown.username == "gitops"
    assert shown.submit_time == "2026-11-23T19:45:14Z"


def test_the_first_look_at_a_new_job_comes_shortly_after_the_usual_time() -> None:
    usual = replace(POLICY, usual_job_seconds=6)
    assert settle(FIRST, Accepted("j7", "SUBMITTED"), NOW, usual).wake == After(6.25)


@pytest.mark.parametrize("kind", UNCOUNTED)
def test_what_the_site_did_not_take_is_no_attempt_and_no_send(kind: Kind) -> None:
    verdict = settled(Failure(kind, "no"))
    after = verdict.record.journal
    assert (after.tried.attempt, after.tried.ended, after.sends) == (0, 0, ())
    assert verdict.wake is BACKOFF
    assert verdict.progress is not Progress.STALLED


def test_a_refused_edit_is_not_sent_again_and_says_so_once() -> None:
    sent = replace(FIRST, plan=decide(case()).record.plan)
    verdict = settle(sent, Failure(K.REFUSED, "400 bad"), NOW, POLICY)
    assert verdict.progress is Progress.STALLED
    assert "The site refused the edit: 400 bad. Giving up after 1 attempt." in verdict.message
    body = {"metadata": {"generation": 1}, "status": {}}
    body["status"] = render(body, verdict, NOW)
    again = decide(case(record=parse(body)))
    assert merge_patch(body["status"], render(body, again, NOW)) == {}


def test_only_an_answer_with_an_error_code_is_remembered_as_one() -> None:
    assert settled(Failure(K.UNSURE, "500 locked", code=500)).record.journal.answer == "500 locked"
    assert settled(Failure(K.UNSURE, "time-out")).record.journal.answer == ""


@pytest.mark.parametrize("code", AWAY_CODES)
def test_a_site_that_was_away_has_refused_nothing(code: int) -> None:
    """However often it happens, it never stalls a resource."""
    assert settled(Failure(K.UNSURE, "the site failed", code=code)).record.journal.answer == ""


def test_an_edit_applied_at_once_that_does_not_show_is_bounded_too() -> None:
    first = settled(Applied())
    waits = decide(case(record=first.record))
    assert waits.reason is R.EDIT_NOT_STICKING
    assert waits.effect is None
    third = replace(FIRST, journal=journal(Phase.INTENDED, ended=2, attempt=3))
    stalled = decide(case(record=settle(third, Applied(), NOW, POLICY).record))
    assert stalled.progress is Progress.STALLED


def test_an_edit_applied_at_once_that_shows_counts_for_nothing() -> None:
    verdict = decide(case(record=settled(Applied()).record, seen=seen(document=live("new"))))
    assert verdict.reason is R.CONVERGED
    assert verdict.record.journal.tried.ended == 0


@pytest.mark.parametrize(("every", "count"), [(1.0, 3), (60.0, 4)], ids=["a short job", "a long job"])
def test_the_main_job_is_so_many_writes(every: float, count: int) -> None:
    """Intent, job id, of a long job the word EXECUTING, the end; however often it is looked at."""
    body = {"metadata": {"generation": 1}, "status": {}}
    writes = 0

    def store(verdict: Verdict) -> Verdict:
        nonlocal writes
        status = render(body, verdict, NOW)
        writes += bool(merge_patch(body["status"], status))
        body["status"] = status
        return verdict

    store(decide(case(record=parse(body))))
    store(settle(parse(body), Accepted("j1", "SUBMITTED"), NOW, POLICY))
    words = ["SUBMITTED", "SUBMITTED", "EXECUTING", "EXECUTING", "EXECUTING"]
    for number, word in enumerate(words):
        store(
            decide(
                case(
                    record=parse(body),
                    seen=seen(ours=job(word, update_ms=1_795_463_000_000 + number * 1000)),
                    open_for=number * every,
                )
            )
        )
    done = job("COMPLETED", end_ms=1_795_463_012_000, result={"service": live("new")})
    for look in (seen(ours=done, document=live("new")), *[seen(document=live("new"))] * 5):
        last = store(decide(case(record=parse(body), seen=look)))
    assert last.reason is R.CONVERGED
    assert writes == count


@pytest.mark.parametrize("intent", ["0123456789abcdef", "4bf92f3577b34da6a3ce929d0e0e4736"])
def test_an_intent_is_folded_whatever_the_length_of_its_id(intent: str) -> None:
    """Versions before 2026-11-30 stored ids of 8 bytes; what they left open is followed to its end."""
    body: dict[str, object] = {"metadata": {"generation": 1}, "status": {}}
    stored = replace(FIRST, journal=replace(FIRST.journal, id=intent))
    body["status"] = render(body, Verdict(Reason.SUBMITTING, "Sending.", stored, wake=BACKOFF), NOW)
    found = parse(body)
    accepted = settle(found, Accepted("j1", "SUBMITTED"), NOW, POLICY).record
    assert (found.journal.id, accepted.journal.id) == (intent, intent)
    followed = decide(case(record=accepted, seen=seen(ours=job())))
    assert (followed.reason, followed.effect) == (Reason.JOB_RUNNING, None)
