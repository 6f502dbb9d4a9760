"""What a process remembers of its own sends to one service: a value, and what each event makes of it.

Resources come and go, are wiped and re-created; a request that was sent stays sent. Nothing here is needed
for safety after a restart: then the settle time of the new term and the site's own list stand in for it.
"""

import math
import sys
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol, Self

from arcgis_operator.core.case import Case, Policy, Seen
from arcgis_operator.core.failures import Accepted, Applied, Fact, Failure, Kind
from arcgis_operator.core.job import Job, JobState
from arcgis_operator.core.look import SITE_AWAY
from arcgis_operator.core.model import Leaf, SiteRef
from arcgis_operator.core.operations import has_job
from arcgis_operator.core.record import Journal, Phase, Record
from arcgis_operator.core.verdict import Reason, Verdict

NOT_TAKEN = frozenset({Kind.NOT_SENT, Kind.WITHHELD, Kind.NO_CREDENTIALS, Kind.UNAUTHORISED, Kind.BUSY})
REMEMBERED_SENDS = 24
NO_FACTS: Mapping[str, Fact] = MappingProxyType({})  # of thousands of services


class Begun(Protocol):
    """One acquisition of the lease, by when it began."""

    @property
    def acquired_at(self) -> float:
        """On the monotonic clock."""

    @property
    def starts_settled(self) -> bool:
        """Nothing that was sent before this term can still arrive."""

    @property
    def is_first(self) -> bool:
        """Nothing was sent before this term."""


@dataclass(frozen=True, slots=True)
class Waits:
    """For what may be under way of ours on a service.

    `settle_in`: seconds until no request can still arrive. `unseen_in`: seconds until no job can run that
    neither record nor list tells of; `hidden_in`: until nothing can be at work that has no job. `presumed`: a
    job that no record names and the site does not know is still taken to run. `overdue`: the open operation
    takes longer than a job may.
    """

    settle_in: float = 0.0
    unseen_in: float = 0.0
    hidden_in: float = 0.0
    presumed: bool = False
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Rivals:
    """The other resources on a service.

    `last_intent`: when one of them intended something last. `sends`: requests that their records tell of.
    """

    uids: Set[str] = frozenset()
    last_intent: str = ""
    sends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """One request: its intent time as on record, and when it left by the monotonic clock."""

    stamp: str
    at: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one service. Times are on the monotonic clock, and so is each `now`.

    `facts` are outcomes by intent id that may not be on record yet. `open_job` is a job of ours that was
    not seen to end, last seen to run at `open_job_at`; `site` names the ArcGISSite and the URL it was
    sent to. `ended_at` is when the last operation on the service, ours or another one's, was first known
    to have ended; it outlives the operation. `declared` is what ours declared, None where this process
    does not know it. `unsure_at` is when the request of the intent `unsure_id` came back without clear
    answer, `hidden_at` and `hidden_id` the same of one that has no job. `sends` are the requests that count
    against the edits of an hour; `recorded` those of the last hour that records tell of, and `inherited`
    those that they told of before, however old.
    `vain_since` is when looks began to tell nothing of the service, `busy_since` when jobs of others were
    first seen there.
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
    hidden_at: float | None = None
    hidden_id: str = ""
    vain_since: float | None = None
    busy_since: float | None = None
    sends: tuple[Send, ...] = ()
    recorded: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()
    explained: frozenset[str] | None = None
    verified: frozenset[str] | None = None
    speaker: str = ""
    taking_over: tuple[str, float] | None = None

    # ---- what follows from it

    def waits(self, record: Record, term: Begun, policy: Policy, jobless: bool, *, now: float) -> Waits:
        """For what may be under way. `jobless`: a change that has no job is declared."""
        longest = policy.job_timeout_seconds
        return Waits(
            settle_in=self.settle_in(record, term, policy.settle_seconds, now=now),
            unseen_in=self.unseen_in(record, term, longest, now=now),
            hidden_in=self.hidden_in(record, term, policy.jobless_seconds, jobless, now=now),
            presumed=self.presumed(longest, now=now),
            overdue=self.open_for(now=now) > longest,
        )

    def settle_in(self, record: Record, term: Begun, settle_seconds: float, *, now: float) -> float:
        """Seconds until no request of ours for this service can still arrive; 0 when none can.

        Every record waits out our own last request without clear answer, and who takes over from another
        resource so long besides. An unanswered intent that this process did not store itself waits from when
        it was met: whoever stored it may be sending now. A resource without status waits out the begin of
        this term, unless that starts settled.
        """
        since = [at for at in (self.unsure_at, self.taking_over and self.taking_over[1]) if at is not None]
        if record.journal.phase is Phase.INTENDED:
            met_at = 0.0 if record.journal.id in self.facts else self.open_since or 0.0
            since.append(max(term.acquired_at, met_at))
        elif not record.known and not term.starts_settled:
            since.append(term.acquired_at)
        return max((at + settle_seconds - now for at in since), default=0.0)

    def unseen_in(self, record: Record, term: Begun, job_seconds: float, *, now: float) -> float:
        """Seconds until no job of ours can run that neither this record nor a list of jobs tells of.

        A resource without status does not tell what was begun before this term. What became of our last
        request without clear answer is told by the record of its intent, and by no other.
        """
        since = [] if record.known else [term.acquired_at]
        if self.unsure_at is not None and self.unsure_id != record.journal.id:
            since.append(self.unsure_at)
        return max((at + job_seconds - now for at in since), default=0.0)

    def hidden_in(
        self, record: Record, term: Begun, jobless_seconds: float, jobless: bool, *, now: float
    ) -> float:
        """Seconds until nothing of ours can be at work that has no job.

        A resource without status does not tell what was begun before this term. A calm end of the term before
        says nothing here: it may have had a lost answer on record.
        """
        journal = record.journal
        since = [term.acquired_at] if jobless and not (record.known or term.is_first) else []
        if journal.phase is Phase.INTENDED and not has_job(journal.operation):
            since.append(now if self.open_since is None else self.open_since)
        left = max((at + jobless_seconds - now for at in since), default=0.0)
        return max(left, self.hidden_for(journal, jobless_seconds, now=now))

    def hidden_for(self, journal: Journal, jobless_seconds: float, *, now: float) -> float:
        """How much of so many seconds since a request without job and answer is left; 0 if nothing.

        A person may have given it up: then its own record is closed.
        """
        if self.hidden_at is None or (self.hidden_id == journal.id and not journal.open):
            return 0.0
        return max(0.0, self.hidden_at + jobless_seconds - now)

    def unsure_for(self, seconds: float, *, now: float) -> float:
        """How much of so many seconds since a request of ours without clear answer is left; 0 if nothing."""
        return 0.0 if self.unsure_at is None else max(0.0, self.unsure_at + seconds - now)

    def doubtful(self, settle_seconds: float, *, now: float) -> bool:
        """Whether a request of ours without clear answer may still arrive, or somebody takes over."""
        return self.unsure_for(settle_seconds, now=now) > 0 or self.taking_over is not None

    def presumed(self, job_seconds: float, *, now: float) -> bool:
        """Whether a job of ours that cannot be seen is still taken to run."""
        return self.lost_for(now=now) <= job_seconds

    def occupies(self, journal: Journal, url: str, policy: Policy, *, now: float) -> bool:
        """Whether something of ours can run at this address: of the open operation, or of a request that has
        no job and that nobody has given up, whatever became of its record.
        """
        here = self.site is not None and self.site[1] == url
        hides = here and self.hidden_for(journal, policy.jobless_seconds, now=now) > 0
        longest = policy.job_timeout_seconds if has_job(journal.operation) else policy.jobless_seconds
        return hides or (journal.open and journal.site_url == url and self.may_run(longest, now=now))

    def may_run(self, job_seconds: float, *, now: float) -> bool:
        """Whether something of the open operation can still run on the site."""
        return (self.lost_for(now=now) if self.open_job else self.open_for(now=now)) <= job_seconds

    def open_for(self, *, now: float) -> float:
        """Seconds since the open operation is known here."""
        return _since(self.open_since, now)

    def lost_for(self, *, now: float) -> float:
        """Seconds since our job that has not been seen to end was last seen to run, or first known."""
        return now - self.open_job_at if self.open_job else 0.0

    def busy_for(self, *, now: float) -> float:
        """Seconds since jobs of others were first seen there."""
        return _since(self.busy_since, now)

    def vain_for(self, *, now: float) -> float:
        """Seconds since looks began to tell nothing."""
        return _since(self.vain_since, now)

    def ended_for(self, at: float) -> float:
        """Seconds from when the last operation was first known to have ended to `at`, when the document was
        asked for; infinity when none was.
        """
        return math.inf if self.ended_at is None else max(0.0, at - self.ended_at)

    def stamps(self) -> tuple[str, ...]:
        """The times of requests that the record of who speaks need not tell of."""
        return (*self.inherited, *(send.stamp for send in self.sends))

    def sent_ago(self, *, now: float) -> tuple[float, ...]:
        """How many seconds ago each request of this process was sent."""
        return tuple(now - send.at for send in self.sends)

    # ---- a turn begins, looks, and ends

    def speaks(self, uid: str, others: Rivals, record: Record, settle_seconds: float, *, now: float) -> Self:
        """This resource speaks for the service now. Who comes after one of `others`, or was in Conflict until
        now, takes over slowly: the other one may be back in a moment, and may have sent something. That holds
        as well if the other one was still waiting for its own turn. So does who is the first to speak in this
        process, if another one was the last to intend something.
        """
        same, passed_over = uid == self.speaker, record.ready.reason == Reason.CONFLICT
        verified = self.verified if same else None
        comes = self.taking_over if self.taking_over and self.taking_over[0] == uid else None
        left = passed_over and (not same or self.taking_over is not None)  # else the conflict is its own word
        later = not self.speaker and others.last_intent > record.journal.intent_time
        waits = comes is None and (left or later or self.speaker in others.uids)
        if not record.journal.open and (waits or (comes and now - comes[1] < settle_seconds)):
            return replace(self, verified=verified, taking_over=comes or (uid, now))
        if same and self.taking_over is None:
            return self
        return replace(self, verified=verified, speaker=uid, taking_over=None)

    def meets(
        self, journal: Journal, ended_elsewhere: bool, recent: tuple[str, ...] = (), *, now: float
    ) -> Self:
        """What is on record when a turn begins. `ended_elsewhere`: its operation may have ended a moment ago,
        which is now, unless this process followed it. `recent`: sends of the last hour that records tell of.
        What another record told of, or this one before somebody put it back, is not forgotten.
        """
        memory = self if journal.id == self.open_id else self._inherited()
        memory = memory if recent == memory.recorded else replace(memory, recorded=recent)
        if ended_elsewhere and journal.id not in ("", self.open_id):
            memory = replace(memory, open_id=journal.id, ended_at=now, declared=None)
        return memory.follow(journal, now=now)

    def follow(self, journal: Journal, ended: bool = False, *, now: float) -> Self:
        """Keep time of the open operation on record; `ended`: its job was seen to end."""
        same, memory = journal.id == self.open_id, self
        if not same or (not journal.open and self.open_since is not None):
            memory = replace(memory, open_id=journal.id, open_since=None)
        if not journal.open:
            return memory
        if not same:
            memory = replace(memory, ended_at=None, declared=None)
        if memory.open_since is None:
            memory = replace(memory, open_since=now)
        if journal.job_id:
            memory = memory._opened(journal.job_id, now)
        return memory.ended(now=now) if ended else memory

    def after_look(self, seen: Seen, journal: Journal, *, now: float) -> Self:
        """What the site showed of jobs."""
        memory = self
        if seen.listed_ids is not None and seen.jobs_failure is None:
            memory = memory.met({job.id for job in seen.others}, journal.job_id, now=now)
        memory = memory.saw([job for job in (seen.ours, *seen.others) if isinstance(job, Job)], now=now)
        ended = any(isinstance(job, Job) and job.ended for job in (seen.ours, seen.candidate))
        return memory.follow(journal, ended=True, now=now) if ended else memory

    def saw(self, jobs: Iterable[Job], *, now: float) -> Self:
        """These jobs were read now: a job of ours among them may say that it runs."""
        runs = any(job.id == self.open_job and job.state is JobState.RUNNING for job in jobs)
        return replace(self, open_job_at=now) if runs else self

    def met(self, running: Set[str], named: str, *, now: float) -> Self:
        """These jobs run on the service now, beside the one `named` on record: what else ran has ended."""
        memory = self.ended(now=now) if self.open_job not in ("", named, *running) else self
        if running and self.busy_since is None:
            return replace(memory, busy_since=now)
        if not running and self.busy_since is not None:
            return replace(memory, busy_since=None, ended_at=now, declared=None)
        return memory

    def after_turn(self, case: Case, verdict: Verdict, *, now: float) -> Self:
        """What was decided is stored."""
        seen, journal, sends = case.seen, verdict.record.journal, verdict.effect is not None
        memory = self.looked(verdict.reason in SITE_AWAY, now=now)
        if seen:
            memory = memory.explain(frozenset(job.id for job in seen.strays))
        if seen and seen.listed_ids is not None and (sends or not journal.open) and not seen.others:
            memory = memory.concluded(seen.listed_ids, verdict.reason is Reason.CONVERGED)
        if sends:
            memory = memory.follow(Journal(), now=now)
        if case.record.journal.open and verdict.reason is Reason.CONVERGED:
            memory = memory.ended(now=now)
        memory = memory.follow(journal, now=now)
        if verdict.effect is None:
            return memory
        return replace(memory, declared=verdict.effect.operation.owned(case.leaves))

    def looked(self, in_vain: bool, *, now: float) -> Self:
        """A look at the service is over; `in_vain`: it told nothing of the service."""
        if in_vain == (self.vain_since is not None):
            return self
        return replace(self, vain_since=now if in_vain else None)

    def explain(self, jobs: frozenset[str]) -> Self:
        """These jobs have been told of."""
        return replace(self, explained=self.explained | jobs) if jobs and self.explained is not None else self

    def concluded(self, listed: frozenset[str], verified: bool) -> Self:
        """Nothing of ours runs on the service; what the site lists has been accounted for. `verified`: it was
        found as declared, after these jobs were listed.
        """
        found = listed if verified else self.verified
        if (self.open_job, self.explained, self.verified) == ("", listed, found):
            return self
        return replace(self, open_job="", explained=listed, verified=found)

    def given_up(self) -> Self:
        """The job of ours is not followed any more."""
        return replace(self, open_job="")

    # ---- a request leaves, and comes back

    def sending(
        self, intent_id: str, stamp: str, has_job: bool, site: SiteRef, url: str, *, now: float
    ) -> Self:
        """The request of an intent made at `stamp` is about to leave: lost, until `sent` says otherwise."""
        sends = (*self.sends, Send(sys.intern(stamp), now))[-REMEMBERED_SENDS:]
        lost = Failure(Kind.UNSURE, "the request was interrupted")
        hidden = "" if has_job else intent_id
        memory = replace(self, site=(site, url), sends=sends, hidden_at=None, hidden_id=hidden)
        return memory.sent(intent_id, lost, now=now)

    def sent(self, intent_id: str, fact: Fact, *, now: float) -> Self:
        """What became of the request."""
        failure = fact.kind if isinstance(fact, Failure) else None
        unsure = failure in (Kind.UNSURE, Kind.GARBLED)
        memory = replace(
            self,
            facts={intent_id: fact},
            unsure_at=now if unsure else None,
            unsure_id=intent_id if unsure else "",
            sends=self.sends[:-1] if failure in NOT_TAKEN else self.sends,
        )
        if self.hidden_id == intent_id:
            memory = replace(memory, hidden_at=now if unsure else None)
        if isinstance(fact, Accepted):
            return memory._opened(fact.job_id, now)
        return memory.ended(now=now) if isinstance(fact, Applied) else memory

    def unsent(self, intent_id: str, why: str) -> Self:
        """The intent may be stored, but its request never left."""
        return replace(self, facts={intent_id: Failure(Kind.NOT_SENT, why)})

    def ended(self, *, now: float) -> Self:
        """Our operation is over, if that was not known before."""
        return replace(self, ended_at=now) if self.ended_at is None else self

    def left(self) -> "Memory":
        """What counts when somebody speaks for the service again, within the hour."""
        return Memory(sends=self.sends, ended_at=self.ended_at, inherited=self._inherited().inherited)

    def merged(self, other: Self) -> Self:
        """Two services turn out to be one: what is remembered of the other may be about this one.

        The later of the doubts and ends, all sends, all outcomes; a job of the other's if we follow none.
        While our own operation is open, the end to come is its own.
        """
        own = self.open_since is not None or other.ended_at is None
        doubt = max((other, self), key=lambda one: _order(one.unsure_at))
        hidden = max((other, self), key=lambda one: _order(one.hidden_at))
        end = self if own else max((other, self), key=lambda one: _order(one.ended_at))
        job = other if other.open_job and not self.open_job else self
        sends = sorted({*self.sends, *other.sends}, key=lambda send: send.at)
        return replace(
            self,
            facts={**other.facts, **self.facts},
            site=job.site,
            open_job=job.open_job,
            open_job_at=job.open_job_at,
            ended_at=end.ended_at,
            declared=end.declared,
            unsure_at=doubt.unsure_at,
            unsure_id=doubt.unsure_id,
            hidden_at=hidden.hidden_at,
            hidden_id=hidden.hidden_id,
            sends=tuple(sends)[-REMEMBERED_SENDS:],
            inherited=_union(self.inherited, other.recorded, other.inherited),
            explained=None,
            verified=None,
        )

    def _inherited(self) -> Self:
        """A request counts for an hour, also when the resource is gone whose status told of it."""
        if not self.recorded:
            return self
        return replace(self, inherited=_union(self.inherited, self.recorded), recorded=())

    def _opened(self, job_id: str, now: float) -> Self:
        return self if self.open_job == job_id else replace(self, open_job=job_id, open_job_at=now)


NOTHING = Memory()


def _since(at: float | None, now: float) -> float:
    return 0.0 if at is None else now - at


def _union(*stamps: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({one for some in stamps for one in some})[-REMEMBERED_SENDS:])


def _order(at: float | None) -> float:
    return -math.inf if at is None else at
