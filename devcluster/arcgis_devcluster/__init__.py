"""A real etcd and kube-apiserver on loopback, for the demo, the playground and the tests.

Finds or builds the binaries, starts them, and leaves nothing behind. It knows nothing of the operator
or the simulator. Start reading at `open_cluster` and `controlplane`; why it is made this way:
docs/explanation/decisions/0004-devcluster.md.
"""

from arcgis_devcluster import existing
from arcgis_devcluster.cluster import Cluster
from arcgis_devcluster.controlplane import ControlPlane
from arcgis_devcluster.errors import DevclusterError
from arcgis_devcluster.existing import ExistingCluster
from arcgis_devcluster.kubectl import Kubectl
from arcgis_devcluster.processes import ChildProcess
from arcgis_devcluster.progress import Progress

__all__ = [
    "ChildProcess",
    "Cluster",
    "ControlPlane",
    "DevclusterError",
    "ExistingCluster",
    "Kubectl",
    "open_cluster",
]


def open_cluster(progress: Progress | None = None) -> Cluster:
    """Starts a control plane (about 4 s), or takes the current context if USE_EXISTING_CLUSTER=true."""
    return ExistingCluster.open() if existing.wanted() else ControlPlane.start(progress=progress)
