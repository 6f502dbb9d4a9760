"""Where the binaries are: KUBEBUILDER_ASSETS, else this user's cache, else built now."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from arcgis_devcluster import build, cache, golang, recipe
from arcgis_devcluster.errors import Unavailable
from arcgis_devcluster.progress import Progress
from arcgis_devcluster.recipe import ACTIONLINT, CORE, HELM, Bundle

Assets = Mapping[str, Path]


def provide(*bundles: Bundle, progress: Progress | None = None) -> Assets:
    """The paths of the binaries by name (`etcd`, `kube-apiserver`, `kubectl` by default).

    Builds what is missing, which takes minutes. Raises Unavailable with what to install.
    """
    bundles = bundles or (CORE,)
    if given := os.environ.get("KUBEBUILDER_ASSETS"):
        return _paths([Path(given)] * len(bundles), bundles, "KUBEBUILDER_ASSETS")
    return _paths(_cached(bundles, progress), bundles, "the cache")


def _cached(bundles: tuple[Bundle, ...], progress: Progress | None) -> list[Path]:
    go = golang.choose()
    found = [cache.finished(recipe.key(bundle, go.version)) for bundle in bundles]
    folders = [folder for folder in found if folder]
    if len(folders) < len(bundles):
        folders = build.build(bundles, go, progress or Progress())
    return folders


def helm(progress: Progress | None = None) -> Path:
    """The pinned helm; KUBEBUILDER_ASSETS has none, so it is built once (3 minutes). Raises Unavailable."""
    return _tool(HELM, progress)


def actionlint(progress: Progress | None = None) -> Path:
    """The pinned actionlint, built once. Raises Unavailable."""
    return _tool(ACTIONLINT, progress)


def _tool(bundle: Bundle, progress: Progress | None) -> Path:
    return _paths(_cached((bundle,), progress), (bundle,), "the cache")[bundle.name]


def kubectl_for_existing_cluster() -> Path:
    """The user's own kubectl if there is one, else ours. Raises Unavailable."""
    own = shutil.which("kubectl")
    return Path(own) if own else provide()["kubectl"]


def _paths(folders: list[Path], bundles: tuple[Bundle, ...], source: str) -> Assets:
    paths = {
        binary.name: folder / binary.name
        for folder, bundle in zip(folders, bundles, strict=True)
        for binary in bundle.binaries
    }
    for name, path in paths.items():
        if not os.access(path, os.X_OK):
            raise Unavailable(f"{source} is {path.parent}, and there is no program {name} in it")
    return paths
