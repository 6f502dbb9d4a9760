"""Puts everything in its place: control plane, site, operator, and the resources that lead up to the demo."""

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from arcgis_demo import parts
from arcgis_demo.control import ControlPort
from arcgis_demo.kept import Kept
from arcgis_demo.screen import Screen
from arcgis_demo.watch import ResourceWatch, Watcher
from arcgis_devcluster import ChildProcess, Cluster, ExistingCluster, Kubectl, open_cluster
from arcgis_devcluster.servers import free_port

NAMESPACE = "gis"
NAME = "fire-weather"
SAMPLE = parts.SERVICE_SAMPLES / "fire-weather.yaml"
_SITE = "prod"


@dataclass(frozen=True, slots=True)
class Plan:
    """How the site treats jobs, and how often the operator looks again at what is settled."""

    submitted_seconds: float
    job_seconds: float
    job_outcome: str = "COMPLETED"
    resync_seconds: float = 600.0
    restarts: bool = False  # of an operator that ends, as a cluster would


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs. `kubectl` works as administrator in the namespace of the samples."""

    cluster: Cluster
    kubectl: Kubectl
    site: parts.Site
    password: str
    operator: Kept
    watcher: Watcher

    def check(self) -> str:
        """What was done for an operator that ended. Raises ProcessFailed when something else has ended."""
        self.cluster.check()
        site = self.site.process
        if not site.running:
            raise site.failure(f"ended by itself with exit code {site.exit_code}")
        return self.operator.tend()

    @property
    def health(self) -> str:
        """The address of the operator's own port."""
        started = self.operator.process.wait_for_json(
            lambda line: "health_port" in line, 10, "its health port"
        )
        return f"http://127.0.0.1:{started['health_port']}"

    @property
    def service(self) -> str:
        """The title of the sample's service on the site, `folder/name.type`."""
        wanted = sample()["service"]
        folder = f"{wanted['folder']}/" if wanted.get("folder") else ""
        return f"{folder}{wanted['name']}.{wanted['type']}"


def sample() -> dict[str, dict[str, str]]:
    """The spec of the sample that is applied."""
    spec: dict[str, dict[str, str]] = yaml.safe_load(SAMPLE.read_text())["spec"]
    return spec


@contextmanager
def open_stage(plan: Plan, screen: Screen) -> Iterator[Stage]:
    """Everything but the sample itself is there; at the end nothing is left. Raises DevclusterError."""
    with ExitStack() as stack:
        cluster = stack.enter_context(_cluster(screen))
        kubectl = _prepare(cluster, stack, screen)
        resources = ResourceWatch(kubectl, cluster.directory / "watch.log")
        stack.callback(resources.stop)
        password = secrets.token_hex(6)
        site = _site(plan, cluster.directory, password, screen)
        stack.callback(site.process.terminate)
        control = ControlPort(site.control)
        stack.callback(control.close)
        operator = _operator(plan, cluster, screen)
        stack.callback(operator.end)
        stage = Stage(cluster, kubectl, site, password, operator, Watcher(resources, site, control))
        _connect(stage, screen)
        yield stage


@contextmanager
def _cluster(screen: Screen) -> Iterator[Cluster]:
    with ExitStack() as stack:
        with screen.step("Kubernetes: a real etcd and kube-apiserver") as done:
            cluster = stack.enter_context(open_cluster(screen.progress))
            version = json.loads(cluster.kubectl("get", "--raw=/version").stdout)["gitVersion"]
            done(f"{version}, {cluster.url}")
        yield cluster


def _prepare(cluster: Cluster, stack: ExitStack, screen: Screen) -> Kubectl:
    """Kinds, rights and the namespace, which may not be there before: it could be somebody's real one."""
    with screen.step("crds/ and the rights of the operator") as done:
        cluster.kubectl("create", "namespace", NAMESPACE)
        if isinstance(cluster, ExistingCluster):
            stack.callback(_leave, cluster.kubectl, screen)
        parts.install(cluster)
        parts.allow_site_access(cluster, NAMESPACE)
        done(f"account {parts.SYSTEM}/{parts.ACCOUNT}")
    return cluster.kubectl.in_namespace(NAMESPACE)


def _leave(kubectl: Kubectl, screen: Screen) -> None:
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    screen.say(f"namespace {NAMESPACE} is being deleted; the CRDs and namespace {parts.SYSTEM} stay")


def _site(plan: Plan, directory: Path, password: str, screen: Screen) -> parts.Site:
    with screen.step("The site: a simulated ArcGIS Enterprise on Kubernetes") as done:
        site = parts.start_site(
            directory,
            "site",
            password,
            f"--submitted-seconds={plan.submitted_seconds}",
            f"--job-seconds={plan.job_seconds}",
            f"--switch=job_outcome={plan.job_outcome}",
        )
        done(site.url)
        return site


def _operator(plan: Plan, cluster: Cluster, screen: Screen) -> Kept:
    settings = {
        "health_address": f"127.0.0.1:{free_port()}",  # the same after a restart
        "poll_seconds": 1,
        "poll_max_seconds": 1,
        "verify_grace_seconds": 1,
        "retry_seconds": 1,
        "resync_seconds": plan.resync_seconds,
    }
    with screen.step("The operator, under its own ServiceAccount") as done:

        def start() -> ChildProcess:
            return parts.start_operator(cluster, cluster.directory, "operator", settings, ready=False)

        kept = Kept(start, cluster.directory / "operator.pid", restarts=plan.restarts)
        parts.wait_until_it_leads(kept.process)
        done(f"process {kept.process.pid}")
        return kept


def _connect(stage: Stage, screen: Screen) -> None:
    with screen.step(f"ArcGISSite {NAMESPACE}/{_SITE}, with its Secret and CA") as done:
        for manifest in parts.site_objects(stage.site, stage.password, _SITE):
            stage.kubectl.apply(manifest)
        stage.kubectl.wait(f"agsite/{_SITE}", "condition=Ready", 30)
        done("Ready")
