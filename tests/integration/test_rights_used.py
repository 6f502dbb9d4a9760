"""The shipped Roles grant what the operator uses, and nothing else: the audit log is compared with them."""

from pathlib import Path

import yaml

from arcgis_demo import parts
from arcgis_devcluster import audit
from harness.bench import OPERATOR, SITES, Workbench

SERVICE = "FireWeatherWatch.MapServer"
RBAC = parts.ROOT / "manifests"
ROLES = (
    RBAC / "rbac" / "cluster-rules" / "role.yaml",
    RBAC / "rbac" / "account" / "lease.yaml",
    RBAC / "components" / "site-access" / "role.yaml",
)
OF_EVERY_ACCOUNT = "selfsubjectaccessreviews"  # system:basic-user lets everybody ask for their own rights
Right = tuple[str, str, str]


def granted() -> set[Right]:
    """Group, resource and verb of every rule in the shipped Roles."""
    bodies = [body for path in ROLES for body in yaml.safe_load_all(path.read_text())]
    return {
        (group, resource, verb)
        for body in bodies
        for rule in body.get("rules", [])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def used(log: Path, namespace: str) -> tuple[set[Right], set[Right]]:
    """What the operator asked for in a namespace, and what of it was denied."""
    asked, denied = set(), set()
    for entry in audit.entries(log):
        about = entry.get("objectRef") or {}
        here = about.get("namespace", namespace) == namespace or about.get("name") == namespace
        if (
            entry["user"]["username"] != OPERATOR
            or not here
            or about.get("resource") in (None, OF_EVERY_ACCOUNT)
        ):
            continue
        resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
        right = (about.get("apiGroup", ""), resource, entry["verb"])
        asked.add(right)
        if entry["responseStatus"]["code"] == 403:
            denied.add(right)
    return asked, denied


def test_every_right_that_is_granted_is_used_and_none_is_missed(bench: Workbench) -> None:
    labelled = {"kubernetes.io/metadata.name": bench.namespace}
    bench.start_site()
    bench.register(access=[{"namespaces": {"from": "Selector", "selector": {"matchLabels": labelled}}}])
    bench.start_operator()
    bench.converge_on("roads", SERVICE, {"description": "wanted"})
    bench.wait("prod", "Reachable", plural=SITES)
    bench.wait_event("roads", "Converged")
    assert bench.operator.terminate() == 0
    assert bench.cluster.audit_log is not None
    asked, denied = used(bench.cluster.audit_log, bench.namespace)
    assert denied == set()
    assert asked == granted()
    assert not any("*" in right for right in granted())
    assert not granted() & {("", "secrets", "list"), ("", "secrets", "watch")}
