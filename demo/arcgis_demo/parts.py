"""Starts what stands beside a cluster: a simulated site, and operators under their shipped account."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from arcgis_devcluster import ChildProcess, Cluster
from arcgis_devcluster.certificates import LOOPBACK, Authority

ROOT = Path(__file__).resolve().parents[2]
SITE_SAMPLES = ROOT / "manifests" / "samples" / "sites"
SERVICE_SAMPLES = SITE_SAMPLES.with_name("services")
BIN = Path(os.environ.get("ARCGIS_PROGRAMS") or Path(sys.executable).parent)
"""The folder of the two commands; those in `run/image/bin` run the files of an image."""
USERNAME = "siteadmin"
PASSWORD_VARIABLE = "SITE_PASSWORD"  # noqa: S105 - a name
SYSTEM = "arcgis-operator-system"
ACCOUNT = "arcgis-operator"


@dataclass(frozen=True)
class Site:
    """A running simulated site. `ca` is the PEM bundle that signs its certificate."""

    process: ChildProcess
    url: str
    control: str
    ca: str


def start_site(
    directory: Path, name: str, password: str, *options: str, host: str = LOOPBACK[0], port: int = 0
) -> Site:
    """Serve a simulated site over HTTPS with a CA of its own; ready when this returns."""
    authority = Authority(directory, f"{name}-ca")
    server = authority.issue_server(name, *LOOPBACK, host)
    process = ChildProcess(
        name,
        [
            BIN / "arcgis-simulator",
            f"--tls-cert={server.certificate}",
            f"--tls-key={server.key}",
            f"--user={USERNAME}",
            f"--password-env={PASSWORD_VARIABLE}",
            f"--host={host}",
            f"--port={port}",
            *options,
        ],
        log=directory / f"{name}.log",
        environment={PASSWORD_VARIABLE: password},
    )
    ready = process.wait_for_json(lambda line: "control" in line, 20, "its addresses")
    return Site(process, ready["url"], ready["control"], authority.certificate.read_text())


def install(cluster: Cluster) -> None:
    """Apply the CRDs, and the account with its rights from `manifests/rbac`."""
    cluster.kubectl("apply", "--server-side", "-k", str(ROOT / "crds"))
    cluster.kubectl("apply", "--server-side", "-k", str(ROOT / "manifests" / "rbac" / "cluster"))
    for crd in ("arcgissites", "arcgisservices"):
        cluster.kubectl.wait(f"crd/{crd}.arcgis-operator.dev", "condition=Established", 30)


def allow_site_access(cluster: Cluster, namespace: str) -> None:
    """Let the operator read credentials and CA in a namespace with sites."""
    role = ROOT / "manifests" / "components" / "site-access" / "role.yaml"
    cluster.kubectl.in_namespace(namespace).apply(role)


def site_objects(site: Site, password: str, name: str = "prod") -> list[Mapping[str, object]]:
    """The sample ArcGISSite and its Secret with the address and account of a running site, and its CA."""
    secret, sample = (
        yaml.safe_load((SITE_SAMPLES / file).read_text()) for file in ("credentials.yaml", "site.yaml")
    )
    secret["metadata"]["name"] = f"{name}-admin"
    secret["stringData"] = {"username": USERNAME, "password": password}
    sample["metadata"]["name"] = name
    sample["spec"] |= {
        "url": site.url,
        "credentials": {"secretRef": {"name": f"{name}-admin"}},
        "tls": {"caCertificateRef": {"name": f"{name}-ca"}},
    }
    bundle = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{name}-ca"},
        "data": {"ca.crt": site.ca},
    }
    return [secret, bundle, sample]


def start_operator(
    cluster: Cluster,
    directory: Path,
    name: str,
    settings: Mapping[str, object],
    *,
    within: Sequence[str] = (),
    ready: bool = True,
) -> ChildProcess:
    """Run the operator as its shipped ServiceAccount; `settings` are fields of its configuration.

    `within` is the command that runs it in a place of its own.
    """
    kubeconfig = directory / f"{name}.kubeconfig"
    cluster.service_account_kubeconfig(SYSTEM, ACCOUNT, kubeconfig)
    options = [
        f"--{key.replace('_', '-')}={one}"
        for key, value in settings.items()
        for one in (value if isinstance(value, tuple) else (value,))
    ]
    process = ChildProcess(
        name,
        [
            *within,
            BIN / "arcgis-operator",
            "run",
            f"--kubeconfig={kubeconfig}",
            f"--lease-namespace={SYSTEM}",
            f"--pod-name={name}",
            "--health-address=127.0.0.1:0",
            "--log-format=json",
            *options,
        ],
        log=directory / f"{name}.log",
    )
    if ready:
        wait_until_it_leads(process)
    return process


def wait_until_it_leads(process: ChildProcess) -> None:
    """Raises ProcessFailed when it does not."""
    process.wait_for_json(lambda line: line.get("msg") == "leading", 40, "that it leads")
