"""A cluster of the user's own, taken from the current kubeconfig context."""

import os
import subprocess
from pathlib import Path
from typing import Self

import yaml

from arcgis_devcluster import assets, kubeconfig
from arcgis_devcluster.cluster import Cluster, make_directory, remove_directory
from arcgis_devcluster.errors import KubectlFailed, Unavailable
from arcgis_devcluster.kubectl import Kubectl


class ExistingCluster(Cluster):
    """Fixed to the context that was current at the start; there is no audit log and nothing to kill."""

    @classmethod
    def open(cls) -> Self:
        """Raises Unavailable when there is no usable context or its API does not answer."""
        program = assets.kubectl_for_existing_cluster()
        directory = make_directory()
        try:
            kubectl = Kubectl(program, _copy_context(program, directory / "admin.kubeconfig"))
            kubectl("get", "--raw=/readyz", "--request-timeout=15s")
        except KubectlFailed as error:
            remove_directory(directory)
            raise Unavailable(
                f"USE_EXISTING_CLUSTER=true, but the current kubeconfig context cannot be used: {error}"
            ) from None
        return cls(directory, kubectl)


def wanted() -> bool:
    """Whether USE_EXISTING_CLUSTER asks for it."""
    return os.environ.get("USE_EXISTING_CLUSTER", "").lower() == "true"


def _copy_context(program: Path, path: Path) -> Path:
    """The current context only, with its files embedded: it stays ours when the user switches to another."""
    done = subprocess.run(
        [program, "config", "view", "--minify", "--flatten", "--raw"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise KubectlFailed(("config", "view"), done.returncode, done.stderr)
    return kubeconfig.write(yaml.safe_load(done.stdout), path)
