"""The house of the fault cells is used here as well."""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "faults"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many scenes there were."""
    told = [
        dict(report.user_properties)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call" and "scenes" in dict(report.user_properties)
    ]
    if told:
        scenes, broken = (sum(one[key] for one in told) for key in ("scenes", "violations"))
        terminalreporter.write_line(f"pairs: {scenes:,} scenes, {broken:,} violations")
