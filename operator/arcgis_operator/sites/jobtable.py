"""The jobs of one site: each id in one state, and what follows for the services that they work on.

Asks nobody and knows no clock; what is seen of an id goes through `jobstates`.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import Job, JobsOn, JobState
from arcgis_operator.core.operations import EDIT, PATHS, paths_of
from arcgis_operator.core.usual import Usual, usual_of
from arcgis_operator.sites import backlog, jobstates
from arcgis_operator.sites.jobstates import Ended, Past, Read, Running, State, Unread, Waiting

LATE = 40  # jobs of late from which to learn how long one takes
K = TypeVar("K")
S = TypeVar("S", Unread, Waiting, Running)


class JobTable:
    """`presumed_seconds`: how long a job may run. Times are monotonic, in seconds."""

    def __init__(self, presumed_seconds: float) -> None:
        self._presumed_seconds = presumed_seconds
        self._states: dict[str, State] = {}
        self._in: dict[type[State], dict[str, None]] = {}  # ids by state
        self._on: dict[str | None, dict[str, None]] = {}  # ids of those that were read, by service
        self._took: dict[tuple[str, ...], deque[float]] = {path: deque(maxlen=LATE) for path in PATHS}

    # ---- what is seen

    def read(self, job: Job, now: float) -> None:
        """Somebody read this job, or the site named it to us."""
        before = self.of(job.id)
        after = jobstates.after_read(before, job, now)
        self._put(job.id, after)
        if isinstance(after, Ended) and not isinstance(before, Ended | Past):
            self._learn(job)

    def read_in_vain(self, job_id: str, answer: Failure, now: float) -> None:
        """It was asked for, and the site did not show it."""
        self._put(job_id, jobstates.after_vain_read(self.of(job_id), answer, now))

    def gone(self, job_id: str, now: float) -> None:
        """The site knows no such job."""
        self._put(job_id, jobstates.after_gone(self.of(job_id), now, self._presumed_seconds))

    def concluded(self, job_id: str) -> None:
        """Whoever followed this job has concluded."""
        self._put(job_id, jobstates.after_conclusion(self.of(job_id)))

    def listed(self, ids: Collection[str], now: float) -> None:
        """The site lists these, and no others."""
        for job_id, before in [*self._states.items()]:
            after = jobstates.after_list if job_id in ids else jobstates.after_other_list
            self._put(job_id, after(before, now, self._presumed_seconds))

    def put_by(self, newest_first: Sequence[str]) -> None:
        """What of a long list began long ago is read by and by."""
        recent = set(self.recent(newest_first))
        for job_id in newest_first:
            if job_id not in recent:
                self._put(job_id, jobstates.after_place(self.of(job_id)))

    def let_be(self, ids: Sequence[str]) -> None:
        """Whatever cannot be read, but began long before others that can, by its place in the list."""
        unread = [job_id for job_id, _ in self._all(Unread)]
        by_age = self.newest_first(ids) if unread else None
        recent = set(unread if by_age is None else self.recent(by_age))
        for job_id in unread:
            if job_id not in recent:
                self._put(job_id, jobstates.after_let_be(self.of(job_id)))

    # ---- what follows

    def of(self, job_id: str) -> State | None:
        """The state of one id, None when nothing is known of it."""
        return self._states.get(job_id)

    def on(self, service_key: str, now: float) -> JobsOn:
        """The jobs on one service."""
        there = [self._states[job_id] for job_id in self._on.get(service_key, ())]
        ended = [one for one in there if isinstance(one, Ended)]
        running = [one for one in there if isinstance(one, Running)]
        runs = (one.job for one in running if jobstates.may_run(one, now, self._presumed_seconds))
        news = (one.job for one in ended if not one.old)
        return JobsOn((*runs, *news), tuple(one.job for one in ended if one.old))

    def running(self, service_key: str | None = None) -> list[Running]:
        """The jobs that had not ended when last seen, of one service or all."""
        return [one for _, one in self._all(Running) if service_key in (None, one.service_key)]

    def hidden(self, now: float) -> Failure | None:
        """A job that is listed and cannot be read may be what an unanswered request became, for its time."""
        for job_id, one in self._all(Unread):
            if one.since >= now - self._presumed_seconds:
                return Failure(Kind.GARBLED, f"job {job_id} is listed but cannot be read")
        return None

    def refusal(self, ids: Iterable[str]) -> Failure | None:
        """The site's answer when it shows none of these."""
        states = [self.of(job_id) for job_id in ids]
        answers = [one.answer for one in states if isinstance(one, Unread)]
        return answers[-1] if answers and len(answers) == len(states) else None

    def to_read(self, ids: Iterable[str], now: float, turns: int) -> list[str]:
        """Those that are new or unread; of those unread for long so many take turns."""
        since = now - self._presumed_seconds
        long_unread = [job_id for job_id, one in self._all(Unread) if one.since < since]
        for job_id in long_unread[:turns]:
            self._in[Unread][job_id] = self._in[Unread].pop(job_id)
        put_off = set(long_unread[turns:])
        return [one for one in ids if isinstance(self.of(one), Unread | None) and one not in put_off]

    def next_waiting(self) -> str | None:
        """Of those that have time the one to be read next."""
        return next((job_id for job_id, _ in self._all(Waiting)), None)

    def newest_first(self, ids: Sequence[str]) -> list[str] | None:
        """The ids by age; None unless they are in the order of time as far as they were read."""
        return backlog.newest_first(ids, self._starts(ids))

    def recent(self, newest_first: Sequence[str]) -> Sequence[str]:
        """Those that began so late that they may still run."""
        return backlog.recent(newest_first, self._starts(newest_first), 2 * self._presumed_seconds)

    def usual_seconds(self) -> float:
        """What short edits of late took, by the clock of the site; 0 while none was seen."""
        took = self._took[EDIT.path]
        return sorted(took)[len(took) // 10] if took else 0.0

    def usual(self, operation: str) -> Usual:
        """What jobs of this operation took of late, by the clock of the site."""
        return usual_of([seconds for path in paths_of(operation) for seconds in self._took[path]])

    def _starts(self, ids: Iterable[str]) -> dict[str, int]:
        return {one: state.job.start_ms for one in ids if isinstance(state := self.of(one), Read)}

    def _all(self, kind: type[S]) -> Iterator[tuple[str, S]]:
        for job_id in self._in.get(kind, ()):
            one = self._states[job_id]
            if isinstance(one, kind):
                yield job_id, one

    def _learn(self, job: Job) -> None:
        took = (job.end_ms - job.start_ms) / 1000
        if job.state is JobState.COMPLETED and job.path in self._took and job.start_ms and took > 0:
            self._took[job.path].append(took)

    def _put(self, job_id: str, after: State | None) -> None:
        """The only place where an id moves, from state to state and from service to service."""
        before = self._states.get(job_id)
        if after is before:
            return
        if isinstance(before, Read):
            _leave(self._on, before.service_key, job_id)
        if before is not None and type(before) is not type(after):
            _leave(self._in, type(before), job_id)
        if after is None:
            del self._states[job_id]
            return
        self._states[job_id] = after
        self._in.setdefault(type(after), {})[job_id] = None
        if isinstance(after, Read):
            self._on.setdefault(after.service_key, {})[job_id] = None


def _leave(shelves: dict[K, dict[str, None]], shelf: K, job_id: str) -> None:
    del shelves[shelf][job_id]
    if not shelves[shelf]:
        del shelves[shelf]
