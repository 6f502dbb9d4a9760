"""The sums of the cells, and how long it took until all had settled."""

from statistics import median
from typing import Any

SETTLED = ("settled after a kill", "settled after a thaw")
SUMS = {"cells": "in process", "cells over sockets": "over real sockets"}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many cells there were, each a fault that did occur, and how soon the real processes settled."""
    said = [
        report.user_properties
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
    ]
    for name, where in SUMS.items():
        told = [dict(properties) for properties in said if name in dict(properties)]
        if told:
            cells, broken = (sum(one[key] for one in told) for key in (name, "violations"))
            terminalreporter.write_line(f"cells: {cells:,} {where}, {broken:,} violations")
    for name in SETTLED:
        seconds = sorted(value for properties in said for key, value in properties if key == name)
        if seconds:
            text = f"{name}: {len(seconds):,} cases, median {median(seconds):.1f} s, most {seconds[-1]:.1f} s"
            terminalreporter.write_line(text)
