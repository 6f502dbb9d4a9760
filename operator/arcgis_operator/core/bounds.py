"""What counts against a wanted state, and what that holds back: bounded attempts, pauses, a budget."""

from dataclasses import replace
from datetime import datetime, timedelta

from arcgis_operator.core import sentences
from arcgis_operator.core.backoff import Backoff
from arcgis_operator.core.case import Case, Hold, Policy, Shut
from arcgis_operator.core.jsondoc import printable
from arcgis_operator.core.record import Journal, Record, moment, stamp
from arcgis_operator.core.verdict import Reason
from arcgis_operator.core.wake import After

HOUR = timedelta(hours=1)


def attempts(case: Case) -> Shut | None:
    """The last attempts at what is wanted failed: a pause before the next one, or none follows."""
    journal = case.record.journal
    if not journal.failure or case.starts_anew:
        return None
    if journal.ended >= case.policy.jobs_per_digest:
        return Shut(given_up(journal, case.whose), spent=True)
    reason, text = _stored(journal.failure)
    wait = max(_until(case, journal.retry_time), case.too_old_for)
    if wait <= 0:
        return None
    message = sentences.next_attempt(text, journal.attempt + 1, journal.retry_time)
    return Shut(Hold(reason, message), wake=After(wait))


def too_early(case: Case) -> Shut | None:
    """What was read may be from before the last operation: nothing is built on it, nothing proved by it."""
    wait = case.too_old_for
    return Shut(Hold(Reason.VERIFYING, sentences.READ_EARLY), wake=After(wait)) if wait > 0 else None


def may_have_just_ended(record: Record, now: datetime, policy: Policy) -> bool:
    """Whether the closed operation on record may have ended a moment ago, by the clock of who closed it.

    Clocks of two processes differ by less than the settle time.
    """
    verified = moment(record.observed.verified_time) if record.observed else None
    lately = verified is not None and abs(now - verified) < timedelta(seconds=policy.settle_seconds)
    return not record.journal.open and (bool(record.journal.failure) or lately)


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
    pause = Backoff(policy.retry_seconds, policy.retry_max_seconds).pause(before + 1)
    least = min(policy.verify_grace_seconds, policy.retry_max_seconds)
    return stamp(now + timedelta(seconds=max(pause, least)))


def recent_sends(case: Case) -> tuple[str, ...]:
    """Sends within an hour of now, oldest first; a clock that jumped does not hide them."""
    known = sorted({*case.record.journal.sends, *case.sends})
    return tuple(text for text in known if (at := moment(text)) and abs(case.now - at) < HOUR)


def given_up(journal: Journal, whose: str) -> Hold:
    """No further attempt at what failed; `whose` is the resource as commands name it."""
    reason, text = _stored(journal.failure)
    return Hold(reason, sentences.given_up(text, journal.attempt, whose))


def _stored(failure: str) -> tuple[Reason, str]:
    """Reason and text; a word that another version wrote counts as a failed job."""
    word, _, text = failure.partition(": ")
    try:
        return Reason(word), f"{text.rstrip('. ')}."
    except ValueError:
        return Reason.JOB_FAILED, failure


def budget(case: Case) -> Shut | None:
    """Counted twice, by the times on record and by what this process sent: the stricter one holds."""
    most, hour = case.policy.edits_per_hour, HOUR.total_seconds()
    on_record = [(case.now - at).total_seconds() for at in map(moment, recent_sends(case)) if at]
    counts = (sorted(on_record), sorted(ago for ago in case.sent_ago if ago < hour))
    waits = [hour - ages[most - 1] for ages in counts if len(ages) >= most]
    if not waits:
        return None
    wait = max(1.0, *waits)
    message = sentences.budget_spent(most, stamp(case.now + timedelta(seconds=wait)))
    return Shut(Hold(Reason.EDIT_BUDGET_SPENT, message), wake=After(wait))


def _until(case: Case, time: str) -> float:
    """Seconds until then; 0 for a time so far away that the clock must have jumped."""
    at = moment(time)
    wait = (at - case.now).total_seconds() if at else 0.0
    return wait if wait <= case.policy.retry_max_seconds else 0.0
