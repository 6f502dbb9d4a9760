"""The page on the gates shows the table that the code asks."""

from pathlib import Path

from arcgis_operator.core.gates import GATES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "gates.md"
BEGIN, END = "<!-- gates -->\n", "<!-- end gates -->"


def drawn() -> str:
    """The table as the page shows it."""
    rows = ["| | question | if not | closes |", "|---|---|---|---|"]
    for number, gate in enumerate(GATES, start=1):
        reasons = ", ".join(f"[{reason}](reasons.md#{reason.lower()})" for reason in gate.reasons)
        rows.append(f"| {number} | {gate.asks} | {reasons} | {gate.closes} |")
    return "\n".join(rows) + "\n"


def test_the_page_shows_the_gates_in_their_order() -> None:
    """On a difference, run `python tests/unit/docs/test_docs_gates.py`, which writes them there."""
    assert PAGE.read_text().split(BEGIN)[1].split(END)[0] == drawn()


def write() -> None:
    """Put the table onto the page."""
    text = PAGE.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(before + BEGIN + drawn() + END + after)


if __name__ == "__main__":
    write()
