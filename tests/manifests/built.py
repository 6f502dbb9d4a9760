"""What `kubectl kustomize` makes of a folder of manifests/."""

import copy
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from arcgis_devcluster import Cluster

MANIFESTS = Path(__file__).resolve().parents[2] / "manifests"
OVERLAYS = ("overlays/cluster", "overlays/namespaced", "overlays/openshift", "overlays/dev")
ENTRIES = (*OVERLAYS, "rbac/cluster", "samples/sites", "samples/kustomize")
"""The folders that are meant to be applied."""
SYSTEM = "arcgis-operator-system"
SITE = "gis"
Document = dict[str, Any]


def build(cluster: Cluster, folder: str | Path) -> list[Document]:
    """`folder` is below manifests/, or an absolute path."""
    text = cluster.kubectl("kustomize", str(MANIFESTS / folder)).stdout
    return [document for document in yaml.safe_load_all(text) if document]


def only(documents: Iterable[Document], kind: str, name: str | None = None) -> Document:
    found = [one for one in documents if one["kind"] == kind and name in (None, one["metadata"]["name"])]
    assert len(found) == 1, [one["metadata"]["name"] for one in found]
    return found[0]


def pod(workload: Document) -> Document:
    """A Pod of its own from the template of a Deployment."""
    template = copy.deepcopy(workload["spec"]["template"])
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": workload["metadata"]["name"]},
        "spec": template["spec"],
    }


def rules(documents: Iterable[Document]) -> list[Document]:
    """Every rule of every Role and ClusterRole."""
    return [rule for one in documents if one["kind"] in ("Role", "ClusterRole") for rule in one["rules"]]


def moved(documents: Iterable[Document], system: str, site: str) -> list[Document]:
    """The rights alone, for namespaces of a test; cluster-wide names end with the first one."""
    rights = [one for one in documents if one["kind"].startswith(("Role", "ClusterRole", "ServiceAccount"))]
    text = json.dumps(rights).replace(f'"{SYSTEM}"', f'"{system}"').replace(f'"{SITE}"', f'"{site}"')
    found: list[Document] = json.loads(text)
    for one in found:
        if one["kind"].startswith("Cluster"):
            one["metadata"]["name"] += f"-{system}"
        if one["kind"] == "ClusterRoleBinding":
            one["roleRef"]["name"] += f"-{system}"
    return found
