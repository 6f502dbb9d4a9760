"""What counts against a wanted state, and what that holds back: bounded attempts, pauses, a budget."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from arcgis_operator.core import sentences
from arcgis_operator.core.backoff import Backoff
from arcgis_operator.core.case import Case, Hold, Policy, Shut
from arcgis_operator.core.jsondoc import printable
from arcgis_operator.core.plan import Plan
from arcgis_operator.core.record import Journal, Record, Tried, moment, stamp
from arcgis_operator.core.verdict import Reason
from arcgis_operator.core.wake import After

HOUR = timedelta(hours=1)
REASONS: Mapping[str, Reason] = {one.value: one for one in Reason}


def attempts(case: Case, plan: Plan | None) -> Shut | None:
    """The last attempts at what is due failed: a pause before the next one, or none follows."""
    tried = case.tried(plan.due if plan else "")
    if not tried.reason:
        return None
    hold = failed(tried, case.policy, case.whose)
    if tried.ended >= case.policy.jobs_per_digest:
        return Shut(hold, spent=True)
    wait = max(_until(case, tried.retry_time), case.too_old_for)
    return Shut(hold, wake=After(wait)) if wait > 0 else None


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
    failed = any(tried.reason for tried in record.journal.attempts.values())
    return not record.journal.open and (failed or lately)


def counted(journal: Journal, why: Hold, now: datetime, policy: Policy) -> Journal:
    """The journal after an attempt that ended without success."""
    before = journal.tried
    return journal.closed().counting(
        replace(
            before,
            ended=before.ended + 1,
            reason=why.reason.value,
            text=printable(why.message, 400),
            retry_time=retry_time(before.ended, now, policy),
        )
    )


def retry_time(before: int, now: datetime, policy: Policy) -> str:
    """When to try again after so many tries before."""
    pause = Backoff(policy.retry_seconds, policy.retry_max_seconds).pause(before + 1)
    least = min(policy.verify_grace_seconds, policy.retry_max_seconds)
    return stamp(now + timedelta(seconds=max(pause, least)))


def recent_sends(case: Case) -> tuple[str, ...]:
    """Within the last hour, as far as is known, oldest first."""
    return recent(sorted({*case.record.journal.sends, *case.sends}), case.now)


def recent(sends: Iterable[str], now: datetime) -> tuple[str, ...]:
    """Those within an hour of now; a clock that jumped does not hide them."""
    return tuple(text for text in sends if (at := moment(text)) and abs(now - at) < HOUR)


def failed(tried: Tried, policy: Policy, whose: str) -> Hold:
    """The next attempt at what failed, or that none follows; `whose` is the resource as commands name it."""
    why = _why(tried)
    if tried.ended >= policy.jobs_per_digest:
        return Hold(why.reason, sentences.given_up(why.message, tried.attempt, whose))
    return Hold(why.reason, sentences.next_attempt(why.message, tried.attempt + 1, tried.retry_time))


def _why(tried: Tried) -> Hold:
    """Why the last attempt failed; a word that another version wrote counts as a failed job."""
    return Hold(REASONS.get(tried.reason, Reason.JOB_FAILED), f"{tried.text.rstrip('. ')}.")


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
