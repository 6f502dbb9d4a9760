"""What is known of one job id of a site: just one state, and the next one after whatever is seen of it. Pure.

<!-- states -->
| seen | – | Unread | Waiting | Running | Ended | Past |
|---|---|---|---|---|---|---|
| read, it runs | Running | Running | Running | Running | Running | Running |
| read, it has ended | Ended | Ended | Ended | Ended | Ended | Ended |
| read in vain | Unread | Unread | Past | Running | Ended | Past |
| listed | – | Unread | Waiting | Running | Ended | Past |
| listed, long after | – | Unread | Waiting | Running | Past | Past |
| not listed | – | – | – | Running | – | – |
| not listed, long after | – | – | – | – | – | – |
| gone | – | Unread | Waiting | Running | Ended | Past |
| gone, long after | – | Unread | Waiting | – | Ended | Past |
| old by its place in the list | Waiting | Waiting | Waiting | Running | Ended | Past |
| let be | – | Past | Waiting | Running | Ended | Past |
| concluded | – | Unread | Waiting | – | Ended | Past |
<!-- end states -->

– is an id of which nothing is known. Times are monotonic, in seconds.
"""

from dataclasses import dataclass, replace
from sys import intern
from types import MappingProxyType

from arcgis_operator.core.failures import Failure
from arcgis_operator.core.job import UNAVAILABLE, Job, JobState
from arcgis_operator.core.said import Raw


@dataclass(frozen=True, slots=True)
class Unread:
    """Asked for in vain since then: it may be anybody's, on any service. `answer` is the last one."""

    since: float
    answer: Failure


@dataclass(frozen=True, slots=True)
class Waiting:
    """It began long ago, so whatever of it still ran would be overdue: read by and by."""


@dataclass(frozen=True, slots=True)
class Running:
    """Not seen to end. `ran_at`: last seen to run, or first seen. `seen_at`: last read, or listed."""

    job: Job
    service_key: str | None
    ran_at: float
    seen_at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """Its end was first seen at `since`. `old`: it had ended long before it was read."""

    job: Job
    service_key: str | None
    ran_at: float
    since: float
    old: bool


@dataclass(frozen=True, slots=True)
class Past:
    """It explains nothing any more, so nothing but its id is kept: nobody knows how long a site lists it."""


Read = Running | Ended
State = Unread | Waiting | Running | Ended | Past
WAITING, PAST = Waiting(), Past()


def after_read(before: State | None, job: Job, now: float) -> Read:
    """Somebody read this job, or the site named it to us."""
    ran_at = before.ran_at if isinstance(before, Read) and job.state is not JobState.RUNNING else now
    bare = _bare(job)
    service_key = intern(bare.service_key) if bare.service_key else None
    if not job.ended:
        return Running(bare, service_key, ran_at, seen_at=now)
    if isinstance(before, Ended):
        return replace(before, job=bare, service_key=service_key)
    return Ended(bare, service_key, ran_at, since=now, old=isinstance(before, Waiting))


def after_vain_read(before: State | None, answer: Failure, now: float) -> State:
    """It was asked for, and the site did not show it."""
    if isinstance(before, Waiting):
        return PAST
    if isinstance(before, Unread):
        return replace(before, answer=answer)
    return before or Unread(now, answer)


def after_list(before: State, now: float, presumed_seconds: float) -> State:
    """A list names it. Who looks for a job of late need not know of one that ended so long ago."""
    if isinstance(before, Running):
        return replace(before, seen_at=now)
    return PAST if isinstance(before, Ended) and before.since < now - 2 * presumed_seconds else before


def after_other_list(before: State, now: float, presumed_seconds: float) -> State | None:
    """A list does not name it: 404 is unseen, not over."""
    return before if isinstance(before, Running) and before.seen_at >= now - presumed_seconds else None


def after_gone(before: State | None, now: float, presumed_seconds: float) -> State | None:
    """The site knows no such job: it is presumed to run for as long as a job may."""
    if not isinstance(before, Running):
        return before
    if now - before.ran_at > presumed_seconds:
        return None
    return replace(before, job=replace(before.job, status=UNAVAILABLE))


def may_run(state: Running, now: float, presumed_seconds: float) -> bool:
    """A word that nobody knows counts as running for as long as a job may run, like a job not found."""
    return state.job.state is not JobState.UNKNOWN or now - state.ran_at <= presumed_seconds


def after_place(before: State | None) -> State:
    """Its place in a long list shows that it began long before others."""
    return WAITING if before is None or isinstance(before, Unread) else before


def after_let_be(before: State | None) -> State | None:
    """It cannot be read, and began long before others that can: it does not run any more."""
    return PAST if isinstance(before, Unread) else before


def after_conclusion(before: State | None) -> State | None:
    """Whoever followed it has concluded; if the site lists it, it is read anew."""
    return None if isinstance(before, Running) else before


def _bare(job: Job) -> Job:
    """What is worth keeping of thousands of jobs, which share their words."""
    return replace(
        job,
        status=Raw(intern(job.status)),
        operation_uri=Raw(intern(job.operation_uri)),
        username=Raw(intern(job.username)),
        messages=(),
        result=MappingProxyType({}),
    )
