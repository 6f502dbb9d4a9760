"""The jobs of one site, asked for: one shared list, each job read as rarely as possible.

`/admin/jobs` gives ids only (Source: Jobs page), so a new id is read once; a job that has not ended is read
again when somebody asks about its service. What follows from what was seen, `jobtable` and `joblist` tell.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import Job, JobsOn
from arcgis_operator.core.usual import Usual
from arcgis_operator.sites import backlog
from arcgis_operator.sites.joblist import UNSHOWN, JobList
from arcgis_operator.sites.jobstates import Read, Running
from arcgis_operator.sites.jobtable import JobTable

READERS = 8
PAUSE_SECONDS = 2.0
PUT_OFF = (Kind.BUSY, Kind.NO_CREDENTIALS)


class JobIndex:
    """`read_ids` and `read_job` ask the site, `spare` waits for a turn to ask it; `clock` is monotonic."""

    def __init__(
        self,
        read_ids: Callable[[], Awaitable[tuple[str, ...] | Failure]],
        read_job: Callable[[str], Awaitable[Job | Failure]],
        clock: Callable[[], float],
        presumed_seconds: float,
        settle_seconds: float,
        spare: Callable[[], Awaitable[None]],
    ) -> None:
        self._read_ids, self._read_job = read_ids, read_job
        self._clock, self._spare = clock, spare
        self._presumed_seconds, self._settle_seconds = presumed_seconds, settle_seconds
        self._table, self._last = JobTable(presumed_seconds), JobList()
        self._listing: asyncio.Task[None] | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._closed = False

    async def on(self, service_key: str, within: float = 0.0) -> JobsOn:
        """The jobs on one service, from a list at most so many seconds old; who has not ended is read again.

        A job that is listed and cannot be found may be what an unanswered request became: a look that
        lists anew, which is made for such a request, fails while that job is presumed to run.
        """
        await self._listed(self._clock() - within)
        now = self._clock()
        if unlisted := self._last.unlisted(now, self._presumed_seconds, self._settle_seconds):
            return unlisted
        if not within and (hidden := self._table.hidden(now)):
            return JobsOn(failure=hidden)
        for one in self._table.running(service_key):
            if failure := await self._again(one):
                return JobsOn(failure=failure)
        return self._table.on(service_key, self._clock())

    async def is_gone(self, job_id: str, failure: Failure) -> bool:
        """Whether the site knows no such job: it says so, or fails to show what it does not list either."""
        if failure.kind in UNSHOWN and failure.code:
            await self._listed(self._clock())
        return self._last.lacks(job_id, failure)

    def noted(self, job: Job) -> None:
        """Somebody read this job, or the site named it to us."""
        self._table.read(job, self._clock())

    def over(self, job_id: str) -> None:
        """Whoever followed this job has concluded; if the site lists it, it is read anew."""
        self._table.concluded(job_id)

    def usual_seconds(self) -> float:
        """What short edits of late took, by the clock of the site; 0 while none was seen."""
        return self._table.usual_seconds()

    def usual(self, operation: str) -> Usual:
        """What jobs of this operation took of late."""
        return self._table.usual(operation)

    def running(self, username: str) -> set[str]:
        """The services on which jobs of this user had not ended when last seen."""
        ours = (one for one in self._table.running() if one.job.username == username)
        return {one.service_key for one in ours if one.service_key}

    def runs(self, job_id: str) -> bool:
        """Whether this job had not ended when last seen."""
        return isinstance(self._table.of(job_id), Running)

    async def look_at_running(self, username: str, followed: Collection[str]) -> None:
        """Read this user's unfinished jobs again, but for those on services that are followed anyway."""
        for one in self._table.running():
            if one.job.username == username and one.service_key not in followed:
                await self._again(one)

    def close(self) -> None:
        """Read nothing more by itself."""
        self._closed = True
        if self._catching_up:
            self._catching_up.cancel()

    async def _listed(self, not_before: float) -> None:
        """Wait for a list that began at this time or later; all who wait share one."""
        while self._last.begun_at < not_before:
            if self._listing is None or self._listing.done():
                self._listing = asyncio.create_task(self._list(), name="job index")
            await asyncio.shield(self._listing)

    async def _list(self) -> None:
        begun, ids = self._clock(), await self._read_ids()
        at = self._clock()
        failure = ids if isinstance(ids, Failure) else await self._take(ids, at)
        self._last = self._last.ended(begun, at, failure)

    async def _take(self, ids: tuple[str, ...], now: float) -> Failure | None:
        self._last = self._last.named(ids)
        self._table.listed(self._last.ids, now)
        unknown = self._table.to_read(ids, now, READERS)
        failure = await (self._read_all if len(unknown) < backlog.LONG else self._read_long)(unknown)
        self._table.let_be(ids)
        return failure

    async def _read_long(self, ids: list[str]) -> Failure | None:
        """What may still run is read now, the rest by and by; all now if their order is not that of time."""
        sample = backlog.sample(ids)
        if failure := await self._read_all(sample) or self._table.refusal(sample):
            return failure  # none of them can be read: that is no list
        if by_age := self._table.newest_first(ids):
            if failure := await self._read_all(self._table.recent(by_age)):
                return failure
            by_age = self._table.newest_first(ids)
        if by_age is None:
            return await self._read_all(ids)
        self._table.put_by(by_age)
        if not self._closed and (self._catching_up is None or self._catching_up.done()):
            self._catching_up = asyncio.create_task(self._catch_up(), name="old jobs")
        return None

    async def _catch_up(self) -> None:
        """One by one, in turn with all who ask the site for something."""
        while self._table.next_waiting():
            await self._spare()
            job_id = self._table.next_waiting()
            if job_id and await self._read_each(iter([job_id])):
                await asyncio.sleep(PAUSE_SECONDS)

    async def _read_all(self, ids: Iterable[str]) -> Failure | None:
        unread = [job_id for job_id in ids if not isinstance(self._table.of(job_id), Read)]
        each = iter(unread)
        failures = await asyncio.gather(*(self._read_each(each) for _ in unread[:READERS]))
        return next((failure for failure in failures if failure), None)

    async def _read_each(self, ids: Iterator[str]) -> Failure | None:
        for job_id in ids:
            job = await self._read_job(job_id)
            if isinstance(job, Job):
                self._table.read(job, self._clock())
            elif job.unreachable or job.kind in PUT_OFF:
                return job
            else:
                self._table.read_in_vain(job_id, job, self._clock())
        return None

    async def _again(self, known: Running) -> Failure | None:
        """Read it once more. That the site knows none is no failure: it is presumed to run for a while."""
        job = await self._read_job(known.job.id)
        if isinstance(job, Job):
            self._table.read(job, self._clock())
        elif self._last.lacks(known.job.id, job):
            self._table.gone(known.job.id, self._clock())
        else:
            return job
        return None
