"""Tells at the end how much was searched."""

from collections.abc import Iterator

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counts come from the tests' own properties, so that they survive workers."""
    counts = [dict(report.user_properties) for report in terminalreporter.stats.get("passed", [])]
    searched = [one for one in counts if "states" in one]
    if searched:
        states, moves = (sum(int(str(one[name])) for one in searched) for name in ("states", "transitions"))
        terminalreporter.write_line(
            f"search: {len(searched)} searches, {states:,} states, {moves:,} transitions"
        )


@pytest.fixture
def rules() -> Iterator[object]:
    """The rules of the harness, put back afterwards; the real code is asked anew before and after."""
    import search_decisions
    import search_world

    search_decisions.forget()
    yield search_world.RULES
    search_world.RULES.__init__()  # type: ignore[misc]
    search_decisions.forget()
