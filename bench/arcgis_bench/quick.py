"""The harness in small: counts that must hold on any machine, however slow; no time is looked at."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from arcgis_bench import calm, changes, steady, work
from arcgis_bench.contenders import Contender, contenders
from arcgis_bench.figures import Figures
from arcgis_bench.sizes import Sizes
from arcgis_bench.stage import Plan, Stage

SIZES = Sizes(
    single=5,
    burst=20,
    big=40,
    calm=40,
    retained=300,
    idle_seconds=6.0,
    poll_seconds=0.5,
)
EXACTLY_ONE_EDIT = {"edits_mean": (1, 1), "edits_most": (1, 1)}
FEW_WRITES = {"status_writes_most": (1, 4)}
ALSO_QUEUED = {"status_writes_most": (1, 5)}  # a resource that has to wait for a slot says so first
BOUNDS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "single": {"edits_most": (1, 1), **FEW_WRITES},
    "capped": {**EXACTLY_ONE_EDIT, **ALSO_QUEUED, "cap_exceeded_by": (0, 0), "most_jobs": (1, 20)},
    "burst": {**EXACTLY_ONE_EDIT, **FEW_WRITES, "api_writes_mean": (1, 4)},
    "restart": {"edits_of_others": (0, 0), "status_writes_of_others": (0, 0)},
    "idle": {"status_writes": (0, 0)},
    "retained": {"edits_most": (1, 1), "jobs_read_before": (0, 150)},
    "reference": {"edits_mean": (1, 9)},
}
"""Figure → least and most, by scenario."""

OPERATOR, REFERENCE = (contenders()[name] for name in ("operator", "reference"))


def check(say: Callable[[str], None]) -> list[str]:
    """What is out of bounds, as sentences."""
    wrong: list[str] = []
    for name, run in _RUNS.items():
        found = run()
        say(f"{name}: " + ", ".join(f"{figure} {found[figure]:g}" for figure in BOUNDS[name]))
        wrong += outside(name, found)
    return wrong


def outside(name: str, found: Figures) -> Iterable[str]:
    """The figures of a scenario that are out of bounds."""
    for figure, (least, most) in BOUNDS[name].items():
        if not least <= found[figure] <= most:
            yield f"{name}: {figure} is {found[figure]:g}, must be from {least:g} to {most:g}"


def small_burst(contender: Contender) -> Figures:
    """Twenty at once on two sites."""
    plan = Plan(sites=2, services=SIZES.burst // 2, job_seconds=0.5, settings=SIZES.settings())
    with Stage(plan, contender) as stage:
        return work.burst(plan, stage)


_NO_PROFILE: Path | None = None
_RUNS: Mapping[str, Callable[[], Figures]] = {
    "single": lambda: changes.single(OPERATOR, SIZES, _NO_PROFILE),
    "burst": lambda: small_burst(OPERATOR),
    "capped": lambda: changes.capped(OPERATOR, SIZES, _NO_PROFILE),
    "idle": lambda: calm.idle(OPERATOR, SIZES, _NO_PROFILE),
    "restart": lambda: calm.restart(OPERATOR, SIZES, _NO_PROFILE),
    "retained": lambda: steady.retained(OPERATOR, SIZES, _NO_PROFILE),
    "reference": lambda: small_burst(REFERENCE),
}
