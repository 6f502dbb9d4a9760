"""A workbench whose operators reach the API server and the site over wires that can be cut."""

from pathlib import Path
from typing import Any

import httpx
from wires import Wires

from arcgis_devcluster import ChildProcess, Cluster, ControlPlane, kubeconfig
from harness.apiserver import wait_until
from harness.bench import Workbench

API, SITE = 1, 2
LOOK_SECONDS = 0.1
READY_SECONDS = 40.0
SHIPPED_LEASE = {"lease_seconds": 15, "renew_deadline_seconds": 10, "lease_retry_seconds": 2}
QUICK_LEASE = {"lease_seconds": 2, "renew_deadline_seconds": 1.5, "lease_retry_seconds": 0.3}


class Afar(Cluster):
    """The cluster, reached at another address of this machine by all but its administrator."""

    def __init__(self, plane: ControlPlane, address: str) -> None:
        super().__init__(plane.directory, plane.kubectl)
        self.audit_log, self._address = plane.audit_log, address

    def service_account_kubeconfig(self, *arguments: Any, **options: Any) -> Path:
        path = super().service_account_kubeconfig(*arguments, **options)
        document = kubeconfig.read(path)
        cluster = document["clusters"][0]["cluster"]
        cluster["server"] = cluster["server"].replace("127.0.0.1", self._address)
        return kubeconfig.write(document, path)


class Pod:
    """One operator in the pod, or beside it on this machine."""

    def __init__(self, process: ChildProcess, host: str) -> None:
        self.process, self._host = process, host

    def said(self, message: str, seconds: float = READY_SECONDS, times: int = 1) -> list[str]:
        """Waits until the log holds this message so often; the lines."""
        return list(
            wait_until(
                lambda: lines if len(lines := self.lines(message)) >= times else None,
                seconds,
                lambda: self.process.log_tail(12),
                every=LOOK_SECONDS,
            )
        )

    def lines(self, message: str) -> list[str]:
        return [line for line in self.process.lines() if f'"msg": "{message}"' in line]

    def asked(self, path: str) -> httpx.Response:
        """As the kubelet asks, or Prometheus."""
        port = self.process.wait_for_json(lambda line: line.get("msg") == "started", 10)["health_port"]
        return httpx.get(f"http://{self._host}:{port}{path}", timeout=5.0, trust_env=False)

    def metric(self, name: str) -> float:
        """The sum of all samples whose name (and first labels) begin so."""
        lines = self.asked("/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


class Far(Workbench):
    """A workbench whose site `prod` has an address of its own, and whose operators are in the pod."""

    def __init__(self, cluster: Cluster, wires: Wires) -> None:
        super().__init__(cluster)
        self.wires = wires

    @property
    def api_address(self) -> str:
        return self.wires.here(API)

    @property
    def site_address(self) -> str:
        return self.wires.here(SITE)

    def renewed(self) -> str:
        """When the Lease was renewed, as its holder wrote it."""
        return str(self.kubectl.get_json("lease", "arcgis-operator")["spec"]["renewTime"])

    def pod(self, name: str = "operator", *, ready: bool = True, **settings: object) -> Pod:
        """Starts an operator behind the router."""
        chosen = {"health_address": "0.0.0.0:0", **SHIPPED_LEASE, **settings}
        process = self.start_operator(name, ready=ready, within=self.wires.within, **chosen)
        self.listens_at[name] = self.wires.kubelets_way
        return Pod(process, self.listens_at[name])

    def neighbour(self, name: str = "neighbour", **settings: object) -> Pod:
        """Starts an operator that no rule touches, and that finds the Lease taken."""
        process = self.start_operator(name, ready=False, **{**SHIPPED_LEASE, **settings})
        return Pod(process, self.listens_at[name])
