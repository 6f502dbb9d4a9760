"""What a resource and its events say of a case: which of the `sentences`, with what in them."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from arcgis_operator.core import sentences
from arcgis_operator.core.case import Case
from arcgis_operator.core.change import ShownChange
from arcgis_operator.core.guarded import FRAMEWORK
from arcgis_operator.core.jobs import Signal
from arcgis_operator.core.misfit import twins
from arcgis_operator.core.operations import EDIT, name_of
from arcgis_operator.core.places import spec_path
from arcgis_operator.core.record import JobShown, Journal
from arcgis_operator.core.restarts import restarts
from arcgis_operator.core.verdict import EventType, Note

KEPT_NEW = 5
WITH_A_RESTART = frozenset(FRAMEWORK.values())
"""Settings that before it wait for a restart. Source: README of Esri's recycle sample, for the times of
recycling. Assumed: for all settings of the processes alike; those that clients see are live at once."""


def drift_notes(changes: Sequence[ShownChange], who: str) -> tuple[Note, ...]:
    """Settings that somebody else changed, and who probably did."""
    return (Note("DriftDetected", sentences.drifted([change.parts for change in changes], who)),)


def stray_notes(case: Case) -> tuple[Note, ...]:
    """Edits that nothing here explains."""
    strays = case.seen.strays if case.seen else ()
    return tuple(
        Note(
            "StrayEdit",
            sentences.stray(job.shown_id, job.shown_user, job.username == case.username, name_of(job.path)),
        )
        for job in strays
    )


def part_notes(case: Case, signal: Signal, job: JobShown | None) -> tuple[Note, ...]:
    """What the operation that has just ended made live, while another one follows."""
    planned, operation = case.record.plan, case.record.journal.operation
    if signal is not Signal.DONE or planned is None:
        return ()
    made = [one for one in planned.changes if one.get("operation") == operation]
    texts = [sentences.changed(*[str(one.get(part, "")) for part in ("path", "from", "to")]) for one in made]
    told = sentences.part_live(operation, job.id if job else "", texts, planned.count_of(operation))
    return (Note("PartlyLive", told, EventType.NORMAL),)


def converged_text(case: Case, job: JobShown | None) -> str:
    """What is live, and through which job."""
    count = len(case.leaves)
    if not case.desired or not case.desired.leaves:
        return sentences.NOTHING_DECLARED
    done = job if job and job.generation == case.generation and job.status == "COMPLETED" else None
    told = sentences.verified(count, done.id if done else "", done.duration if done else "")
    edited = done is not None and done.operation == EDIT.name
    return " ".join((told, *_warnings(case, edited)))


def _warnings(case: Case, edited: bool) -> Iterator[str]:
    """What may keep a live setting from having the effect that is meant."""
    leaves = case.desired.leaves if case.desired else ()
    waiting = [spec_path(leaf.path) for leaf in leaves if leaf.path[-1] in WITH_A_RESTART]
    if edited and waiting and restarts(case.site_version) is False:
        yield sentences.after_restart(waiting, case.site_version)
    count, paths = new_settings(case)
    if count and leaves:
        yield sentences.were_new(count, len(leaves), paths)
    yield from twins(leaves, case.document or {})
    if case.desired and case.desired.drift.unused:
        yield sentences.ignores_nothing(case.desired.drift.unused)


def new_settings(case: Case) -> tuple[int, tuple[str, ...]]:
    """How many declared settings the service did not have before the edit, and the first five of them."""
    planned, before = case.record.plan, case.record.observed
    if planned and planned.digest == case.digest and planned.cause == "Spec" and case.as_intended:
        paths = [str(one.get("path")) for one in planned.changes if one.get("from") == sentences.NOT_SET]
        return len(paths), tuple(paths[:KEPT_NEW])
    if before and before.digest == case.digest:
        return before.new_count, before.new_settings
    return 0, ()


def changed_text(case: Case) -> str:
    """What the edit that has just ended changed: for the one event that tells of it."""
    planned = case.record.plan
    if not planned or planned.digest != case.digest or not case.record.journal.open:
        return ""
    parts = [[str(one.get(part, "")) for part in ("path", "from", "to")] for one in planned.changes[:3]]
    return sentences.changes_made([sentences.changed(*part) for part in parts], planned.change_count)


def accepted_text(journal: Journal, job: JobShown | None) -> str:
    """That a job runs, and until when by what others of its kind took; the same at every look."""
    told = sentences.accepted(journal.job_id, journal.operation)
    if job is None or not job.past_jobs:
        return told
    ends = sentences.expected(job.expected_end_time, job.latest_end_time, job.past_jobs, journal.operation)
    return f"{told} {ends}"


def waiting_text(case: Case, signal: Signal) -> str:
    """What is waited for."""
    return _TEXTS[signal](case)


def _others(case: Case) -> str:
    if not case.seen or not case.seen.others:
        return sentences.OTHERS_RUN
    job = min(case.seen.others, key=lambda one: one.id)
    return sentences.others_run(job.shown_id, job.shown_user)


_TEXTS: Mapping[Signal, Callable[[Case], str]] = {
    Signal.HINDERED: lambda case: sentences.NOT_READ,
    Signal.OTHERS_RUN: _others,
    Signal.UNSETTLED: lambda case: sentences.unsettled(
        case.policy.settle_seconds, case.record.journal.answer, case.record.journal.operation
    ),
    Signal.BLIND: lambda case: sentences.blind(case.whose, case.record.journal.id),
    Signal.JOB_RUNS: lambda case: accepted_text(case.record.journal, case.record.job),
    Signal.JOB_OVERDUE: lambda case: sentences.overdue(
        case.record.journal.job_id, case.policy.job_timeout_seconds, case.whose, case.record.journal.id
    ),
    Signal.JOB_UNSEEN: lambda case: sentences.job_unseen(
        case.record.journal.job_id, case.policy.job_timeout_seconds
    ),
    Signal.JOB_ENDED: lambda case: sentences.JOB_ENDED if case.as_intended else sentences.READ_EARLY,
}
