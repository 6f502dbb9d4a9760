"""What the cluster takes away while the operator runs: it is said, nothing is sent, and it heals."""

import json
from pathlib import Path
from typing import Any

from arcgis_demo import parts
from arcgis_devcluster import ControlPlane
from arcgis_devcluster.errors import KubectlFailed
from harness.apiserver import wait_until
from harness.bench import PATIENCE, Workbench

SERVICE = "FireWeatherWatch.MapServer"
OWNER = "Statuses need an owner."


def lines(bench: Workbench, message: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in bench.operator.lines() if f'"msg": "{message}"' in line]


def policy(namespace: str) -> list[dict[str, Any]]:
    """Takes no status of an ArcGISService in this namespace."""
    here = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    rule = {
        "apiGroups": ["arcgis-operator.dev"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": ["arcgisservices/status"],
    }
    common = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": namespace}}
    return [
        {
            **common,
            "kind": "ValidatingAdmissionPolicy",
            "spec": {
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [{"expression": "false", "message": OWNER}],
            },
        },
        {
            **common,
            "kind": "ValidatingAdmissionPolicyBinding",
            "spec": {
                "policyName": namespace,
                "validationActions": ["Deny"],
                "matchResources": {"namespaceSelector": here},
            },
        },
    ]


def test_a_policy_that_refuses_the_status_is_told_once_and_nothing_is_sent_until_it_is_gone(
    bench: Workbench,
) -> None:
    bench.start_site()
    bench.register()
    bench.start_operator(resync_seconds=1)
    bench.converge_on("roads", SERVICE, {"description": "before"})
    for body in policy(bench.namespace):
        bench.kubectl.apply(body)

    def refused() -> bool:
        """Asked for without writing."""
        patch = '{"status": {"observedGeneration": 7}}'
        ask = ("patch", "agsvc", "roads", "--subresource=status", "--type=merge", "-p", patch)
        try:
            bench.kubectl(*ask, "--dry-run=server")
        except KubectlFailed as failure:
            return OWNER in str(failure)
        return False

    wait_until(refused, PATIENCE, lambda: "the policy is not in force")
    bench.declare("roads", SERVICE, {"description": "after"})
    assert OWNER in bench.wait_event("roads", "StatusRefused")["note"]
    tries = len(bench.audited("roads"))
    wait_until(lambda: len(bench.audited("roads")) > tries, PATIENCE, lambda: bench.story("roads"))
    assert len(lines(bench, "status refused")) == 1
    assert len(bench.edits(SERVICE)) == 1
    for body in policy(bench.namespace):
        bench.kubectl("delete", body["kind"], bench.namespace)
    bench.converged("roads", seconds=60)
    assert bench.sent(SERVICE, "description") == ["before", "after"]


def test_a_label_that_is_taken_away_a_moment_before_a_change_lets_nothing_be_sent(bench: Workbench) -> None:
    """The rights of a namespace are kept for half a minute, but read anew before an edit."""
    labels = {"gis": bench.namespace}
    bench.start_site()
    bench.kubectl("label", "namespace", bench.namespace, f"gis={bench.namespace}")
    bench.register(access=[{"namespaces": {"from": "Selector", "selector": {"matchLabels": labels}}}])
    bench.start_operator()
    bench.converge_on("roads", SERVICE, {"description": "allowed"})
    bench.kubectl("label", "namespace", bench.namespace, "gis-")
    bench.declare("roads", SERVICE, {"description": "not allowed any more"})
    bench.wait("roads", "SiteNotAllowed")
    assert bench.sent(SERVICE, "description") == ["allowed"]


def test_kinds_that_are_removed_are_named_and_served_again_once_they_are_installed(tmp_path: Path) -> None:
    crds = str(parts.ROOT / "crds")
    with ControlPlane.start() as cluster:
        parts.install(cluster)
        with Workbench(cluster) as bench:
            bench.start_site()
            bench.register()
            bench.start_operator(resync_seconds=1)
            bench.converge_on("roads", SERVICE, {"description": "before"})
            cluster.kubectl("delete", "-k", crds)
            wait_until(lambda: lines(bench, "list failed"), PATIENCE, lambda: bench.operator.log_tail(8))
            reason = lines(bench, "list failed")[-1]["reason"]
            assert "is the CustomResourceDefinition arcgis" in reason
            assert "kubectl apply --server-side -k crds" in reason
            parts.install(cluster)
            bench.register()
            bench.declare("rivers", SERVICE, {"description": "after"})
            bench.converged("rivers", seconds=60)
            assert bench.sent(SERVICE, "description") == ["before", "after"]
