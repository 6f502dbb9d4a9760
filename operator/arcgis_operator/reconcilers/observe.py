"""Reading the site for one turn: jobs first, the document after them, so that it is never older."""

from datetime import timedelta

from arcgis_operator.core.case import Seen
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import Job
from arcgis_operator.core.model import Desired
from arcgis_operator.core.record import Journal, Phase, Record, moment
from arcgis_operator.reconcilers.ledger import Entry
from arcgis_operator.reconcilers.ports import JobsOn, Site

CLOCK_SKEW = timedelta(minutes=5)
SHARED_SECONDS = 2.0


async def observe(
    site: Site,
    service_key: str,
    desired: Desired | None,
    record: Record,
    entry: Entry,
    settle_in: float,
    presumed: bool,
    fresh: bool,
) -> Seen:
    """What the site shows now. A look at a job that is still running is one request.

    `presumed`: a job of ours that no record names and the site does not know is still taken to run.
    `fresh`: the jobs are listed now; a list that others asked for a moment ago will not do.
    """
    journal = record.journal
    if journal.open and journal.site_url != site.url:
        return Seen(settle_in=settle_in)
    ours = await site.job(journal.job_id) if journal.phase is Phase.RUNNING else None
    if ours is not None and not _over(ours):
        return Seen(ours=ours, settle_in=settle_in)
    jobs = await site.jobs_on(service_key, 0.0 if fresh else SHARED_SECONDS)
    remembered = await _remembered(site, entry, journal, presumed)
    candidate = await _candidate(site, jobs, record) if journal.phase is Phase.INTENDED else None
    return Seen(
        document=await site.document(desired.service) if desired else None,
        ours=ours,
        others=_others(jobs, remembered, journal),
        jobs_failure=jobs.failure,
        listed=jobs.listed,
        candidate=candidate,
        strays=_strays(jobs, record, entry, site.username),
        listed_ids=frozenset(job.id for job in jobs.jobs),
        settle_in=settle_in,
    )


def _over(ours: Job | Failure) -> bool:
    """Nothing more can be learned from the job itself."""
    return ours.ended if isinstance(ours, Job) else ours.kind is Kind.MISSING


async def _remembered(site: Site, entry: Entry, journal: Journal, presumed: bool) -> Job | None:
    """A job of ours that no record names any more, while it has not ended."""
    job_id = entry.open_job
    if not job_id or job_id == journal.job_id:
        return None
    job = await site.job(job_id)
    if isinstance(job, Job):
        return None if job.ended else job
    if job.kind is Kind.MISSING and not presumed:
        return None
    return Job(id=job_id, status="UNAVAILABLE", username=site.username)


def _others(jobs: JobsOn, remembered: Job | None, journal: Journal) -> tuple[Job, ...]:
    running = {job.id: job for job in jobs.jobs if not job.ended and job.id != journal.job_id}
    if remembered:
        running[remembered.id] = remembered
    return tuple(running.values())


async def _candidate(site: Site, jobs: JobsOn, record: Record) -> Job | None:
    """The job that an unanswered intent most probably became. Only shown, and counted when it failed."""
    journal = record.journal
    earlier = {entry.get("id") for entry in record.history}
    sent = moment(journal.intent_time)
    likely = [
        job
        for job in (*jobs.jobs, *jobs.old)
        if (not journal.username or job.username == journal.username)
        and job.operation_uri.casefold() == journal.operation_uri.casefold()
        and job.id not in earlier
        and sent
        and job.start_ms / 1000 >= (sent - CLOCK_SKEW).timestamp()
    ]
    if not likely:
        return None
    whole = await site.job(max(likely, key=lambda job: job.start_ms).id)
    return whole if isinstance(whole, Job) else None


def _strays(jobs: JobsOn, record: Record, entry: Entry, username: str) -> tuple[Job, ...]:
    """Edits that no record explains: always those under our name, others' while an edit of ours is open."""
    journal = record.journal
    if entry.explained is None or journal.phase is Phase.INTENDED:
        return ()
    named = {journal.job_id, entry.open_job, record.job.id if record.job else ""}
    known = entry.explained | named | {str(past.get("id")) for past in record.history}
    return tuple(
        job
        for job in jobs.jobs
        if job.id not in known
        and job.operation_uri.endswith("/edit")
        and (job.username == username or journal.phase is Phase.RUNNING)
    )
