"""A release from its installation to its end on an empty API server, with a job under way at the site.

Deployments do not run there: the operator runs beside, under the account that the chart made.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from built import MANIFESTS, SYSTEM
from charted import NAME, Helm, Refused

from arcgis_demo import parts
from arcgis_devcluster import ChildProcess, ControlPlane
from harness.apiserver import wait_until
from harness.bench import FAST
from harness.canaries import canary
from harness.listener import Listener
from harness.site import SiteControl

NAMESPACE = "gis"
SERVICE = "FireWeatherWatch.MapServer"
VALUES = {"siteNamespaces": [NAMESPACE]}
KINDS = ("arcgissites.arcgis-operator.dev", "arcgisservices.arcgis-operator.dev")
Json = Any


@dataclass
class Ground:
    """An empty API server, helm, and a simulated site that is not declared yet."""

    cluster: ControlPlane
    helm: Helm
    directory: Path
    password: str = field(default_factory=canary)
    operators: list[ChildProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site = parts.start_site(self.directory, "site", self.password, "--submitted-seconds=0.1")
        self.control = SiteControl(self.site.control)
        self.listener = Listener(self.cluster, self.directory, self.control, self.password)
        self.kubectl = self.cluster.kubectl.in_namespace(NAMESPACE)
        self.cluster.kubectl("create", "namespace", NAMESPACE)

    def established(self) -> None:
        for kind in KINDS:
            self.cluster.kubectl.wait(f"crd/{kind}", "condition=Established", 30)

    def register(self) -> None:
        for body in parts.site_objects(self.site, self.password):
            self.kubectl.apply(body)

    def declare(self, description: str) -> None:
        """The job of the edit runs until `is_live` lets it end."""
        self.control.next_job(service=SERVICE, hang=True)
        self.kubectl.apply(
            {
                "apiVersion": "arcgis-operator.dev/v1alpha1",
                "kind": "ArcGISService",
                "metadata": {"name": "fire-weather"},
                "spec": {
                    "siteRef": {"name": "prod"},
                    "service": {"name": "FireWeatherWatch", "type": "MapServer"},
                    "settings": {"description": description},
                },
            }
        )

    def start_operator(self) -> None:
        """Another one, as a rollout starts it; a former one is killed."""
        for former in self.operators:
            former.kill()
        quick = {"lease_seconds": 2, "renew_deadline_seconds": 1.5, "lease_retry_seconds": 0.3}
        name = f"operator-{len(self.operators)}"
        self.operators.append(parts.start_operator(self.cluster, self.directory, name, {**FAST, **quick}))

    def status(self) -> Json:
        return self.kubectl.get_json("agsvc/fire-weather").get("status", {})

    def until(self, happened: Callable[[Json], object]) -> Json:
        def look() -> Json:
            status = self.status()
            return status if happened(status) else None

        return wait_until(look, 40, lambda: str(self.status()))

    def runs(self) -> str:
        """Waits until the job of an edit is known to the operator; its id."""
        status = self.until(lambda status: status.get("job", {}).get("status") == "EXECUTING")
        return str(status["job"]["id"])

    def is_live(self, job: str, description: str) -> Json:
        """Lets the job end, and waits for what it brings."""
        self.control.finish(job)

        def live(status: Json) -> bool:
            ready = {one["type"]: one["status"] for one in status.get("conditions", [])}.get("Ready")
            return ready == "True" and self.control.document(SERVICE)["description"] == description

        return self.until(live)

    def edits(self) -> int:
        return int(self.control.stats()["services"][SERVICE]["edits"])

    def close(self) -> None:
        """Takes all down. Raises when an operator told a secret."""
        found = self.listener.hits(self.operators) if self.operators else set()
        self._stop()
        assert not found, f"secrets of this release are in its outputs: {sorted(found)}"

    def _stop(self) -> None:
        self.control.close()
        for process in (*self.operators, self.site.process):
            process.kill()


@pytest.fixture
def ground(helm_program: Path, tmp_path: Path) -> Iterator[Ground]:
    with ControlPlane.start() as cluster:
        there = Ground(cluster, Helm(helm_program, cluster, tmp_path, SYSTEM), tmp_path)
        try:
            yield there
        finally:
            there.close()


def test_install_upgrade_rollback_and_removal_lose_and_double_no_edit(ground: Ground) -> None:
    began = time.monotonic()
    ground.helm.install(VALUES, "--create-namespace")
    ground.established()
    assert time.monotonic() - began < 60
    ground.register()
    ground.start_operator()
    ground.declare("first")

    job = ground.runs()
    ground.helm.upgrade({**VALUES, "replicas": 3, "extraArgs": ["--workers=8"]})
    ground.start_operator()
    ground.helm("rollback", NAME, "1")
    ground.start_operator()
    assert ground.is_live(job, "first")["job"]["id"] == job
    assert ground.edits() == 1
    assert ground.cluster.kubectl.get_json("-n", SYSTEM, f"deployment/{NAME}")["spec"]["replicas"] == 2

    ground.declare("second")
    job = ground.runs()
    ground.helm("uninstall", NAME)
    left = ground.cluster.kubectl("get", "deployments,roles,clusterroles,pdb,netpol", "-A", "-o", "name")
    assert NAME not in left.stdout
    ground.established()
    assert ground.status()["job"]["id"] == job

    ground.helm.install(VALUES)
    ground.start_operator()
    assert ground.is_live(job, "second")["job"]["id"] == job
    assert ground.edits() == 2


def test_a_second_release_for_the_same_namespaces_is_refused(ground: Ground) -> None:
    """Two operators that serve one namespace would both edit."""
    whole: dict[str, Any] = {}
    single = {"namespaces": [NAMESPACE]}
    elsewhere = Helm(ground.helm.program, ground.cluster, ground.helm.home, "elsewhere")
    for first, second, refusal in (
        (whole, whole, "invalid ownership metadata"),
        (single, single, "invalid ownership metadata"),
        (whole, single, f"another arcgis-operator .{SYSTEM}. serves every namespace"),
        (single, whole, f"another arcgis-operator .{SYSTEM}. serves namespace {NAMESPACE}"),
    ):
        ground.helm.install(first, "--create-namespace")
        ground.helm.upgrade(first)
        with pytest.raises(Refused, match=refusal):
            elsewhere.install({**second, "crds": {"install": second == single}}, "--create-namespace")
        ground.helm("uninstall", NAME)


def test_what_kubectl_installed_is_taken_over_when_it_is_asked_for(ground: Ground) -> None:
    for folder in (parts.ROOT / "crds", MANIFESTS / "overlays" / "cluster"):
        ground.cluster.kubectl("apply", "--server-side", "-k", str(folder))
    with pytest.raises(Refused, match="invalid ownership metadata"):
        ground.helm.install(VALUES)
    ground.helm.install({**VALUES, "replicas": 3}, "--take-ownership", "--force-conflicts")
    ground.established()
    assert ground.cluster.kubectl.get_json("-n", SYSTEM, f"deployment/{NAME}")["spec"]["replicas"] == 3
