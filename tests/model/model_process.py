"""One replica of the operator: the real turn over the world. At each request it can be held or killed."""

import asyncio
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from model_world import SETTLE, URI, URL, Broken, Request, World

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.adapters.kube.failures import KubeFailure
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES
from arcgis_operator.core.case import Hold, Policy
from arcgis_operator.core.failures import Fact, Failure, Kind
from arcgis_operator.core.identity import Name, ServiceRef
from arcgis_operator.core.job import Job, JobsOn
from arcgis_operator.core.model import Aim, SiteRef
from arcgis_operator.core.operations import Request as Asked
from arcgis_operator.core.said import plainly
from arcgis_operator.core.site_spec import parse_site
from arcgis_operator.core.usual import Usual
from arcgis_operator.core.wake import BACKOFF, RESYNC, After
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.polled import Polled
from arcgis_operator.reconcilers.registry import Registry
from arcgis_operator.reconcilers.rhythm import Rhythm
from arcgis_operator.reconcilers.service import ServiceReconciler
from arcgis_operator.reconcilers.store import StatusStore
from arcgis_operator.sites.jobindex import JobIndex

POLICY = Policy()
PAUSES = {BACKOFF: 5.0, RESYNC: 600.0}
KEY = f"{URL}|roads.mapserver"
SITE_BODY = {
    "metadata": {"namespace": "gis", "name": "prod"},
    "spec": {"url": URL, "credentials": {"secretRef": {"name": "gis-login"}}},
}
NOWHERE = Failure(Kind.UNSURE, "no answer")
UNKNOWN = Failure(Kind.MISSING, "404")


@dataclass(eq=False)
class Term:
    """One acquisition of the world's lease."""

    world: World
    holder: str
    acquired_at: float
    starts_settled: bool
    is_first: bool = False

    def check(self) -> str | None:
        return None if self.world.lease is self else "the lease term is over"


class Calm:
    """No other service drifts."""

    def looked(self, site: Name, key: str, drifts: bool, asked_at: float) -> None:
        """Nothing is counted."""

    def passed(self, key: str, began_at: float) -> None:
        """Nothing is counted."""

    def paused(self, key: str) -> None:
        """Nothing is counted."""

    def hold(self, site: Name, key: str) -> None:
        """Each drift may be restored."""


class Process:
    """Runs at most one turn at a time, as the queue does for one key."""

    def __init__(self, world: World, name: str, new_id: Callable[[], str]) -> None:
        self.world, self.name = world, name
        self.points: list[tuple[str, asyncio.Future[None]]] = []
        self.alive = True
        self.term: Term | None = None
        self.turn_term: Term | None = None
        self.task: asyncio.Task[float] | None = None
        self.wake_at = 0.0
        self.synced = -1
        self.read: dict[str, Any] | None = None
        self.body: Object = {}
        self.read_at = self.took = 0.0
        self.ours_at_read: list[str] = []
        self.ledger = Ledger(world.monotonic, SETTLE, POLICY.job_timeout_seconds)
        self.registry = Registry(lambda key: None)
        self.registry.site_seen(SITE_BODY)
        self.index = JobIndex(
            self._ids,
            self._job,
            world.monotonic,
            POLICY.job_timeout_seconds,
            SETTLE,
            lambda: asyncio.sleep(0),
        )
        self.polled = Polled()
        self.reconciler = ServiceReconciler(
            StatusStore(self, ARCGIS_SERVICES, self, world, lambda *_: None),  # type: ignore[arg-type]
            self,
            self.registry,
            self.ledger,
            self.polled,
            world,
            POLICY,
            new_id,
            tell=lambda _: None,
            storms=Calm(),  # type: ignore[arg-type]
            rhythm=Rhythm(self.registry, lambda *_: None, math.inf, world.monotonic),
        )

    # ---- the scheduler's side

    def begin(self) -> None:
        if self.term is None:
            raise RuntimeError("only a leader gives turns")
        self.turn_term = self.term
        self.task = asyncio.create_task(self.reconciler.turn(KEY, self.term))

    def go_on(self, index: int) -> None:
        _, future = self.points.pop(index)
        if not future.done():
            future.set_result(None)

    def finish(self) -> None:
        """Take the result of a turn that is over; raises what it raised."""
        if self.task and self.task.done():
            task, self.task = self.task, None
            if not task.cancelled():
                wake = task.result()
                pause = wake.seconds if isinstance(wake, After) else PAUSES[wake]
                self.wake_at = self.world.at + min(pause, 600.0)

    def stop(self, kill: bool) -> None:
        """The turn stops where it is; `kill`: the whole process does."""
        self.alive = self.alive and not kill
        if self.task:
            self.task.cancel()

    def sync(self) -> None:
        """What the watch, or a full list, tells."""
        for name in self.registry.services():
            if name.name not in self.world.objects:
                self.registry.service_gone(name)
        for body in self.world.objects.values():
            if self.registry.is_news(body):
                self.polled.tell(KEY)
            self.registry.service_seen(body)
        self.wake_at, self.synced = self.world.at, self.world.news

    async def _point(self, label: str) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.points.append((label, future))
        try:
            await future
        finally:
            self.points = [point for point in self.points if point[1] is not future]

    # ---- the Kubernetes API, as StatusStore uses it

    async def get(self, kind: object, namespace: str, name: str) -> Object | KubeFailure:
        body = await self.world.get(kind, namespace, name)
        await self._point("get")
        if isinstance(body, dict):
            self.body = body
        return body

    async def patch_status(
        self, kind: object, namespace: str, name: str, version: str, patch: Object
    ) -> Object | KubeFailure:
        self.world.written = self._judge_ready
        stored = await self.world.patch_status(kind, namespace, name, version, patch)
        await self._point("patch")
        return stored

    def post(self, regarding: object, happening: object) -> None:
        """Events are not looked at here."""

    def _judge_ready(self, before: Object, after: Object) -> None:
        if not _ready(after) or _ready(before):
            return
        self.world.tally("ready")
        self.world.forgive()
        wanted = after["spec"]["settings"]["description"]
        if self.read is None or self.read["description"] != wanted:
            raise Broken(f"P6: Ready for {wanted!r}, but the turn read {self.read}")
        if self.ours_at_read:
            raise Broken(f"P6: Ready was read while {self.ours_at_read} of ours ran")
        for request in self.world.inbox:
            request.behind_ready = request.behind_ready or not request.delivered

    # ---- Sites and Site

    async def resolve(self, aim: Aim, namespace: str, within: float) -> "Process":
        return self

    def at(self, site: SiteRef, url: str) -> "Process | None":
        return self if url == URL else None

    def left(self, key: str) -> None:
        """Slots are not looked at here."""

    url = URL
    wanted = parse_site(SITE_BODY)
    username = "gitops"
    version = "12.0"
    show = staticmethod(plainly)

    def gate(self) -> Hold | None:
        return None

    def trouble(self) -> Hold | None:
        return None

    def closed(self) -> str | None:
        return None

    def standing(self, key: str) -> None:
        """Nobody tells of a place in the line."""

    def unsent(self, key: str) -> tuple[Hold, ...]:
        return ()

    def call_when_free(self, key: str) -> bool:
        return True

    def occupy(self, key: str, busy: bool) -> None:
        """Slots are not looked at here."""

    def usual_job_seconds(self, key: str) -> float:
        return 0.0

    def usual(self, operation: str) -> Usual:
        return Usual()

    def over(self, job_id: str) -> None:
        self.index.over(job_id)

    async def folder(self, name: str, refs: Sequence[ServiceRef]) -> None:
        return None

    async def pace(self) -> None:
        await self._point("pace")

    async def job(self, job_id: str) -> Job | Failure:
        job = await self._job(job_id)
        if isinstance(job, Job):
            self.index.noted(job)
        return job

    async def jobs_on(self, service_key: str, within: float) -> JobsOn:
        return await self.index.on(service_key, within)

    async def document(self, ref: ServiceRef) -> Mapping[str, Any] | Failure:
        document, at = self.world.document(), self.world.at
        ours = [job.id for job in self.world.ours_run() if not job.was_hidden]
        await self._point("document")
        self.took = self.world.at - at
        if not self.world.up:
            return NOWHERE
        self.read, self.read_at, self.ours_at_read = document, at, ours
        return json.loads(json.dumps(document))

    async def submit(self, asked: Asked, guard: Callable[[], str | None]) -> Fact:
        await self._point("connect")
        if not self.world.up:
            return Failure(Kind.NOT_SENT, "connection refused")
        if why := guard():
            return Failure(Kind.NOT_SENT, why)
        if not self.alive:
            raise asyncio.CancelledError
        request = Request(
            self.intent(), self.body["metadata"]["generation"], self.body["metadata"]["uid"],
            json.loads(asked.form["service"]), self.world.at,
        )  # fmt: skip
        self._judge_document(request)
        self.world.send(request)
        while request.answer is None:
            await self._point("answer")
            if request.answer is None and self.world.at > request.sent_at + 30.0:
                return Failure(Kind.UNSURE, "no answer within 30 s")
        return request.answer  # type: ignore[return-value]

    def intent(self) -> str:
        """The intent this turn sends."""
        facts = self.ledger[KEY].facts
        return next(iter(facts), "?")

    def _judge_document(self, request: Request) -> None:
        if self.read is None:
            raise Broken("P3: nothing was read in this turn")
        kept = {**request.document, "description": self.read["description"]}
        if kept != self.read:
            raise Broken(f"P3: read {self.read}, sent {request.document}")
        if self.world.at - self.read_at > 5.0 + 2 * self.took:
            raise Broken(f"P3: the document was read {self.world.at - self.read_at} s before it is sent")

    async def _ids(self) -> tuple[str, ...] | Failure:
        listed = [job for job in self.world.jobs if job.listed_at <= self.world.at]
        ids = tuple(job.id for job in listed if job.status != "forgotten")
        await self._point("list")
        return ids if self.world.up else NOWHERE

    async def _job(self, job_id: str) -> Job | Failure:
        found = next((job for job in self.world.jobs if job.id == job_id), None)
        seen = replace(found) if found else None
        await self._point("job")
        if not self.world.up:
            return NOWHERE
        if seen is None or seen.status == "forgotten" or seen.hidden_until > self.world.at:
            return UNKNOWN
        start = 1_795_435_200_000 + int(seen.started_at * 1000)
        end = 0 if seen.runs else 1_795_435_200_000 + int(seen.ended_at * 1000)
        return Job(seen.id, seen.status, URI, seen.username, start, end_ms=end)


def _ready(body: Object) -> bool:
    conditions = (body.get("status") or {}).get("conditions") or []
    generation = body["metadata"]["generation"]
    return any(
        one["type"] == "Ready" and one["status"] == "True" and one["observedGeneration"] == generation
        for one in conditions
    )
