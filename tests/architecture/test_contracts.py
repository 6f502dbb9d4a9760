"""The architecture is held by import-linter; these tests see that it bites."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("operator", "simulator", "devcluster", "demo", "image", "bench")

VIOLATIONS = {
    "a core module that reads a clock": ("core/plan.py", "import time\n", "The core is pure"),
    "a room on no floor": ("helpers.py", "", "every room is on a floor"),
    "a reconciler that knows the floor above": (
        "reconcilers/ledger.py",
        "from arcgis_operator.controller import queue\n",
        "imports point down",
    ),
    "an adapter that knows its sibling": (
        "adapters/kube/kinds.py",
        "from arcgis_operator.adapters.admin import client\n",
        "do not know each other",
    ),
    "a simulator inside the operator": (
        "app/run.py",
        "import arcgis_simulator\n",
        "meet over HTTP and signals only",
    ),
}


def linted(directory: Path) -> subprocess.CompletedProcess[str]:
    """import-linter on a copy of the project."""
    paths = ":".join(str(directory / folder) for folder in FOLDERS)
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=directory,
        env={"PYTHONPATH": paths, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's code and configuration, to plant violations in."""
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_project_keeps_its_contracts(copy: Path) -> None:
    """Nothing is planted, nothing is found."""
    result = linted(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_planted_violation_is_found(copy: Path, violation: str) -> None:
    """Each kind of violation breaks the contract that speaks about it."""
    name, line, contract = VIOLATIONS[violation]
    file = copy / "operator" / "arcgis_operator" / name
    text = file.read_text() if file.exists() else '"""A module."""\n'
    file.write_text(text + "\n" + line)
    result = linted(copy)
    assert result.returncode == 1
    broken = [row for row in result.stdout.splitlines() if row.rstrip().endswith("BROKEN")]
    assert any(contract in row for row in broken), result.stdout


def test_the_operator_folder_does_not_shadow_the_standard_library() -> None:
    """`import operator` in the root of the repository is the standard library's."""
    code = "import operator; print(operator.itemgetter)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "operator.itemgetter" in run.stdout
    assert not (ROOT / "operator" / "__init__.py").exists()
