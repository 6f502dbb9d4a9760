"""One run's stage: a fresh control plane, simulated sites, and one contender at work on them."""

import secrets
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from arcgis_bench import hosts
from arcgis_bench.audit import Audit, write_policy
from arcgis_bench.contenders import Contender
from arcgis_bench.load import NAMESPACE, Load, Target
from arcgis_demo import parts
from arcgis_devcluster import ChildProcess, ControlPlane

MOST_JOBS = 100  # at a time on each site: more would ask too much of one simulated site
BEGINS_A_RESYNC = "arcgissites"  # their list is the first one
PATIENCE_PERIODS = 3
_LOOK_SECONDS = 0.05
_PAGE = 5000


class TookTooLongError(Exception):
    """A scenario did not come to its end in the time it was given."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a scenario needs. `doors` are ArcGISSites of each site, `settings` options of the contender."""

    sites: int = 1
    doors: int = 1
    hosts: int = 0  # processes that share the sites; 0: one for each site
    services: int = 100  # of each site
    max_jobs: int = MOST_JOBS
    job_seconds: float = 1.0
    submitted_seconds: float = 0.5
    requests_per_second: int = 1000
    settings: dict[str, object] = field(default_factory=dict)

    def targets(self) -> list[Target]:
        """Every generated service, the sites taking turns, and the doors of each."""
        names = [site_name(number) for number in range(self.sites)]
        return [
            Target(name, number, door_name(name, number % self.doors))
            for number in range(1, self.services + 1)
            for name in names
        ]


def site_name(number: int) -> str:
    """The name of a site."""
    return f"s{number:02}"


def door_name(site: str, number: int) -> str:
    """The name of a site's resource: its own, where it is the only one."""
    return f"{site}-{number}" if number else site


class Stage:
    """A context manager: everything in it ends with it."""

    def __init__(self, plan: Plan, contender: Contender, profile: Path | None = None) -> None:
        self.plan, self.contender = plan, contender
        self._profile = profile
        self._password = secrets.token_urlsafe(12)
        self._ends = ExitStack()
        self.sites: dict[str, parts.Site] = {}
        self.process: ChildProcess

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            folder = ends.enter_context(tempfile.TemporaryDirectory(prefix="arcgis-bench-"))
            policy = write_policy(Path(folder) / "audit-policy.yaml")
            self.cluster = ends.enter_context(
                ControlPlane.start(
                    etcd_arguments=["--quota-backend-bytes=8589934592"],
                    apiserver_arguments=[f"--audit-policy-file={policy}"],
                )
            )
            self.audit = Audit(self.cluster.audit_log or Path())
            ends.callback(self.audit.close)
            self.load = Load(self.cluster)
            parts.install(self.cluster)
            self.cluster.kubectl("create", "namespace", NAMESPACE)
            parts.allow_site_access(self.cluster, NAMESPACE)
            if self.plan.hosts:
                self._open_hosts(ends)
            for number in range(0 if self.plan.hosts else self.plan.sites):
                self._open_site(site_name(number), ends)
            self._ends = ends.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()

    def start(self, *, leads: bool = True) -> ChildProcess:
        """Starts the contender; it leads when this returns, or stands by."""
        prefix: tuple[str, ...] = ()
        if self._profile:
            prefix = (sys.executable, "-m", "cProfile", "-o", str(self._profile))
        start = self.contender.start if leads else self.contender.stand_by
        process = start(self.cluster, self.sites, self._password, self.plan.settings, prefix)
        self._ends.callback(process.terminate)
        self.process = process
        return process

    def wait_ready(self, targets: Iterable[Target], mark: float, seconds: float) -> None:
        """Until each resource was said to be Ready at `mark` or later. Raises TookTooLongError."""
        left = {target.name for target in targets}
        deadline = time.monotonic() + seconds
        while left:
            self.audit.read()
            left = {name for name in left if self.audit.ready.get(name, (0, 0.0))[1] < mark}
            if left and time.monotonic() > deadline:
                raise TookTooLongError(
                    f"{len(left)} of the resources are not Ready after {seconds:g} s; the end of the log:\n"
                    f"{self.process.log_tail(5)}"
                )
            if not self.process.running:
                raise self.process.failure("ended by itself")
            time.sleep(_LOOK_SECONDS)

    def wait_quiet(self, seconds: float = 1.0) -> None:
        """Until the contender has written nothing for so long: events and counts that come after."""
        began = time.time()
        while True:
            self.audit.read()
            newest = max((one.answered for one in self.audit.work(self.contender.user)), default=began)
            if time.time() - newest > seconds:
                return
            time.sleep(_LOOK_SECONDS)

    def wait_for_resync(self) -> None:
        """Until the operator begins with a full list, once a period. Raises TookTooLongError."""
        begin, period = time.time(), float(str(self.plan.settings["resync_seconds"]))
        while time.time() - begin < PATIENCE_PERIODS * period:
            self.audit.read()
            if any(
                one.verb == "list" and one.resource == BEGINS_A_RESYNC
                for one in self.audit.since(begin, self.contender.user)
            ):
                return
            time.sleep(_LOOK_SECONDS)
        raise TookTooLongError(f"no resync in {PATIENCE_PERIODS * period:g} s")

    def journals(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every record of every site, with the site's name and `at`: its time on the wall clock."""
        ahead = time.time() - time.monotonic()
        for name, site in self.sites.items():
            with httpx.Client(base_url=site.control, trust_env=False, timeout=60) as control:
                after = 0
                while page := control.get("/journal", params={"after": after, "limit": _PAGE}).json():
                    for record in page:
                        yield name, {**record, "at": record["ns"] / 1e9 + ahead}
                    after = page[-1]["seq"]

    def control(self, site: str, path: str, body: dict[str, Any]) -> None:
        """One order to a site's control port."""
        httpx.post(f"{self.sites[site].control}{path}", json=body, trust_env=False).raise_for_status()

    def _open_site(self, name: str, ends: ExitStack) -> None:
        plan = self.plan
        site = parts.start_site(
            self.cluster.directory,
            name,
            self._password,
            f"--services={plan.services}",
            f"--job-seconds={plan.job_seconds}",
            f"--submitted-seconds={plan.submitted_seconds}",
        )
        ends.callback(site.process.kill)
        self.sites[name] = site
        for number in range(plan.doors):
            self._register(site, door_name(name, number))

    def _open_hosts(self, ends: ExitStack) -> None:
        """Many sites in few processes, registered all at once."""
        plan = self.plan
        for host in range(plan.hosts):
            names = [site_name(number) for number in range(host, plan.sites, plan.hosts)]
            options = (f"--services={plan.services}", f"--job-seconds={plan.job_seconds}")
            more = (*options, f"--submitted-seconds={plan.submitted_seconds}")
            sites = hosts.start(self.cluster.directory, f"host-{host}", self._password, len(names), *more)
            ends.callback(sites[0].process.kill)
            self.sites |= zip(names, sites, strict=True)
        items = [body for name, site in self.sites.items() for body in self._objects(site, name)]
        self.cluster.kubectl.in_namespace(NAMESPACE).apply(
            {"apiVersion": "v1", "kind": "List", "items": items}
        )

    def _register(self, site: parts.Site, name: str) -> None:
        for body in self._objects(site, name):
            self.cluster.kubectl.in_namespace(NAMESPACE).apply(body)

    def _objects(self, site: parts.Site, name: str) -> Iterator[dict[str, Any]]:
        for document in parts.site_objects(site, self._password, name):
            body: dict[str, Any] = dict(document)
            if body["kind"] == "ArcGISSite":
                limits = {
                    "maxJobs": self.plan.max_jobs,
                    "requestsPerSecond": self.plan.requests_per_second,
                }
                body["spec"] = {**body["spec"], "limits": limits}
            yield body
