"""The manifests as they are built: valid for the real API server, and complete."""

import json
import re
from typing import Any

import httpx
import pytest
import yaml
from built import ENTRIES, MANIFESTS, OVERLAYS, SITE, SYSTEM, Document, build, only, pod

from arcgis_devcluster import Cluster


@pytest.mark.parametrize("folder", ENTRIES)
def test_the_api_server_takes_every_field(control_plane: Cluster, folder: str) -> None:
    documents = build(control_plane, folder)
    for name in (SYSTEM, SITE):  # a dry run needs the namespaces
        control_plane.kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    text = yaml.safe_dump_all(documents)
    control_plane.kubectl(
        *("apply", "--server-side", "--dry-run=server", "--validate=strict"),
        *("--field-manager=test", "--force-conflicts", "-f", "-"),
        stdin=text,
    )


def test_a_misspelt_field_would_be_found(control_plane: Cluster) -> None:
    documents = build(control_plane, "overlays/cluster")
    control_plane.kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}})
    misspelt = only(documents, "Deployment")
    misspelt["spec"]["template"]["spec"]["enableServiceLink"] = False
    with pytest.raises(Exception, match="enableServiceLink: field not declared in schema"):
        control_plane.kubectl(
            *("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"),
            stdin=json.dumps(misspelt),
        )


@pytest.mark.parametrize("folder", OVERLAYS)
def test_every_overlay_runs_two_replicas_behind_one_budget(control_plane: Cluster, folder: str) -> None:
    documents = build(control_plane, folder)
    deployment = only(documents, "Deployment", "arcgis-operator")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    budget = only(documents, "PodDisruptionBudget")
    assert (deployment["spec"]["replicas"], budget["spec"]["minAvailable"]) == (2, 1)
    assert budget["spec"]["selector"]["matchLabels"] == labels
    assert only(documents, "NetworkPolicy", "arcgis-operator")["spec"]["podSelector"]["matchLabels"] == labels
    assert not [one for one in documents if one["kind"] == "CustomResourceDefinition"], "the kinds are apart"
    parts = {one["metadata"]["labels"].get("app.kubernetes.io/part-of") for one in documents}
    assert parts == {"arcgis-operator"}, "one selector finds all of it"


def test_the_pod_is_hardened_beyond_the_restricted_standard(control_plane: Cluster) -> None:
    documents = build(control_plane, "overlays/cluster")
    template = only(documents, "Deployment")["spec"]["template"]["spec"]
    (container,) = template["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert template["securityContext"]["runAsUser"] == 65532
    assert container["resources"].keys() == {"requests", "limits"}
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()
    assert template["automountServiceAccountToken"] is False
    assert only(documents, "ServiceAccount")["automountServiceAccountToken"] is False
    sources = {
        key: value
        for volume in template["volumes"]
        if "projected" in volume
        for source in volume["projected"]["sources"]
        for key, value in source.items()
    }
    assert sources["serviceAccountToken"]["expirationSeconds"] <= 3600
    assert sources["configMap"]["name"] == "kube-root-ca.crt"


def test_nothing_comes_in_but_probes_and_nothing_goes_out_but_dns_and_https(control_plane: Cluster) -> None:
    documents = build(control_plane, "overlays/cluster")
    own = only(documents, "NetworkPolicy", "arcgis-operator")["spec"]
    assert own["policyTypes"] == ["Ingress", "Egress"]
    assert [[port["port"] for port in rule["ports"]] for rule in own["ingress"]] == [["health"]]
    assert [port["port"] for rule in own["egress"] for port in rule["ports"]] == [53, 53, 443, 6443]


RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.fixture
def restricted(control_plane: Cluster, namespace: str) -> str:
    labels = [f"{key}={value}" for key, value in RESTRICTED.items()]
    control_plane.kubectl("label", "namespace", namespace, *labels)
    return namespace


def admit(api: httpx.Client, namespace: str, body: Document) -> httpx.Response:
    parameters = {"dryRun": "All", "fieldValidation": "Strict"}
    return api.post(f"/api/v1/namespaces/{namespace}/pods", json=body, params=parameters)


def test_the_namespace_enforces_the_restricted_standard(control_plane: Cluster) -> None:
    namespace = only(build(control_plane, "rbac/cluster"), "Namespace")
    assert namespace["metadata"]["labels"].items() >= RESTRICTED.items()


@pytest.mark.parametrize("name", ["arcgis-operator", "arcgis-simulator"])
def test_the_pod_is_admitted_where_restricted_is_enforced(
    control_plane: Cluster, api: httpx.Client, restricted: str, name: str
) -> None:
    body = pod(only(build(control_plane, "overlays/dev"), "Deployment", name))
    answer = admit(api, restricted, body)
    assert answer.is_success, answer.text
    assert "Warning" not in answer.headers


Steps = tuple[str | int, ...]
MUTANTS: dict[str, tuple[Steps, Any]] = {
    "runs as root": (("spec", "securityContext", "runAsUser"), 0),
    "may run as root": (("spec", "securityContext", "runAsNonRoot"), False),
    "without a seccomp profile": (("spec", "securityContext", "seccompProfile"), None),
    "with an unconfined seccomp profile": (
        ("spec", "securityContext", "seccompProfile", "type"),
        "Unconfined",
    ),
    "may gain rights": (("spec", "containers", 0, "securityContext", "allowPrivilegeEscalation"), True),
    "privileged": (("spec", "containers", 0, "securityContext"), {"privileged": True}),
    "keeps capabilities": (("spec", "containers", 0, "securityContext", "capabilities"), None),
    "adds a capability": (("spec", "containers", 0, "securityContext", "capabilities", "add"), ["NET_ADMIN"]),
    "in the node's network": (("spec", "hostNetwork"), True),
    "among the node's processes": (("spec", "hostPID"), True),
    "with a port of the node": (("spec", "containers", 0, "ports", 0, "hostPort"), 8080),
    "with a folder of the node": (("spec", "volumes", 0), {"name": "tmp", "hostPath": {"path": "/"}}),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_weaker_pod_is_refused_there(
    control_plane: Cluster, api: httpx.Client, restricted: str, mutant: str
) -> None:
    body = pod(only(build(control_plane, "overlays/cluster"), "Deployment"))
    (*path, last), value = MUTANTS[mutant]
    place: Any = body
    for step in path:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    answer = admit(api, restricted, body)
    assert answer.status_code == httpx.codes.FORBIDDEN, answer.text
    assert "violates PodSecurity" in answer.json()["message"]


def test_the_health_checks_for_flux_are_expressions_that_compile(api: httpx.Client) -> None:
    flux = yaml.safe_load((MANIFESTS / "samples/gitops/flux-health-check.yaml").read_text())
    checks = [check[word] for check in flux["spec"]["healthCheckExprs"] for word in ("failed", "current")]
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "compiles"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": ["arcgis-operator.dev"],
                        "apiVersions": ["v1alpha1"],
                        "resources": ["*"],
                        "operations": ["CREATE"],
                    }
                ]
            },
            "validations": [
                {"expression": re.sub(r"(?<![.\w])(status|metadata)\.", r"object.\1.", check)}
                for check in checks
            ],
        },
    }
    address = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    answer = api.post(address, json=body, params={"dryRun": "All", "fieldValidation": "Strict"})
    assert answer.is_success, answer.text
    assert len(checks) == 4
