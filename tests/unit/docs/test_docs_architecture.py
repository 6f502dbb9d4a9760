"""The page on the architecture shows the table that the code runs."""

from pathlib import Path

from arcgis_operator.core.jobs import MACHINE

PAGE = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "architecture.md"
BEGIN, END = "<!-- machine -->\n", "<!-- end machine -->"


def drawn() -> str:
    """The table as the page shows it."""
    rows = ["| phase | signal | next phase | reason |", "|---|---|---|---|"]
    for (phase, signal), cell in MACHINE.items():
        reason = "*decide anew*" if cell.again else cell.reason.value if cell.reason else "*the signal's own*"
        rows.append(f"| {phase} | {signal} | {cell.phase} | {reason} |")
    return "\n".join(rows) + "\n"


def test_the_page_shows_the_table_of_the_code() -> None:
    """On a difference, put what `python tests/unit/docs/test_docs_architecture.py` prints there."""
    shown = PAGE.read_text().split(BEGIN)[1].split(END)[0]
    assert shown == drawn()


if __name__ == "__main__":
    print(drawn(), end="")  # noqa: T201
