"""What every cluster offers, be it ours or somebody else's."""

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from arcgis_devcluster import kubeconfig
from arcgis_devcluster.janitor import janitor
from arcgis_devcluster.kubectl import Kubectl

WEEK_SECONDS = 7 * 24 * 3600


class Cluster:
    """A Kubernetes API with an administrator, and a private directory that goes away with it.

    As a context manager it is stopped at the end. Nothing here needs an event loop or a certain thread.
    """

    audit_log: Path | None = None
    """Where kube-apiserver writes down its requests; None for a cluster that is not ours."""

    def __init__(self, directory: Path, kubectl: Kubectl) -> None:
        self.directory = directory
        self.kubectl = kubectl

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.kubectl.kubeconfig

    @property
    def url(self) -> str:
        address: str = kubeconfig.read(self.kubeconfig)["clusters"][0]["cluster"]["server"]
        return address

    def service_account_kubeconfig(
        self, namespace: str, name: str, path: Path, duration_seconds: int = WEEK_SECONDS
    ) -> Path:
        """Writes a kubeconfig with a fresh token of an existing ServiceAccount (TokenRequest) to `path`.

        Nothing renews it, as kubelet would in a cluster. kube-apiserver refuses a duration under 600 s.
        Raises KubectlFailed.
        """
        answer = self.kubectl.in_namespace(namespace)(
            "create", "token", name, f"--duration={duration_seconds}s"
        )
        document = kubeconfig.for_token(
            kubeconfig.read(self.kubeconfig), answer.stdout.strip(), namespace=namespace
        )
        return kubeconfig.write(document, path)

    def check(self) -> None:
        """Raises ProcessFailed when a part of the cluster has ended by itself."""

    def stop(self) -> None:
        """Removes what was made here. May be called twice."""
        remove_directory(self.directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def make_directory(parent: Path | None = None) -> Path:
    """A private directory that is removed at the latest when this process ends, however it ends."""
    directory = Path(tempfile.mkdtemp(prefix="arcgis-devcluster-", dir=parent))
    janitor.will_remove(directory)
    return directory


def remove_directory(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    janitor.was_removed(directory)
