"""What this process remembers of its own sends, by canonical service.

Resources come and go, are wiped and re-created; a request that was sent stays sent. Nothing here is needed
for safety after a restart: then the settle time of the new term and the site's own list stand in for it.
"""

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType

from arcgis_operator.core.bounds import HOUR
from arcgis_operator.core.failures import Accepted, Applied, Fact, Failure, Kind
from arcgis_operator.core.job import Job, JobState
from arcgis_operator.core.model import Leaf, SiteRef
from arcgis_operator.core.record import Journal, Phase, Record
from arcgis_operator.core.verdict import Reason
from arcgis_operator.core.wake import RESYNC, After, Wake
from arcgis_operator.reconcilers.ports import Term

NOT_TAKEN = frozenset({Kind.NOT_SENT, Kind.WITHHELD, Kind.NO_CREDENTIALS, Kind.UNAUTHORISED, Kind.BUSY})
KEPT_SENDS = 24
NO_FACTS: Mapping[str, Fact] = MappingProxyType({})  # of thousands of services


@dataclass(frozen=True, slots=True)
class Send:
    """One request: its intent time as on record, and when it left by the monotonic clock."""

    stamp: str
    at: float


@dataclass(slots=True)
class Entry:
    """One service. Times are on the monotonic clock.

    `facts` are outcomes by intent id that may not be on record yet. `open_job` is a job of ours that was
    not seen to end, last seen to run at `open_job_at`; `site` names the ArcGISSite and the URL it was
    sent to. `ended_at` is when the last operation on the service, ours or another one's, was first known
    to have ended; it outlives the operation. `declared` is what ours declared, None where this process
    does not know it. `unsure_at` is when the request of the intent `unsure_id` came back without clear
    answer. `sends` are the requests that count against the edits of an hour. `vain_since` is when looks
    began to tell nothing of the service, `busy_since` when jobs of others were first seen there.
    `explained` are jobs on the service that have been accounted for; None before the first look. `verified`
    are those that were listed when it was last found as its speaker declares; None before that.
    `speaker` is the uid of the resource that may send, and `taking_over` the one that comes after it,
    with the time since when.
    """

    facts: Mapping[str, Fact] = field(default_factory=lambda: NO_FACTS)
    site: tuple[SiteRef, str] | None = None
    open_job: str = ""
    open_job_at: float = 0.0
    open_id: str = ""
    open_since: float | None = None
    ended_at: float | None = None
    declared: tuple[Leaf, ...] | None = None
    unsure_at: float | None = None
    unsure_id: str = ""
    vain_since: float | None = None
    busy_since: float | None = None
    sends: tuple[Send, ...] = ()
    explained: frozenset[str] | None = None
    verified: frozenset[str] | None = None
    speaker: str = ""
    taking_over: tuple[str, float] | None = None


class Ledger:
    """The entries; `clock` is monotonic."""

    def __init__(self, clock: Callable[[], float], settle_seconds: float, job_timeout_seconds: float) -> None:
        self._clock = clock
        self._settle_seconds = settle_seconds
        self._job_timeout_seconds = job_timeout_seconds
        self._longest_seconds = max(settle_seconds, job_timeout_seconds)
        self._entries: dict[str, Entry] = {}
        self._left: dict[str, tuple[float, Entry]] = {}  # by who left first
        self._last_send = float("-inf")

    def __getitem__(self, key: str) -> Entry:
        entry = self._entries.get(key)
        if entry is None:
            _, entry = self._left.pop(key, (0.0, Entry()))
            self._entries[key] = entry
        return entry

    def remembered(self) -> Set[str]:
        """The services that have an entry; nobody may speak for them any more."""
        return self._entries.keys()

    def leave(self, key: str) -> Wake:
        """Nobody speaks for the service any more: for an hour its sends still count, if somebody comes again.

        While a job may still run that came of a request without clear answer: say it again after that.
        """
        entry, now = self[key], self._clock()
        if entry.unsure_at is not None and (wait := entry.unsure_at + self._longest_seconds - now) > 0:
            return After(wait)
        del self._entries[key]
        while self._left and self._left[oldest := next(iter(self._left))][0] < now - HOUR.total_seconds():
            del self._left[oldest]
        if entry.sends:
            self._left[key] = (now, Entry(sends=entry.sends, ended_at=entry.ended_at))
        return RESYNC

    def share(self, former: str, key: str) -> None:
        """What was under one key is under another now: what is remembered may be about either."""
        if former in self._entries or former in self._left:
            _absorb(self[key], self[former])

    def settle_in(self, key: str, record: Record, term: Term) -> float:
        """Seconds until no request of ours for this service can still arrive; 0 when none can.

        Every record waits out our own last request without clear answer, and who takes over from another
        resource so long besides. An unanswered intent that this process did not store itself waits from when
        it was met: whoever stored it may be sending now. A resource without status waits out the begin of
        this term, unless that starts settled.
        """
        journal, entry = record.journal, self[key]
        since = [at for at in (entry.unsure_at, entry.taking_over and entry.taking_over[1]) if at is not None]
        if journal.phase is Phase.INTENDED:
            met_at = 0.0 if journal.id in entry.facts else entry.open_since or 0.0
            since.append(max(term.acquired_at, met_at))
        elif not record.known and not term.starts_settled:
            since.append(term.acquired_at)
        return max((at + self._settle_seconds - self._clock() for at in since), default=0.0)

    def unseen_in(self, key: str, record: Record, term: Term) -> float:
        """Seconds until no job of ours can run that neither this record nor a list of jobs tells of.

        A resource without status does not tell what was begun before this term. What became of our last
        request without clear answer is told by the record of its intent, and by no other.
        """
        entry = self[key]
        since = [] if record.known else [term.acquired_at]
        if entry.unsure_at is not None and entry.unsure_id != record.journal.id:
            since.append(entry.unsure_at)
        return max((at + self._job_timeout_seconds - self._clock() for at in since), default=0.0)

    def speaks(self, key: str, uid: str, others: Set[str], record: Record) -> None:
        """This resource speaks for the service now. Who comes after one of `others`, or was in Conflict until
        now, takes over slowly: the other one may be back in a moment, and may have sent something.
        """
        entry, passed_over = self[key], record.ready.reason == Reason.CONFLICT
        entry.verified = entry.verified if uid == entry.speaker else None
        if uid == entry.speaker or record.journal.open:
            entry.speaker, entry.taking_over = uid, None
        elif entry.taking_over and entry.taking_over[0] == uid:
            if self._clock() - entry.taking_over[1] >= self._settle_seconds:
                entry.speaker, entry.taking_over = uid, None
        elif passed_over or entry.speaker in others:
            entry.taking_over = (uid, self._clock())
        else:
            entry.speaker, entry.taking_over = uid, None

    def unsent(self, key: str, intent_id: str, why: str) -> None:
        """The intent may be stored, but its request never left."""
        self[key].facts = {intent_id: Failure(Kind.NOT_SENT, why)}

    def sending(self, key: str, intent_id: str, at: str, site: SiteRef, url: str) -> None:
        """The request of an intent made `at` is about to leave: until `sent` says otherwise, unanswered."""
        entry = self[key]
        entry.site = (site, url)
        entry.sends = (*entry.sends, Send(sys.intern(at), self._clock()))[-KEPT_SENDS:]
        self.sent(key, intent_id, Failure(Kind.UNSURE, "the request was interrupted"))

    def sent(self, key: str, intent_id: str, fact: Fact) -> None:
        """What became of the request."""
        entry = self[key]
        entry.facts = {intent_id: fact}
        self._last_send = self._clock()
        unsure = isinstance(fact, Failure) and fact.kind in (Kind.UNSURE, Kind.GARBLED)
        entry.unsure_at, entry.unsure_id = (self._clock(), intent_id) if unsure else (None, "")
        if isinstance(fact, Failure) and fact.kind in NOT_TAKEN:
            entry.sends = entry.sends[:-1]
        if isinstance(fact, Accepted):
            self._open(entry, fact.job_id)
        if isinstance(fact, Applied):
            self.ended(key)

    def ended(self, key: str) -> None:
        """Our operation is over, if that was not known before."""
        entry = self[key]
        if entry.ended_at is None:
            entry.ended_at = self._clock()

    def ended_elsewhere(self, key: str, intent_id: str) -> None:
        """The operation of this intent may have ended a moment ago: now, unless this process followed it."""
        entry = self[key]
        if intent_id not in ("", entry.open_id):
            entry.open_id, entry.ended_at, entry.declared = intent_id, self._clock(), None

    def follow(self, key: str, journal: Journal, ended: bool) -> None:
        """Keep time of the open operation on record; `ended`: its job was seen to end."""
        entry = self[key]
        if not journal.open or journal.id != entry.open_id:
            entry.open_since = None
        if journal.open and journal.id != entry.open_id:
            entry.ended_at, entry.declared = None, None
        entry.open_id = journal.id
        if not journal.open:
            return
        if entry.open_since is None:
            entry.open_since = self._clock()
        if journal.job_id:
            self._open(entry, journal.job_id)
        if ended:
            self.ended(key)

    def saw(self, key: str, jobs: Iterable[Job]) -> None:
        """These jobs were read now: a job of ours among them may say that it runs."""
        entry = self[key]
        if any(job.id == entry.open_job and job.state is JobState.RUNNING for job in jobs):
            entry.open_job_at = self._clock()

    def met(self, key: str, running: Set[str], named: str) -> None:
        """These jobs run on the service now, beside the one `named` on record: what else ran has ended."""
        entry = self[key]
        if entry.open_job not in ("", named, *running):
            self.ended(key)
        if running and entry.busy_since is None:
            entry.busy_since = self._clock()
        elif not running and entry.busy_since is not None:
            entry.busy_since, entry.ended_at, entry.declared = None, self._clock(), None

    def busy_for(self, key: str) -> float:
        """Seconds since jobs of others were first seen there."""
        since = self[key].busy_since
        return 0.0 if since is None else self._clock() - since

    def presumed(self, key: str) -> bool:
        """Whether a job of ours that cannot be seen is still taken to run."""
        return self.lost_for(key) <= self._job_timeout_seconds

    def concluded(self, key: str, listed: frozenset[str]) -> None:
        """Nothing of ours runs on the service; what the site lists has been accounted for."""
        entry = self[key]
        entry.open_job, entry.explained = "", listed

    def verified(self, key: str, listed: frozenset[str]) -> None:
        """The service was found as declared, after these jobs were listed."""
        self[key].verified = listed

    def explain(self, key: str, jobs: frozenset[str]) -> None:
        """These jobs have been told of."""
        entry = self[key]
        if jobs and entry.explained is not None:
            entry.explained |= jobs

    def open_for(self, key: str) -> float:
        """Seconds since the open operation is known here."""
        since = self[key].open_since
        return 0.0 if since is None else self._clock() - since

    def lost_for(self, key: str) -> float:
        """Seconds since our job that has not been seen to end was last seen to run, or first known."""
        entry = self[key]
        return self._clock() - entry.open_job_at if entry.open_job else 0.0

    def may_run(self, key: str) -> bool:
        """Whether something of the open operation can still run on the site."""
        longest = self.lost_for(key) if self[key].open_job else self.open_for(key)
        return longest <= self._job_timeout_seconds

    def ended_for(self, key: str, at: float) -> float:
        """Seconds from when the last operation was first known to have ended to `at`, when the document was
        asked for; infinity when none was.
        """
        ended_at = self[key].ended_at
        return math.inf if ended_at is None else max(0.0, at - ended_at)

    def sent_ago(self, key: str) -> tuple[float, ...]:
        """How many seconds ago each request of this process was sent."""
        return tuple(self._clock() - send.at for send in self[key].sends)

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

    def doubtful(self, key: str) -> bool:
        """Whether a request of ours without clear answer may still arrive, or somebody takes over."""
        return self._doubt(self[key]) > 0 or self[key].taking_over is not None

    def calm(self) -> bool:
        """Nothing was sent within the settle time."""
        return self._clock() - self._last_send >= self._settle_seconds

    def _doubt(self, entry: Entry) -> float:
        return 0.0 if entry.unsure_at is None else entry.unsure_at + self._settle_seconds - self._clock()

    def _open(self, entry: Entry, job_id: str) -> None:
        if entry.open_job != job_id:
            entry.open_job, entry.open_job_at = job_id, self._clock()


def _absorb(entry: Entry, other: Entry) -> None:
    """The later of the doubts, all sends, all outcomes; a job of the other's is followed if we have none."""
    if other.unsure_at is not None and other.unsure_at >= (entry.unsure_at or -math.inf):
        entry.unsure_at, entry.unsure_id = other.unsure_at, other.unsure_id
    entry.facts = {**other.facts, **entry.facts}
    if other.ended_at is not None and other.ended_at >= (entry.ended_at or -math.inf):
        entry.ended_at, entry.declared = other.ended_at, other.declared
    entry.sends = tuple(sorted({*entry.sends, *other.sends}, key=lambda send: send.at))[-KEPT_SENDS:]
    if other.open_job and not entry.open_job:
        entry.open_job, entry.open_job_at, entry.site = other.open_job, other.open_job_at, other.site
    entry.explained = entry.verified = None
