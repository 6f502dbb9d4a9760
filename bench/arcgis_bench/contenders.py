"""Who is measured: the operator, and the reference."""

import functools
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from arcgis_demo import parts
from arcgis_devcluster import ChildProcess, Cluster

BENCH = Path(__file__).resolve().parents[1]
Settings = Mapping[str, object]
FIRST, SECOND = "bench", "bench-standby"
LEADING_SECONDS = 300.0


Start = Callable[[Cluster, Mapping[str, parts.Site], str, Settings, tuple[str, ...]], ChildProcess]


@dataclass(frozen=True, slots=True)
class Contender:
    """`start(cluster, sites by name, password, settings, prefix)` returns when it works.

    `stand_by` starts one more, which is to wait for the end of the first.

    `user` is who it is to the API server; `settings` are options of the operator, of which the reference
    knows `poll_seconds` only; `prefix` is put before the program (a profiler).
    """

    name: str
    user: str
    start: Start
    stand_by: Start
    resyncs: bool = True


def _operator(
    program: Path,
    pod: str,
    cluster: Cluster,
    sites: Mapping[str, parts.Site],
    password: str,
    settings: Settings,
    prefix: tuple[str, ...],
) -> ChildProcess:
    config = cluster.directory / "operator.kubeconfig"
    cluster.service_account_kubeconfig(parts.SYSTEM, parts.ACCOUNT, config)
    process = ChildProcess(
        "operator",
        [
            *prefix,
            program,
            "run",
            f"--kubeconfig={config}",
            f"--lease-namespace={parts.SYSTEM}",
            f"--pod-name={pod}",
            "--health-address=127.0.0.1:0",
            "--log-format=json",
            *(f"--{key.replace('_', '-')}={value}" for key, value in settings.items()),
        ],
        log=cluster.directory / f"{pod}.log",
    )
    if pod == FIRST:
        process.wait_for_json(lambda line: line.get("msg") == "leading", LEADING_SECONDS, "that it leads")
    return process


def _reference(
    cluster: Cluster,
    sites: Mapping[str, parts.Site],
    password: str,
    settings: Settings,
    prefix: tuple[str, ...],
) -> ChildProcess:
    config = cluster.directory / "reference.kubeconfig"
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reference"}}
    cluster.kubectl.in_namespace(parts.SYSTEM).apply(account)
    cluster.kubectl.apply(_everything())
    cluster.service_account_kubeconfig(parts.SYSTEM, "reference", config)
    known = {name: {"url": site.url, "ca": site.ca} for name, site in sites.items()}
    directory = cluster.directory / "reference.json"
    directory.write_text(json.dumps(known))
    process = ChildProcess(
        "reference",
        [*(prefix or (sys.executable,)), "-m", "arcgis_bench.reference"],
        log=cluster.directory / "reference.log",
        environment={
            "PYTHONPATH": str(BENCH),
            "KUBECONFIG": str(config),
            "SITES": str(directory),
            "SITE_USER": parts.USERNAME,
            parts.PASSWORD_VARIABLE: password,
            "POLL_SECONDS": str(settings.get("poll_seconds", 2.0)),
        },
    )
    process.wait_for_line("the reference runs", 30)
    return process


def _everything() -> dict[str, object]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "bench-reference"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "reference", "namespace": parts.SYSTEM}],
    }


PROGRAM = parts.BIN / "arcgis-operator"


def contenders(program: Path = PROGRAM) -> Mapping[str, Contender]:
    """By name; `program` is the operator's, which may stand in another environment."""
    account = f"system:serviceaccount:{parts.SYSTEM}"
    both = (
        Contender(
            "operator",
            f"{account}:{parts.ACCOUNT}",
            functools.partial(_operator, program, FIRST),
            functools.partial(_operator, program, SECOND),
        ),
        Contender("reference", f"{account}:reference", _reference, _reference, resyncs=False),
    )
    return {one.name: one for one in both}
