"""The workflow files: what a forge would refuse, and whether what they call is there."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
MADE = ("dist/", "run/")
"""Folders that the targets of the Makefile write."""
CALLED = re.compile(r"\bmake (?:-\S+ )*([a-z][a-z.-]*)")
PATHS = re.compile(r"(?<![\w./$-])(\.?[\w-]+(?:/[\w.*-]+)+|[\w-]+\.(?:toml|yaml|md))(?![\w/:])")


def commands(path: Path) -> str:
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    return "\n".join(step.get("run", "") for job in jobs for step in job["steps"])


def targets(text: str) -> set[str]:
    return set(CALLED.findall(text))


def missing(wanted: set[str]) -> list[str]:
    return [one for one in sorted(wanted) if not re.search(rf"^{re.escape(one)}:", MAKEFILE, re.MULTILINE)]


def test_the_forge_reads_its_files_without_a_complaint(actionlint: Path) -> None:
    """The linter knows the forge's events, contexts and expressions, and the inputs of well-known actions."""
    done = subprocess.run(
        [actionlint, "-no-color", "-shellcheck=", "-pyflakes=", *FILES],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_targets_and_paths_of_a_workflow_are_there_and_each_job_has_an_end(path: Path) -> None:
    text = commands(path)
    assert missing(targets(text)) == []
    named = [one for one in PATHS.findall(text) if not one.startswith(MADE)]
    assert [one for one in named if not (ROOT / one).exists()] == []
    jobs: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
    assert all(job["timeout-minutes"] for job in jobs.values())


def test_the_workflows_call_the_release_and_the_script_of_the_ci() -> None:
    text = "\n".join(map(commands, FILES))
    assert "release" in targets(text)
    assert ".ci/run" in text


def test_the_script_of_the_ci_can_be_run_and_calls_targets_that_there_are() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    called = targets(script.read_text())
    assert called >= {"check", "test"}
    assert missing(called) == []


@pytest.mark.parametrize(
    "path", [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], ids=lambda path: path.name
)
def test_the_commands_of_a_page_are_targets_of_the_makefile(path: Path) -> None:
    code = " ".join(re.findall(r"```.*?```|`[^`]+`", path.read_text(), re.DOTALL))
    assert missing(targets(code)) == []
