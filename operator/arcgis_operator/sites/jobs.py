"""A site's jobs as one view sees them, and the job slots that its services take in the line of all views."""

import math
from collections.abc import Callable, Collection, Set
from dataclasses import replace

from arcgis_operator.core.failures import Accepted, Failure, Kind
from arcgis_operator.core.identity import operation_uri
from arcgis_operator.core.job import Job, JobsOn
from arcgis_operator.core.line import Standing
from arcgis_operator.core.operations import EDIT, Request
from arcgis_operator.core.said import ID_LEAST, Raw, Show, cut
from arcgis_operator.core.usual import Usual
from arcgis_operator.sites.availability import Availability
from arcgis_operator.sites.jobindex import JobIndex
from arcgis_operator.sites.link import Link
from arcgis_operator.sites.livesite import Viewpoint, service_in

SCOUTS = 2  # jobs that are looked at often while nobody knows how long one takes


class SiteJobs:
    """A `View` of the live site. `wake` asks for a turn of a key; `clock` is monotonic."""

    def __init__(
        self,
        link: Link,
        availability: Availability,
        place: Viewpoint,
        show: Show,
        clock: Callable[[], float],
        wake: Callable[[str], None],
        presumed_seconds: float,
        settle_seconds: float,
    ) -> None:
        self._link, self._availability, self._place = link, availability, place
        self._show, self._wake = show, wake
        self._index = JobIndex(
            self._ids, self._read, clock, presumed_seconds, settle_seconds, availability.spare
        )
        place.take(self)

    # ---- as a turn asks

    async def read(self, job_id: str) -> Job | Failure:
        """One job, read now; MISSING as well where the site fails to show what it does not list either."""
        job = await self._read(job_id)
        if isinstance(job, Failure) and await self._index.is_gone(job_id, job):
            return replace(job, kind=Kind.MISSING)
        return job

    async def on(self, service_key: str, within: float) -> JobsOn:
        """The jobs on a service. The first in line for a slot learns which others still take one."""
        slots = self._place.live.slots
        if list(map(service_in, slots.waiting()[:1])) == [service_key]:
            followed = set(map(service_in, slots.holders()))
            for view in self._place.live.views:
                await view.look_at_running(followed)
        jobs = await self._index.on(service_key, within)
        return replace(jobs, failure=self._shown(jobs.failure)) if jobs.failure else jobs

    def usual_seconds(self, key: str) -> float:
        """What short edits of late took; 0 when that is not known, infinity where others tell of it."""
        usual = self._place.live.usual_seconds()
        return usual if usual or key in self._place.live.slots.holders()[:SCOUTS] else math.inf

    def usual(self, operation: str) -> Usual:
        """What jobs of this operation took of late on the site."""
        return self._place.live.usual(operation)

    def accepted(self, request: Request, accepted: Accepted) -> None:
        """The job of our own request: known without reading what the next list names."""
        context = self._availability.wanted.url.rsplit("/", 1)[-1]
        uri = operation_uri(context, request.service, request.operation.path)
        job = Job(accepted.job_id, accepted.status, Raw(uri), self._link.username, show=self._show)
        self._index.noted(job)

    def over(self, job_id: str) -> None:
        """An operation of ours is over: its job is not presumed to run any more where the site forgets it."""
        self._index.over(job_id)

    def close(self) -> None:
        """Give back all slots, and read nothing more by itself."""
        self._place.leave()
        self._index.close()

    # ---- slots

    @property
    def in_flight(self) -> int:
        """Its services with an open operation."""
        return len(self._place.live.slots.holders(self))

    def occupy(self, key: str, busy: bool) -> None:
        """Take or free the service's job slot; a free one is kept for the first in line."""
        if busy:
            self._place.live.slots.occupy(key, self)
        else:
            self._place.live.slots.free(key)

    def begin(self) -> None:
        """A term of the lease begins."""
        self._place.live.slots.clear()

    def left(self, key: str) -> None:
        """The service has nothing open and waits for nothing."""
        if self._place.live.slots.knows(key):
            self._place.live.slots.free(key)

    def call_when_free(self, key: str) -> bool:
        """Wake the service when a job slot becomes free. The first in line (True) also looks by itself."""
        return self._place.live.slots.wait(key, self)

    def standing(self, key: str) -> Standing:
        """The place of a service in the line of all views, and how long it may wait there."""
        place, length = self._place.live.slots.place(key)
        wait = place * self.usual(EDIT.name).half / self._availability.wanted.max_jobs
        return Standing(place, length, wait)

    # ---- as the live site asks

    def room(self) -> int:
        """How many more slots its services may take now, by its own limit for all that are taken."""
        return self._availability.wanted.max_jobs - len(self._place.live.taken_for(""))

    def running(self) -> Set[str]:
        """The services on which jobs of its account had not ended when last seen."""
        return self._index.running(self._link.username)

    def learnt_seconds(self) -> float:
        """What short edits of late took, as far as it has read jobs; 0 while none was seen."""
        return self._index.usual_seconds()

    def learnt(self, operation: str) -> Usual:
        """What jobs of this operation took of late, as far as it has read them."""
        return self._index.usual(operation)

    def hear(self, job: Job) -> None:
        """Another view of the site has read this job: one that has ended takes no slot any more."""
        if job.ended and self._index.runs(job.id):
            self._index.noted(replace(job, show=self._show))

    async def look_at_running(self, followed: Collection[str]) -> None:
        """Read its jobs again that had not ended, but for those on services that are followed anyway."""
        if not self._availability.gate():
            await self._index.look_at_running(self._link.username, followed)

    async def _ids(self) -> tuple[str, ...] | Failure:
        return await self._link.ask("jobs", lambda client: client.jobs())

    async def _read(self, job_id: str) -> Job | Failure:
        job = await self._link.ask(f"job {job_id}", lambda client: client.job(job_id))
        if isinstance(job, Job):
            self._note(job)
        return job

    def _note(self, job: Job) -> None:
        """News for all views; who waited only to learn how long one takes looks again."""
        live = self._place.live
        known = live.usual_seconds()
        self._index.noted(job)
        live.tell(job, self)
        if live.usual_seconds() and not known:
            for waiting in live.slots.holders():
                self._wake(waiting)

    def _shown(self, failure: Failure) -> Failure:
        """The index names jobs by the site's own ids."""
        return replace(failure, detail=cut(self._show(Raw(failure.detail), ID_LEAST), 256))
