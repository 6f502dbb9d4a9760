"""One site and one namespace for all cases of a worker, a stage for each; how many plans are run."""

from collections.abc import Iterator
from typing import Any

import pytest

from arcgis_devcluster import Cluster
from harness.bench import Workbench
from harness.stage import Stage

SERVICES = 1200


@pytest.fixture(scope="session")
def ground(control_plane: Cluster) -> Iterator[Workbench]:
    """A namespace with its rights and a registered site."""
    with Workbench(control_plane) as bench:
        bench.start_site(f"--services={SERVICES}")
        bench.register()
        yield bench


@pytest.fixture
def stage(ground: Workbench) -> Iterator[Stage]:
    with Stage(ground) as stage:
        yield stage


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Says how to repeat what failed."""
    report = yield
    if report.failed:
        report.sections.append(
            ("repeat it with", f".venv/bin/python -m pytest --plans=whole '{item.nodeid}'")
        )
    return report


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
