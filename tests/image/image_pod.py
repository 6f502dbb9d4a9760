"""An operator out of the files of its image, as the Deployment says: its account, its arguments."""

import base64
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from arcgis_demo import parts
from arcgis_devcluster import ChildProcess
from arcgis_image.layout import Image
from arcgis_image.pod import Pod
from harness.bench import Workbench

DEPLOYMENT = parts.ROOT / "manifests" / "base" / "deployment.yaml"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def container() -> Mapping[str, Any]:
    """The operator's container in the manifests."""
    deployment = yaml.safe_load(DEPLOYMENT.read_text())
    found: Mapping[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    return found


STAMPED = ("/bin/sh", "-c", """date '+{"began": %s.%N}'; exec "$@" """, "sh")
"""Says when the image's program begins, which is after all that makes a pod."""


def start(
    bench: Workbench, image: Image, name: str, user: str = "", environment: Mapping[str, str] | None = None
) -> ChildProcess:
    """Ready when it leads. It serves all namespaces and knows nothing but what a pod knows."""
    path = bench.directory / f"{name}.kubeconfig"
    bench.cluster.service_account_kubeconfig(parts.SYSTEM, parts.ACCOUNT, path)
    kubeconfig = yaml.safe_load(path.read_text())
    server = kubeconfig["clusters"][0]["cluster"]["server"].removeprefix("https://")
    host, _, port = server.rpartition(":")
    variables = {
        **(environment or {}),
        "KUBERNETES_SERVICE_HOST": host,
        "KUBERNETES_SERVICE_PORT": port,
        "ARCGIS_OPERATOR_HEALTH_ADDRESS": "127.0.0.1:0",  # a pod has an address of its own, this has not
    }
    pod = Pod(image, user, {_account(bench.directory / name, kubeconfig): ACCOUNT}, variables)
    log = bench.directory / f"{name}.log"
    program = (*STAMPED, *image.about["config"]["Entrypoint"])
    bench.operator = ChildProcess(name, pod.command(*container()["args"], program=program), log=log)
    bench.processes.append(bench.operator)
    bench.operator.wait_for_json(lambda line: line.get("msg") == "leading", 40, "that it leads")
    return bench.operator


def seconds_to_lead(pod: ChildProcess) -> float:
    """From the beginning of the image's program to the line that says that it leads."""
    began = pod.wait_for_json(lambda line: "began" in line, 1, "when it began")["began"]
    leading = pod.wait_for_json(lambda line: line.get("msg") == "leading", 1, "that it leads")
    return datetime.fromisoformat(leading["ts"]).timestamp() - float(began)


def _account(folder: Path, kubeconfig: Mapping[str, Any]) -> Path:
    """A folder with what the kubelet projects."""
    folder.mkdir()
    (folder / "token").write_text(kubeconfig["users"][0]["user"]["token"])
    bundle = kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"]
    (folder / "ca.crt").write_bytes(base64.b64decode(bundle))
    (folder / "namespace").write_text(parts.SYSTEM)
    return folder
