"""The Dockerfile, as far as it can be judged without building it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

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
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    texts = [DOCKERFILE, *(path.read_text() for path in (ROOT / "manifests").rglob("*.yaml"))]
    shown = re.findall(r"arcgis-(?:operator|simulator):([\w.]+)|image\.version=\"(.*?)\"", "".join(texts))
    assert {tag or label for tag, label in shown} == {version}
    assert len(shown) == 5


def test_every_package_is_checked_against_a_hash() -> None:
    installs = re.findall(r"^.*pip .*\binstall\b.*$", DOCKERFILE, re.MULTILINE)
    assert len(installs) == 5
    assert all("--require-hashes" in line or "--no-deps --no-index /dist" in line for line in installs)


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


def test_the_wheel_holds_what_its_commands_need_and_no_more() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = [Path(path) for path in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
    commands = {command.partition(".")[0] for command in project["project"]["scripts"].values()}
    assert {package.name for package in packages} == commands
    assert all(f"COPY {package.parent}/ " in DOCKERFILE for package in packages)
