"""What is built, from which module, with which flags; and the key under which the result is cached.

The versions live in the go.mod files of `controlplane/` and nowhere else.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arcgis_devcluster.errors import Unavailable

MODULES = Path(__file__).resolve().parents[1] / "controlplane"
GO_WHEEL = MODULES / "go-wheel.txt"

ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GOWORK": "off",
    "GOTOOLCHAIN": "local",
    "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false",
}
_VERSION_PACKAGES = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


@dataclass(frozen=True)
class Binary:
    """One program; `module` is the folder with its go.mod, `usual` how long a cold build takes on 2 cores."""

    name: str
    module: str
    package: str
    usual: str


@dataclass(frozen=True)
class Bundle:
    """Binaries that are built and cached together."""

    name: str
    binaries: tuple[Binary, ...]


CORE = Bundle(
    "core",
    (
        Binary("etcd", "etcd", "go.etcd.io/etcd/server/v3", "1-2 minutes"),
        Binary("kube-apiserver", "kube", "k8s.io/kubernetes/cmd/kube-apiserver", "3-6 minutes"),
        Binary("kubectl", "kube", "k8s.io/kubernetes/cmd/kubectl", "half a minute"),
    ),
)
CONTROLLER_MANAGER = Bundle(
    "controller-manager",
    (
        Binary(
            "kube-controller-manager", "kube", "k8s.io/kubernetes/cmd/kube-controller-manager", "1-5 minutes"
        ),
    ),
)


HELM = Bundle("helm", (Binary("helm", "helm", "helm.sh/helm/v4/cmd/helm", "3 minutes"),))
"""Needed by who installs the chart, not by a control plane."""
ACTIONLINT = Bundle(
    "actionlint",
    (Binary("actionlint", "actionlint", "github.com/rhysd/actionlint/cmd/actionlint", "half a minute"),),
)
"""Reads the workflow files of the forge."""


def arguments(binary: Binary, output: Path) -> list[str]:
    """The arguments of `go` that build it."""
    return ["build", "-trimpath", "-ldflags", _linker_flags(binary), "-o", str(output), binary.package]


def key(bundle: Bundle, go_version: str) -> str:
    """Changes with everything that decides what the binaries are."""
    digest = hashlib.sha256(repr((go_version, sorted(ENVIRONMENT.items()))).encode())
    for binary in bundle.binaries:
        digest.update(repr(arguments(binary, Path(binary.name))).encode())
        for name in ("go.mod", "go.sum"):
            digest.update((_module(binary) / name).read_bytes())
    return f"{bundle.name}-{digest.hexdigest()[:16]}"


def version(module: str, requirement: str) -> str:
    """The version that a go.mod asks for, with its `v`: `v1.36.3`."""
    text = (MODULES / module / "go.mod").read_text()
    found = re.search(rf"^require {re.escape(requirement)} (v\S+)$", text, re.MULTILINE)
    if not found:
        raise Unavailable(f"{MODULES / module / 'go.mod'} does not require {requirement}")
    return found[1]


def _module(binary: Binary) -> Path:
    folder = MODULES / binary.module
    if not (folder / "go.mod").is_file():
        raise Unavailable(
            f"{folder}/go.mod is missing: the development cluster works from a checkout of the project"
        )
    return folder


def _linker_flags(binary: Binary) -> str:
    flags = ["-s", "-w"]
    if binary.module == "kube":
        flags += _stamps(version("kube", "k8s.io/kubernetes"))
    if binary.module == "helm":
        flags.append(f"-X helm.sh/helm/v4/internal/version.version={version('helm', 'helm.sh/helm/v4')}")
    return " ".join(flags)


def _stamps(kubernetes: str) -> Sequence[str]:
    """Without them kube-apiserver and kubectl call themselves v0.0.0-master."""
    major, minor, _ = kubernetes.removeprefix("v").split(".", 2)
    values = {"gitVersion": kubernetes, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return [f"-X {package}.{name}={value}" for package in _VERSION_PACKAGES for name, value in values.items()]
