"""Scenarios of change: one at a time, many at once, more than the site takes, beside a site that hangs."""

import random
import time
from pathlib import Path

from arcgis_bench import figures, work
from arcgis_bench.contenders import Contender
from arcgis_bench.figures import Figures
from arcgis_bench.load import new_value
from arcgis_bench.sizes import Sizes
from arcgis_bench.stage import MOST_JOBS, Plan, Stage, site_name
from arcgis_bench.story import tell

SITES = 20
ROUNDS = 20
SLOTS = 50
HUNG = "s00"
DOORS = 4
CHANGES = 50
LOST = 20
REFUSED = 0.05
UNAVAILABLE = {"error": {"code": 503, "message": "Service temporarily unavailable.", "details": []}}


def single(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """One change after the other on a system where nothing else happens."""
    plan = Plan(
        services=sizes.single,
        job_seconds=0.2,
        submitted_seconds=0.1,
        settings=sizes.settings(poll_seconds=0.5),
    )
    targets = plan.targets()
    with Stage(plan, contender, profile) as stage:
        stage.start()
        work.converge(stage, targets)
        mark = time.time()
        for target in targets:
            changed_at = time.time()
            stage.load.change([target], new_value("one change"))
            stage.wait_ready([target], changed_at, 60)
        stage.wait_quiet()
        story = tell(stage, targets, mark)
    seconds = [1000 * one for one in figures.submit_seconds(story.list)]
    return {
        **figures.spread("submit_ms", seconds),
        "edits_most": max(one.edits for one in story.list),
        "status_writes_mean": sum(one.status_writes for one in story.list) / len(targets),
        "status_writes_most": max(one.status_writes for one in story.list),
        "api_writes_mean": story.writes_on_changes / len(targets),
        "site_requests_besides_polls": (sum(story.asked.values()) - story.asked["job"]) / len(targets),
    }


def at_once(
    contender: Contender, sizes: Sizes, profile: Path | None, count: int, job_seconds: float
) -> Figures:
    """New resources at once. Each site runs 100 jobs at a time, so there is a site for each hundred."""
    sites = -(-count // MOST_JOBS)
    plan = Plan(
        sites=sites, services=count // sites, job_seconds=job_seconds - 0.5, settings=sizes.settings()
    )
    with Stage(plan, contender, profile) as stage:
        return work.burst(plan, stage)


def capped(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """Many new resources at once on one site that takes 50 jobs at a time, of one second each."""
    slots = min(SLOTS, sizes.big // 2)
    plan = Plan(
        services=sizes.big, max_jobs=slots, job_seconds=0.9, submitted_seconds=0.1, settings=sizes.settings()
    )
    with Stage(plan, contender, profile) as stage:
        found = work.burst(plan, stage)
    return {
        **found,
        "over_ideal": found["makespan_s"] / (sizes.big / slots),
        "cap_exceeded_by": max(0.0, found["most_jobs"] - slots),
    }


def shared(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """Jobs of ten seconds in two rounds, through one ArcGISSite and through four of the same address."""
    one, several = (_two_rounds(contender, sizes, profile, doors) for doors in (1, DOORS))
    return {
        "makespan_of_one_s": one["makespan_s"],
        "makespan_s": several["makespan_s"],
        "edits_most": several["edits_most"],
        "most_jobs": several["most_jobs"],
        "over_one": several["makespan_s"] / one["makespan_s"],
    }


def _two_rounds(contender: Contender, sizes: Sizes, profile: Path | None, doors: int) -> Figures:
    count = min(2 * SLOTS, sizes.burst)
    plan = Plan(doors=doors, services=count, max_jobs=count // 2, job_seconds=9.5, settings=sizes.settings())
    with Stage(plan, contender, profile) as stage:
        return work.burst(plan, stage)


def unavailable(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """Fifty at once on a site that answers 503 at once, in its own JSON, to one request of twenty."""
    plan = Plan(services=min(CHANGES, sizes.burst), job_seconds=9.5, settings=sizes.settings())
    with Stage(plan, contender, profile) as stage:
        _refuse_some(stage, requests=100 * plan.services)
        return work.burst(plan, stage)


def lost(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """Twenty at once on a site behind something that loses the answer to each edit, though it came in."""
    plan = Plan(services=min(LOST, sizes.burst), job_seconds=9.5, settings=sizes.settings())
    with Stage(plan, contender, profile) as stage:
        rule = {"match": {"operation": "edit"}, "when": "after", "times": None, "do": {"drop": True}}
        stage.control(site_name(0), "/faults", rule)
        return work.burst(plan, stage)


def _refuse_some(stage: Stage, requests: int) -> None:
    """Each run has the same places. A rule does not count what those before it took."""
    draw = random.Random(1)  # noqa: S311 - guards nothing
    places = [place for place in range(requests) if draw.random() < REFUSED]
    for taken, place in enumerate(places):
        rule = {"match": {}, "skip": place - taken, "do": {"status": 503, "json": UNAVAILABLE}}
        stage.control(site_name(0), "/faults", rule)


def hanging(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """Twenty sites, of which one stops answering: the others' changes before and during that.

    Both times the services of that one are changed at once as well, so that only the hanging differs.
    """
    plan = Plan(
        sites=SITES, services=max(2 * ROUNDS, sizes.burst // 10), job_seconds=0.5, settings=sizes.settings()
    )
    with Stage(plan, contender, profile) as stage:
        stage.start()
        work.converge(stage, plan.targets())
        before = _others_change(stage, 0)
        stage.control(HUNG, "/faults", {"match": {}, "times": None, "do": {"hang": True}})
        during = _others_change(stage, ROUNDS)
    return {
        **figures.spread("submit_before_s", before),
        **figures.spread("submit_hanging_s", during),
        "p99_ratio": figures.percentile(during, 99) / figures.percentile(before, 99),
    }


def _others_change(stage: Stage, done: int) -> list[float]:
    """All services of `HUNG` at once; beside them one of each other site at once, `ROUNDS` times."""
    seconds: list[float] = []
    stage.load.change([one for one in stage.plan.targets() if one.site == HUNG], new_value(f"after {done}"))
    for number in range(done + 1, done + ROUNDS + 1):
        mark = time.time()
        targets = [one for one in stage.plan.targets() if one.number == number and one.site != HUNG]
        stage.load.change(targets, new_value("beside"))
        stage.wait_ready(targets, mark, 300)
        seconds += figures.submit_seconds(tell(stage, targets, mark).list)
    return seconds
