"""Cells over real sockets: many at the same time, each with an address, a service and resources of its own.

One operator serves them all. A fault is planted behind one address, so it is met by the cell it belongs to.
"""

import itertools
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cell_runs import (
    ASKED_TO_WAIT,
    OF_THE_MIDDLEBOX,
    PERSISTENCE,
    SITE_REQUESTS,
    SPARE_EDITS,
)
from fault_kinds import SITE, SOCKETS

from arcgis_demo import parts
from arcgis_devcluster import ChildProcess
from harness.apiserver import GROUP, wait_until
from harness.bench import PASSWORD, PLANTED, SERVICES, SITES, Workbench, condition, is_current, ready
from harness.canaries import told
from harness.fault import DOORS, Fault
from harness.history import ENDED, read
from harness.invariants import violations
from harness.siteproxy import Planted, SiteProxy
from harness.stage import SETTINGS, bugs

Json = Any
NOTHING: Json = {"metadata": {"generation": 0}}
KINDS = {**SITE, **SOCKETS}
CA = "sockets-ca"
OPERATOR = {
    **SETTINGS,
    "settle_seconds": 3,
    "lease_seconds": 15,
    "renew_deadline_seconds": 10,
    "lease_retry_seconds": 2,
}
EDITS = {"create": 1, "update": 2}
"""Of a run in which nothing breaks."""
BEFORE = {"token": None, "jobs": None, "service": "jobs", "edit": "service", "job": "edit"}
"""What is asked for last before the connection for a request is made."""
OF_THE_SITE = frozenset({"token", "root", "mode"})
"""Asked for in the first turn of an ArcGISSite."""
ENOUGH, LONG_ENOUGH = 5, 3.0
"""A fault that lasts is cleared after so many hits, or so many seconds after the first one."""
SETTLES = 60.0
LOOKS = 0.2
MOST = 40
"""Cells at a time."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A kind of fault at a request of a flow."""

    kind: str
    request: str
    persistence: str

    def __str__(self) -> str:
        return f"{self.flow}: {self.kind} at {self.request}, {self.persistence}"

    @property
    def flow(self) -> str:
        """A single fault comes to an edit when all has gone well before, and connections are kept."""
        return "update" if (self.request, self.persistence) == ("edit", "once") else "create"

    @property
    def fault(self) -> Fault:
        return KINDS[self.kind]

    @property
    def times(self) -> int | None:
        times = PERSISTENCE[self.persistence]
        return int(times) if times < ENOUGH else None


def cells() -> Iterator[Cell]:
    """Each kind at each request: an edit in all three ways, the others in one, in turn.

    A port that refuses cannot count how often: that lasts until it is cleared. A login that failed rests for
    minutes: its faults are played in virtual time only.
    """
    turn = itertools.cycle(PERSISTENCE)
    for kind, fault in KINDS.items():
        door = fault.breaks in DOORS
        for request in filter(
            fault.applies, [one for one in (BEFORE if door else SITE_REQUESTS) if one != "token"]
        ):
            ways = PERSISTENCE if request == "edit" else (next(turn),)
            for way in ways if fault.breaks != "connect" else ("until cleared",):
                yield Cell(kind, request, way)
        next(turn)  # so that a request meets another way with the next kind


def lots() -> Iterator[tuple[str, list[Cell]]]:
    """The cells in lots that are played together; those that take half a minute apart from the others."""
    for word, slow in (("quick", False), ("slow", True)):
        chosen = [cell for cell in cells() if _is_slow(cell) == slow]
        for number, at in enumerate(range(0, len(chosen), MOST), start=1):
            lot = chosen[at : at + MOST]
            yield f"{word} {number}: {lot[0].kind} to {lot[-1].kind}", lot


def _is_slow(cell: Cell) -> bool:
    return cell.kind in ASKED_TO_WAIT


class Ground:
    """An operator and the proxy, for all cells of a worker."""

    def __init__(self, bench: Workbench, proxy: SiteProxy) -> None:
        self.bench, self.proxy = bench, proxy
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": CA},
            "data": {"ca.crt": proxy.ca},
        }
        bench.kubectl.apply(body)
        self.operator: ChildProcess = bench.start_operator("sockets", **OPERATOR)
        self._judged = 0

    def judge_log(self) -> None:
        """The operator runs, and has not crashed inside or said a secret since the last time."""
        assert self.operator.running, self.operator.log_tail(20)
        log = self.operator.log.read_text()
        new, self._judged = log[self._judged :], len(log)
        assert not (found := bugs(new)), found
        assert not told(new, (PASSWORD, PLANTED))


class Scene:
    """One cell on its way."""

    def __init__(self, ground: Ground, cell: Cell, documents: Mapping[str, Json]) -> None:
        self.cell, self.bench = cell, ground.bench
        self.door = ground.proxy.door(single=cell.fault.breaks in DOORS)
        self.name = f"cell-{uuid.uuid4().hex[:8]}"
        self.service = self.bench.fresh_service()
        self.before = documents[self.service]
        self.wanted = {**self.before, "description": f"wanted by {self.name}"}
        self.planted: Planted | None = None
        self.met_at = 0.0
        self.stamp = ""

    @property
    def in_the_first_turn(self) -> bool:
        """Of the ArcGISSite: the fault has to be there before it."""
        return self.cell.request in OF_THE_SITE

    def register(self) -> None:
        """Creates the ArcGISSite."""
        spec = {
            "url": self.door.url,
            "credentials": {"secretRef": {"name": "prod-admin"}},
            "tls": {"caCertificateRef": {"name": CA}},
            "limits": {"requestsPerSecond": 500, "maxJobs": 100},
        }
        body = {"apiVersion": GROUP, "kind": "ArcGISSite", "metadata": {"name": self.name}, "spec": spec}
        answer = self.bench.api.create(SITES, body)
        assert answer.status_code == 201, answer.text

    def declare(self, description: str = "") -> None:
        """Creates the ArcGISService, or changes it to what is wanted in the end."""
        settings = {"description": description or self.wanted["description"]}
        self.bench.declare(self.name, self.service, settings, self.name)

    def plant(self) -> None:
        """From now on the fault is there."""
        cell = self.cell
        after = BEFORE[cell.request] if cell.fault.breaks in DOORS else None
        self.planted = self.door.plant(cell.request, cell.fault, times=cell.times, after=after)

    def settled(self, service: Json, site: Json) -> bool:
        """Whether all is well again. Clears the fault when it is time."""
        assert self.planted
        self._note(service, site)
        there = _is_ready(service) and (_is_ready(site) or ready(site) == "SiteNotFound")
        lasted = self.met_at and time.monotonic() - self.met_at > LONG_ENOUGH
        enough = self.planted.hits >= (self.cell.times or ENOUGH)
        if not self.planted.cleared and (there or lasted or enough):
            self.door.clear()
        if self.planted.cleared and condition(service, "Stalled").get("status") == "True" and not self.stamp:
            self.ask_again()  # it says why: a person asks again
        return self.planted.cleared and there

    def _note(self, service: Json, site: Json) -> None:
        """Where nobody listens, nobody counts: what the operator says of it is the proof."""
        assert self.planted
        if self.cell.fault.breaks == "connect" and not self.planted.hits:
            told = f"{condition(service).get('message')} {condition(site).get('message')}"
            self.planted.hits += "no connection to the site: refused" in told
        if self.planted.hits and not self.met_at:
            self.met_at = time.monotonic()

    def ask_again(self) -> None:
        """Asks for one more look."""
        self.stamp = uuid.uuid4().hex
        self.bench.annotate(self.name, requestedAt=self.stamp)

    def judged(self, journal: list[Json], after: Mapping[str, Json]) -> list[str]:
        """What is broken."""
        history = read(
            journal,
            self.bench.audited(self.name),
            self.service,
            parts.USERNAME,
            before=self.before,
            after=after[self.service],
            wanted=self.wanted,
            secrets=(PASSWORD, PLANTED),
        )
        spare = SPARE_EDITS.get(self.cell.kind, 0)
        broken = [one for one in violations(history) if not (spare and one.startswith(OF_THE_MIDDLEBOX))]
        edits = sum(edit.ours for edit in history.edits)
        right = EDITS[self.cell.flow]
        if not right <= edits <= right + spare:
            broken.append(f"{edits} edits instead of {right}")
        return broken

    def leave(self) -> None:
        """Takes its resources away."""
        self.bench.api.remove(SERVICES, self.name)
        self.bench.api.remove(SITES, self.name)
        self.door.close()


def play(ground: Ground, lot: Iterable[Cell]) -> dict[Cell, list[str]]:
    """What is broken in each cell. Each fault must have occurred."""
    site = ground.bench.site
    since, documents = site.stats()["seq"], site.world()["services"]
    scenes = [Scene(ground, cell, documents) for cell in lot]
    try:
        _begin(ground, scenes)
        _until(ground, scenes, Scene.settled)
        for scene in scenes:
            scene.ask_again()
        _until(ground, scenes, lambda scene, service, _: _handled(service) == scene.stamp)
        _until_no_job_runs(ground, scenes, since)
        journal, after = site.journal(since), site.world()["services"]
        missed = [scene for scene in scenes if not (scene.planted and scene.planted.hits)]
        assert not missed, f"these faults did not occur: {_story(ground, missed)}"
        ground.judge_log()
        return {scene.cell: scene.judged(journal, after) for scene in scenes}
    finally:
        for scene in scenes:
            scene.leave()
        for job in site.jobs():
            site.forget(job["jobid"])


def _begin(ground: Ground, scenes: list[Scene]) -> None:
    first = [scene for scene in scenes if scene.in_the_first_turn]
    later = [scene for scene in scenes if not scene.in_the_first_turn]
    for scene in first:
        scene.plant()
        scene.register()
        scene.declare()
    for scene in later:
        scene.register()
    _until(ground, later, lambda scene, service, site: _is_ready(site))
    changed = [scene for scene in later if scene.cell.flow == "update"]
    for scene in changed:
        scene.declare("before the change")
    _until(ground, changed, lambda scene, service, site: _is_ready(service))
    for scene in later:
        scene.plant()
        scene.declare()


def _until(ground: Ground, scenes: list[Scene], good: Callable[[Scene, Json, Json], bool]) -> None:
    """Until it was true of each."""
    waiting = {scene.name: scene for scene in scenes}

    def look() -> bool:
        services, sites = ({one["metadata"]["name"]: one for one in ground.bench.api.everything(plural)}
                           for plural in (SERVICES, SITES))  # fmt: skip
        for name, scene in list(waiting.items()):
            if good(scene, services.get(name, NOTHING), sites.get(name, NOTHING)):
                del waiting[name]
        return not waiting

    wait_until(look, SETTLES, lambda: _story(ground, waiting.values()), every=LOOKS)


def _until_no_job_runs(ground: Ground, scenes: list[Scene], since: int) -> None:
    titles = {scene.service for scene in scenes}
    site = ground.bench.site

    def look() -> bool:
        last = {
            one["job"]: one["status"] for one in site.journal(since, kind="job") if one["service"] in titles
        }
        return all(word in ENDED for word in last.values())

    wait_until(look, SETTLES, lambda: _story(ground, scenes), every=LOOKS)


def _story(ground: Ground, scenes: Iterable[Scene]) -> str:
    told = []
    for scene in scenes:
        hits = scene.planted.hits if scene.planted else 0
        told.append(f"-- {scene.cell}: {hits} hits in {scene.door.asked}\n{ground.bench.story(scene.name)}")
    return "\n".join(told)


def _is_ready(body: Json) -> bool:
    return condition(body).get("status") == "True" and is_current(body)


def _handled(body: Json) -> str:
    return str((body.get("status") or {}).get("lastHandledReconcileAt"))
