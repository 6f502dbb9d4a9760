"""What counts against a wanted state, and what that holds back: bounded attempts, pauses, a budget."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from arcgis_operator.core.case import REQUESTED, Case, Hold, Policy
from arcgis_operator.core.jsondoc import printable
from arcgis_operator.core.record import Journal, moment, stamp
from arcgis_operator.core.verdict import Reason

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Held:
    """Why an edit is held back now. `spent`: no further attempt is due; `wake` in seconds."""

    hold: Hold
    spent: bool = False
    wake: float | None = None


def held(case: Case) -> Held | None:
    """What holds an edit back that is due otherwise, None when it may be sent."""
    journal = case.record.journal
    if journal.failure and not case.starts_anew:
        if journal.ended >= case.policy.jobs_per_digest:
            return Held(given_up(journal.failure), spent=True)
        reason, text = _stored(journal.failure)
        wait = _until(case, journal.retry_time)
        if wait > 0:
            message = f"{text} Attempt {journal.attempt + 1} follows at {journal.retry_time}."
            return Held(Hold(reason, message), wake=wait)
    sends = recent_sends(case)
    if len(sends) >= case.policy.edits_per_hour:
        return _budget(case, sends)
    return Held(case.sending) if case.sending else None


def counted(journal: Journal, failure: str, now: datetime, policy: Policy) -> Journal:
    """The journal after an attempt that ended without success; `failure` is `Reason: text`."""
    return replace(
        journal.closed(),
        ended=journal.ended + 1,
        failure=printable(failure, 400),
        retry_time=retry_time(journal.ended, now, policy),
    )


def retry_time(before: int, now: datetime, policy: Policy) -> str:
    """When to try again after so many tries before."""
    pause = min(policy.retry_seconds * 2 ** min(before, 10), policy.retry_max_seconds)
    return stamp(now + timedelta(seconds=pause))


def recent_sends(case: Case) -> tuple[str, ...]:
    """Sends within an hour of now, oldest first; a clock that jumped does not hide them."""
    known = sorted({*case.record.journal.sends, *case.sends})
    return tuple(text for text in known if (at := moment(text)) and abs(case.now - at) < HOUR)


def given_up(failure: str) -> Hold:
    """No further attempt at what a journal counts as this failure."""
    reason, text = _stored(failure)
    ways = "Not sent again. Change the spec, or ask for one more try with the annotation"
    return Hold(reason, f"{text} {ways} {REQUESTED[0]}.")


def _stored(failure: str) -> tuple[Reason, str]:
    """Reason and text; a word that another version wrote counts as a failed job."""
    word, _, text = failure.partition(": ")
    try:
        return Reason(word), f"{text.rstrip('. ')}."
    except ValueError:
        return Reason.JOB_FAILED, failure


def _budget(case: Case, sends: tuple[str, ...]) -> Held:
    oldest = moment(sends[-case.policy.edits_per_hour]) or case.now
    free = oldest + HOUR
    message = (
        f"{case.policy.edits_per_hour} edits were sent within an hour, the most that is allowed: something "
        f"changes the service again and again. The next one may be sent at {stamp(free)}."
    )
    wake = max(1.0, (free - case.now).total_seconds())
    return Held(Hold(Reason.EDIT_BUDGET_SPENT, message), wake=wake)


def _until(case: Case, time: str) -> float:
    """Seconds until then; 0 for a time so far away that the clock must have jumped."""
    at = moment(time)
    wait = (at - case.now).total_seconds() if at else 0.0
    return wait if wait <= case.policy.retry_max_seconds else 0.0
