"""What this process remembers of its own sends, by canonical service.

Resources come and go, are wiped and re-created; a request that was sent stays sent. Nothing here is needed
for safety after a restart: then the settle time of the new term and the site's own list stand in for it.
"""

import math
import sys
from collections.abc import Callable, Set
from dataclasses import dataclass, field

from arcgis_operator.core.bounds import HOUR
from arcgis_operator.core.failures import Accepted, Fact, Failure, Kind
from arcgis_operator.core.record import Journal, Phase, Record
from arcgis_operator.reconcilers.ports import Term

NOT_TAKEN = frozenset({Kind.NOT_SENT, Kind.NO_CREDENTIALS, Kind.UNAUTHORISED, Kind.BUSY})


@dataclass(slots=True)
class Entry:
    """One service. Times are on the monotonic clock.

    `facts` are outcomes by intent id that may not be on record yet. `open_job` is a job of ours that has not
    been seen to end, known here since `open_job_at`. `unsure_at` is when a request without clear answer came
    back. `sends` are the intent times of requests that count against the edits of an hour, as on record.
    `vain_since` is when looks began to tell nothing of the service. `explained` are jobs on the service that
    have been accounted for; None before the first look.
    """

    facts: dict[str, Fact] = field(default_factory=dict)
    open_job: str = ""
    open_job_at: float = 0.0
    open_id: str = ""
    open_since: float | None = None
    ended_at: float | None = None
    unsure_at: float | None = None
    vain_since: float | None = None
    sends: tuple[str, ...] = ()
    explained: frozenset[str] | None = None


class Ledger:
    """The entries; `clock` is monotonic."""

    def __init__(self, clock: Callable[[], float], settle_seconds: float, job_timeout_seconds: float) -> None:
        self._clock = clock
        self._settle_seconds = settle_seconds
        self._job_timeout_seconds = job_timeout_seconds
        self._entries: dict[str, Entry] = {}
        self._left: dict[str, tuple[float, tuple[str, ...]]] = {}  # sends, by who left first
        self._last_send = float("-inf")

    def __getitem__(self, key: str) -> Entry:
        entry = self._entries.get(key)
        if entry is None:
            _, sends = self._left.pop(key, (0.0, ()))
            entry = self._entries[key] = Entry(sends=sends)
        return entry

    def remembered(self) -> Set[str]:
        """The services that have an entry; nobody may speak for them any more."""
        return self._entries.keys()

    def leave(self, key: str) -> float:
        """Nobody speaks for the service any more: for an hour its sends still count, if somebody comes again.

        Infinity; or the seconds until a request without clear answer can no longer arrive: then say it again.
        """
        entry, now = self[key], self._clock()
        if entry.unsure_at is not None and (wait := entry.unsure_at + self._settle_seconds - now) > 0:
            return wait
        del self._entries[key]
        while self._left and self._left[oldest := next(iter(self._left))][0] < now - HOUR.total_seconds():
            del self._left[oldest]
        if entry.sends:
            self._left[key] = (now, entry.sends)
        return math.inf

    def settle_in(self, key: str, record: Record, term: Term) -> float:
        """Seconds until no request of ours for this service can still arrive; 0 when none can.

        An open intent waits out the settle time of this term and of our own last request. So does a resource
        without status, unless the term starts settled. Any other record would show the intent of a send.
        """
        journal, entry = record.journal, self[key]
        if journal.phase is Phase.IDLE and record.known:
            return 0.0
        since = [] if entry.unsure_at is None else [entry.unsure_at]
        if journal.open or not term.starts_settled:
            since.append(term.acquired_at)
        return max((at + self._settle_seconds - self._clock() for at in since), default=0.0)

    def unsent(self, key: str, intent_id: str, why: str) -> None:
        """The intent may be stored, but its request never left."""
        self[key].facts = {intent_id: Failure(Kind.NOT_SENT, why)}

    def sending(self, key: str, intent_id: str, at: str) -> None:
        """The request of an intent made `at` is about to leave: until `sent` says otherwise, unanswered."""
        entry = self[key]
        entry.sends = (*entry.sends, sys.intern(at))[-24:]
        self.sent(key, intent_id, Failure(Kind.UNSURE, "the request was interrupted"))

    def sent(self, key: str, intent_id: str, fact: Fact) -> None:
        """What became of the request."""
        entry = self[key]
        entry.facts = {intent_id: fact}
        self._last_send = self._clock()
        unsure = isinstance(fact, Failure) and fact.kind in (Kind.UNSURE, Kind.GARBLED)
        entry.unsure_at = self._clock() if unsure else None
        if isinstance(fact, Failure) and fact.kind in NOT_TAKEN:
            entry.sends = entry.sends[:-1]
        if isinstance(fact, Accepted):
            self._open(entry, fact.job_id)

    def follow(self, key: str, journal: Journal, ended: bool) -> None:
        """Keep time of the open operation on record; `ended`: its job was seen to end."""
        entry = self[key]
        if not journal.open or journal.id != entry.open_id:
            entry.open_since = entry.ended_at = None
        entry.open_id = journal.id
        if not journal.open:
            return
        if entry.open_since is None:
            entry.open_since = self._clock()
        if journal.job_id:
            self._open(entry, journal.job_id)
        if ended and entry.ended_at is None:
            entry.ended_at = self._clock()

    def presumed(self, key: str) -> bool:
        """Whether a job of ours that cannot be seen is still taken to run."""
        return self._clock() - self[key].open_job_at <= self._job_timeout_seconds

    def concluded(self, key: str, listed: frozenset[str]) -> None:
        """Nothing of ours runs on the service; what the site lists has been accounted for."""
        entry = self[key]
        entry.open_job, entry.explained = "", listed

    def explain(self, key: str, jobs: frozenset[str]) -> None:
        """These jobs have been told of."""
        entry = self[key]
        if jobs and entry.explained is not None:
            entry.explained |= jobs

    def open_for(self, key: str) -> float:
        """Seconds since the open operation is known here."""
        since = self[key].open_since
        return 0.0 if since is None else self._clock() - since

    def ended_for(self, key: str) -> float:
        """Seconds since its job was first seen ended."""
        at = self[key].ended_at
        return 0.0 if at is None else self._clock() - at

    def looked(self, key: str, in_vain: bool) -> None:
        """A look at the service is over; `in_vain`: it told nothing of the service."""
        entry = self[key]
        if not in_vain:
            entry.vain_since = None
        elif entry.vain_since is None:
            entry.vain_since = self._clock()

    def vain_for(self, key: str) -> float:
        """Seconds since looks began to tell nothing."""
        since = self[key].vain_since
        return 0.0 if since is None else self._clock() - since

    def _open(self, entry: Entry, job_id: str) -> None:
        if entry.open_job != job_id:
            entry.open_job, entry.open_job_at = job_id, self._clock()

    def calm(self) -> bool:
        """Nothing was sent within the settle time."""
        return self._clock() - self._last_send >= self._settle_seconds
