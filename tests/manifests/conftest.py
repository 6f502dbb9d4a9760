"""The API server as a plain HTTP client, and what builds manifests without one."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from arcgis_devcluster import ChildProcess, Cluster, Kubectl, assets


@pytest.fixture(scope="session")
def api(control_plane: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The API server through `kubectl proxy`: a request takes milliseconds, a kubectl half a second."""
    kubectl = control_plane.kubectl
    log = tmp_path_factory.mktemp("proxy") / "proxy.log"
    command = kubectl.command("proxy", "--port=0")
    with ChildProcess("kubectl proxy", command, log=log, environment=kubectl.environment()) as proxy:
        port = proxy.wait_for_line(r"127\.0\.0\.1:(\d+)", 30)[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30.0) as client:
            yield client


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """kubectl without a cluster: enough for `kubectl kustomize`."""
    directory: Path = tmp_path_factory.mktemp("offline")
    return Cluster(directory, Kubectl(assets.provide()["kubectl"], directory / "no.kubeconfig"))


@pytest.fixture(scope="session")
def helm_program() -> Path:
    return assets.helm()


@pytest.fixture(scope="session")
def actionlint() -> Path:
    return assets.actionlint()
