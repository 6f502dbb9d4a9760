"""Storms: every service of two sites differs at once, as after a restore, an upgrade, or a new publication.

Each one comes in another way and meets an operator that goes on, is killed, or hands over in the middle. A
person is asked, answers, and all is restored. Times are told; what counts is what was sent before the answer.
"""

import json
import shlex
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx

from arcgis_bench import work
from arcgis_bench.contenders import Contender
from arcgis_bench.figures import Figures
from arcgis_bench.load import NAMESPACE, Target, new_value
from arcgis_bench.sizes import Sizes
from arcgis_bench.stage import Plan, Stage, TookTooLongError
from arcgis_bench.story import Story, tell

SITES, SLOTS = 2, 20
ASKED = "SiteDiverged"
RESYNC_SECONDS = 60.0  # so long an operator that begins anew has for sending something unasked
_LOOK_SECONDS = 3.0
_PARALLEL = 8


@dataclass(frozen=True, slots=True)
class Way:
    """What is done to both sites before their services change, and after; `anew`: with other ids."""

    before: Callable[[Stage], None]
    after: Callable[[Stage], None]
    anew: bool = False


def _nothing(stage: Stage) -> None:
    """The storm comes while all goes on."""


def _site(**spec: Any) -> Callable[[Stage], None]:
    return lambda stage: _patch_sites(stage, {"spec": spec})


def _order(path: str, **facts: Any) -> Callable[[Stage], None]:
    def give(stage: Stage) -> None:
        for site in stage.sites:
            stage.control(site, path, facts)

    return give


WAYS: Mapping[str, Way] = {
    "while all goes on": Way(_nothing, _nothing),
    "while the sites are suspended": Way(_site(suspend=True), _site(suspend=False)),
    "while they are observed": Way(_site(managementPolicy="Observe"), _site(managementPolicy="Manage")),
    "while they are read-only": Way(_order("/mode", isReadOnly=True), _order("/mode", isReadOnly=False)),
    "with another version": Way(_order("/switches", version="12.1"), _nothing),
    "published again": Way(_nothing, _nothing, anew=True),
}
GOES_ON, IS_KILLED, HANDS_OVER = (
    "goes on",
    "is killed while a person is asked",
    "hands over while all is restored",
)
MEETS = (GOES_ON, IS_KILLED, HANDS_OVER)


@dataclass(frozen=True, slots=True)
class Storm:
    """What became of one. `unasked`: edits before the answer; `lost`: services that are not as declared."""

    unasked: int
    lost: int
    edits_most: int
    most_jobs: int
    asked_seconds: float
    change_seconds: float
    restored_seconds: float


def storm(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """One storm in each way."""
    settings = sizes.settings(resync_seconds=RESYNC_SECONDS)
    plan = Plan(sites=SITES, services=sizes.storm, max_jobs=SLOTS, settings=settings)
    with Stage(plan, contender, profile) as stage:
        stage.start()
        work.converge(stage, plan.targets())
        storms = [
            _play(stage, way, met, number)
            for number, (way, met) in enumerate(zip(WAYS.values(), cycle(MEETS), strict=False))
        ]
    return {
        "storms": len(storms),
        "services": SITES * sizes.storm,
        "unasked": sum(one.unasked for one in storms),
        "lost": sum(one.lost for one in storms),
        "edits_most": max(one.edits_most for one in storms),
        "cap_exceeded_by": max(0, *(one.most_jobs - SLOTS for one in storms)),
        "asked_s_most": max(one.asked_seconds for one in storms),
        "change_meanwhile_s_most": max(one.change_seconds for one in storms),
        "restored_s_most": max(one.restored_seconds for one in storms),
    }


def _play(stage: Stage, way: Way, met: str, number: int) -> Storm:
    targets, mark = stage.plan.targets(), time.time()
    way.before(stage)
    _change_all(stage, targets, str(100 + number), anew=way.anew)
    way.after(stage)
    begins = time.time()
    _wait(
        stage, lambda: set(stage.load.reasons().values()) == {ASKED}, "not every service waits for a person"
    )
    asked = time.time() - begins
    if met == IS_KILLED:
        stage.process.kill()
        stage.start()
        time.sleep(RESYNC_SECONDS)
    leader = stage.process
    if met == HANDS_OVER:
        stage.start(leads=False)
    wishes = targets[:SITES]  # one of each site
    changed = _change_seconds(stage, wishes, f"wanted in storm {number}")
    unasked = _edits(tell(stage, targets[SITES:], mark))
    _answer(stage)
    answered = time.time()
    if met == HANDS_OVER:
        _wait(
            stage, lambda: _edits(tell(stage, targets, answered)) > len(targets) // 4, "nothing is restored"
        )
        leader.kill()
    _wait(stage, lambda: not stage.load.not_ready(), "not all is Ready again")
    story = tell(stage, targets, mark)
    return Storm(
        unasked,
        _wrong(stage, targets),
        max(one.edits for one in story.list),
        story.most_jobs,
        asked,
        changed,
        time.time() - answered,
    )


def _change_all(stage: Stage, targets: list[Target], records: str, *, anew: bool) -> None:
    """Past the API, as fast as it goes."""

    def change(target: Target) -> None:
        new_id = {"id": uuid.uuid4().hex} if anew else {}
        sets = {"properties.maxRecordCount": records, **new_id}
        stage.control(target.site, "/drift", {"service": target.title, "set": sets})

    with ThreadPoolExecutor(_PARALLEL) as pool:
        list(pool.map(change, targets))


def _change_seconds(stage: Stage, wishes: list[Target], text: str) -> float:
    """Until what people want of some services is live, while a person is asked about all others."""
    mark = time.time()
    stage.load.change(wishes, new_value(text))
    stage.wait_ready(wishes, mark, work.patience(len(wishes)))
    return time.time() - mark


def _answer(stage: Stage) -> None:
    """With the command that each site tells, as a person would copy it."""
    for site in stage.sites:
        _, _, command = _told_by(stage, site).partition("To restore them: kubectl ")
        stage.cluster.kubectl(*shlex.split(command))


def _told_by(stage: Stage, site: str) -> str:
    body = json.loads(stage.cluster.kubectl("get", "agsite", site, "-n", NAMESPACE, "-o", "json").stdout)
    return str(next(one["message"] for one in body["status"]["conditions"] if one["reason"] == ASKED))


def _edits(story: Story) -> int:
    return sum(one.edits for one in story.list)


def _wrong(stage: Stage, targets: list[Target]) -> int:
    """How many services the sites do not have as they are declared."""
    live: dict[tuple[str, str], Any] = {}
    for name, site in stage.sites.items():
        world = httpx.get(f"{site.control}/world", trust_env=False, timeout=60).raise_for_status().json()
        live |= {(name, title): document for title, document in world["services"].items()}
    return sum(live[one.site, one.title]["properties"]["maxRecordCount"] != "1000" for one in targets)


def _patch_sites(stage: Stage, patch: Mapping[str, Any]) -> None:
    for site in stage.sites:
        stage.cluster.kubectl(
            "patch", "agsite", site, "-n", NAMESPACE, "--type=merge", "-p", json.dumps(patch)
        )


def _wait(stage: Stage, look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + work.patience(len(stage.plan.targets()))
    while not look():
        if time.monotonic() > deadline:
            raise TookTooLongError(f"{what}; the end of the log:\n{stage.process.log_tail(5)}")
        time.sleep(_LOOK_SECONDS)
