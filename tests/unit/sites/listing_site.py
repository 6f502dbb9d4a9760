"""A site that lists jobs, and the jobs on its list."""

import asyncio
from dataclasses import replace

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import Job
from arcgis_operator.sites.jobindex import JobIndex

ROADS = "transport/roads.mapserver"
URI = "/arcgis/admin/services/Transport/Roads.MapServer/edit"


def job(job_id: str, status: str = "EXECUTING", uri: str = URI, username: str = "we") -> Job:
    """A job on the roads."""
    return Job(id=job_id, status=status, operation_uri=uri, username=username, result={"big": "x"})


class FakeSite:
    """Answers lists and reads, and counts them; `gate` holds a list back until it is set, `reading` a job."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs: dict[str, Job | Failure] = {one.id: one for one in jobs}
        self.listed: tuple[str, ...] | Failure | None = None
        self.lists = 0
        self.reads: list[str] = []
        self.now = 100.0
        self.asked, self.gate = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self.reading = asyncio.Event()
        self.reading.set()
        self.rest, self.all_read = asyncio.Event(), asyncio.Event()

    async def ids(self) -> tuple[str, ...] | Failure:
        self.lists += 1
        self.asked.set()
        await self.gate.wait()
        return tuple(self.jobs) if self.listed is None else self.listed

    async def read(self, job_id: str) -> Job | Failure:
        self.reads.append(job_id)
        if len(set(self.reads)) == len(self.jobs):
            self.all_read.set()
        await self.reading.wait()
        return self.jobs.get(job_id, Failure(Kind.MISSING, "no such job"))

    def index(self) -> JobIndex:
        return JobIndex(
            self.ids, self.read, lambda: self.now, presumed_seconds=60, settle_seconds=10, spare=self.spare
        )

    async def spare(self) -> None:
        await self.rest.wait()


def past(number: int, seconds_ago: float) -> Job:
    """A job that ended long ago."""
    start = int(1_700_000_000_000 - 1000 * seconds_ago)
    return replace(job(f"j{number:04}", "COMPLETED"), start_ms=start, end_ms=start + 4000)


def history(count: int = 1000) -> list[Job]:
    """A job every ten seconds, the oldest first."""
    return [past(number, 10 * (count - number)) for number in range(count)]


def unshown(*job_ids: str) -> dict[str, Job | Failure]:
    """Jobs that the site lists and does not let us read."""
    return dict.fromkeys(job_ids, Failure(Kind.REFUSED, "no", 400))
