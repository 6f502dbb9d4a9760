"""What became of each change: the audit log and the journals, joined by resource and service."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from arcgis_bench.audit import SERVICES
from arcgis_bench.load import Target
from arcgis_bench.stage import Stage

ADMINISTRATOR = "admin"
SITE_STATUS = "arcgissites/status"
ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", "TIMED OUT"})


@dataclass(slots=True)
class Change:
    """One change of one resource. Times are seconds of the wall clock, 0 for what did not happen.

    `received` is when the site received the first edit, `ended` when its last job ended.
    """

    applied: float = 0.0
    received: float = 0.0
    ended: float = 0.0
    ready: float = 0.0
    edits: int = 0
    polls: int = 0
    status_writes: int = 0


@dataclass(slots=True)
class Story:
    """Everything since a mark. `asked` counts requests to sites by operation, `writes` those to the API."""

    changes: Mapping[Target, Change]
    asked: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    most_jobs: int = 0
    """The most jobs that one site had in flight at one time."""
    readers: set[tuple[str, str]] = field(default_factory=set)
    """Sites and titles of the services that were read one by one."""
    folders: set[tuple[str, str]] = field(default_factory=set)
    """Sites and folders that were read whole."""

    @property
    def writes_on_changes(self) -> int:
        """All but those on an ArcGISSite, whose status counts its resources."""
        return sum(self.writes.values()) - self.writes[SITE_STATUS]

    @property
    def list(self) -> "list[Change]":
        """The changes."""
        return [*self.changes.values()]


def tell(stage: Stage, targets: Iterable[Target], mark: float) -> Story:
    """The story of these resources since `mark`; what the administrator did first counts as the change."""
    story = Story({target: Change() for target in targets})
    stage.audit.read()
    _from_audit(stage, story, mark)
    _from_journals(stage, story, mark)
    return story


def _from_audit(stage: Stage, story: Story, mark: float) -> None:
    by_name = {target.name: change for target, change in story.changes.items()}
    for one in stage.audit.since(mark, ADMINISTRATOR):
        change = by_name.get(one.name)
        if change and one.wrote and one.resource == SERVICES and not change.applied:
            change.applied = one.received
    for one in stage.audit.work(stage.contender.user, mark):
        story.writes[f"{one.resource}/{one.subresource}".rstrip("/")] += 1
        change = by_name.get(one.name)
        if change and one.resource == SERVICES:
            change.status_writes += one.subresource == "status"
    for name, change in by_name.items():
        change.ready = stage.audit.ready.get(name, (0, 0.0))[1]


def _from_journals(stage: Stage, story: Story, mark: float) -> None:
    by_title = {(target.site, target.title): change for target, change in story.changes.items()}
    by_job: dict[str, Change] = {}
    running: dict[str, set[str]] = defaultdict(set)
    for site, record in stage.journals():
        if record["at"] < mark:
            continue
        change = by_title.get((site, record.get("service", "")))
        if record["kind"] == "request":
            _asked(story, change, by_job, site, record)
        elif record["kind"] == "accepted" and change:
            change.edits += 1
            by_job[record["job"]] = change
        elif record["kind"] == "job":
            _moved(running[site], change, record)
            story.most_jobs = max(story.most_jobs, len(running[site]))


def _asked(
    story: Story, change: Change | None, by_job: Mapping[str, Change], site: str, record: Mapping[str, Any]
) -> None:
    operation = record["operation"]
    story.asked[operation] += 1
    if operation == "edit" and change and not change.received:
        change.received = record["at"]
    if operation == "service":
        story.readers.add((site, record["service"]))
    if operation == "folder":
        story.folders.add((site, record["path"].partition("?")[0].rpartition("/")[2]))
    polled = by_job.get(record.get("job", ""))
    if operation == "job" and polled:
        polled.polls += 1


def _moved(running: set[str], change: Change | None, record: Mapping[str, Any]) -> None:
    if record["status"] in ENDED:
        running.discard(record["job"])
        if change:
            change.ended = record["at"]
    else:
        running.add(record["job"])
