"""The sum of the cells in process."""

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many cells there were, each a fault that did occur."""
    sums = {"cells": 0, "violations": 0}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                for name, value in report.user_properties:
                    if name in sums:
                        sums[name] += value
    if sums["cells"]:
        terminalreporter.write_line("cells: {cells:,} in process, {violations:,} violations".format(**sums))
