"""The command lines of etcd, kube-apiserver and kube-controller-manager."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arcgis_devcluster import audit, certificates
from arcgis_devcluster.certificates import Authority

HOST = "127.0.0.1"


def free_port() -> int:
    """A port that was free a moment ago: whoever uses it must be ready to try another."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True)
class Ports:
    etcd: int = field(default_factory=free_port)
    apiserver: int = field(default_factory=free_port)
    controller_manager: int = field(default_factory=free_port)


class Identity:
    """Every key and certificate of one control plane.

    etcd asks for a client certificate too: other users of the machine cannot reach it, and another etcd that
    got our port first is not taken for ours.
    """

    def __init__(self, directory: Path, addresses: Sequence[str]) -> None:
        authority = Authority(directory, "devcluster")
        self.authority = authority.certificate
        self.server = authority.issue_server("server", *certificates.LOOPBACK, *addresses)
        self.admin = authority.issue_client("admin", common_name="admin", organization="system:masters")
        self.accounts = certificates.signing_keys(directory, "service-accounts")


def etcd(directory: Path, ports: Ports, identity: Identity, more: Sequence[str]) -> list[str]:
    """Without fsync: a crash of the machine may lose data, a SIGKILL does not."""
    address = etcd_url(ports)
    return [
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls={address}",
        f"--advertise-client-urls={address}",
        f"--listen-peer-urls=http://{HOST}:0",
        "--client-cert-auth",
        f"--trusted-ca-file={identity.authority}",
        f"--cert-file={identity.server.certificate}",
        f"--key-file={identity.server.key}",
        "--log-level=warn",
        "--unsafe-no-fsync",
        *more,
    ]


def apiserver(directory: Path, ports: Ports, identity: Identity, more: Sequence[str]) -> list[str]:
    """ServiceAccount admission is off because no controller makes the default accounts."""
    policy = audit.write_policy(directory / "audit-policy.yaml")
    return [
        f"--etcd-servers={etcd_url(ports)}",
        f"--etcd-cafile={identity.authority}",
        f"--etcd-certfile={identity.admin.certificate}",
        f"--etcd-keyfile={identity.admin.key}",
        f"--bind-address={HOST}",
        f"--advertise-address={HOST}",
        f"--secure-port={ports.apiserver}",
        f"--cert-dir={directory}",
        f"--tls-cert-file={identity.server.certificate}",
        f"--tls-private-key-file={identity.server.key}",
        f"--client-ca-file={identity.authority}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--endpoint-reconciler-type=none",
        "--allow-privileged=true",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={identity.accounts.certificate}",
        f"--service-account-signing-key-file={identity.accounts.key}",
        f"--audit-policy-file={policy}",
        f"--audit-log-path={audit_log(directory)}",
        "--audit-log-maxsize=1000",  # MB; one file for a whole test run
        *more,
    ]


def controller_manager(kubeconfig: Path, ports: Ports, identity: Identity) -> list[str]:
    """Only what matters without nodes. Runs as administrator: with its own user it may not delete."""
    return [
        "--controllers=namespace-controller,garbage-collector-controller,serviceaccount-controller",
        "--leader-elect=false",
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--service-account-private-key-file={identity.accounts.key}",
        f"--root-ca-file={identity.authority}",
        f"--bind-address={HOST}",
        f"--secure-port={ports.controller_manager}",
        f"--tls-cert-file={identity.server.certificate}",
        f"--tls-private-key-file={identity.server.key}",
    ]


def etcd_url(ports: Ports) -> str:
    return f"https://{HOST}:{ports.etcd}"


def apiserver_url(ports: Ports) -> str:
    return f"https://{HOST}:{ports.apiserver}"


def controller_manager_url(ports: Ports) -> str:
    return f"https://{HOST}:{ports.controller_manager}"


def audit_log(directory: Path) -> Path:
    return directory / "audit.jsonl"
