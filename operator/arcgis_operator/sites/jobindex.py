"""The jobs of one site, by the service they work on: one shared list, each job read as rarely as possible.

`/admin/jobs` gives ids only (Source: Jobs page), so a new id is read once; a job that has not ended is read
again when somebody asks about its service. A job that was running and cannot be found is presumed to run for
a while. Of a long list that nobody here has read, `backlog` tells what cannot wait. Nobody knows how long a
site keeps its jobs, so of those that ended long ago only the ids are kept.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from sys import intern
from types import MappingProxyType
from typing import Any

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import UNAVAILABLE, Job, JobsOn, JobState
from arcgis_operator.core.jsondoc import printable
from arcgis_operator.core.said import Raw
from arcgis_operator.sites import backlog
from arcgis_operator.sites.unread import Unread

READERS = 8
PAUSE_SECONDS = 2.0
LATE = 40  # jobs of late from which to learn how long one takes
NOTHING: Mapping[str, Any] = MappingProxyType({})
NOT_LISTABLE = (Kind.MISSING, Kind.UNAUTHORISED, Kind.REFUSED)
UNSHOWN = (Kind.REFUSED, Kind.UNSURE, Kind.GARBLED)  # beside 404, for an unknown id. Assumed: no page says


@dataclass(frozen=True, slots=True)
class KnownJob:
    """A bare job, the service it works on, and when this process first saw it (or its end).

    `ran_at`: when it was last seen to run, or first seen. `old`: it had ended long before it was read.
    """

    job: Job
    service_key: str | None
    since: float
    ran_at: float
    old: bool = False


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
        self._old: dict[str, None] = {}  # not read yet
        self._past: set[str] = set()  # read, and ended long ago
        self._catching_up: asyncio.Task[None] | None = None
        self._closed = False
        self._known: dict[str, KnownJob] = {}
        self._on: dict[str | None, set[str]] = {}  # ids by service
        self._unfinished: dict[str, float] = {}  # when they were last read or listed
        self._unread = Unread()
        self._failure: Failure | None = None
        self._ids: set[str] = set()
        self._listed_at = float("-inf")
        self._refused_at = math.inf  # the first of the refusals in a row
        self._begun_at = float("-inf")
        self._listing: asyncio.Task[None] | None = None
        self._took: deque[float] = deque(maxlen=LATE)

    async def on(self, service_key: str, within: float = 0.0) -> JobsOn:
        """The jobs on one service, from a list at most so many seconds old; who has not ended is read again.

        A job that is listed and cannot be found may be what an unanswered request became: a look that
        lists anew, which is made for such a request, fails while that job is presumed to run.
        """
        await self._listed(self._clock() - within)
        if self._failure:
            return self._unlisted(self._failure)
        if not within and (hidden := self._unread.newer(self._clock() - self._presumed_seconds)):
            return JobsOn(failure=Failure(Kind.GARBLED, f"job {hidden} is listed but cannot be read"))
        there = [self._known[job_id] for job_id in self._on.get(service_key, ())]
        jobs = []
        for known in (one for one in there if not one.old):
            job = known.job if known.job.ended else await self._again(known)
            if isinstance(job, Failure):
                return JobsOn(failure=job)
            if job and not self._given_up(job, known.ran_at):
                jobs.append(job)
        return JobsOn(tuple(jobs), tuple(one.job for one in there if one.old))

    def _given_up(self, job: Job, ran_at: float) -> bool:
        """A word that nobody knows counts as running for as long as a job may run, like a job not found."""
        return job.state is JobState.UNKNOWN and self._clock() - ran_at > self._presumed_seconds

    async def is_gone(self, job_id: str, failure: Failure) -> bool:
        """Whether the site knows no such job: it says so, or fails to show what it does not list either."""
        if failure.kind in UNSHOWN and failure.code:
            await self._listed(self._clock())
        return self._gone(job_id, failure)

    def _gone(self, job_id: str, failure: Failure) -> bool:
        unshown = failure.kind in UNSHOWN and failure.code and self._failure is None
        return failure.kind is Kind.MISSING or bool(unshown and job_id not in self._ids)

    def noted(self, job: Job) -> None:
        """Somebody read this job, or the site named it to us."""
        before = self._known.get(job.id)
        if before:
            self._forget(job.id)
        ends = job.ended and not (before and before.job.ended)
        since = before.since if before and not ends else self._clock()
        ran_at = before.ran_at if before and job.state is not JobState.RUNNING else self._clock()
        old = before is not None and before.old and job.ended
        bare = _bare(job)
        service_key = intern(bare.service_key) if bare.service_key else None
        self._known[job.id] = KnownJob(bare, service_key, since, ran_at, old)
        self._on.setdefault(service_key, set()).add(job.id)
        if not job.ended:
            self._unfinished[job.id] = self._clock()
        elif ends and job.id not in self._past:
            self._learn(job)
        self._unread.drop([job.id])
        self._past.discard(job.id)

    def over(self, job_id: str) -> None:
        """Whoever followed this job has concluded; if the site lists it, it is read anew."""
        known = self._known.get(job_id)
        if known and not known.job.ended:
            self._forget(job_id)

    def usual_seconds(self) -> float:
        """What short edits of late took, by the clock of the site; 0 while none was seen."""
        return sorted(self._took)[len(self._took) // 10] if self._took else 0.0

    def _learn(self, job: Job) -> None:
        took = (job.end_ms - job.start_ms) / 1000
        if job.state is JobState.COMPLETED and job.edits and job.start_ms and took > 0:
            self._took.append(took)

    def running(self, username: str) -> set[str]:
        """The services on which jobs of this user had not ended when last seen."""
        unfinished = [self._known[job_id] for job_id in self._unfinished]
        return {one.service_key for one in unfinished if one.job.username == username and one.service_key}

    def runs(self, job_id: str) -> bool:
        """Whether this job had not ended when last seen."""
        return job_id in self._unfinished

    async def look_at_running(self, username: str, followed: Collection[str]) -> None:
        """Read this user's unfinished jobs again, but for those on services that are followed anyway."""
        for known in [self._known[job_id] for job_id in self._unfinished]:
            if known.job.username == username and known.service_key not in followed:
                await self._again(known)

    def close(self) -> None:
        """Read nothing more by itself."""
        self._closed = True
        if self._catching_up:
            self._catching_up.cancel()

    def _forget(self, job_id: str) -> None:
        known = self._known.pop(job_id, None)
        if known is None:
            return  # another look found out meanwhile
        on = known.service_key
        self._on[on].discard(job_id)
        if not self._on[on]:
            del self._on[on]
        self._unfinished.pop(job_id, None)

    async def _listed(self, not_before: float) -> None:
        """Wait for a list that began at this time or later; all who wait share one."""
        while self._begun_at < not_before:
            if self._listing is None or self._listing.done():
                self._listing = asyncio.create_task(self._list(), name="job index")
            await asyncio.shield(self._listing)

    async def _list(self) -> None:
        begun = self._clock()
        ids = await self._read_ids()
        self._failure = ids if isinstance(ids, Failure) else await self._take(ids)
        said = self._failure
        refused = said is not None and said.kind in NOT_LISTABLE and said.code is not None
        self._refused_at = min(self._refused_at, begun) if refused else math.inf
        self._begun_at = begun

    async def _take(self, ids: tuple[str, ...]) -> Failure | None:
        self._ids, now = set(ids), self._clock()
        listed, seen_since = self._ids, now - self._presumed_seconds
        self._unfinished |= dict.fromkeys(self._unfinished.keys() & listed, now)
        for gone in self._known.keys() - listed:
            if self._unfinished.get(gone, float("-inf")) < seen_since:
                self._forget(gone)
        self._set_aside()
        self._past &= listed
        self._unread.drop(self._unread.ids() - listed)
        self._old = {key: None for key in self._old if key in listed}
        put_off = self._unread.put_off(seen_since, READERS)
        passed_over = self._known.keys() | self._old.keys() | self._past | put_off
        unknown = [job_id for job_id in ids if job_id not in passed_over]
        failure = await (self._read_all if len(unknown) < backlog.LONG else self._read_long)(unknown)
        self._set_aside_unread(ids)
        self._listed_at = self._listed_at if failure else now
        return failure

    def _set_aside(self) -> None:
        """A job that ended so long ago explains nothing any more."""
        limit = self._clock() - 2 * self._presumed_seconds
        old = {job_id for job_id, one in self._known.items() if one.since < limit}
        old -= self._unfinished.keys()
        for job_id in old:
            self._forget(job_id)
        self._past |= old

    def _set_aside_unread(self, ids: Sequence[str]) -> None:
        """A job that cannot be read, but began long before others that can, does not run any more."""
        if not self._unread.ids():
            return
        starts = self._starts(ids)
        if by_age := backlog.newest_first(ids, starts):
            self._let_be(self._unread.ids() - set(backlog.recent(by_age, starts, 2 * self._presumed_seconds)))

    def _let_be(self, unread: Set[str]) -> None:
        self._unread.drop(unread)
        self._past |= unread

    async def _read_long(self, ids: list[str]) -> Failure | None:
        """What may still run is read now, the rest by and by; all now if their order is not that of time."""
        sample = backlog.sample(ids)
        if failure := await self._read_all(sample):
            return failure
        if self._unread.answer and self._unread.ids() >= set(sample):
            return self._unread.answer  # none of them can be read: that is no list
        if by_age := backlog.newest_first(ids, self._starts(ids)):
            recent = backlog.recent(by_age, self._starts(ids), 2 * self._presumed_seconds)
            if failure := await self._read_all(recent):
                return failure
            by_age = backlog.newest_first(ids, self._starts(ids))
        if by_age is None:
            return await self._read_all(ids)
        self._old |= dict.fromkeys(job_id for job_id in by_age if job_id not in self._known)
        self._catch_up()
        return None

    def _starts(self, ids: Iterable[str]) -> dict[str, int]:
        return {job_id: self._known[job_id].job.start_ms for job_id in ids if job_id in self._known}

    def _catch_up(self) -> None:
        if not self._closed and (self._catching_up is None or self._catching_up.done()):
            self._catching_up = asyncio.create_task(self._read_old(), name="old jobs")

    async def _read_old(self) -> None:
        """One by one, in turn with all who ask the site for something."""
        while self._old:
            await self._spare()
            if not self._old:
                return
            job_id = next(iter(self._old))
            if await self._read_each(iter([job_id])):
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                self._old.pop(job_id, None)
                self._let_be(self._unread.ids() & {job_id})
                self._let_rest(job_id)

    def _let_rest(self, job_id: str) -> None:
        """An old job that has ended is no news: told of only now, it would look like an edit of late."""
        if (known := self._known.get(job_id)) and known.job.ended:
            self._known[job_id] = replace(known, old=True)

    async def _read_all(self, ids: Iterable[str]) -> Failure | None:
        unread = [job_id for job_id in ids if job_id not in self._known]
        each = iter(unread)
        failures = await asyncio.gather(*(self._read_each(each) for _ in unread[:READERS]))
        return next((failure for failure in failures if failure), None)

    async def _read_each(self, ids: Iterator[str]) -> Failure | None:
        for job_id in ids:
            job = await self._read_job(job_id)
            if isinstance(job, Job):
                self.noted(job)
            elif job.unreachable or job.kind in (Kind.BUSY, Kind.NO_CREDENTIALS):
                return job
            else:
                self._unread.tried(job_id, job, self._clock())
        return None

    def _unlisted(self, failure: Failure) -> JobsOn:
        """A refusal is believed when the site itself says so, steadily for a while, and every job that began
        while it did list them has had its time. A page of something in front says nothing of the jobs.
        """
        now = self._clock()
        login = failure.kind is Kind.UNAUTHORISED and failure.code is None  # the list was not asked for
        if failure.kind not in NOT_LISTABLE or login:
            return JobsOn(failure=failure)
        if failure.code is None:
            text = f"the list of jobs cannot be read: {failure.detail}"
            return JobsOn(failure=Failure(Kind.GARBLED, printable(text, 256)))
        steady = now - self._refused_at >= self._settle_seconds
        if steady and now - self._listed_at > self._presumed_seconds:
            return JobsOn(listed=False)
        wait = self._listed_at + self._presumed_seconds - now
        seconds = max(wait, self._refused_at + self._settle_seconds - now)
        text = (
            f"the site refuses to list its jobs ({failure.detail}): one may run unseen, so nothing is sent "
            f"until they are listed, or were refused for {seconds:.0f} s more"
        )
        return JobsOn(failure=Failure(Kind.GARBLED, text))

    async def _again(self, known: KnownJob) -> Job | Failure | None:
        job = await self._read_job(known.job.id)
        if isinstance(job, Job):
            self.noted(job)
            return job
        if not self._gone(known.job.id, job):
            return job
        if self._clock() - known.ran_at > self._presumed_seconds:
            self._forget(known.job.id)
            return None
        return replace(known.job, status=UNAVAILABLE)


def _bare(job: Job) -> Job:
    """What is worth keeping of thousands of jobs, which share their words."""
    return replace(
        job,
        status=Raw(intern(job.status)),
        operation_uri=Raw(intern(job.operation_uri)),
        username=Raw(intern(job.username)),
        messages=(),
        result=NOTHING,
    )
