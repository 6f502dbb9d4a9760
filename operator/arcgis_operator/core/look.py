"""What a turn saw, as one signal: the input side of the table in `jobs`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from arcgis_operator.core import plan
from arcgis_operator.core.bounds import held
from arcgis_operator.core.case import ABANDON, Case, Hold, Seen
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import Job, JobState
from arcgis_operator.core.jobs import Signal
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import Desired
from arcgis_operator.core.record import Phase
from arcgis_operator.core.verdict import Reason

FAILURE_REASONS: Mapping[Kind, Reason] = {
    Kind.NOT_SENT: Reason.SITE_UNREACHABLE,
    Kind.UNSURE: Reason.SITE_UNREACHABLE,
    Kind.BUSY: Reason.SITE_BUSY,
    Kind.UNAUTHORISED: Reason.CREDENTIALS_REJECTED,
    Kind.NO_CREDENTIALS: Reason.CREDENTIALS_UNREADABLE,
    Kind.MISSING: Reason.SERVICE_NOT_FOUND,
    Kind.REFUSED: Reason.BAD_ANSWER,
    Kind.GARBLED: Reason.BAD_ANSWER,
}
SITE_AWAY = frozenset(
    (
        Reason.SITE_UNREACHABLE,
        Reason.SITE_BUSY,
        Reason.CIRCUIT_OPEN,
        Reason.BAD_ANSWER,
        Reason.CREDENTIALS_REJECTED,
        Reason.CREDENTIALS_UNREADABLE,
    )
)
"""Reasons that say nothing about the service: a Ready=True outlives them for `stale_after_seconds`."""


@dataclass(frozen=True, slots=True)
class Target:
    """The declared settings and the live document they differ from."""

    desired: Desired
    document: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Sight:
    """One signal with what it brings along.

    `hold` gives reason and message to signals that the table leaves open; `failure` counts against the
    digest; `spent`: no further attempt is due; `wake` in seconds, None for the reason's own interval;
    `target` is what an edit would start from.
    """

    signal: Signal
    hold: Hold | None = None
    failure: str = ""
    spent: bool = False
    wake: float | None = None
    target: Target | None = None


def reason_of(failure: Failure) -> Reason:
    """The reason a failed request gives."""
    return Reason.SITE_READ_ONLY if failure.read_only else FAILURE_REASONS[failure.kind]


def look(case: Case) -> Sight:
    """The signal of this turn."""
    return LOOKS[case.record.journal.phase](case)


def _idle(case: Case) -> Sight:
    if case.gate or case.seen is None:
        return Sight(Signal.HINDERED, case.gate)
    if hindrance := _hindrance(case):
        return Sight(Signal.HINDERED, hindrance)
    if case.seen.others:
        return Sight(Signal.OTHERS_RUN)
    if case.seen.settle_in > 0 and not case.record.known:
        return Sight(Signal.UNSETTLED, wake=case.seen.settle_in)
    if case.matches:
        return Sight(Signal.MATCHES)
    document = case.document
    if case.desired is None or document is None:
        return Sight(Signal.HINDERED, Hold(Reason.SPEC_INVALID, "There is no readable spec."))
    if back := held(case):
        return Sight(Signal.HELD, back.hold, spent=back.spent, wake=back.wake)
    return Sight(Signal.DIFFERS, target=Target(case.desired, document))


def _intended(case: Case) -> Sight:
    if _abandoned(case):
        return Sight(Signal.ABANDONED)
    if hindrance := _away(case) or _hindrance(case):
        return Sight(Signal.HINDERED, hindrance)
    if case.seen and case.seen.others:
        return Sight(Signal.OTHERS_RUN)
    if case.seen and case.seen.settle_in > 0:
        return Sight(Signal.UNSETTLED, wake=case.seen.settle_in)
    blind = case.seen is not None and not case.seen.listed
    if case.matches and (case.as_intended or not blind):
        return Sight(Signal.MATCHES)
    if blind:
        return Sight(Signal.BLIND)
    if case.seen and case.seen.candidate and _may_still_show(case, case.seen.candidate):
        return Sight(Signal.JOB_ENDED)
    return Sight(Signal.DIFFERS, failure=_failure_of_intent(case))


def _abandoned(case: Case) -> bool:
    """A person gives the open intent up; heeded once its request can no longer arrive."""
    named = bool(case.abandon) and case.abandon == case.record.journal.id
    return named and case.seen is not None and case.seen.settle_in <= 0


def _failure_of_intent(case: Case) -> str:
    """What counts against the digest: a job that ended, or the site's own refusal."""
    candidate, answer = case.seen.candidate if case.seen else None, case.record.journal.answer
    if candidate and candidate.ended:
        return _failure_of(case, candidate)
    return f"{Reason.EDIT_REFUSED}: The site answered: {answer}" if answer else ""


def _failure_of(case: Case, job: Job) -> str:
    if job.state is JobState.FAILED:
        return f"{Reason.JOB_FAILED}: {_why(job)}"
    return f"{Reason.EDIT_NOT_STICKING}: {_not_sticking(case, job)}"


def _running(case: Case) -> Sight:
    if hindrance := _away(case):
        given_up = hindrance.reason is Reason.SITE_CHANGED and _abandoned(case)
        return Sight(Signal.ABANDONED) if given_up else Sight(Signal.HINDERED, hindrance)
    ours = case.seen.ours if case.seen else None
    if ours is None:
        return Sight(Signal.HINDERED, Hold(Reason.SITE_UNREACHABLE, "The job was not read."))
    if isinstance(ours, Job):
        return _ended(case, ours) if ours.ended else _unfinished(case)
    if ours.kind is not Kind.MISSING:
        return Sight(Signal.HINDERED, Hold(reason_of(ours), ours.detail))
    return _missing(case)


def _unfinished(case: Case) -> Sight:
    late = case.open_for > case.policy.job_timeout_seconds
    return Sight(Signal.JOB_OVERDUE if late else Signal.JOB_RUNS)


def _missing(case: Case) -> Sight:
    if hindrance := _hindrance(case):
        return Sight(Signal.HINDERED, hindrance)
    clear = case.seen is not None and not case.seen.others
    if clear and case.matches and case.as_intended:
        return Sight(Signal.MATCHES)
    if case.open_for <= case.policy.job_timeout_seconds:
        return Sight(Signal.JOB_UNSEEN)
    return Sight(Signal.JOB_LOST if clear else Signal.OTHERS_RUN)


def _ended(case: Case, job: Job) -> Sight:
    if hindrance := _hindrance(case):
        return Sight(Signal.HINDERED, hindrance)
    if case.seen and case.seen.others:
        return Sight(Signal.OTHERS_RUN)
    if case.matches:
        return Sight(Signal.MATCHES)
    if not case.as_intended:
        return Sight(Signal.JOB_OUTDATED)
    if job.state is JobState.FAILED:
        return Sight(Signal.JOB_FAILED, failure=_failure_of(case, job))
    if _may_still_show(case, job):
        return Sight(Signal.JOB_ENDED)
    return Sight(Signal.JOB_NOT_STICKING, failure=_failure_of(case, job))


def _may_still_show(case: Case, job: Job) -> bool:
    """A completed edit that is not live yet: the service may be read a little late."""
    early = case.ended_for < case.policy.verify_grace_seconds
    return job.state is JobState.COMPLETED and early and case.as_intended


LOOKS: Mapping[Phase, Callable[[Case], Sight]] = {
    Phase.IDLE: _idle,
    Phase.INTENDED: _intended,
    Phase.RUNNING: _running,
}


def _away(case: Case) -> Hold | None:
    """The site that holds the open operation is not there to be asked."""
    if case.seen is None:
        return case.gate or Hold(Reason.SITE_UNREACHABLE, "The site was not read.")
    if case.record.journal.site_url != case.site_url:
        before = case.record.journal.site_url
        return Hold(
            Reason.SITE_CHANGED,
            f"An edit is open on {before}, but the site is now {case.site_url}. Nothing is sent or "
            "concluded. Bring the former site back, or give the edit up with the annotation "
            f"{ABANDON}: {case.record.journal.id}",
        )
    return None


def _hindrance(case: Case) -> Hold | None:
    """The look is not complete."""
    seen = case.seen or Seen()
    if seen.jobs_failure:
        return Hold(reason_of(seen.jobs_failure), seen.jobs_failure.detail)
    if case.desired is None:
        return None
    if isinstance(seen.document, Failure):
        return Hold(reason_of(seen.document), _about(case, seen.document))
    if seen.document is None:
        return Hold(Reason.SITE_UNREACHABLE, "The service was not read.")
    if problem := plan.shape_problem(seen.document):
        return Hold(Reason.BAD_ANSWER, f"The service document cannot be merged: {problem}.")
    return None


def _about(case: Case, failure: Failure) -> str:
    if failure.kind is Kind.MISSING and case.desired:
        return f"The site has no service {case.desired.service.title}. Nothing is created; publish it first."
    return failure.detail


def _why(job: Job) -> str:
    text = " ".join(job.messages) or job.error or "The site gave no message."
    return f"Job {job.id} {job.status}: {text}"


def _not_sticking(case: Case, job: Job) -> str:
    leaves = case.desired.leaves if case.desired else ()
    paths = ", ".join(change.path for change in plan.changes(leaves, case.document or {})[:5])
    return f"Job {job.id} COMPLETED, but the site still has another value for {paths}."
