"""What several scenarios do: bring all to rest, make changes, and count what they took."""

import time
from collections.abc import Sequence

from arcgis_bench import figures
from arcgis_bench.figures import Figures
from arcgis_bench.load import LIVE, Target, new_value
from arcgis_bench.meter import Meter, memory_mib
from arcgis_bench.stage import Plan, Stage
from arcgis_bench.story import SITE_STATUS, Story, tell

PER_SECOND = 10
_SECONDS_PER_RESOURCE = 0.5
_LEAST_PATIENCE = 120.0


def patience(count: int) -> float:
    """How long so many resources may take before the run is given up."""
    return _LEAST_PATIENCE + _SECONDS_PER_RESOURCE * count


def converge(stage: Stage, targets: Sequence[Target]) -> float:
    """Declares what the sites have anyway: everything is Ready without an edit. The seconds it took."""
    mark = time.time()
    stage.load.create(targets, LIVE)
    stage.wait_ready(targets, mark, patience(len(targets)))
    stage.wait_quiet()
    return time.time() - mark


def change(stage: Stage, targets: Sequence[Target], text: str, *, create: bool = False) -> Story:
    """One change of each at once, and what became of them when all is quiet again."""
    mark = time.time()
    send = stage.load.create if create else stage.load.change
    send(targets, new_value(text))
    stage.wait_ready(targets, mark, patience(len(targets)))
    stage.wait_quiet()
    return tell(stage, targets, mark)


def cpu_ms(stage: Stage, targets: Sequence[Target], text: str) -> float:
    """The contender's processor time for each of these changes, made at once."""
    with Meter(stage.process.pid) as meter:
        change(stage, targets, text)
        return 1000 * meter.cpu / len(targets)


def stream(
    stage: Stage,
    targets: list[Target],
    seconds: float,
    text: str = "in a steady stream",
    per_second: float = PER_SECOND,
) -> list[Target]:
    """Changes so many each second, as long as there are seconds and targets."""
    begun, sent = time.monotonic(), 0
    while (elapsed := time.monotonic() - begun) < seconds and sent < len(targets):
        due = min(len(targets), int(per_second * elapsed) + 1)
        if due > sent:
            stage.load.change(targets[sent:due], new_value(text))
            sent = due
        time.sleep(1 / PER_SECOND)
    return targets[:sent]


def burst(plan: Plan, stage: Stage) -> Figures:
    """All resources of a plan are created at once with something to change: every figure of that."""
    targets = plan.targets()
    process = stage.start()
    stage.wait_quiet()  # what is said of the sites at the first look is not part of a change
    with Meter(process.pid) as meter:
        story = change(stage, targets, "all at once", create=True)
        cpu, busy = meter.cpu, meter.machine_busy_percent
    changes, count = story.list, len(targets)
    requests = sum(story.asked.values())
    return {
        "makespan_s": figures.makespan(changes),
        "applied_s": max(one.applied for one in changes) - min(one.applied for one in changes),
        **figures.spread("submit_s", figures.submit_seconds(changes)),
        **figures.spread("ready_s", figures.ready_seconds(changes)),
        "edits_mean": sum(one.edits for one in changes) / count,
        "edits_most": max(one.edits for one in changes),
        "polls_mean": sum(one.polls for one in changes) / count,
        "polls_most": max(one.polls for one in changes),
        "status_writes_mean": sum(one.status_writes for one in changes) / count,
        "status_writes_most": max(one.status_writes for one in changes),
        "api_writes_mean": story.writes_on_changes / count,
        "writes_on_sites": story.writes[SITE_STATUS],
        "site_requests_besides_polls": (requests - story.asked["job"]) / count,
        "most_jobs": story.most_jobs,
        "rss_peak_mib": memory_mib(process.pid, "VmHWM"),
        "cpu_ms_per_change": 1000 * cpu / count,
        "machine_busy_percent": busy,
        "connections_per_change": len(meter.sockets) / count,
        "descriptors_most": meter.most_descriptors,
    }
