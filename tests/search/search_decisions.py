"""The real decision code, asked with the few things that a state of the search holds.

A state's record and what a turn saw are turned into the values of `arcgis_operator.core`, given to the real
`decide` and `settle`, and what comes out is reduced again. Both are pure, so every question is asked once.
Times are reduced to whether they are over: the clock stands still.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from arcgis_operator.core import decide as deciding
from arcgis_operator.core import plan
from arcgis_operator.core import settle as settling
from arcgis_operator.core.case import Case, Policy, Seen
from arcgis_operator.core.failures import Accepted, Applied, Fact, Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.job import Job
from arcgis_operator.core.jsondoc import loads
from arcgis_operator.core.model import PROVIDER, RUN_STATE, Desired, Leaf, LeafKind, SiteRef
from arcgis_operator.core.operations import Request
from arcgis_operator.core.record import Condition, Journal, Phase, Record, Tried, stamp
from arcgis_operator.core.verdict import ROWS, Ready
from arcgis_operator.sites.jobtable import JobTable

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
URL, URI = "https://gis.example.com/arcgis", "/arcgis/admin/services/Roads.MapServer"
KEY = "roads.mapserver"
POLICY = Policy(edits_per_hour=1000, jobs_per_digest=2)  # the budget of an hour is not part of this search
LONG = 1e9
STATES = {"S": "STARTED", "T": "STOPPED"}
PROVIDERS = {"M": "DMaps", "O": "ArcObjects11"}
"""A document is three letters: the description, whether the service runs, and its provider. A wish is one of
them or more, in the order in which they are due."""
OWNERS = {"S": "start", "T": "stop", "M": "changeProvider", "O": "changeProvider"}
"""The operation that brings a letter; all others are the edit's."""
JOBLESS = frozenset(PROVIDERS)
WORDS = {"runs": "EXECUTING", "done": "COMPLETED", "void": "COMPLETED", "failed": "FAILED"}
PHASES = {"I": Phase.IDLE, "W": Phase.INTENDED, "R": Phase.RUNNING}
LETTERS = {phase: letter for letter, phase in PHASES.items()}


class Rec(NamedTuple):
    """A status, reduced. `value` stands for the digest that the open operation, or the last one, is about.

    `counts` are what was tried for each value; `ready` is the generation said to be Ready.
    """

    known: bool = False
    phase: str = "I"
    intent: int = 0
    job: int = 0
    value: str = ""
    generation: int = 0
    counts: tuple["Count", ...] = ()
    ready: int = 0

    def ended(self, value: str) -> int:
        """Jobs for this value that ended without success."""
        return next((one.ended for one in self.counts if one.value == value), 0)

    @property
    def failure(self) -> bool:
        """Something waits for its next attempt."""
        return any(one.failure for one in self.counts)


class Count(NamedTuple):
    """What was tried for one value."""

    value: str
    attempt: int = 0
    ended: int = 0
    failure: str = ""


def put(document: str, values: str) -> str:
    """The document with these letters in their places."""
    letters = list(document)
    for value in values:
        letters[1 if value in STATES else 2 if value in PROVIDERS else 0] = value
    return "".join(letters)


def shows(document: str, values: str) -> bool:
    """All these letters are live."""
    return all(value in document for value in values)


class Sight(NamedTuple):
    """What one turn saw. `ours` and `candidate` are states of jobs, empty when none was read."""

    document: str
    ours: str = ""
    others: bool = False
    candidate: str = ""
    traceable: bool = False
    listed: bool = True
    settled: bool = True
    late: bool = False
    grace_over: bool = False
    retry_over: bool = True
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A verdict, reduced; `value` is what an edit would send, empty for none."""

    record: Rec
    value: str
    converged: bool


def decide(record: Rec, generation: int, wanted: str, sight: Sight, fresh_intent: int) -> Conclusion:
    """The real `decide`."""
    found = _decided(record._replace(intent=1 if record.intent else 0), generation, wanted, sight)
    intent = {0: 0, 1: record.intent, 2: fresh_intent}[found.record.intent]
    return replace(found, record=found.record._replace(intent=intent))


def settle(record: Rec, outcome: str, job: int) -> Rec:
    """The real `settle`; the caller has compared the ids."""
    return (
        _settled(record._replace(intent=1), outcome)
        ._replace(intent=record.intent)
        ._replace(job=job if outcome == "accepted" else 0)
    )


@cache
def jobs_on(listed: tuple[tuple[int, str, bool], ...]) -> tuple[tuple[tuple[int, bool], ...], bool]:
    """What the real table of jobs makes of a list: id and whether it has ended, and whether one is hidden.

    Of each that is listed: id, state, and whether it can be read.
    """
    table = JobTable(LONG)
    table.listed({str(job_id) for job_id, _, _ in listed}, 0.0)
    for job_id, state, found in listed:
        if found:
            table.read(_job(str(job_id), state), 0.0)
        else:
            table.read_in_vain(str(job_id), Failure(Kind.MISSING, "no such job"), 0.0)
    found_jobs = table.on(KEY, 0.0).jobs
    return tuple((int(job.id), job.ended) for job in found_jobs), table.hidden(0.0) is not None


def forget() -> None:
    """Ask everything anew: a rule was taken away or put back."""
    _decided.cache_clear()
    _settled.cache_clear()
    jobs_on.cache_clear()


@cache
def _decided(record: Rec, generation: int, wanted: str, sight: Sight) -> Conclusion:
    verdict = deciding.decide(_case(record, generation, wanted, sight))
    shown = ROWS[verdict.reason].ready is Ready.TRUE
    kept = verdict.keep_ready and record.ready == generation
    reduced = _reduced(verdict.record, generation if shown else record.ready if kept else 0, record.job)
    return Conclusion(reduced, _sent(verdict.effect) if verdict.effect else "", shown)


def _sent(request: Request) -> str:
    """What the site makes of it."""
    if request.operation.name == "edit":
        return str(loads(request.form["service"])["description"])
    provider = request.form.get("provider")
    if provider:
        return next(value for value, name in PROVIDERS.items() if name == provider)
    return next(value for value, name in OWNERS.items() if name == request.operation.name)


@cache
def _settled(record: Rec, outcome: str) -> Rec:
    facts: dict[str, Fact] = {
        "accepted": Accepted("j1", "SUBMITTED"),
        "unsure": Failure(Kind.UNSURE, "the site stopped answering"),
        "not sent": Failure(Kind.NOT_SENT, "the lease term is over"),
        "busy": Failure(Kind.BUSY, "busy"),
        "applied": Applied(),
        "refused": Failure(Kind.REFUSED, "the site refused (500): no", 500),
    }
    verdict = settling.settle(_record(record), facts[outcome], NOW, POLICY)
    return _reduced(verdict.record, 0, 1)


def _case(record: Rec, generation: int, wanted: str, sight: Sight) -> Case:
    document = {"serviceName": "Roads", "type": "MapServer", "id": "s1", "description": sight.document[:1]}
    document["configuredState"] = STATES.get(sight.document[1:2], "")
    document["provider"] = PROVIDERS.get(sight.document[2:], "")
    path = OWNERS.get(record.value, "edit")
    gone = Failure(Kind.MISSING, "no such job")
    ours = gone if sight.ours == "gone" else _job("j1", sight.ours, path) if sight.ours else None
    running = sight.ours == "runs"
    seen = Seen(
        document=None if running else document,
        ours=ours,
        others=(_job("j9", "runs", "edit"),) if sight.others else (),
        jobs_failure=None if sight.listed else Failure(Kind.UNSURE, "the site stopped answering"),
        candidate=_job("j8", sight.candidate, path) if sight.candidate else None,
        traceable=sight.traceable,
        listed_ids=None if running else frozenset(),
        settle_in=0.0 if sight.settled else 90.0,
        hidden_in=600.0 if sight.hidden else 0.0,
    )
    return Case(
        desired=_desired(wanted),
        generation=generation,
        record=_record(record),
        seen=seen,
        now=LATER if sight.retry_over else NOW,
        policy=POLICY,
        site_url=URL,
        username="gitops",
        fresh_id="2",
        open_for=LONG if sight.late else 1.0,
        lost_for=LONG if sight.late else 1.0,
        ended_for=LONG if sight.grace_over else 0.0,
    )


def _desired(wanted: str) -> Desired:
    leaves = tuple(_leaf(value) for value in wanted)
    return Desired(SiteRef("gis", "prod"), ServiceRef("Roads", "MapServer"), leaves)


def _leaf(value: str) -> Leaf:
    if value in STATES:
        return Leaf(RUN_STATE, LeafKind.TEXT, STATES[value])
    if value in PROVIDERS:
        return Leaf(PROVIDER, LeafKind.TEXT, PROVIDERS[value])
    return Leaf(("description",), LeafKind.TEXT, value)


@cache
def _digest(value: str) -> str:
    return plan.digest(_desired(value).leaves, URL, "s1") if value else ""


@cache
def _values() -> dict[str, str]:
    return {_digest(value): value for value in ("", *"bcSTMO")}


def _job(job_id: str, state: str, path: str = "edit") -> Job:
    return Job(job_id, WORDS[state], f"{URI}/{path}", "gitops", start_ms=int(NOW.timestamp() * 1000))


def _record(record: Rec) -> Record:
    operation = OWNERS.get(record.value, "edit") if record.value else ""
    journal = Journal(
        phase=PHASES[record.phase],
        id=str(record.intent or ""),
        operation=operation,
        operation_uri=f"{URI}/{operation}",
        site_url=URL,
        service_id="s1",
        username="gitops",
        generation=record.generation,
        intent_time=stamp(NOW),
        job_id="j1" if record.job else "",
        attempts={OWNERS.get(one.value, "edit"): _tried(one) for one in record.counts},
    )
    ready = Condition("True" if record.ready else "False", "", "", record.ready or -1)
    return Record(known=record.known, ready=ready, journal=journal if record.known else Journal())


def _tried(count: Count) -> Tried:
    return Tried(
        digest=_digest(count.value),
        attempt=count.attempt,
        ended=count.ended,
        reason=count.failure,
        text="text" if count.failure else "",
        retry_time=stamp(NOW + timedelta(minutes=1)) if count.failure else "",
    )


def _reduced(record: Record, ready: int, job: int) -> Rec:
    journal = record.journal
    counts = (
        Count(_values()[one.digest], min(one.attempt, 3), one.ended, one.reason)
        for one in journal.attempts.values()
    )
    return Rec(
        known=record.known,
        phase=LETTERS[journal.phase],
        intent=int(journal.id or 0),
        job=job if journal.job_id else 0,
        value=_values()[journal.tried.digest],
        generation=journal.generation,
        counts=tuple(sorted(counts)),
        ready=ready,
    )
