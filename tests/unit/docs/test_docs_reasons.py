"""The page of reasons has an entry for every reason of the code, with its conditions."""

import re
from pathlib import Path

from arcgis_operator.core.verdict import ROWS, Progress, Ready, Reason

FILE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "reasons.md"
PAGE = FILE.read_text()
BEGIN, END = "<!-- reasons -->\n", "<!-- end reasons -->"
ENTRIES = dict(re.findall(r"### (\w+)\n(.*?)(?=\n##+ |\Z)", PAGE, re.DOTALL))


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
        Progress.WAITING: ("Reconciling, Stalled after `--patience-seconds`",),
    }
    for reason, row in ROWS.items():
        entry = ENTRIES[reason.value]
        expected = () if row.ready is Ready.FALSE else (f"Ready is {row.ready.value}",)
        missing = [word for word in (*expected, *words[row.progress]) if word not in entry]
        assert not missing, f"{reason.value} does not say {missing}"


def overview() -> str:
    """The table of all reasons as the page shows it."""
    rows = ["| reason | Ready | beside it | event |", "|---|---|---|---|"]
    for reason, row in ROWS.items():
        name = f"[{reason.value}](#{reason.value.lower()})"
        rows.append(f"| {name} | {row.ready.value} | {row.progress.value} | {row.event.value} |")
    return "\n".join(rows) + "\n"


def test_the_page_shows_the_table_of_the_code() -> None:
    """On a difference, run `python tests/unit/docs/test_docs_reasons.py`, which writes the table anew."""
    assert PAGE.split(BEGIN)[1].split(END)[0] == overview()


if __name__ == "__main__":
    FILE.write_text(PAGE.split(BEGIN)[0] + BEGIN + overview() + END + PAGE.split(END)[1])
