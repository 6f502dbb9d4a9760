"""Scenarios of long work: a steady stream of changes on many sites, and a site with a long past."""

import time
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import httpx

from arcgis_bench import figures, work
from arcgis_bench.contenders import Contender
from arcgis_bench.figures import Figures
from arcgis_bench.load import Target, new_value
from arcgis_bench.meter import Meter, memory_mib
from arcgis_bench.sizes import Sizes
from arcgis_bench.stage import Plan, Stage, TookTooLongError
from arcgis_bench.story import tell
from arcgis_demo import parts

SITES = 20
NOISY = "s00"
NOISY_CHANGES = 200  # of others, after the burst of the noisy one began: twenty seconds
JOB_SECONDS = 2.0
RESYNCS_OF_A_LOAD = 5
LOST_SECONDS = 120.0  # after the last change
DAYS = 10
CHANGES = 100
LOOK_SECONDS = 1.0
BLOCKS = 8  # of a day: an API server ends after each
RESYNCS = 144  # of a day, at the default of ten minutes
JOB_TIMES = 48  # of a day, at the default of half an hour
TOKEN_MINUTES = 0.6


def load(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """Ten changes a second on twenty sites, resyncs beside them; each site's waits are compared.

    At half-time all services of one more site are changed at once: what do the others feel of it?
    """
    plan = Plan(
        sites=SITES,
        services=max(1, sizes.calm // SITES),
        job_seconds=JOB_SECONDS - 0.5,
        settings=sizes.settings(resync_seconds=sizes.load_seconds / RESYNCS_OF_A_LOAD),
    )
    targets = plan.targets()
    noisy = [one for one in targets if one.site == NOISY]
    quiet = [one for one in targets if one.site != NOISY]
    with Stage(plan, contender, profile) as stage:
        process = stage.start()
        work.converge(stage, targets)
        stage.wait_for_resync()
        mark = time.time()
        with Meter(process.pid) as meter:
            before = work.stream(stage, quiet, sizes.load_seconds / 2)
            stage.load.change(noisy, new_value("all at once"))
            beside = work.stream(stage, quiet[len(before) :], sizes.load_seconds / 2)
            with suppress(TookTooLongError):
                stage.wait_ready([*before, *noisy, *beside], mark, LOST_SECONDS)
        changes = tell(stage, [*before, *beside], mark)
        burst = tell(stage, noisy, mark)
    by_site = [
        figures.percentile(
            figures.submit_seconds(one for target, one in changes.changes.items() if target.site == site), 99
        )
        for site in {target.site for target in quiet}
    ]
    soon = [changes.changes[one] for one in beside[:NOISY_CHANGES]]
    everything = [*changes.list, *burst.list]
    return {
        "changes": len(everything),
        **figures.spread("submit_s", figures.submit_seconds(changes.list)),
        **figures.spread("ready_s", figures.ready_seconds(changes.list)),
        "submit_s_p99_beside_a_burst": figures.percentile(figures.submit_seconds(soon), 99),
        "lost": sum(one.ready < mark or not one.received for one in everything),
        "edits_most": max(one.edits for one in everything),
        "submit_s_p99_worst_site": max(by_site),
        "submit_s_p99_best_site": min(by_site),
        **_grown(meter),
    }


def day(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """A day in minutes: as many resyncs, changes all the time, short tokens, API servers that end."""
    settings = sizes.settings(
        resync_seconds=sizes.day_seconds / RESYNCS, job_timeout_seconds=sizes.day_seconds / JOB_TIMES
    )
    plan = Plan(sites=2, services=100, job_seconds=1.0, settings=settings)
    targets = plan.targets()
    with Stage(plan, contender, profile) as stage:
        for site in stage.sites:
            stage.control(site, "/switches", {"token_minutes_max": TOKEN_MINUTES})
        process = stage.start()
        work.converge(stage, targets)
        mark = time.time()
        with Meter(process.pid) as meter:
            for block in range(BLOCKS):
                begun = time.time()
                seconds = sizes.day_seconds / BLOCKS
                chosen = work.stream(stage, targets, seconds, f"in block {block}", len(targets) / seconds)
                stage.wait_ready(chosen, begun, 120)
                stage.cluster.kill_apiserver()
                stage.cluster.start_apiserver()
            stage.wait_quiet(5)
        story = tell(stage, targets, mark)
        lists = sum(one.verb == "list" for one in stage.audit.since(mark, contender.user))
        return {
            "edits": story.asked["edit"],
            "lists_of_resources": lists,
            "tokens_made": story.asked["token"],
            "rss_mib": meter.samples[-1].rss_mib,
            **_grown(meter),
        }


def retained(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """A first start at a site that keeps thousands of ended jobs and allows ten requests a second."""
    plan = Plan(services=10, job_seconds=1.0, requests_per_second=10, settings=sizes.settings())
    target = plan.targets()[0]
    with Stage(plan, contender, profile) as stage:
        _leave_jobs(stage, [target], sizes.retained)
        stage.load.create([target], new_value("behind a long list"))
        mark = time.time()
        stage.start()
        stage.wait_ready([target], mark, 120 + sizes.retained)
        change = tell(stage, [target], 0).list[0]
        reads = [
            record
            for _, record in stage.journals()
            if record["kind"] == "request" and record["operation"] == "job"
        ]
    return {
        "first_submit_s": change.received - mark,
        "edits_most": change.edits - sizes.retained,
        "jobs_read_before": sum(record["at"] < change.received for record in reads),
    }


def long_list(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """The same hundred changes at a site that keeps no ended jobs, and at one that keeps thousands."""
    plan = Plan(services=CHANGES, job_seconds=1.0, settings=sizes.settings())
    found: Figures = {}
    for count in (0, sizes.retained):
        with Stage(plan, contender, profile) as stage:
            _leave_jobs(stage, plan.targets(), count)
            process = stage.start()
            work.converge(stage, plan.targets())
            _wait_until_read(stage, count)
            work.change(stage, plan.targets(), "from which to learn how long a job takes")
            found[f"rss_mib_{count}"] = memory_mib(process.pid)
            found[f"cpu_ms_per_change_{count}"] = work.cpu_ms(stage, plan.targets(), "beside a long list")
    found["cpu_ratio"] = found[f"cpu_ms_per_change_{sizes.retained}"] / found["cpu_ms_per_change_0"]
    return found


def _grown(meter: Meter) -> Figures:
    return {f"{name}_growth_percent": grown for name, grown in meter.growth_percent().items()}


def _wait_until_read(stage: Stage, count: int) -> None:
    """Until so many jobs were read: old ones are, in the background."""
    deadline = time.monotonic() + work.patience(count)
    while (read := tell(stage, [], 0).asked["job"]) < count:
        if time.monotonic() > deadline:
            raise TookTooLongError(f"{read} of {count} old jobs were read")
        time.sleep(LOOK_SECONDS)


def _leave_jobs(stage: Stage, targets: list[Target], count: int) -> None:
    """Ended edits of these services, all of one site, by the operator's own account, over the days before."""
    site = stage.sites[targets[0].site]
    edit = {"seconds": 1, "username": parts.USERNAME}
    with httpx.Client(base_url=site.control, trust_env=False, timeout=60) as control:
        for _, target in zip(range(count), cycle(targets), strict=False):
            control.post("/jobs/foreign", json={**edit, "service": target.title}).raise_for_status()
            control.post("/clock", json={"advance": DAYS * 86400 / count}).raise_for_status()
