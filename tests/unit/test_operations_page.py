"""The page for operators and the table of reasons say the same."""

import re
from pathlib import Path

from arcgis_operator.core.verdict import ROWS, Progress, Ready, Reason
from arcgis_operator.telemetry.metrics import Metrics

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()
SECTION = PAGE.split("## Reasons")[1].split("## Other events")[0]
ENTRIES = dict(re.findall(r"### (\w+)\n(.*?)(?=\n### |\Z)", SECTION, re.DOTALL))


def test_every_reason_has_its_entry_and_no_entry_is_left_over() -> None:
    """The headings are the reasons."""
    assert set(ENTRIES) == {reason.value for reason in Reason}


def test_every_entry_names_the_conditions_of_its_row() -> None:
    """An entry says Ready unless it is False, and Reconciling or Stalled."""
    words = {
        Progress.NONE: (),
        Progress.RECONCILING: ("Reconciling",),
        Progress.STALLED: ("Stalled",),
        Progress.RETRYING: ("Stalled",),
    }
    for reason, row in ROWS.items():
        entry = ENTRIES[reason.value]
        expected = () if row.ready is Ready.FALSE else (f"Ready is {row.ready.value}",)
        missing = [word for word in (*expected, *words[row.progress]) if word not in entry]
        assert not missing, f"{reason.value} does not say {missing}"


def test_every_metric_is_on_the_page() -> None:
    """Each name stands there, short or in full."""
    names = {family.name for family in Metrics().registry.collect() if family.name.startswith("arcgis")}
    missing = [name for name in names if name.removeprefix("arcgis_operator") not in PAGE]
    assert not missing
