"""The API server as a plain HTTP client, for tests that ask it thousands of questions."""

from collections.abc import Iterator

import httpx
import pytest

from arcgis_devcluster import ChildProcess, Cluster
from harness.bench import Workbench


@pytest.fixture(scope="module")
def asked(control_plane: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """As the administrator, through `kubectl proxy`."""
    kubectl = control_plane.kubectl
    log = tmp_path_factory.mktemp("proxy") / "proxy.log"
    command = kubectl.command("proxy", "--port=0")
    with ChildProcess("kubectl proxy", command, log=log, environment=kubectl.environment()) as proxy:
        port = proxy.wait_for_line(r"127\.0\.0\.1:(\d+)", 30)[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30.0) as client:
            yield client


@pytest.fixture
def bench(control_plane: Cluster) -> Iterator[Workbench]:
    """Nothing is up yet but the namespace with its rights."""
    with Workbench(control_plane) as bench:
        yield bench
