"""Scenarios of rest: what many converged resources cost when nothing happens, at a restart, beside work."""

import time
from pathlib import Path

from arcgis_bench import figures, work
from arcgis_bench.contenders import Contender
from arcgis_bench.figures import Figures
from arcgis_bench.load import Target, new_value
from arcgis_bench.meter import Meter, memory_mib
from arcgis_bench.sizes import Sizes
from arcgis_bench.stage import Plan, Stage
from arcgis_bench.story import Story, tell

CHANGES = 100
BUSY_CHANGES = 200  # twenty seconds: the list, and the looks at the folders after it
RESYNCS_OF_A_REST = 1.2
SPREAD = 0.2  # of a rest: within a tenth of the pause between two resyncs all is looked at
_LOOK_SECONDS = 0.5


def idle(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """Nothing happens; there is one resync in that time, not the first one, which proves the folders."""
    plan = _plan(sizes, sizes.calm, sizes.idle_seconds / RESYNCS_OF_A_REST)
    with Stage(plan, contender, profile) as stage:
        process = stage.start()
        converged = work.converge(stage, plan.targets())
        if contender.resyncs:
            stage.wait_for_resync()
            time.sleep(SPREAD * sizes.idle_seconds)
        mark = time.time()
        with Meter(process.pid) as meter:
            time.sleep(sizes.idle_seconds)
            cpu = meter.cpu
        story = tell(stage, [], mark)
        return {
            "first_convergence_s": converged,
            "status_writes": sum(n for what, n in story.writes.items() if what.endswith("/status")),
            "api_writes": sum(story.writes.values()),
            "site_reads_s": sum(story.asked.values()) / sizes.idle_seconds,
            "cpu_percent": 100 * cpu / sizes.idle_seconds,
            "rss_mib": memory_mib(process.pid),
            "rss_peak_mib": memory_mib(process.pid, "VmHWM"),
        }


def restart(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """A calm stop and a new start with everything converged; one change waits for the new process."""
    plan = _plan(sizes, sizes.calm, 3600)
    targets = plan.targets()
    with Stage(plan, contender, profile) as stage:
        stage.start()
        work.converge(stage, targets)
        stage.process.terminate()
        changed = targets[len(targets) // 2]
        stage.load.change([changed], new_value("while nobody watched"))
        mark = time.time()
        process = stage.start()
        known = _all_known(stage, targets, mark, work.patience(len(targets)))
        stage.wait_ready([changed], mark, 120)
        stage.wait_quiet()
        story = tell(stage, [changed], mark)
        others = sum(n for what, n in story.writes.items() if what == "arcgisservices/status")
        return {
            "edits_of_others": story.asked["edit"] - story.list[0].edits,
            "status_writes_of_others": others - story.list[0].status_writes,
            "new_change_submitted_s": story.list[0].received - mark,
            "all_known_s": known,
            "rss_peak_mib": memory_mib(process.pid, "VmHWM"),
        }


def busy_resync(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """One change after the other, ten a second, while every resource is due for its resync."""
    period = 20 + sizes.calm / 100
    plan = _plan(sizes, sizes.calm, period)
    targets = plan.targets()
    with Stage(plan, contender, profile) as stage:
        stage.start()
        work.converge(stage, targets)
        stage.wait_for_resync()
        mark = time.time()
        spread = targets[:: max(1, len(targets) // BUSY_CHANGES)][:BUSY_CHANGES]
        chosen = work.stream(stage, spread, BUSY_CHANGES, "beside a resync")
        stage.wait_ready(chosen, mark, work.patience(len(chosen)))
        story = tell(stage, chosen, mark)
        return {
            **figures.spread("submit_s", figures.submit_seconds(story.list)),
            "folders_read_meanwhile": len(story.folders),
            "services_read_meanwhile": len(story.readers),
        }


def growth(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """The same hundred changes beside ever more resources that are at rest."""
    found: Figures = {}
    for count in sizes.growth:
        plan = _plan(sizes, count, 3600)
        with Stage(plan, contender, profile) as stage:
            process = stage.start()
            work.converge(stage, plan.targets())
            found[f"rss_mib_{count}"] = memory_mib(process.pid)
            found[f"cpu_ms_per_change_{count}"] = work.cpu_ms(stage, plan.targets()[:CHANGES], "beside many")
    least, most = min(sizes.growth), max(sizes.growth)
    if most > least:
        more = found[f"rss_mib_{most}"] - found[f"rss_mib_{least}"]
        found["rss_kib_per_resource"] = more * 1024 / (most - least)
        found["cpu_ratio"] = found[f"cpu_ms_per_change_{most}"] / found[f"cpu_ms_per_change_{least}"]
    return found


def _plan(sizes: Sizes, count: int, resync_seconds: float) -> Plan:
    return Plan(services=count, job_seconds=1.0, settings=sizes.settings(resync_seconds=resync_seconds))


def _all_known(stage: Stage, targets: list[Target], mark: float, seconds: float) -> float:
    """Seconds until every service was read from the site, as its journal says, since `mark`."""
    deadline = time.time() + seconds
    while time.time() < deadline:
        story: Story = tell(stage, [], mark)
        if all(_is_known(story, one) for one in targets):
            return time.time() - mark
        time.sleep(_LOOK_SECONDS)
    return float("inf")


def _is_known(story: Story, target: Target) -> bool:
    return (target.site, target.folder) in story.folders or (target.site, target.title) in story.readers
