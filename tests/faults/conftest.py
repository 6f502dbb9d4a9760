"""The sums of the cells."""

from typing import Any

SUMS = {"cells": "in process", "cells over sockets": "over real sockets"}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many cells there were, each a fault that did occur."""
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
