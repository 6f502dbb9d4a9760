"""A house for a long run: a control plane, a site and an operator, each of which may be killed or frozen.

Everything is real and of its own: what is done to one house is felt by no other test.
"""

import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from arcgis_demo import parts
from arcgis_devcluster import ChildProcess, ControlPlane
from harness.apiserver import wait_until
from harness.bench import Workbench
from harness.kubeproxy import KubeProxy
from harness.site import SiteControl
from harness.stage import SETTINGS, Detour

Json = Any
LIMITS = {"limits": {"requestsPerSecond": 1000, "maxJobs": 100}}
AUDIT_SIZE = ("--audit-log-maxsize=200", "--audit-log-maxbackup=2")
READY_SECONDS = 60.0


class House:
    """`services`: how many the site has. `settings` are laid over those of a short test."""

    def __init__(
        self,
        services: int,
        *,
        etcd_arguments: Sequence[str] = (),
        apiserver_arguments: Sequence[str] = (),
        **settings: object,
    ) -> None:
        self._stack = ExitStack()
        self._settings = {**SETTINGS, **settings}
        with self._stack:  # whatever fails on the way takes down what is up
            self.plane = self._stack.enter_context(
                ControlPlane.start(
                    etcd_arguments=etcd_arguments, apiserver_arguments=(*AUDIT_SIZE, *apiserver_arguments)
                )
            )
            parts.install(self.plane)
            self.proxy = self._stack.enter_context(KubeProxy(self.plane.kubeconfig))
            self.bench = self._stack.enter_context(Workbench(self._detour()))
            self.site: SiteControl = self.bench.start_site(f"--services={services}")
            self.bench.register(**LIMITS)
            self.start_operator()
            self._stack = self._stack.pop_all()

    @property
    def operator(self) -> ChildProcess:
        return self.bench.operator

    def start_operator(self, *, ready: bool = True) -> None:
        """Starts it (again, under the same name); returns when it leads, unless not `ready`."""
        self.bench.start_operator(ready=ready, **self._settings)

    def kill_operator(self) -> None:
        """SIGKILL."""
        assert self.operator.running, self.operator.log_tail()
        self.operator.kill()

    def restart_apiserver(self) -> float:
        """SIGKILL, and start on the same data; when it was ready, on the monotonic clock."""
        self.plane.kill_apiserver()
        self.plane.start_apiserver()
        return time.monotonic()

    def restart_etcd(self) -> float:
        """SIGKILL, and start on the same data; ready when kube-apiserver answers from it again."""
        self.plane.kill_etcd()
        self.plane.start_etcd()
        self.wait_for_answers()
        return time.monotonic()

    def copy_etcd(self) -> Path:
        """The data of etcd as they are now, beside them; etcd is down for a moment."""
        copy = self._etcd_data.with_name("etcd-copy")
        self.plane.kill_etcd()
        shutil.copytree(self._etcd_data, copy)
        self.plane.start_etcd()
        self.wait_for_answers()
        return copy

    def put_back(self, copy: Path) -> None:
        """A restore, as from a backup: API server and etcd begin anew with the data of the copy."""
        self.plane.kill_apiserver()
        self.plane.kill_etcd()
        shutil.rmtree(self._etcd_data)
        shutil.copytree(copy, self._etcd_data)
        self.plane.start_etcd()
        self.plane.start_apiserver()
        self.wait_for_answers()

    def wait_for_answers(self) -> None:
        """Waits until kube-apiserver can read and says that it is ready."""
        wait_until(self.bench.api.is_ready, READY_SECONDS, lambda: "kube-apiserver is not ready")

    @property
    def _etcd_data(self) -> Path:
        return self.plane.directory / "etcd"

    def _detour(self) -> Detour:
        cluster = Detour(self.plane, self.proxy)
        cluster.audit_log = self.plane.audit_log
        return cluster

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._stack.close()
