"""An etcd and a kube-apiserver of our own, that can also be killed and started again.

Plain blocking calls, usable from any thread (from asyncio through `asyncio.to_thread`).
"""

import shutil
import ssl
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import httpx

from arcgis_devcluster import assets, kubeconfig, servers
from arcgis_devcluster.assets import Assets
from arcgis_devcluster.cluster import Cluster, make_directory
from arcgis_devcluster.errors import ProcessFailed
from arcgis_devcluster.kubectl import Kubectl
from arcgis_devcluster.processes import ChildProcess
from arcgis_devcluster.progress import Progress
from arcgis_devcluster.recipe import CONTROLLER_MANAGER
from arcgis_devcluster.servers import Identity, Ports

READY_SECONDS = 90.0
ETCD_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_ATTEMPTS = 5
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a private directory is made in it
_SHARED_MEMORY_NEEDED = 1 << 30  # etcd reserves 64 MiB at once; containers often have no more


class ControlPlane(Cluster):
    """Ready when `start` returns; ports and data stay the same until `stop`.

    Without a controller manager a deleted namespace stays Terminating and no default ServiceAccount is made.
    """

    @classmethod
    def start(
        cls,
        *,
        etcd_arguments: Sequence[str] = (),
        apiserver_arguments: Sequence[str] = (),
        addresses: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Self:
        """Takes 3-4 s. Raises Unavailable (no binaries) or ProcessFailed (with the end of the log).

        kube-apiserver is at these `addresses` of the machine as well as on loopback.
        """
        programs = assets.provide(progress=progress)
        for attempt in range(_ATTEMPTS):
            plane = cls(programs, etcd_arguments, apiserver_arguments, addresses)
            try:
                plane.start_etcd()
                plane.start_apiserver()
                return plane
            except BaseException as error:
                plane.stop()
                if not _port_was_taken(error) or attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def __init__(
        self,
        programs: Assets,
        etcd_arguments: Sequence[str],
        apiserver_arguments: Sequence[str],
        addresses: Sequence[str],
    ) -> None:
        directory = make_directory(_fast_directory())
        self._programs = programs
        self._ports = Ports()
        self._identity = Identity(directory, addresses)
        self._etcd_arguments = etcd_arguments
        everywhere = ("--bind-address=0.0.0.0",) if addresses else ()
        self._apiserver_arguments = (*everywhere, *apiserver_arguments)
        self._running: dict[str, ChildProcess] = {}
        super().__init__(directory, Kubectl(programs["kubectl"], self._write_admin(directory)))
        self.audit_log = servers.audit_log(directory)

    @property
    def url(self) -> str:
        return servers.apiserver_url(self._ports)

    @property
    def etcd(self) -> ChildProcess:
        return self._running["etcd"]

    @property
    def apiserver(self) -> ChildProcess:
        return self._running["kube-apiserver"]

    def start_etcd(self) -> None:
        """Starts it (again, with the same data) and waits until it is healthy."""
        arguments = servers.etcd(self.directory, self._ports, self._identity, self._etcd_arguments)
        self._start("etcd", arguments, f"{servers.etcd_url(self._ports)}/health")

    def kill_etcd(self) -> None:
        """SIGKILL. kube-apiserver stays up and answers with errors."""
        self._running.pop("etcd").kill()

    def start_apiserver(self) -> None:
        """Starts it (again, on the same port); ready when namespace `default` is there too."""
        arguments = servers.apiserver(self.directory, self._ports, self._identity, self._apiserver_arguments)
        ready = (f"{self.url}/readyz", f"{self.url}/api/v1/namespaces/default")
        self._start("kube-apiserver", arguments, *ready)

    def kill_apiserver(self) -> None:
        """SIGKILL. Open watches break without a word."""
        self._running.pop("kube-apiserver").kill()

    def start_controller_manager(self, progress: Progress | None = None) -> None:
        """Namespace deletion, garbage collection, default ServiceAccounts. May build for minutes first."""
        self._programs = {**self._programs, **assets.provide(CONTROLLER_MANAGER, progress=progress)}
        arguments = servers.controller_manager(self.kubeconfig, self._ports, self._identity)
        self._start(
            "kube-controller-manager", arguments, f"{servers.controller_manager_url(self._ports)}/healthz"
        )

    def check(self) -> None:
        for process in self._running.values():
            if not process.running:
                raise process.failure(f"ended by itself with exit code {process.exit_code}")

    def stop(self) -> None:
        """Kills everything, without grace since nothing is kept, and removes the directory."""
        while self._running:
            self._running.popitem()[1].kill()
        super().stop()

    def _start(self, name: str, arguments: Sequence[str], *ready: str) -> None:
        log = self.directory / f"{name}.log"
        process = ChildProcess(name, [self._programs[name], *arguments], log=log, directory=self.directory)
        self._running[name] = process
        deadline = time.monotonic() + READY_SECONDS
        with self._administrator() as client:
            while not all(_answers(client, url) for url in ready):
                if not process.running:
                    raise process.failure(f"ended with exit code {process.exit_code} at the start")
                if time.monotonic() > deadline:
                    raise process.failure(f"was not ready within {READY_SECONDS:g} s")
                time.sleep(_LOOK_SECONDS)

    def etcd_client(self) -> httpx.Client:
        """A client of etcd's own API (its JSON gateway), past the API server; close it."""
        client = self._administrator()
        client.base_url, client.timeout = servers.etcd_url(self._ports), ETCD_SECONDS
        return client

    def _administrator(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=self._identity.authority)
        context.load_cert_chain(self._identity.admin.certificate, self._identity.admin.key)
        return httpx.Client(verify=context, trust_env=False, timeout=5.0)

    def _write_admin(self, directory: Path) -> Path:
        document = kubeconfig.for_certificate(self.url, self._identity.authority, self._identity.admin)
        return kubeconfig.write(document, directory / "admin.kubeconfig")


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.TransportError:
        return False


def _port_was_taken(error: BaseException) -> bool:
    return isinstance(error, ProcessFailed) and "address already in use" in str(error)


def _fast_directory() -> Path | None:
    """Memory instead of disk where there is enough of it; None: the usual temporary directory."""
    try:
        roomy = shutil.disk_usage(_SHARED_MEMORY).free >= _SHARED_MEMORY_NEEDED
    except OSError:
        return None
    return _SHARED_MEMORY if roomy else None
