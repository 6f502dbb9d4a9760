"""Figures: percentiles of one run, and what several runs say together."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arcgis_bench.story import Change

Figures = dict[str, float]


def percentile(values: Iterable[float], percent: float) -> float:
    """The nearest rank; NaN of nothing."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def spread(name: str, values: Sequence[float]) -> Figures:
    """p50 and p99 under one name."""
    return {f"{name}_p50": percentile(values, 50), f"{name}_p99": percentile(values, 99)}


def submit_seconds(changes: Iterable[Change]) -> list[float]:
    """From apply to the edit that the site received."""
    return [change.received - change.applied for change in changes if change.received]


def ready_seconds(changes: Iterable[Change]) -> list[float]:
    """From the end of the job to Ready, below 0 where Ready was claimed before."""
    return [change.ready - change.ended for change in changes if change.ended]


def makespan(changes: Sequence[Change]) -> float:
    """From the first apply to the last Ready."""
    return max(change.ready for change in changes) - min(change.applied for change in changes)


@dataclass(frozen=True, slots=True)
class Summary:
    """One figure over all runs."""

    median: float
    least: float
    most: float
    runs: int


def summarised(runs: Sequence[Figures]) -> dict[str, Summary]:
    """Each figure over the runs, in the order of the first."""
    names = list(dict.fromkeys(name for run in runs for name in run))
    values = {name: [run[name] for run in runs if name in run] for name in names}
    return {
        name: Summary(statistics.median(all_), min(all_), max(all_), len(all_))
        for name, all_ in values.items()
    }
