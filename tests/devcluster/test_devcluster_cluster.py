"""The real control plane: what it answers, what it writes down, and that nothing of it is left."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arcgis_devcluster import (
    ChildProcess,
    Cluster,
    ControlPlane,
    ExistingCluster,
    audit,
    controlplane,
    open_cluster,
)
from arcgis_devcluster.errors import KubectlFailed, ProcessFailed, Unavailable
from arcgis_devcluster.servers import Ports

UP = [sys.executable, "-c", "from arcgis_devcluster.cli import main; main()", "up"]


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def listening(url: str) -> bool:
    host, port = url.removeprefix("https://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_an_object_that_is_applied_can_be_read(control_plane: Cluster, namespace: str) -> None:
    kubectl = control_plane.kubectl.in_namespace(namespace)
    kubectl.apply(config_map("roads", owner="transport"))
    assert kubectl.get_json("configmap", "roads")["data"] == {"owner": "transport"}


def test_a_write_with_a_stale_resource_version_is_refused(control_plane: Cluster, namespace: str) -> None:
    kubectl = control_plane.kubectl.in_namespace(namespace)
    kubectl.apply(config_map("roads", owner="transport"))
    stale = kubectl.get_json("configmap", "roads")["metadata"]["resourceVersion"]
    kubectl("label", "configmap", "roads", "colleague=was-here")
    patch = f'{{"metadata": {{"resourceVersion": "{stale}"}}, "data": {{"owner": "us"}}}}'
    with pytest.raises(KubectlFailed, match="Conflict"):
        kubectl("patch", "configmap", "roads", "--type=merge", "-p", patch)


def test_an_unknown_field_is_refused(control_plane: Cluster, namespace: str) -> None:
    with pytest.raises(KubectlFailed, match=r"exit 1.*\.dato: field not declared"):
        control_plane.kubectl.in_namespace(namespace).apply({**config_map("roads"), "dato": {}})


def test_every_request_is_in_the_audit_log(control_plane: Cluster, namespace: str) -> None:
    control_plane.kubectl.in_namespace(namespace).apply(config_map("roads"))
    assert control_plane.audit_log
    writes = [
        (
            entry["verb"],
            entry["objectRef"]["name"],
            entry["user"]["username"],
            entry["responseStatus"]["code"],
        )
        for entry in audit.entries(control_plane.audit_log)
        if entry.get("objectRef", {}).get("namespace") == namespace and entry["verb"] == "patch"
    ]
    assert writes == [("patch", "roads", "admin", 201)]


def test_the_audit_log_does_not_hold_the_content_of_a_secret(control_plane: Cluster, namespace: str) -> None:
    kubectl = control_plane.kubectl.in_namespace(namespace)
    kubectl("create", "secret", "generic", "login", "--from-literal=password=Open-Sesame")
    assert control_plane.audit_log
    log = control_plane.audit_log.read_text()
    assert '"name":"login"' in log
    assert "T3Blbi1TZXNhbWU" not in log


def test_a_service_account_may_do_what_its_role_says_and_no_more(
    control_plane: Cluster, namespace: str, tmp_path: Path
) -> None:
    admin = control_plane.kubectl.in_namespace(namespace)
    admin("create", "serviceaccount", "reader")
    admin("create", "role", "reader", "--verb=get", "--resource=configmaps")
    admin("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={namespace}:reader")
    admin.apply(config_map("roads", owner="transport"))
    path = control_plane.service_account_kubeconfig(namespace, "reader", tmp_path / "reader.kubeconfig")
    reader = admin.as_user(path)
    assert reader.get_json("configmap", "roads")["data"] == {"owner": "transport"}
    with pytest.raises(KubectlFailed, match=rf"Forbidden.*system:serviceaccount:{namespace}:reader"):
        reader("get", "secrets")


def test_wait_raises_when_the_condition_does_not_come(control_plane: Cluster, namespace: str) -> None:
    kubectl = control_plane.kubectl.in_namespace(namespace)
    kubectl.apply(config_map("roads"))
    kubectl.wait("configmap/roads", "jsonpath={.metadata.name}=roads", 10)
    with pytest.raises(KubectlFailed, match="timed out"):
        kubectl.wait("configmap/roads", "condition=Ready", 0.1)


def test_an_existing_cluster_is_used_when_asked_for(
    control_plane: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USE_EXISTING_CLUSTER", "true")
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig))
    control_plane.kubectl("create", "serviceaccount", "somebody", "--namespace", namespace)
    with open_cluster() as cluster:
        assert isinstance(cluster, ExistingCluster)
        assert (cluster.url, cluster.audit_log) == (control_plane.url, None)
        path = cluster.service_account_kubeconfig(namespace, "somebody", tmp_path / "kubeconfig", 600)
        who = cluster.kubectl.as_user(path)("auth", "whoami").stdout
    assert f"system:serviceaccount:{namespace}:somebody" in who
    assert not cluster.directory.exists()
    control_plane.check()


def test_an_existing_cluster_that_does_not_answer_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USE_EXISTING_CLUSTER", "true")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(Unavailable, match="current kubeconfig context cannot be used"):
        open_cluster()


def test_both_parts_can_be_killed_and_come_back_with_their_data(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        ports: Iterator[Ports] = iter([Ports(etcd=taken.getsockname()[1]), Ports()])
        monkeypatch.setattr(controlplane, "Ports", lambda: next(ports))
        plane = ControlPlane.start()
    with plane:
        address = plane.url
        plane.kubectl.apply(config_map("roads", owner="transport"))
        plane.kill_etcd()
        with pytest.raises(KubectlFailed):
            plane.kubectl("get", "configmaps", "--request-timeout=1s")
        plane.kill_apiserver()
        assert not listening(address)
        plane.start_etcd()
        plane.start_apiserver()
        assert plane.url == address
        assert plane.kubectl.get_json("configmap", "roads")["data"] == {"owner": "transport"}
        plane.check()
        plane.apiserver.kill()
        with pytest.raises(ProcessFailed, match="kube-apiserver ended by itself with exit code -9"):
            plane.check()
    assert not plane.directory.exists()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_nothing_is_left_of_a_cluster_whose_owner_is(tmp_path: Path, end: signal.Signals) -> None:
    owner = ChildProcess("up", UP, log=tmp_path / "up.log")
    directory = Path(owner.wait_for_line(r"export KUBECONFIG=(\S+)", 60)[1]).parent
    address = owner.wait_for_line(r"(https://\S+) is ready", 10)[1]
    assert listening(address)
    os.kill(owner.pid, end)
    assert owner.wait(20) == (-end if end == signal.SIGKILL else 0)
    deadline = time.monotonic() + 10
    while directory.exists() or listening(address):
        assert time.monotonic() < deadline
