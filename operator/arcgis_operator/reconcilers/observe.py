"""Reading the site for one turn: jobs first, the document after them, so that it is never older."""

from collections.abc import Callable

from arcgis_operator.core.case import Seen
from arcgis_operator.core.changers import SKEW
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import UNAVAILABLE, Job, JobsOn, JobState
from arcgis_operator.core.memory import Memory, Waits
from arcgis_operator.core.model import Desired
from arcgis_operator.core.operations import PATHS, has_job, name_of, paths_of
from arcgis_operator.core.record import Journal, Phase, Record, moment
from arcgis_operator.core.said import Raw
from arcgis_operator.sites.session import SiteSession

SHARED_SECONDS = 2.0


async def observe(
    site: SiteSession,
    service_key: str,
    desired: Desired | None,
    record: Record,
    memory: Memory,
    waits: Waits,
    fresh: bool,
    clock: Callable[[], float],
) -> Seen:
    """What the site shows now. A look at a job that is still running is one request.

    `fresh`: the jobs are listed now; a list that others asked for a moment ago will not do.
    `clock` is monotonic.
    """
    journal = record.journal
    if journal.open and journal.site_url != site.url:
        return Seen(settle_in=waits.settle_in)
    ours = await _ours(site, record) if journal.phase is Phase.RUNNING else None
    if ours is not None and not _over(ours, waits.overdue):
        return Seen(ours=ours, settle_in=waits.settle_in)
    jobs = await site.jobs_on(service_key, 0.0 if fresh else SHARED_SECONDS)
    remembered = await _remembered(site, memory, journal, waits.presumed)
    candidate = await _candidate(site, jobs, record, memory) if journal.phase is Phase.INTENDED else None
    asked_at = clock()
    document = await site.document(desired.service) if desired else None
    return Seen(
        document=document,
        ours=ours,
        others=_others(jobs, remembered, journal),
        jobs_failure=jobs.failure,
        listed=jobs.listed,
        candidate=candidate,
        traceable=jobs.listed and journal.phase is Phase.INTENDED and _is_traceable(journal, memory),
        strays=_strays(jobs, record, memory, site.username),
        changers=_changers(jobs, record, memory, site.username),
        listed_ids=frozenset(job.id for job in jobs.jobs),
        settle_in=waits.settle_in,
        unseen_in=0.0 if jobs.listed else waits.unseen_in,
        hidden_in=waits.hidden_in,
        asked_at=asked_at,
        answered_at=clock(),
    )


async def _ours(site: SiteSession, record: Record) -> Job | Failure:
    """The job of the open operation; once it was seen to end it has ended, though the site forgets it."""
    job, before = await site.job(record.journal.job_id), record.job
    if isinstance(job, Job) or job.kind is not Kind.MISSING or before is None:
        return job
    word = Raw(before.status)  # an end is told in words of the API, which are shown as they are
    last = Job(before.id, word, messages=before.messages, show=site.show)
    return last if last.ended and last.id == record.journal.job_id else job


def _over(ours: Job | Failure, overdue: bool) -> bool:
    """Nothing more can be learned from the job itself."""
    if isinstance(ours, Failure):
        return ours.kind is Kind.MISSING
    return ours.ended or (overdue and ours.state is JobState.UNKNOWN)


async def _remembered(site: SiteSession, memory: Memory, journal: Journal, presumed: bool) -> Job | None:
    """A job of ours that no record names any more, while it has not ended."""
    job_id = memory.open_job
    if not job_id or job_id == journal.job_id:
        return None
    job = await site.job(job_id)
    if isinstance(job, Job) and job.state is not JobState.UNKNOWN:
        return None if job.ended else job
    told = isinstance(job, Job) or job.kind is Kind.MISSING
    if told and not presumed:
        return None
    return Job(Raw(job_id), UNAVAILABLE, username=site.username, show=site.show)


def _others(jobs: JobsOn, remembered: Job | None, journal: Journal) -> tuple[Job, ...]:
    running = {job.id: job for job in jobs.jobs if not job.ended and job.id != journal.job_id}
    if remembered:
        running[remembered.id] = remembered
    return tuple(running.values())


def _is_traceable(journal: Journal, memory: Memory) -> bool:
    """This process sent the request of the intent, which has a job, and knows the jobs from before it."""
    return journal.id in memory.facts and memory.explained is not None and has_job(journal.operation)


async def _candidate(site: SiteSession, jobs: JobsOn, record: Record, memory: Memory) -> Job | None:
    """The job that an unanswered intent most probably became. Only shown, and counted when it failed.

    What this process saw on the service before it sent its intent began before it, whatever the site's clock
    says. Of an intent that another process sent only the clocks tell, and they may differ.
    """
    journal = record.journal
    seen_before = memory.explained if _is_traceable(journal, memory) else frozenset()
    earlier = (seen_before or frozenset()) | {str(past.get("id")) for past in record.history}
    sent = moment(journal.intent_time)
    likely = [
        job
        for job in (*jobs.jobs, *jobs.old)
        if job.username == (journal.username or site.username)
        and job.path in paths_of(journal.operation)
        and job.id not in earlier
        and sent
        and job.start_ms / 1000 >= (sent - SKEW).timestamp()
    ]
    if not likely:
        return None
    whole = await site.job(max(likely, key=lambda job: job.start_ms).id)
    return whole if isinstance(whole, Job) else None


def _strays(jobs: JobsOn, record: Record, memory: Memory, username: Raw) -> tuple[Job, ...]:
    """Edits that no record explains: always those under our name, others' while an edit of ours is open."""
    journal = record.journal
    if memory.explained is None or journal.phase is Phase.INTENDED:
        return ()
    named = {journal.job_id, memory.open_job, record.job.id if record.job else ""}
    known = memory.explained | named | {str(past.get("id")) for past in record.history}
    return tuple(
        job
        for job in jobs.jobs
        if job.id not in known
        and job.path in PATHS
        and not _is_unnamed(job, username)
        and (job.username == username or journal.phase is Phase.RUNNING)
    )


def _is_unnamed(job: Job, username: Raw) -> bool:
    """Of a request that we are told no job of: a site that lists one all the same does not say so."""
    return job.username == username and not has_job(name_of(job.path))


def _changers(jobs: JobsOn, record: Record, memory: Memory, username: Raw) -> tuple[Job, ...]:
    """Jobs that ended since the service was last verified, and are not ours; the newest first.

    What this process listed when it last verified the service did not change it since. For one that has
    just begun, the clocks tell. While an operation is open, what runs under our name may be its job.
    """
    journal, observed = record.journal, record.observed or record.proved
    ours = {journal.job_id, memory.open_job, record.job.id if record.job else ""}
    ours |= {str(past.get("id")) for past in record.history}
    since = moment(observed.verified_time) if observed and memory.verified is None else None
    ended = [
        job
        for job in (*jobs.jobs, *(jobs.old if memory.verified is None else ()))
        if job.ended
        and not _is_unnamed(job, username)
        and job.id not in ours | (memory.verified or frozenset())
        and not (journal.open and job.username == username)
        and (since is None or job.end_ms / 1000 >= (since - SKEW).timestamp())
    ]
    return tuple(sorted(ended, key=lambda job: job.end_ms, reverse=True))
