"""The figures as a table for people and as JSON for machines."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from arcgis_bench.figures import Summary
from arcgis_bench.scenarios import SCENARIOS

NEVER = frozenset(
    (
        "edits_mean",
        "edits_most",
        "edits_of_others",
        "cap_exceeded_by",
        "lost",
        "status_writes",
        "status_writes_most",
        "status_writes_of_others",
    )
)
"""Figures of which no run may be above the goal."""
Results = Mapping[str, Mapping[str, Mapping[str, Summary]]]
"""Scenario → contender → figure."""


def show(console: Console, scenario: str, by_contender: Mapping[str, Mapping[str, Summary]]) -> None:
    """One table: a row for each figure, a column for each contender; goals are for the operator."""
    known = SCENARIOS[scenario]
    table = Table(title=f"{scenario}: {known.title}", title_justify="left")
    table.add_column("figure")
    for name in by_contender:
        table.add_column(f"{name}: median (min to max)", justify="right")
    table.add_column("goal", justify="right")
    for figure in dict.fromkeys(name for found in by_contender.values() for name in found):
        cells = [_cell(found.get(figure)) for found in by_contender.values()]
        table.add_row(
            figure, *cells, _goal(known.goals.get(figure), by_contender.get("operator", {}), figure)
        )
    console.print(table)


def document(
    machine: Mapping[str, object], settings: Mapping[str, object], results: Results
) -> dict[str, Any]:
    """Everything, as it is written to the file."""
    scenarios = {
        name: {
            "title": SCENARIOS[name].title,
            "goals": dict(SCENARIOS[name].goals),
            **{who: {key: _plain(one) for key, one in found.items()} for who, found in by_contender.items()},
        }
        for name, by_contender in results.items()
    }
    return {"machine": machine, "settings": settings, "scenarios": scenarios}


def write(path: Path, whole: Mapping[str, Any]) -> None:
    """The file, folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(whole, indent=2, default=str) + "\n")


def _cell(one: Summary | None) -> str:
    if one is None:
        return ""
    if one.least == one.most:
        return _number(one.median)
    return f"{_number(one.median)} ({_number(one.least)} to {_number(one.most)})"


def _goal(goal: float | None, found: Mapping[str, Summary], figure: str) -> str:
    if goal is None:
        return ""
    if figure not in found:
        return f"≤ {_number(goal)}"
    met = (found[figure].most if figure in NEVER else found[figure].median) <= goal
    return f"[{'green' if met else 'red'}]≤ {_number(goal)} {'met' if met else 'missed'}[/]"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    return f"{value:.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"


def _plain(one: Summary) -> dict[str, float | int | None]:
    values = {"median": one.median, "min": one.least, "max": one.most}
    return {
        **{key: value if math.isfinite(value) else None for key, value in values.items()},
        "runs": one.runs,
    }
