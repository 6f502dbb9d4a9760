"""What the status of a resource remembers: the journal of the open operation, and what is shown.

Times are RFC 3339 texts in UTC, empty when absent. The names in the status are the attributes in camel case;
that mapping is in `status`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.said import EMPTY, UNSAID, Raw, Shown

KEPT_SENDS = 12


class Phase(StrEnum):
    """How far the open operation has come."""

    IDLE = "Idle"  # nothing of ours can be on its way
    INTENDED = "Intended"  # the request may have been sent; no answer is known
    RUNNING = "Running"  # the site named a job


def stamp(moment: datetime) -> str:
    """`2026-11-23T19:45:21Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime | None:
    """The time a `stamp` names, None when it names none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried for one operation; `digest` names what was wanted of it.

    `attempt` counts the intents, `ended` those of them that the site ended without success; `reason` and
    `text` say why the last of these failed, and `retry_time` when the next may start.
    """

    digest: str = ""
    attempt: int = 0
    ended: int = 0
    reason: str = ""
    text: str = ""
    retry_time: str = ""

    def forgiven(self) -> "Tried":
        """Nothing counted against it."""
        return Tried(self.digest)


@dataclass(frozen=True, slots=True)
class Journal:
    """The operation that is, or was last, under way. Stored before anything is sent.

    `id` is random and names one intent. `answer` is the site's error text to a request whose outcome is open.
    `attempts` are counted for each operation by itself: two that fail in turn would else reset each other.
    `sends` are the times of recent intents, whatever the operation. Words of the site are stored raw, for
    they decide, or not at all.
    """

    phase: Phase = Phase.IDLE
    id: str = ""
    operation: str = ""
    operation_uri: str = ""
    site_url: str = ""
    service_id: Raw = UNSAID
    username: Raw = UNSAID
    generation: int = 0
    intent_time: str = ""
    job_id: Raw = UNSAID
    answer: str = ""
    attempts: Mapping[str, Tried] = field(default_factory=dict, hash=False)
    sends: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Something of ours may still change the service."""
        return self.phase is not Phase.IDLE

    def closed(self) -> "Journal":
        """The same journal after its operation is over."""
        return replace(self, phase=Phase.IDLE, job_id=UNSAID, answer="")

    @property
    def tried(self) -> Tried:
        """What was tried for this very operation."""
        return self.attempts.get(self.operation, Tried())

    def counting(self, tried: Tried) -> "Journal":
        """The same journal, with this counted for its operation."""
        return replace(self, attempts={**self.attempts, self.operation: tried})

    def with_sends(self, sends: Iterable[str]) -> "Journal":
        """The same journal, with these sends as well; the last KEPT_SENDS of them all."""
        if not (more := {*sends} - {*self.sends}):
            return self
        return replace(self, sends=tuple(sorted({*self.sends, *more}))[-KEPT_SENDS:])

    def forgiven(self) -> "Journal":
        """The same journal with nothing counted against any operation."""
        return replace(self, attempts={name: tried.forgiven() for name, tried in self.attempts.items()})


@dataclass(frozen=True, slots=True)
class JobShown:
    """The job as people see it in the status; the id is the site's own, or empty.

    While it runs: half of the last `past_jobs` of its kind would have ended by `expected_end_time`, 9 of
    10 by `latest_end_time`.
    """

    id: Raw = UNSAID
    status: Shown = EMPTY
    operation: str = ""
    operation_uri: Shown = EMPTY
    username: Shown = EMPTY
    generation: int = 0
    attempt: int = 0
    submit_time: str = ""
    start_time: str = ""
    update_time: str = ""
    end_time: str = ""
    duration: str = ""
    change_count: int = 0
    messages: tuple[Shown, ...] = ()
    result: Mapping[str, Json] = field(default_factory=dict)
    result_truncated: bool = False
    expected_end_time: str = ""
    latest_end_time: str = ""
    past_jobs: int = 0

    def expected(self, end_time: str = "", latest_time: str = "", past_jobs: int = 0) -> "JobShown":
        """The same job, expected to end then; without times nothing is expected any more."""
        return replace(self, expected_end_time=end_time, latest_end_time=latest_time, past_jobs=past_jobs)


@dataclass(frozen=True, slots=True)
class LineShown:
    """The place in the line for a job slot, from 1, of so many, as it was at `told_time`.

    `expected_start_time` is when its turn comes if jobs take as long as of late.
    """

    place: int = 0
    length: int = 0
    told_time: str = ""
    expected_start_time: str = ""


@dataclass(frozen=True, slots=True)
class PlanShown:
    """What differs, as people see it; `cause` is Spec or Drift.

    `hash` names these changes, `digest` the wanted state they lead to. `approved`: a person named this hash,
    or that of the plan of which this is the rest. `changers` are jobs of others, one of which probably made
    this drift. `rest` is the hash of what is left once the operation that is due is live, empty where that is
    all. `rest_of` is the hash of the whole plan of which a part is live. `override` is what a person wrote
    to let the whole through closed windows, once its first operation was sent with that.
    """

    hash: str = ""
    digest: str = ""
    cause: str = ""
    since_time: str = ""
    change_count: int = 0
    changes: tuple[Mapping[str, str], ...] = ()
    approved: bool = False
    changers: tuple[Mapping[str, str], ...] = ()
    rest: str = ""
    rest_of: str = ""
    override: str = ""

    def after(self, operation: str, since_time: str) -> "PlanShown":
        """What is left of it once this operation has made its part live; the same where nothing is."""
        if not self.rest:
            return self
        return replace(
            self,
            hash=self.rest,
            rest="",
            rest_of=self.rest_of or self.hash,
            since_time=since_time,
            change_count=self.change_count - self.count_of(operation),
            changes=tuple(one for one in self.changes if one.get("operation") != operation),
        )

    def count_of(self, operation: str) -> int:
        """How many changes this operation makes, as far as the first ones tell."""
        return self.change_count - sum(one.get("operation", operation) != operation for one in self.changes)


@dataclass(frozen=True, slots=True)
class Observed:
    """What the service was when it was last found as declared.

    `site_url` is where that was; an older status does not say it. `new_count`: so many declared settings the
    service did not have before; `new_settings` are the first.
    """

    service_id: Raw = UNSAID
    provider: str = ""
    configured_state: str = ""
    digest: str = ""
    verified_time: str = ""
    new_count: int = 0
    new_settings: tuple[str, ...] = ()
    site_url: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """The Ready condition as stored."""

    status: str = ""
    reason: str = ""
    message: str = ""
    generation: int = -1


@dataclass(frozen=True, slots=True)
class Record:
    """A parsed status. `known` is False when there is no status of ours: new, wiped or re-created.

    `overridden` are the overrides of windows that were heard. `next_window` is written only. `proved` is what
    an uncertain status says was live, when another resource may have had the word since: there `observed`,
    which decides who comes first, is None.
    """

    known: bool = False
    handled: str = ""
    overridden: str = ""
    next_window: str = ""
    ready: Condition = Condition()
    journal: Journal = Journal()
    job: JobShown | None = None
    history: tuple[Mapping[str, Json], ...] = ()
    plan: PlanShown | None = None
    line: LineShown | None = None
    observed: Observed | None = None
    proved: Observed | None = None

    def is_ready(self, generation: int) -> bool:
        """Ready is True for this generation."""
        return self.ready.status == "True" and self.ready.generation == generation
