"""The Dockerfile, as far as it can be judged without building it; the images themselves: tests/image."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECTS = ("pyproject.toml", "simulator/pyproject.toml")
ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_hadolint_finds_nothing() -> None:
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_operator_is_the_default_and_no_image_runs_as_root() -> None:
    stages = re.findall(r"^FROM .* AS (\S+)$", DOCKERFILE, re.MULTILINE)
    assert stages[-1] == "operator"
    assert "simulator" in stages
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["65532:65532"]


def test_one_version_stands_everywhere() -> None:
    """It is set in `pyproject.toml`; `make version` writes it where a file has to show it."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    files = [ROOT / "README.md", *(ROOT / "manifests").rglob("*.yaml")]
    shown = re.findall(r"arcgis-(?:operator|simulator):([\w.]+)", "".join(path.read_text() for path in files))
    assert len(shown) >= 3
    assert set(shown) == {version}
    assert not re.findall(r"\d+\.\d+\.\d+", DOCKERFILE)
    simulator = tomllib.loads((ROOT / "simulator" / "pyproject.toml").read_text())
    assert simulator["project"]["dynamic"] == ["version"]


def test_every_package_is_checked_against_a_hash() -> None:
    installs = re.findall(r"^.*pip .*\binstall\b.*$", DOCKERFILE, re.MULTILINE)
    assert len(installs) == 5
    assert all("--require-hashes" in line or "--no-deps --no-index /dist" in line for line in installs)


def test_the_build_backend_is_the_same_for_both_wheels() -> None:
    systems = [tomllib.loads((ROOT / path).read_text())["build-system"] for path in PROJECTS]
    assert systems[0] == systems[1]


def test_the_build_backend_is_cut_whole_out_of_the_development_lock() -> None:
    found = re.search(r"awk '(.*)'", DOCKERFILE)
    assert found
    lock = ROOT / "requirements" / "dev.txt"
    cut = subprocess.run(["awk", found[1], lock], capture_output=True, text=True, check=True).stdout
    names = re.findall(r"^([a-z-]+)==", cut, re.MULTILINE)
    assert sorted(names) == sorted(re.findall(r"[a-z-]{5,}", found[1].split("(")[1].split(")")[0]))
    assert all("--hash=sha256:" in entry for entry in re.split(r"^(?=[a-z])", cut, flags=re.MULTILINE)[1:])


def test_what_is_copied_is_there_and_is_let_through() -> None:
    copied = {
        source.rstrip("/")
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    }
    let_through = set(re.findall(r"^!(\S+?)/?$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert copied == let_through
    assert [name for name in copied if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", PROJECTS)
def test_a_wheel_holds_what_its_command_needs_and_no_more(path: str) -> None:
    project = tomllib.loads((ROOT / path).read_text())
    packages = [Path(name) for name in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
    [command] = project["project"]["scripts"].items()
    assert [package.name for package in packages] == [command[1].partition(".")[0]]
    folder = (Path(path).parent / packages[0]).parent
    assert f"COPY {folder}/ " in DOCKERFILE
    assert f"finish.py {command[0]} " in DOCKERFILE
