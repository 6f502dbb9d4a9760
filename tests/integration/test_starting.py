"""The operator refuses to start where nothing could ever work, and says what to do."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from arcgis_demo import parts
from arcgis_devcluster import Cluster, ControlPlane
from arcgis_operator import cli
from harness.bench import Workbench, install_account

OPERATOR = parts.BIN / "arcgis-operator"
SECONDS = 30


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """The operator's end: it must come by itself."""
    command = [str(OPERATOR), "run", "--health-address=127.0.0.1:0", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    ended = run(f"--kubeconfig={tmp_path}/none")
    assert ended.returncode == 1
    assert (
        f"Error: no kubeconfig at {tmp_path}/none: give its path with --kubeconfig or KUBECONFIG"
        in ended.stderr
    )


def test_a_kubeconfig_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("clusters: [", encoding="utf-8")
    ended = run(f"--kubeconfig={path}")
    assert ended.returncode == 1
    assert "check it with `kubectl config view`" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_context_that_is_not_there(control_plane: Cluster) -> None:
    ended = run(f"--kubeconfig={control_plane.kubeconfig}", "--context=unknown")
    assert ended.returncode == 1
    assert "see `kubectl config get-contexts`" in ended.stderr


def test_an_api_server_that_does_not_answer(control_plane: Cluster, tmp_path: Path) -> None:
    document = yaml.safe_load(control_plane.kubeconfig.read_text())
    document["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(document))
    ended = run(f"--kubeconfig={path}")
    assert ended.returncode == 1
    assert "the API server https://127.0.0.1:1 does not answer" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_token_that_is_not_valid(control_plane: Cluster, tmp_path: Path) -> None:
    document = yaml.safe_load(control_plane.kubeconfig.read_text())
    document["users"][0]["user"] = {"token": "canary-invalid-token"}
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(document))
    ended = run(f"--kubeconfig={path}")
    assert ended.returncode == 1
    assert "refuses these credentials" in ended.stderr
    assert "canary" not in ended.stdout + ended.stderr


def test_missing_rights_are_named_one_by_one(bench: Workbench, tmp_path: Path) -> None:
    bench.kubectl("create", "serviceaccount", "nobody")
    kubeconfig = bench.cluster.service_account_kubeconfig(bench.namespace, "nobody", tmp_path / "config")
    ended = run(f"--kubeconfig={kubeconfig}", f"--namespace={bench.namespace}")
    assert ended.returncode == 1
    where = f"in namespace {bench.namespace}"
    for right in (
        "get arcgisservices",
        "list arcgisservices",
        "watch arcgissites",
        "patch arcgisservices/status",
    ):
        assert (
            f"the operator's account may not {right} {where}: bind it to the operator's role" in ended.stderr
        )
    assert "may not update leases in namespace arcgis-operator-system" in ended.stderr


def test_settings_that_cannot_work() -> None:
    ended = run("--settle-seconds=5", "--site-write-seconds=30", "--poll-seconds=0")
    assert ended.returncode == 2
    assert "--site-write-seconds is 30s, more than --settle-seconds (5s)" in ended.stderr
    assert "--poll-seconds is 0: give a duration above 0" in ended.stderr


def test_it_stops_at_once_while_the_api_server_lets_it_wait(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(SECONDS)
        path = tmp_path / "config"
        path.write_text(yaml.safe_dump(kubeconfig(f"http://127.0.0.1:{silent.getsockname()[1]}")))
        command = [str(OPERATOR), "run", f"--kubeconfig={path}"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        with process, silent.accept()[0] as asked:
            asked.recv(1)
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 0
    assert json.loads(said)["msg"] == "stopped before it began"


def kubeconfig(server: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "one", "cluster": {"server": server}}],
        "users": [{"name": "one", "user": {"token": "none"}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }


def test_a_crash_is_one_line_of_the_log_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    async def crashes(config: object) -> None:
        raise ValueError("no port, password=hush")

    monkeypatch.setattr(cli, "_checked", crashes)
    ended = CliRunner().invoke(cli.main, ["run", "--log-format=json"])
    assert ended.exit_code == 1
    (line,) = ended.stderr.splitlines()
    assert json.loads(line)["msg"] == "crashed"
    assert "ValueError: no port" in json.loads(line)["trace"]
    assert "hush" not in line


def test_a_cluster_without_the_kinds(tmp_path: Path) -> None:
    with ControlPlane.start() as cluster:
        install_account(cluster)
        kubeconfig = cluster.service_account_kubeconfig(parts.SYSTEM, parts.ACCOUNT, tmp_path / "config")
        ended = run(f"--kubeconfig={kubeconfig}")
    assert ended.returncode == 1
    for plural in ("arcgisservices", "arcgissites"):
        sentence = f"the CustomResourceDefinition {plural}.arcgis-operator.dev is not installed"
        assert f"{sentence}: kubectl apply --server-side -k crds" in ended.stderr
