"""The page of performance has one figure in each cell, with its spread in brackets at most."""

import re
from pathlib import Path

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "explanation" / "performance.md").read_text()
FIGURES = ("figure", "operator", "reference", "goal", "before", "after", "image", "checkout")
SPREAD = re.compile(r"\([^)]*\)|\bby three of 200\b")
FIGURE = re.compile(r"[−+]?\d[\d,.]*")


def cells() -> list[str]:
    """Every cell of a table that stands in a column of figures."""
    found = []
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()]
        columns = [at for at, name in enumerate(rows[0]) if name in FIGURES]
        words = {at for at in columns if not any(FIGURE.match(row[at].lstrip("≤ ")) for row in rows[2:])}
        found += [row[at] for row in rows[2:] for at in columns if at not in words]
    return found


def test_a_cell_has_one_figure() -> None:
    all_cells = cells()
    assert len(all_cells) > 200
    assert [cell for cell in all_cells if len(FIGURE.findall(SPREAD.sub("", cell))) > 1] == []
