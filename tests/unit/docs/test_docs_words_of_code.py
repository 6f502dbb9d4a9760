"""Pages that list annotations, exit codes and events list those of the code."""

import re
from pathlib import Path

from arcgis_operator.cli import ENDS
from arcgis_operator.core.annotations import ABANDON, OVERRIDE, REQUESTED, RESTORE

PAGES = Path(__file__).resolve().parents[3] / "docs" / "reference"


def test_the_page_of_annotations_has_those_that_the_operator_reads() -> None:
    page = (PAGES / "annotations.md").read_text()
    named = set(re.findall(r"`([\w.-]+/\w+)`", page))
    assert named | {"reconcile.fluxcd.io/requestedAt"} == {*REQUESTED, ABANDON, OVERRIDE, RESTORE}
    assert "reconcile.fluxcd.io/requestedAt" in page


def test_the_page_of_exit_codes_has_those_of_the_help() -> None:
    page = (PAGES / "exit-codes.md").read_text()
    codes = re.findall(r"^  (\d)  ", ENDS, re.MULTILINE)
    assert set(codes) == {"0", "1", "2"}
    assert set(codes) <= set(re.findall(r"^\| (\d+)", page, re.MULTILINE))
