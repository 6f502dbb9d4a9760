"""How kstatus reads a resource, as Flux, Argo CD and `kubectl apply --prune` tools do."""

from typing import Any

from harness.bench import condition

Json = Any


def kstatus(body: Json) -> str:
    """Current, InProgress, Failed or Terminating.

    Source: sigs.k8s.io/cli-utils, pkg/kstatus/status, for kinds that it does not know.
    """
    status, metadata = body.get("status") or {}, body["metadata"]
    if "deletionTimestamp" in metadata:
        return "Terminating"
    if status.get("observedGeneration") != metadata["generation"]:
        return "InProgress"
    if condition(body, "Reconciling").get("status") == "True":
        return "InProgress"
    if condition(body, "Stalled").get("status") == "True":
        return "Failed"
    return "Current" if condition(body).get("status", "True") == "True" else "InProgress"
