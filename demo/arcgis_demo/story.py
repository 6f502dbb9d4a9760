"""What has happened so far, told by two sides: Kubernetes and the site. No input, no output, no clock.

`Story.hear` folds in what was just read; `view` and `screen` show the result.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from arcgis_demo.control import Counts, Record

FAILURES = ("FAILED", "CANCELLED")


class Voice(StrEnum):
    """Who says it."""

    YOU = "you"
    KUBERNETES = "Kubernetes"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Entry:
    """One transition, in seconds since the resource was applied."""

    seconds: float
    voice: Voice
    word: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """What Kubernetes says of one ArcGISService. Empty: nothing yet."""

    name: str = ""
    ready: str = ""
    reason: str = ""
    message: str = ""
    stalled: bool = False
    current: bool = False
    job: str = ""
    job_status: str = ""

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """From an object of the API. `current` when the status is about the newest spec."""
        status = document.get("status", {})
        conditions = {one["type"]: one for one in status.get("conditions", [])}
        ready, job = conditions.get("Ready", {}), status.get("job", {})
        return cls(
            name=document["metadata"]["name"],
            ready=ready.get("status", ""),
            reason=ready.get("reason", ""),
            message=ready.get("message", ""),
            stalled=conditions.get("Stalled", {}).get("status") == "True",
            current=ready.get("observedGeneration") == document["metadata"].get("generation"),
            job=job.get("id", ""),
            job_status=job.get("status", ""),
        )

    @property
    def converged(self) -> bool:
        return self.current and self.ready == "True"

    @property
    def over(self) -> bool:
        """Nothing more happens by itself."""
        return self.converged or (self.current and self.stalled)


@dataclass(frozen=True, slots=True)
class SiteView:
    """What the site says of one service and of its newest job."""

    document: Mapping[str, Any]
    counts: Counts
    job: str = ""
    status: str = ""


@dataclass(slots=True)
class Story:
    """The story of one resource and its service, `folder/name.type`; `wanted` are its declared settings."""

    resource_name: str
    service: str
    wanted: Mapping[str, Any]
    before: Mapping[str, Any]
    started: float
    site: SiteView
    resource: Resource = field(default_factory=Resource)
    entries: list[Entry] = field(default_factory=list)
    seconds: float = 0.0
    _known: dict[str, Resource] = field(default_factory=dict)

    @property
    def declared(self) -> set[str]:
        """The paths that the resource owns."""
        return set(dict(values(self.wanted)))

    @property
    def undeclared(self) -> set[str]:
        """All other paths that the service had before."""
        return set(dict(values(self.before))) - self.declared

    @property
    def lost(self) -> list[str]:
        """The undeclared paths that are not on the site as they were before."""
        return [path for path in differences(self.before, self.site.document) if path in self.undeclared]

    def tell(self, voice: Voice, word: str, text: str = "", at: float = 0.0) -> None:
        """Adds a transition; time never goes back."""
        last = self.entries[-1].seconds if self.entries else 0.0
        self.entries.append(Entry(max(at, last), voice, word, text))

    def hear(
        self, resources: Sequence[Resource], records: Sequence[Record], site: SiteView, now: float
    ) -> None:
        """Folds in what was read at once: changes of resources, records of the site's journal, its state now.

        An intent is stored before its edit is sent, and everything else is known to Kubernetes only after the
        site knows it: that is the order of what was read at the same time.
        """
        self.seconds = now - self.started
        sent = max((at for at, one in enumerate(resources, 1) if one.reason == "Submitting"), default=0)
        for one in resources[:sent]:
            self._hear_resource(one)
        self.site = replace(site, job=self.site.job, status=self.site.status)
        for record in records:
            self._hear_record(record)
        for one in resources[sent:]:
            self._hear_resource(one)

    def _hear_resource(self, new: Resource) -> None:
        old, self._known[new.name] = self._known.get(new.name, Resource()), new
        if new.name == self.resource_name:
            self.resource = new
        if new.reason and _shown(new) != _shown(old):
            self.tell(Voice.KUBERNETES, new.reason, self._text(old, new), self.seconds)

    def _text(self, old: Resource, new: Resource) -> str:
        same = (old.reason, old.message) == (new.reason, new.message)
        text = f"The job is {new.job_status}." if same else new.message
        return text if new.name == self.resource_name else f"{new.name}: {text}"

    def _hear_record(self, record: Record) -> None:
        kind, at = record["kind"], record["ns"] / 1e9 - self.started
        if record.get("service") != self.service or at < 0:
            return
        if kind == "job":
            self.site = replace(self.site, job=record["job"], status=record["status"])
            self.tell(Voice.SITE, record["status"], f"job {record['job']}", at)
        elif kind in _DEEDS:
            self.tell(Voice.SITE, kind, _DEEDS[kind], at)


_DEEDS = {
    "restarted": "the service restarts, as after every edit",
    "drift": "somebody changed the service on the site",
}


def _shown(resource: Resource) -> tuple[str, str, str, bool]:
    return resource.ready, resource.reason, resource.job_status, resource.stalled


def values(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value of a document with its path; an empty list or object is a value."""
    inner: Sequence[tuple[Any, Any]] = ()
    if isinstance(document, Mapping):
        inner = list(document.items())
    elif isinstance(document, list):
        inner = list(enumerate(document))
    if not inner:
        yield path, document
    for key, value in inner:
        yield from values(value, f"{path}.{key}" if path else str(key))


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The paths at which two documents do not have the same value."""
    old, new = dict(values(before)), dict(values(after))
    return sorted(path for path in old.keys() | new.keys() if old.get(path, ...) != new.get(path, ...))
