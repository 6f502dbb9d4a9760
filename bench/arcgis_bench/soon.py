"""Seen soon: what it costs to look at every folder each minute, and how long a drift stays unseen."""

import random
import time
from pathlib import Path

from arcgis_bench import figures
from arcgis_bench.contenders import Contender
from arcgis_bench.figures import Figures
from arcgis_bench.load import Target
from arcgis_bench.meter import cpu_seconds, memory_mib
from arcgis_bench.room import HOSTS, ON_A_SITE, populate, wait_until_calm
from arcgis_bench.sizes import Sizes
from arcgis_bench.stage import Plan, Stage, TookTooLongError
from arcgis_bench.story import tell

PERIOD_SECONDS = 3600.0  # no resync helps
PROVED_SECONDS = 60.0  # after the start each folder is looked at once before it is measured
REST_SECONDS = 180.0
DRIFTS_OF_A_SITE = 5  # fewer than the bound above which a person is asked
DRIFT_SECONDS = 120.0
_PATIENCE_SECONDS = 240.0
_LOOK_SECONDS = 2.0
_ELSEWHERE = {"properties.maxRecordCount": "17"}


def soon(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """All at rest for three minutes; then drifts, at moments drawn at random."""
    sites = max(1, sizes.calm // ON_A_SITE)
    settings = sizes.settings(resync_seconds=PERIOD_SECONDS)
    plan = Plan(sites=sites, hosts=min(HOSTS, sites), services=ON_A_SITE, settings=settings)
    targets = plan.targets()[: sizes.calm]
    with Stage(plan, contender, profile) as stage:
        populate(stage, targets)
        process = stage.start()
        time.sleep(PROVED_SECONDS)
        wait_until_calm(process)
        mark, before = time.time(), cpu_seconds(process.pid)
        time.sleep(REST_SECONDS)
        cpu = cpu_seconds(process.pid) - before
        rest = tell(stage, [], mark)
        chosen = random.Random(1).sample(targets, DRIFTS_OF_A_SITE * sites)  # noqa: S311 - spreads drifts
        drifted = _drift(stage, chosen)
        return {
            "cpu_percent": 100 * cpu / REST_SECONDS,
            "site_reads_s_each": sum(rest.asked.values()) / REST_SECONDS / sites,
            "status_writes": sum(n for what, n in rest.writes.items() if what.endswith("/status")),
            **figures.spread("restored_s", _restored(stage, drifted)),
            "rss_mib": memory_mib(process.pid),
        }


def _drift(stage: Stage, chosen: list[Target]) -> dict[Target, float]:
    """When each one drifted, on the wall clock."""
    when: dict[Target, float] = {}
    for target in chosen:
        stage.control(target.site, "/drift", {"service": target.title, "set": _ELSEWHERE})
        when[target] = time.time()
        time.sleep(DRIFT_SECONDS / len(chosen))
    return when


def _restored(stage: Stage, drifted: dict[Target, float]) -> list[float]:
    """Seconds from each drift until the site received the edit that restores it."""
    first, deadline = min(drifted.values()), time.monotonic() + _PATIENCE_SECONDS
    while True:
        changes = tell(stage, drifted, first).changes
        if all(one.received for one in changes.values()):
            return [changes[target].received - when for target, when in drifted.items()]
        if time.monotonic() > deadline:
            raise TookTooLongError(f"a drift is not restored {_PATIENCE_SECONDS:g} s after the last one")
        time.sleep(_LOOK_SECONDS)
