"""The sentences that people read on a resource and in its events."""

from collections.abc import Mapping

from arcgis_operator.core import plan
from arcgis_operator.core.case import ABANDON, Case
from arcgis_operator.core.job import Job
from arcgis_operator.core.jobs import Signal
from arcgis_operator.core.record import JobShown
from arcgis_operator.core.verdict import Note


def drift_notes(changes: tuple[plan.Change, ...], drift: bool) -> tuple[Note, ...]:
    """Settings that somebody else changed."""
    if not drift:
        return ()
    texts = [f"{change.path} is {change.before} on the site, {change.after} here" for change in changes[:5]]
    return (Note("DriftDetected", "; ".join(texts)),)


def stray_notes(case: Case) -> tuple[Note, ...]:
    """Edits that nothing here explains."""
    strays = case.seen.strays if case.seen else ()
    return tuple(Note("StrayEdit", _stray_text(job, case.username)) for job in strays)


def _stray_text(job: Job, username: str) -> str:
    whose = "carries our user name but is not on record here" if job.username == username else "is not ours"
    return f"job {job.id} of {job.username or 'somebody'} edited this service and {whose}; it is read back"


def converged_text(case: Case, job: JobShown | None) -> str:
    """What is live, and through which job."""
    count = len(case.desired.leaves) if case.desired else 0
    if count == 0:
        return "0 settings are declared, so nothing is owned."
    text = "1 owned setting is" if count == 1 else f"{count} owned settings are"
    done = job and job.generation == case.generation and job.status == "COMPLETED"
    after = f": job {job.id} COMPLETED in {job.duration or '0s'}, read back." if job and done else "."
    return f"{text} live on the site{after}"


def changed_text(case: Case) -> str:
    """What the edit that has just ended changed: for the one event that tells of it."""
    planned = case.record.plan
    if not planned or planned.hash != case.digest or not case.record.journal.open:
        return ""
    changes = [
        plan.Change(*(one.get(part, "") for part in ("path", "from", "to"))) for one in planned.changes[:3]
    ]
    return f"Changed: {', '.join(map(str, changes))}{', …' if planned.change_count > 3 else '.'}"


def waiting_text(case: Case, signal: Signal) -> str:
    """What is waited for."""
    journal = case.record.journal
    others = case.seen.others if case.seen else ()
    if signal is Signal.OTHERS_RUN and others:
        job = min(others, key=lambda one: one.id)
        return f"Job {job.id} of {job.username or 'somebody'} is running on the service; waiting for its end."
    return _TEXTS[signal].format(job=journal.job_id, intent=journal.id)


_TEXTS: Mapping[Signal, str] = {
    Signal.HINDERED: "The site was not read.",
    Signal.OTHERS_RUN: "Another job is running on the service; waiting for its end.",
    Signal.UNSETTLED: "Waiting until no request sent before can still arrive, then looking again.",
    Signal.BLIND: (
        "The site does not let its jobs be listed, and the settings differ: whether the edit still runs "
        "cannot be told. Give the account the right to read jobs, or give this edit up with the annotation "
        f"{ABANDON}: {{intent}}"
    ),
    Signal.JOB_RUNS: "edit is job {job}.",
    Signal.JOB_OVERDUE: "Job {job} runs longer than allowed. It is still followed, and nothing else is sent.",
    Signal.JOB_UNSEEN: (
        "The site does not know job {job} at the moment. It is presumed to run until its deadline."
    ),
    Signal.JOB_ENDED: "The job COMPLETED; reading back until the settings are live.",
}
