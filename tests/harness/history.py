"""What happened in one case, from the two records that nobody can argue with.

The site's journal says what it received, accepted and did; the audit log of the API server says what was
written. `read` turns both into plain values for `invariants`. Times are seconds since the epoch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.apiserver import written_at
from harness.canaries import PLACE

Json = Any
ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", "TIMED OUT", "TIMED_OUT", "TIME OUT"})


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit that the site accepted, or another `operation`, and whose it was."""

    at: float
    job: str
    service: str
    ours: bool
    document: Mapping[str, Json] = field(default_factory=dict)
    operation: str = "edit"


@dataclass(frozen=True, slots=True)
class JobChange:
    """A job shows another status."""

    at: float
    job: str
    service: str
    status: str


@dataclass(frozen=True, slots=True)
class Write:
    """A request of the operator to change a resource: what it changed, and how it was answered."""

    at: float
    uid: str
    name: str
    subresource: str
    code: int
    generation: int = 0
    status: Mapping[str, Json] = field(default_factory=dict)

    @property
    def journal(self) -> Mapping[str, Json]:
        return self.status.get("journal") or {}

    @property
    def ready(self) -> Mapping[str, Json]:
        """The Ready condition, empty when there is none."""
        conditions = self.status.get("conditions") or []
        return next((one for one in conditions if one["type"] == "Ready"), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One service and the resources about it, each list in order of time.

    `before` and `after` are the live document at the two ends, `wanted` what it has to be then. `drifts` are
    the times at which others changed it past the API. `operations` are all that the site was asked for.
    `gone` are the resources that were deleted.
    """

    edits: tuple[Edit, ...] = ()
    jobs: tuple[JobChange, ...] = ()
    writes: tuple[Write, ...] = ()
    drifts: tuple[float, ...] = ()
    operations: tuple[str, ...] = ()
    before: Mapping[str, Json] = field(default_factory=dict)
    after: Mapping[str, Json] = field(default_factory=dict)
    wanted: Mapping[str, Json] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    gone: frozenset[str] = frozenset()

    def over_at(self, edit: Edit) -> float | None:
        """When it came to its end; what has no job is answered then."""
        return self.ended_at(edit.job) if edit.job else edit.at

    def ended_at(self, job: str) -> float | None:
        """When a job came to its end, None when it did not."""
        return next((one.at for one in self.jobs if one.job == job and one.status in ENDED), None)

    def ended_as(self, job: str) -> str:
        """How a job ended, empty when it did not."""
        return next((one.status for one in self.jobs if one.job == job and one.status in ENDED), "")


def read(journal: Iterable[Json], audit: Iterable[Json], service: str, username: str, **ends: Any) -> History:
    """The history of a service, from the site's journal and the operator's audited writes."""
    records = list(journal)
    ours = [one for one in records if one.get("service") == service]
    return History(
        edits=tuple(_edit(one, username) for one in ours if one["kind"] == "accepted"),
        jobs=tuple(_job_change(one) for one in ours if one["kind"] == "job"),
        drifts=tuple(
            one["time_ms"] / 1000 for one in ours if one["kind"] == "drift" and one["paths"] != [PLACE]
        ),
        operations=tuple(one["operation"] for one in records if one["kind"] == "request"),
        writes=tuple(sorted(map(_write, audit), key=lambda write: write.at)),
        **ends,
    )


def _edit(record: Json, username: str) -> Edit:
    return Edit(
        at=record["time_ms"] / 1000,
        job=record.get("job") or "",
        service=record["service"],
        ours=record.get("username") == username,
        document=record.get("document") or {},
        operation=record["operation"],
    )


def _job_change(record: Json) -> JobChange:
    return JobChange(record["time_ms"] / 1000, record["job"], record["service"], record["status"])


def _write(entry: Json) -> Write:
    body = entry.get("responseObject") or {} if entry["responseStatus"]["code"] < 300 else {}
    metadata = body.get("metadata") or {}
    reference = entry["objectRef"]
    return Write(
        at=written_at(entry),
        uid=metadata.get("uid", ""),
        name=reference.get("name", ""),
        subresource=reference.get("subresource", ""),
        code=entry["responseStatus"]["code"],
        generation=metadata.get("generation", 0),
        status=body.get("status") or {},
    )
