"""What a turn saw, as one signal: the input side of the table in `jobs`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from arcgis_operator.core import gates, operations, plan, sentences
from arcgis_operator.core.bounds import too_early
from arcgis_operator.core.case import CLOCK_SECONDS, Case, Hold, Seen
from arcgis_operator.core.change import shown
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import Job, JobState
from arcgis_operator.core.jobs import Signal
from arcgis_operator.core.misfit import Why, misfit
from arcgis_operator.core.operations import owned
from arcgis_operator.core.planning import Target, plan_of
from arcgis_operator.core.record import Phase, stamp
from arcgis_operator.core.said import cut
from arcgis_operator.core.verdict import Reason
from arcgis_operator.core.wake import BACKOFF, After, Wake

FAILURE_REASONS: Mapping[Kind, Reason] = {
    Kind.NOT_SENT: Reason.SITE_UNREACHABLE,
    Kind.WITHHELD: Reason.VERIFYING,
    Kind.UNSURE: Reason.SITE_UNREACHABLE,
    Kind.BUSY: Reason.SITE_BUSY,
    Kind.UNAUTHORISED: Reason.CREDENTIALS_REJECTED,
    Kind.NO_CREDENTIALS: Reason.CREDENTIALS_UNREADABLE,
    Kind.MISSING: Reason.SERVICE_NOT_FOUND,
    Kind.REFUSED: Reason.BAD_ANSWER,
    Kind.GARBLED: Reason.BAD_ANSWER,
}
MISFIT_REASONS: Mapping[Why, Reason] = {Why.SHAPE: Reason.SHAPE_MISMATCH, Why.KEY: Reason.SPEC_INVALID}
LOOK_SECONDS = 60.0
"""Between two looks at what is live while its operation may still be at work: others may change it."""
ROUNDING_SECONDS = 0.05
NO_ANSWER = frozenset((Reason.SITE_UNREACHABLE, Reason.SITE_BUSY))
LEFT_ALONE = frozenset((Reason.CIRCUIT_OPEN, Reason.SITE_BUSY))
SITE_AWAY = frozenset(
    (
        Reason.SITE_UNREACHABLE,
        Reason.SITE_BUSY,
        Reason.CIRCUIT_OPEN,
        Reason.BAD_ANSWER,
        Reason.CREDENTIALS_REJECTED,
        Reason.CREDENTIALS_UNREADABLE,
        Reason.ACCESS_UNKNOWN,
    )
)
"""Reasons that say nothing about the service: a Ready=True outlives them for `stale_after_seconds`."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One signal with what it brings along.

    `hold` gives reason and message to signals that the table leaves open; `failure` counts against
    the operation; `spent`: no further attempt is due; `wake` is None for the reason's own interval;
    `opens`: when the next window does; `target` is what an edit would start from.
    """

    signal: Signal
    hold: Hold | None = None
    failure: Hold | None = None
    spent: bool = False
    wake: Wake | None = None
    opens: str = ""
    target: Target | None = None


def reason_of(failure: Failure) -> Reason:
    """The reason a failed request gives."""
    return Reason.SITE_READ_ONLY if failure.read_only else FAILURE_REASONS[failure.kind]


def hold_of(failure: Failure, text: str, trouble: Hold | None = None) -> Hold:
    """What a failed request is shown as; a site that is in `trouble` as a whole is shown so by everybody.

    If whoever just tried showed its own failure, its next look, which waits, would write the other reason.
    """
    reason = reason_of(failure)
    return trouble if trouble and reason in NO_ANSWER else Hold(reason, sentences.sentence(text))


def look(case: Case) -> Sight:
    """The signal of this turn."""
    return LOOKS[case.record.journal.phase](case)


def _idle(case: Case) -> Sight:
    gate = gates.to_look(case)
    if gate or case.seen is None:
        return Sight(Signal.HINDERED, gate)
    if hindrance := _hindrance(case):
        return Sight(Signal.HINDERED, hindrance)
    return _unsettled(case, case.seen) or _settled(case)


def _unsettled(case: Case, seen: Seen) -> Sight | None:
    """Something may still be on its way, or at work, that this record does not name."""
    if seen.others:
        return Sight(Signal.OTHERS_RUN)
    if seen.settle_in > 0:
        return Sight(Signal.UNSETTLED, wake=After(seen.settle_in))
    if max(seen.unseen_in, seen.hidden_in) > 0:
        return Sight(Signal.HINDERED, _unseen(seen, case.now), wake=BACKOFF)
    return None


def _settled(case: Case) -> Sight:
    if not case.matches:
        return _due(case)
    early = too_early(case)
    return Sight(Signal.HELD, early.hold, wake=early.wake) if early else Sight(Signal.MATCHES)


def _due(case: Case) -> Sight:
    """An edit is due, unless it cannot be made, or is held back."""
    if case.desired is None or case.document is None:
        return Sight(Signal.HINDERED, Hold(Reason.SPEC_INVALID, sentences.NO_SPEC))
    target = Target(case.desired.service, case.leaves, case.document)
    if hindrance := _misfit(case, target):
        return Sight(Signal.HINDERED, hindrance)
    if shut := gates.to_send(case, plan_of(case, target)):
        return Sight(Signal.HELD, shut.hold, spent=shut.spent, wake=shut.wake, opens=shut.opens)
    return Sight(Signal.DIFFERS, target=target)


def _misfit(case: Case, target: Target) -> Hold | None:
    """The spec is not one for this service: nothing is sent, whoever asks."""
    if case.stranger:
        asked, said = target.service.title, cut(case.show(case.stranger), 256)
        return Hold(Reason.IDENTITY_MISMATCH, sentences.stranger(asked, said))
    found = misfit(target.leaves, target.document)
    return Hold(MISFIT_REASONS[found.why], f"{found.message} Nothing is sent.") if found else None


def _unseen(seen: Seen, now: datetime) -> Hold:
    """The status does not name an edit of ours that may still run, and the site hides it."""
    until = _until(now, max(seen.unseen_in, seen.hidden_in))
    return Hold(Reason.LOOKING_FOR_JOB, sentences.unseen(until, seen.hidden_in > seen.unseen_in))


def _intended(case: Case) -> Sight:
    if _abandoned(case):
        return Sight(Signal.ABANDONED)
    if hindrance := _away(case) or _hindrance(case):
        return Sight(Signal.HINDERED, hindrance)
    if case.seen and case.seen.others:
        return Sight(Signal.OTHERS_RUN)
    if case.seen and case.seen.settle_in > 0:
        return _unanswered(case, case.seen)
    return _resolved(case, case.seen or Seen())


def _resolved(case: Case, seen: Seen) -> Sight:
    """No request can arrive any more; where no list tells of it, it may still be at work for its time."""
    if seen.hidden_in >= CLOCK_SECONDS:
        return _at_work(case, seen.hidden_in)
    has_job = operations.has_job(_operation(case))
    told, late = seen.listed or not has_job, case.open_for > case.policy.job_timeout_seconds
    if _proved(case) and (case.as_intended or told):
        return Sight(Signal.MATCHES)
    if _done(case) and (told or late):
        return Sight(Signal.DONE)
    if not told:
        return Sight(Signal.BLIND)
    if seen.candidate and _may_still_show(case, seen.candidate):
        return Sight(Signal.JOB_ENDED)
    return Sight(Signal.DIFFERS, failure=_failure_of_intent(case))


def _at_work(case: Case, left: float) -> Sight:
    """No job will ever tell what became of the request: nothing is sent for as long as it may take to arrive
    and to be done, of which so many seconds are left.

    That its settings are live is known before, though others may have made them so.
    """
    if case.matches and case.as_intended:
        return Sight(Signal.LIVE, wake=After(min(left, LOOK_SECONDS)))
    until, intent = _until(case.now, left), case.record.journal.id
    text = sentences.at_work(_operation(case), until, case.whose, intent)
    return Sight(Signal.UNSETTLED, Hold(Reason.LOOKING_FOR_JOB, text), wake=BACKOFF)


def _until(now: datetime, seconds: float) -> str:
    """The end of a wait, the same at each look: two clocks tell it, which differ by a rounding."""
    return stamp(now + timedelta(seconds=seconds + ROUNDING_SECONDS))


def _operation(case: Case) -> str:
    return case.record.journal.operation


def _unanswered(case: Case, seen: Seen) -> Sight:
    """Nothing is sent before the settle time is over; that the edit is live may be known long before.

    Only its own job shows that the request came in: settings that match may be somebody else's doing, and our
    edit may still be on its way.
    """
    if seen.traceable and seen.candidate and seen.candidate.ended and case.matches and case.as_intended:
        return Sight(Signal.LIVE, wake=After(seen.settle_in))
    soon = case.policy.pause(case.open_for) if seen.traceable else seen.settle_in
    return Sight(Signal.UNSETTLED, wake=After(min(soon, seen.settle_in)))


def _abandoned(case: Case) -> bool:
    """A person gives the open intent up; heeded once its request can no longer arrive."""
    named = bool(case.abandon) and case.abandon == case.record.journal.id
    return named and case.seen is not None and case.seen.settle_in <= 0


def _failure_of_intent(case: Case) -> Hold | None:
    """What counts against the digest: a job that ended, or the site's own refusal."""
    candidate, answer = case.seen.candidate if case.seen else None, case.record.journal.answer
    if candidate and candidate.ended:
        why = _failure_of(case, candidate)
        return replace(why, message=" ".join((why.message, *guess(case))))
    told = sentences.answered(answer, case.record.journal.operation)
    return Hold(Reason.EDIT_REFUSED, told) if answer else None


def guess(case: Case) -> tuple[str, ...]:
    """That the job of an unanswered intent was found by account and time alone, where it was."""
    guessed = case.seen and case.seen.guessed and operations.has_job(_operation(case))
    found = case.seen.candidate if case.seen and guessed else None
    return (sentences.guessed(found.shown_id),) if found else ()


def _failure_of(case: Case, job: Job) -> Hold:
    if job.state is JobState.FAILED:
        words = " ".join(job.messages) or job.error
        return Hold(Reason.JOB_FAILED, sentences.job_failed(job.shown_id, job.shown_status, words))
    return Hold(Reason.EDIT_NOT_STICKING, _not_sticking(case, job))


def _running(case: Case) -> Sight:
    if hindrance := _away(case):
        given_up = hindrance.reason is Reason.SITE_CHANGED and _abandoned(case)
        return Sight(Signal.ABANDONED) if given_up else Sight(Signal.HINDERED, hindrance)
    ours = case.seen.ours if case.seen else None
    if ours is None:
        return Sight(Signal.HINDERED, Hold(Reason.SITE_UNREACHABLE, sentences.JOB_NOT_READ))
    if isinstance(ours, Job):
        return _ended(case, ours) if ours.ended else _unfinished(case, ours)
    if ours.kind is not Kind.MISSING:
        return Sight(Signal.HINDERED, hold_of(ours, ours.detail, case.trouble))
    return _missing(case)


def _unfinished(case: Case, job: Job) -> Sight:
    """A word that nobody knows counts as running until the deadline, as UNAVAILABLE does, and no longer."""
    if case.open_for <= case.policy.job_timeout_seconds:
        return Sight(Signal.JOB_RUNS)
    if _abandoned(case):
        return Sight(Signal.ABANDONED)
    lost = job.state is JobState.UNKNOWN and case.lost_for > case.policy.job_timeout_seconds
    if lost and not _hindrance(case) and case.clear and case.matches:
        return Sight(Signal.MATCHES)
    return Sight(Signal.JOB_OVERDUE, spent=lost)


def _missing(case: Case) -> Sight:
    """An edit may be live before its job ends, and a site may be late to show a job: that is waited out."""
    if hindrance := _hindrance(case):
        return Sight(Signal.HINDERED, hindrance)
    shows_all = case.lost_for > case.policy.settle_seconds
    if shows_all and case.clear and case.matches and case.as_intended:
        return Sight(Signal.MATCHES)
    if case.lost_for <= case.policy.job_timeout_seconds:
        return Sight(Signal.JOB_UNSEEN)
    return Sight(Signal.JOB_LOST if case.clear else Signal.OTHERS_RUN)


def _ended(case: Case, job: Job) -> Sight:
    if hindrance := _hindrance(case):
        return Sight(Signal.HINDERED, hindrance)
    if case.seen and case.seen.others:
        return Sight(Signal.OTHERS_RUN)
    if _proved(case):
        return Sight(Signal.MATCHES)
    if _done(case):
        return Sight(Signal.DONE)
    if _may_still_show(case, job):
        return Sight(Signal.JOB_ENDED)
    if not case.as_intended:
        return Sight(Signal.JOB_OUTDATED)
    if job.state is JobState.FAILED:
        return Sight(Signal.JOB_FAILED, failure=_failure_of(case, job))
    return Sight(Signal.JOB_NOT_STICKING, failure=_failure_of(case, job))


def _proved(case: Case) -> bool:
    """What is wanted is live, by a document from after our edit."""
    return case.matches and case.too_old_for <= 0


def _done(case: Case) -> bool:
    """The open operation is live, by what it owns and a document from after it; others may be due still."""
    return case.part_live and case.too_old_for <= 0


def _may_still_show(case: Case, job: Job) -> bool:
    """An edit that has ended and is not live yet: the service may be read a little late.

    One that failed is given up at once, unless another state is wanted by now: the next edit would start from
    what is read here.
    """
    return case.too_old_for > 0 and (job.state is JobState.COMPLETED or not case.as_intended)


LOOKS: Mapping[Phase, Callable[[Case], Sight]] = {
    Phase.IDLE: _idle,
    Phase.INTENDED: _intended,
    Phase.RUNNING: _running,
}


def _away(case: Case) -> Hold | None:
    """The site that holds the open operation is not there to be asked."""
    if case.seen is None:
        return gates.to_look(case) or Hold(Reason.SITE_UNREACHABLE, sentences.NOT_READ)
    if case.record.journal.site_url != case.site_url:
        before = case.record.journal.site_url
        text = sentences.site_changed(before, case.site_url, case.whose, case.record.journal.id)
        return Hold(Reason.SITE_CHANGED, text)
    return None


def _hindrance(case: Case) -> Hold | None:
    """The look is not complete."""
    seen = case.seen or Seen()
    if seen.jobs_failure:
        return hold_of(seen.jobs_failure, seen.jobs_failure.detail, case.trouble)
    if case.desired is None:
        return None
    if isinstance(seen.document, Failure):
        return hold_of(seen.document, _about(case, seen.document), case.trouble)
    if seen.document is None:
        return Hold(Reason.SITE_UNREACHABLE, sentences.SERVICE_NOT_READ)
    return None


def _about(case: Case, failure: Failure) -> str:
    if failure.kind is Kind.MISSING and case.desired:
        likely = case.seen.likely if case.seen else ""
        return (
            f"The site has no service {case.desired.service.title}. "
            f"{likely or 'Nothing is created; publish it first.'}"
        )
    return failure.detail


def _not_sticking(case: Case, job: Job) -> str:
    part = owned(case.record.journal.operation, case.leaves)
    changes = plan.changes(part, case.document or {})
    return sentences.not_sticking(job.shown_id, [shown(change, case.show).parts for change in changes])
