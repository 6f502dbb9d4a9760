"""The environment of Esri's own Python client, kept with the caches; the sum of the generated requests."""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from esri_runs import Esri

from arcgis_devcluster import Cluster
from harness.bench import Workbench

PINS = Path(__file__).parents[2] / "requirements" / "esri-client.txt"


UNAVAILABLE = pytest.StashKey[subprocess.CalledProcessError]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Installs the client before the first test, whose time limit is made for tests."""
    needed = any("esri_python" in getattr(item, "fixturenames", ()) for item in session.items)
    if needed and not session.config.option.collectonly:
        try:
            _provide()
        except subprocess.CalledProcessError as error:
            session.config.stash[UNAVAILABLE] = error


@pytest.fixture(scope="session")
def esri_python(request: pytest.FixtureRequest) -> Path:
    """The interpreter of an environment with the unmodified wheel."""
    if error := request.config.stash.get(UNAVAILABLE, None):
        raise error
    return _place() / "bin" / "python"


def _place() -> Path:
    facts = PINS.read_bytes() + sys.version.encode()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "arcgis-operator"
    return cache / f"esri-client-{hashlib.sha256(facts).hexdigest()[:16]}"


def _provide() -> None:
    """Several workers make only one."""
    place = _place()
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "esri-client.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "complete").exists():
            _make(place)


def _make(place: Path) -> None:
    """What an interrupted attempt left is cleared; only the last step makes it count."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
    pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", PINS], check=True)
    (place / "complete").touch()


@pytest.fixture(scope="module")
def managed(control_plane: Cluster) -> Iterator[Workbench]:
    """A site whose services the operator manages while Esri's client works on them."""
    with Workbench(control_plane) as bench:
        bench.start_site("--services=10", "--submitted-seconds=0")
        bench.register()
        bench.start_operator(resync_seconds=1)
        yield bench


@pytest.fixture(scope="module")
def esri(managed: Workbench, esri_python: Path) -> Esri:
    return Esri(managed, esri_python)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many generated requests were put to the site."""
    told = [
        dict(report.user_properties)["generated"]
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call" and "generated" in dict(report.user_properties)
    ]
    if told:
        terminalreporter.write_line(f"generated: {sum(told):,} requests to {len(told)} operations")
