"""What became of one request, folded into the record of its own intent. Pure.

The rules are in `docs/explanation/architecture.md`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from arcgis_operator.core import sentences
from arcgis_operator.core.bounds import counted, failed
from arcgis_operator.core.case import Hold, Policy
from arcgis_operator.core.failures import Accepted, Applied, Fact, Failure, Kind
from arcgis_operator.core.history import Outcome, with_last
from arcgis_operator.core.job import api_word
from arcgis_operator.core.jobs import MACHINE, Signal
from arcgis_operator.core.jsondoc import printable
from arcgis_operator.core.look import reason_of
from arcgis_operator.core.operations import has_job
from arcgis_operator.core.record import JobShown, Journal, Phase, Record, stamp
from arcgis_operator.core.said import Shown, plainly
from arcgis_operator.core.texts import accepted_text
from arcgis_operator.core.usual import expecting
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.core.wake import BACKOFF, NOW, RESYNC, After


def settle(record: Record, fact: Fact, now: datetime, policy: Policy, whose: str = "NAME") -> Verdict:
    """Fold what became of the request into the record of its own intent (the caller compares the ids).

    `whose` is the resource as commands name it.
    """
    signal = signal_of(fact)
    cell = MACHINE[Phase.INTENDED, signal]
    if isinstance(fact, Accepted):
        return _accepted(record, fact, now, policy)
    if isinstance(fact, Applied):
        return _applied(record, now, policy)
    if signal is Signal.UNSURE:
        return _unsure(record, fact, policy)
    reason = cell.reason or _rejection(fact)
    journal = _rejected(record.journal, fact, reason, now, policy)
    refused = reason is Reason.EDIT_REFUSED
    spent = refused and journal.tried.ended >= policy.jobs_per_digest
    history = with_last(record, reason.value, None, now) if refused else record.history
    return Verdict(
        reason,
        failed(journal.tried, policy, whose).message if refused else sentences.sentence(fact.detail),
        replace(record, journal=journal, history=history),
        wake=RESYNC if spent else BACKOFF,
        spent=spent,
    )


def signal_of(fact: Fact) -> Signal:
    """What a fact means to the table of `jobs`."""
    if isinstance(fact, Accepted):
        return Signal.ACCEPTED
    if isinstance(fact, Applied):
        return Signal.APPLIED
    return _FAILED_SEND[fact.kind]


SERVER_ERROR = 500
"""From here on it may pass by itself, also where it is the documented refusal."""
AWAY_CODES = (408, 502, 503, 504)
"""The site, or a part of it, was away: that is no refusal, however often it happens."""

_FAILED_SEND: Mapping[Kind, Signal] = {
    Kind.NOT_SENT: Signal.NOT_SENT,
    Kind.WITHHELD: Signal.NOT_SENT,
    Kind.NO_CREDENTIALS: Signal.NOT_SENT,
    Kind.UNAUTHORISED: Signal.REJECTED,
    Kind.BUSY: Signal.REJECTED,
    Kind.REFUSED: Signal.REJECTED,
    Kind.MISSING: Signal.REJECTED,
    Kind.UNSURE: Signal.UNSURE,
    Kind.GARBLED: Signal.UNSURE,
}


def _rejection(failure: Failure) -> Reason:
    if failure.kind is Kind.BUSY and not failure.read_only:
        return Reason.SERVICE_BUSY
    if failure.kind in (Kind.REFUSED, Kind.MISSING):
        return Reason.EDIT_REFUSED
    return reason_of(failure)


def _rejected(journal: Journal, failure: Failure, reason: Reason, now: datetime, policy: Policy) -> Journal:
    if reason is not Reason.EDIT_REFUSED:
        untried = replace(journal.tried, attempt=max(0, journal.tried.attempt - 1))
        return replace(journal.closed().counting(untried), sends=journal.sends[:-1])
    last = (failure.code or 0) < SERVER_ERROR
    tried = replace(journal.tried, ended=policy.jobs_per_digest - 1) if last else journal.tried
    told = sentences.refused(failure.detail, journal.operation)
    return counted(journal.counting(tried), Hold(Reason.EDIT_REFUSED, told), now, policy)


def _applied(record: Record, now: datetime, policy: Policy) -> Verdict:
    """An edit without a job counts as ended; a read-back that matches forgives it."""
    failure = Hold(Reason.EDIT_NOT_STICKING, sentences.applied_in_vain(record.journal.operation))
    journal = counted(record.journal, failure, now, policy)
    history = with_last(record, Outcome.APPLIED.value, None, now)
    planned = record.plan.after(record.journal.operation, stamp(now)) if record.plan else None
    told = replace(record, journal=journal, history=history, plan=planned)
    return Verdict(Reason.VERIFYING, sentences.applied(record.journal.operation), told, wake=NOW)


def _accepted(record: Record, fact: Accepted, now: datetime, policy: Policy) -> Verdict:
    journal = replace(record.journal, phase=Phase.RUNNING, job_id=fact.job_id, answer="")
    job = JobShown(
        id=fact.job_id,
        status=api_word(fact.status),
        operation=journal.operation,
        operation_uri=Shown(journal.operation_uri),
        username=plainly(journal.username),
        generation=journal.generation,
        attempt=journal.tried.attempt,
        submit_time=stamp(now),
        change_count=record.plan.count_of(journal.operation) if record.plan else 0,
    )
    job = expecting(job, policy.usual, now)
    return Verdict(
        Reason.JOB_RUNNING,
        accepted_text(journal, job),
        replace(record, journal=journal, job=job),
        wake=After(policy.pause(0.0)),
    )


def _unsure(record: Record, failure: Failure, policy: Policy) -> Verdict:
    judged = failure.code is not None and failure.code not in AWAY_CODES
    answer = printable(failure.detail, 400) if judged else ""
    journal = replace(record.journal, answer=answer)
    operation = record.journal.operation
    message = sentences.lost_answer(failure.detail, operation, has_job(operation))
    return Verdict(
        Reason.LOOKING_FOR_JOB, message, replace(record, journal=journal), wake=After(policy.poll_seconds)
    )
