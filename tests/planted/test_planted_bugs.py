"""The tests bite: each planted bug is caught by the tests that are named for it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from planted_bugs import BUGS, Bug

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "operator" / "arcgis_operator"
TESTS_FAILED = 1  # pytest's exit code; a bug that cannot even be imported ends otherwise
OUTCOME = re.compile(r"^1 failed(?!.*error).* in ", re.MULTILINE)
"""An error of the set-up, which has the same exit code, catches nothing."""


def planted(bug: Bug, directory: Path) -> Path:
    """A copy of the product with the bug in it; the directory to import it from."""
    ignored = shutil.ignore_patterns("__pycache__")
    broken = shutil.copytree(PRODUCT, directory / "arcgis_operator", ignore=ignored) / bug.file
    broken.write_text(broken.read_text().replace(bug.old, bug.new))
    return directory


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_the_line_of_a_planted_bug_is_there_once(bug: Bug) -> None:
    assert (PRODUCT / bug.file).read_text().count(bug.old) == 1, "mend the table"


@pytest.mark.plans
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_caught(name: str, tmp_path: Path) -> None:
    bug = BUGS[name]
    environment = {**os.environ, "PYTHONPATH": str(planted(bug, tmp_path))}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        bug.caught_by,
    ]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    caught = ended.returncode == TESTS_FAILED and OUTCOME.search(ended.stdout)
    assert caught, ended.stdout[-3000:] + ended.stderr[-1000:]
