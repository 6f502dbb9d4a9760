"""How long the long runs are, and how to repeat one."""

import random
from dataclasses import dataclass
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("endure")
    group.addoption("--endure-full", action="store_true", help="Kills, absences and clocks in full length.")
    group.addoption("--endure-minutes", type=float, default=0.0, help="Length of the soak; 0: a short one.")
    group.addoption("--endure-seed", type=int, default=None, help="Repeat the faults of another soak.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of a `case` is made for each of the `CASES` of its module; the short run takes a `SHARE`."""
    if "case" in metafunc.fixturenames:
        full = metafunc.config.getoption("--endure-full", False)
        metafunc.parametrize("case", list(metafunc.module.CASES) if full else metafunc.module.SHARE)


@dataclass(frozen=True)
class Lengths:
    """`full`: as long as the promises say. Otherwise each run is a short one of the same kind."""

    full: bool
    minutes: float
    seed: int

    @property
    def quiet_seconds(self) -> float:
        """How long nothing may be written once all is settled."""
        return 60.0 if self.full or self.minutes else 5.0


@pytest.fixture(scope="session")
def lengths(request: pytest.FixtureRequest) -> Lengths:
    """The short soak has the same faults each time; a long one draws them, and says its seed."""
    config = request.config
    minutes, seed = config.getoption("--endure-minutes", 0.0), config.getoption("--endure-seed", None)
    drawn = random.randrange(10**6) if minutes else 1
    return Lengths(
        full=config.getoption("--endure-full", False),
        minutes=minutes,
        seed=drawn if seed is None else seed,
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Says how to repeat what failed, in the same length and with the same faults."""
    report = yield
    if report.failed:
        given = item.config.getoption
        options = " --endure-full" * bool(given("--endure-full", False))
        if minutes := given("--endure-minutes", 0.0):
            options += f" --endure-minutes={minutes:g}"
        if lengths := getattr(item, "funcargs", {}).get("lengths"):
            options += f" --endure-seed={lengths.seed}"
        command = f".venv/bin/python -m pytest '{item.nodeid}'{options}"
        report.sections[-1] = ("repeat it with", command)
    return report
