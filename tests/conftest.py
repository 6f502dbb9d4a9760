"""Fixtures for everybody: a real control plane, and a namespace of one's own on it.

Each xdist worker has a control plane of its own (300 MiB, 4 s): nothing is counted or cleaned up between
processes, no test sees another worker's requests in its audit log, and a worker that dies takes only its own
with it. What cannot be had is an error of the test, never a skip.
"""

import signal
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from arcgis_devcluster import ChildProcess, Cluster, assets, existing, open_cluster
from arcgis_devcluster.errors import ProcessFailed, Unavailable
from harness.bench import Workbench
from harness.stage import Stage

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of what is tested
if settings.get_current_profile_name() == "default":
    settings.load_profile("untimed")

CRDS = Path(__file__).resolve().parents[1] / "crds"
UNAVAILABLE = pytest.StashKey[Unavailable]()

_API = "arcgis-operator.dev/v1alpha1"
WARM_UP: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "arcgissites",
        {
            "apiVersion": _API,
            "kind": "ArcGISSite",
            "metadata": {"name": "warm-up", "namespace": "default"},
            "spec": {
                "url": "https://warm-up.invalid/arcgis",
                "credentials": {"secretRef": {"name": "none"}},
                "suspend": True,
            },
        },
    ),
    (
        "arcgisservices",
        {
            "apiVersion": _API,
            "kind": "ArcGISService",
            "metadata": {"name": "warm-up", "namespace": "default"},
            "spec": {
                "siteRef": {"name": "warm-up"},
                "service": {"name": "WarmUp", "type": "MapServer"},
                "settings": {"description": "warm-up"},
                "suspend": True,
            },
        },
    ),
)


SERVICES = 1000
"""Of the site of all stages: each takes one that no other has."""
FIGURE = "figure"
SHARE = 31
"""Of the many generated plans every 31st belongs to `make test`: coprime with the numbers of their kinds."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--plans",
        choices=("share", "whole"),
        default="share",
        help="how many of the generated plans: a fixed share (for make test), or the whole (for make faults)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the plans that are not in the share."""
    if config.option.plans == "whole":
        return
    planned = [item for item in items if item.get_closest_marker("plans")]
    left = set(planned) - set(planned[::SHARE])
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=sorted(left, key=lambda item: item.nodeid))


class ToldAtOnce:
    """Names what failed when it fails: a whole run takes more than an hour."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._config.get_terminal_writer().line(f"\nfailed: {report.nodeid}")


def pytest_configure(config: pytest.Config) -> None:
    """A run in the background of a shell ignores Ctrl-C, and so would all that is started here."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):  # a worker of xdist has it, and no terminal
        config.pluginmanager.register(ToldAtOnce(config))


def _group(item: pytest.Item) -> str:
    """The end of the name of a test whose group stays together on one worker."""
    mark = item.get_closest_marker("xdist_group")
    return f"@{mark.args[0]}" if mark and item.config.getoption("loadgroup", False) else ""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Builds the control plane before the first test, whose time limit is made for tests."""
    if not all(item.nodeid.endswith(_group(item)) for item in session.items):
        raise pytest.UsageError("this pytest-xdist does not keep groups together with this pytest")
    fixtures = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    builds = [build for name, build in PROGRAMS.items() if name in fixtures]
    if not builds or session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            for build in builds:
                build()
        except Unavailable as error:
            session.config.stash[UNAVAILABLE] = error


PROGRAMS: dict[str, Callable[[], object]] = {
    "control_plane": lambda: existing.wanted() or assets.provide(),
    "offline": assets.provide,
    "helm_program": assets.helm,
    "actionlint": assets.actionlint,
}
"""What is built for the tests that use a fixture."""


@pytest.fixture(scope="session")
def control_plane(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A real kube-apiserver with `crds/` applied; the user's own with USE_EXISTING_CLUSTER=true.

    A test that kills or delays it starts a `ControlPlane` of its own.
    """
    if error := request.config.stash.get(UNAVAILABLE, None):
        raise error
    with open_cluster() as cluster:
        if any(CRDS.glob("*.yaml")):
            install_crds(cluster, tmp_path_factory.mktemp("crds"))
        yield cluster


@pytest.fixture
def namespace(control_plane: Cluster) -> Iterator[str]:
    """A fresh namespace. Its objects stay until the control plane goes: watch this namespace only."""
    name = f"test-{uuid.uuid4().hex[:10]}"
    control_plane.kubectl("create", "namespace", name)
    yield name
    control_plane.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def ground(control_plane: Cluster) -> Iterator[Workbench]:
    """A namespace with its rights and a registered site, for all stages of a worker."""
    with Workbench(control_plane) as bench:
        bench.start_site(f"--services={SERVICES}")
        bench.register()
        yield bench


@pytest.fixture
def stage(ground: Workbench) -> Iterator[Stage]:
    with Stage(ground) as stage:
        yield stage


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Tells a figure, printed at the end of the run."""
    return lambda text: record_property(FIGURE, text)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    said = [text for report in reports for title, text in report.user_properties if title == FIGURE]
    if said:
        terminalreporter.section("figures")
    for text in said:
        terminalreporter.write_line(text)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Says how to repeat what failed."""
    report = yield
    if report.failed:
        command = f".venv/bin/python -m pytest --plans=whole '{item.nodeid.removesuffix(_group(item))}'"
        report.sections.append(("repeat it with", command))
    return report


def install_crds(cluster: Cluster, directory: Path) -> None:
    """Applies `crds/` and returns when events of both kinds arrive at once.

    The first event after a CRD was made takes 2 s, which no test should see.
    """
    cluster.kubectl.apply(CRDS)
    cluster.kubectl.wait("crd", "condition=Established", 30, "--all")
    for plural, dummy in WARM_UP:
        give_up = time.monotonic() + 30
        while not _arrives(cluster, plural, dummy, directory / f"{plural}.log"):
            assert time.monotonic() < give_up, f"every watch of {plural} is ended by the API server"
        cluster.kubectl("delete", plural, "warm-up", "-n", "default", "--wait=false")


def _arrives(cluster: Cluster, plural: str, dummy: dict[str, Any], log: Path) -> bool:
    """Whether an event arrives; a server that still takes in the kind may end its first watches."""
    command = cluster.kubectl.command("get", plural, "-n", "default", "--watch", "--output=name")
    with ChildProcess(
        f"watch {plural}", command, log=log, environment=cluster.kubectl.environment()
    ) as watch:
        cluster.kubectl.apply(dummy)
        try:
            watch.wait_for_line("warm-up", 30)
        except ProcessFailed:
            if watch.running:
                raise
            return False
    return True
