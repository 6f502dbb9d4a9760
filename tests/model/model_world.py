"""The world around the operator, in memory: an API server, a site with its jobs, one lease and one clock.

The world judges what it sees: a broken promise raises `Broken` at the step that breaks it. What the site may
do is what the design assumes of it: a request takes effect within `REACH` seconds of being sent, a job is
listed within `LAG` seconds, the service is read at most `STALE` seconds late, a running job hides for at most
`HIDE`.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.core.record import stamp
from harness.merge_patch import merged

BASE = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
URL = "https://gis.example.com/arcgis"
URI = "/arcgis/admin/services/Roads.MapServer/edit"
SETTLE, REACH, LAG, STALE, HIDE = 90.0, 60.0, 15.0, 8.0, 600.0
GONE = KubeFailure(KubeFailureKind.MISSING, "404 not found", 404)
CONFLICT = KubeFailure(KubeFailureKind.CONFLICT, "409 the object has been modified", 409)
AWAY = KubeFailure(KubeFailureKind.UNREACHABLE, "no answer within 10 s")


class Broken(AssertionError):
    """A promise of the design does not hold."""


@dataclass
class WorldJob:
    """A job of the site. `ours` is the intent it came from, empty for somebody else's."""

    id: str
    ours: str
    username: str
    generation: int
    document: dict[str, Any]
    ends: str
    started_at: float
    listed_at: float
    status: str = "SUBMITTED"
    ended_at: float = 0.0
    hidden_until: float = -1.0
    was_hidden: bool = False
    recorded: bool = False

    @property
    def runs(self) -> bool:
        """It has not ended."""
        return self.status in ("SUBMITTED", "EXECUTING")

    @property
    def failed(self) -> bool:
        """It ended for nothing, and both the site and our status know of it."""
        useless = self.ends in ("failed", "completed without effect")
        return self.recorded and useless and self.status in ("FAILED", "COMPLETED")


@dataclass
class Request:
    """An edit on its way to the site. `answer` is what the sender will hear, None while it waits."""

    intent: str
    generation: int
    uid: str
    document: dict[str, Any]
    sent_at: float
    delivered: bool = False
    behind_ready: bool = False
    answer: object = None


@dataclass
class Tally:
    """How often what happened: a search that meets nothing proves nothing."""

    counts: dict[str, int] = field(default_factory=dict)

    def __call__(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


class World:
    """Everything outside the operator's processes."""

    def __init__(self) -> None:
        self.at = 0.0
        self.tally = Tally()
        self.objects: dict[str, Object] = {}
        self.version = 0
        self.news = 0
        self.writes = 0
        self.patch_fault = ""
        self.intents: set[str] = set()
        self.live: dict[str, Any] = {
            "serviceName": "Roads",
            "type": "MapServer",
            "id": "s1",
            "description": "first",
            "properties": {"others": "0", "kept": "x"},
        }
        self.live_is_ours = False
        self.before: dict[str, Any] = self.live
        self.changed_at = -1e9
        self.stale = False
        self.up = True
        self.jobs: list[WorldJob] = []
        self.inbox: list[Request] = []
        self.lease: object = None
        self.clean = True
        self.tampered = False
        self.sends: list[float] = []
        self.newest: dict[str, int] = {}
        self.counted_from = 0

    # ---- time

    def monotonic(self) -> float:
        return self.at

    def now(self) -> datetime:
        return BASE + timedelta(seconds=self.at)

    def advance(self, seconds: float) -> None:
        """Time passes; what the design says must happen by then happens."""
        self.at += seconds
        for request in list(self.inbox):
            if not request.delivered and self.at > request.sent_at + REACH:
                self.drop(request)

    # ---- the API server

    async def get(self, kind: object, namespace: str, name: str) -> Object | KubeFailure:
        return copy.deepcopy(self.objects[name]) if name in self.objects else GONE

    async def patch_status(
        self, kind: object, namespace: str, name: str, version: str, patch: Object
    ) -> Object | KubeFailure:
        fault, self.patch_fault = self.patch_fault, ""
        self.writes += 1
        if fault == "lost before":
            return AWAY
        if name not in self.objects:
            return GONE
        if fault == "touched":
            self.touch(name)
        if self.objects[name]["metadata"]["resourceVersion"] != version:
            self.tally("conflict")
            return CONFLICT
        before, after = self.objects[name], copy.deepcopy(self.objects[name])
        after["status"] = merged(after.get("status") or {}, copy.deepcopy(patch["status"]))
        self.objects[name] = self._versioned(after)
        journal = after["status"].get("journal") or {}
        if journal.get("phase") == "Intended":
            self.intents.add(journal["id"])
        for job in self.jobs:
            job.recorded = job.recorded or job.id == journal.get("jobId")
        self.written(before, after)
        return AWAY if fault == "lost after" else copy.deepcopy(after)

    written: Callable[[Object, Object], None] = lambda before, after: None

    def create(self, name: str, description: str) -> None:
        self.tally("create")
        self.news += 1
        self.objects[name] = self._versioned(
            {
                "metadata": {
                    "name": name,
                    "namespace": "gis",
                    "uid": f"u{self.version + 1}",
                    "generation": 1,
                    "creationTimestamp": stamp(self.now()),
                },
                "spec": {
                    "siteRef": {"name": "prod"},
                    "service": {"name": "Roads", "type": "MapServer"},
                    "settings": {"description": description},
                },
            }
        )

    def delete(self, name: str) -> None:
        del self.objects[name]
        self.news += 1
        self.tampered = True

    def touch(self, name: str) -> None:
        """Somebody labels the object."""
        self.objects[name] = self._versioned(copy.deepcopy(self.objects[name]))

    def respecify(self, name: str, change: Callable[[Object], None]) -> None:
        body = copy.deepcopy(self.objects[name])
        change(body["spec"])
        body["metadata"]["generation"] += 1
        self.objects[name] = self._versioned(body)
        self.forgive()

    def annotate(self, name: str, annotations: Mapping[str, str]) -> None:
        body = copy.deepcopy(self.objects[name])
        body["metadata"]["annotations"] = dict(annotations)
        self.objects[name] = self._versioned(body)
        self.forgive()

    def wipe(self, name: str, part: str) -> None:
        """The status, or only the journal in it, is lost."""
        body = copy.deepcopy(self.objects[name])
        if part == "journal":
            (body.get("status") or {}).pop("journal", None)
        else:
            body.pop("status", None)
        self.objects[name] = self._versioned(body)
        self.tampered = True
        self.forgive()

    def forgive(self) -> None:
        """Something is new: what failed before does not count any more."""
        self.news += 1
        self.counted_from = len(self.jobs)

    def _versioned(self, body: Object) -> Object:
        self.version += 1
        body["metadata"]["resourceVersion"] = str(self.version)
        return body

    def description(self, name: str) -> str:
        return str(self.objects[name]["spec"]["settings"]["description"])

    # ---- the site

    def document(self) -> dict[str, Any]:
        """What a read shows: now and then what was live a moment ago."""
        late = self.stale and self.at < self.changed_at + STALE
        return copy.deepcopy(self.before if late else self.live)

    def change(self, document: Mapping[str, Any], ours: bool) -> None:
        self.before, self.live, self.changed_at = self.live, copy.deepcopy(dict(document)), self.at
        self.live_is_ours = ours

    def send(self, request: Request) -> None:
        """An edit leaves the operator: the write to the socket."""
        self.tally("send")
        if request.intent not in self.intents:
            raise Broken(f"P2: {request.intent} is sent, but no such intent was ever stored")
        if (
            not self.tampered
            and self.live_is_ours
            and request.document["description"] == self.live["description"]
        ):
            raise Broken(f"doubled: {request.intent} sends what an edit of ours has made live")
        self._judge_bounds()
        self.sends.append(self.at)
        self.inbox.append(request)

    def deliver(self, request: Request, ends: str, lag: float) -> str:
        """The site takes the edit; the id of its job."""
        self.tally("job")
        request.delivered = True
        self._judge(request)
        job_id = f"j{len(self.jobs) + 1:02}"
        self.jobs.append(
            WorldJob(
                job_id,
                request.intent,
                "gitops",
                request.generation,
                request.document,
                ends,
                self.at,
                self.at + lag,
            )
        )
        return job_id

    def drop(self, request: Request) -> None:
        """The edit never reaches the site."""
        request.delivered = True

    def _judge(self, request: Request) -> None:
        running = [job.id for job in self.jobs if job.ours and job.runs]
        if running:
            raise Broken(f"P1: {request.intent} becomes a job while {running} of ours run")
        if request.generation < self.newest.get(request.uid, 0):
            raise Broken(f"P8: generation {request.generation} after {self.newest[request.uid]}")
        if request.behind_ready:
            raise Broken(f"P6: {request.intent} arrives after Ready was said")
        self.newest[request.uid] = request.generation

    def _judge_bounds(self) -> None:
        if self.tampered:
            return
        if len([at for at in self.sends if at > self.at - 3590]) >= 12:
            raise Broken("P4: more than 12 edits within an hour")
        failed = [job.id for job in self.jobs[self.counted_from :] if job.failed]
        if len(failed) >= 3:
            raise Broken(f"P4: one more edit after {failed} of one digest")

    def move(self, job: WorldJob) -> None:
        """The job goes on by one step."""
        if job.status == "SUBMITTED":
            job.status = "EXECUTING"
            return
        self.tally(f"job {job.ends}")
        if job.ends in ("applied", "failed but applied"):
            self.change(job.document, ours=bool(job.ours))
        job.status = "FAILED" if job.ends.startswith("failed") else "COMPLETED"
        job.ended_at = self.at

    def foreign(self, username: str, description: str | None) -> None:
        """Somebody else's asynchronous edit."""
        document = {**self.live, "properties": {**self.live["properties"], "others": str(len(self.jobs))}}
        document["description"] = description or self.live["description"]
        job_id = f"j{len(self.jobs) + 1:02}"
        self.jobs.append(WorldJob(job_id, "", username, 0, document, "applied", self.at, self.at))
        self.forgive()

    def drift(self, description: str) -> None:
        """Somebody else's edit that was applied at once."""
        others = {**self.live["properties"], "others": str(int(self.live["properties"]["others"]) + 1)}
        self.change({**self.live, "description": description, "properties": others}, ours=False)
        self.forgive()

    def ours_run(self) -> list[WorldJob]:
        return [job for job in self.jobs if job.ours and job.runs]
