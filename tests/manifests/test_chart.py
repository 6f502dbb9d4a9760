"""The chart as helm renders it: equal to the overlays by default, and what each value does."""

import copy
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from arcgis_kinds import CRDS
from built import SYSTEM, Document, build, only
from charted import CHART, Helm, Refused

from arcgis_devcluster import Cluster

HELMS = ("app.kubernetes.io/managed-by", "helm.sh/chart")
"""Labels that tell helm's objects; everything else is compared."""


@pytest.fixture(scope="module")
def helm(helm_program: Path, offline: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm(helm_program, offline, tmp_path_factory.mktemp("helm"), SYSTEM)


def by_name(documents: Iterable[Document]) -> dict[tuple[str, ...], Document]:
    return {
        (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one for one in documents
    }


def without_helms_labels(document: Document) -> Document:
    stripped = copy.deepcopy(document)
    for label in HELMS:
        stripped["metadata"]["labels"].pop(label)
    return stripped


def kinds(documents: Iterable[Document]) -> list[Document]:
    return [one for one in documents if one["kind"] == "CustomResourceDefinition"]


AS_OVERLAY: list[tuple[str, dict[str, Any]]] = [
    ("cluster", {}),
    ("namespaced", {"namespaces": ["gis"], "siteNamespaces": ["gis"]}),
    ("openshift", {"userId": None, "networkPolicy": {"dnsPorts": [53, 5353]}}),
]


@pytest.mark.parametrize(("overlay", "values"), AS_OVERLAY)
def test_the_chart_makes_the_objects_of_the_overlay(
    offline: Cluster, helm: Helm, overlay: str, values: dict[str, Any]
) -> None:
    """But the namespace, which helm makes itself, and the kinds, which are beside the overlays."""
    wanted = by_name(build(offline, f"overlays/{overlay}"))
    wanted = {key: one for key, one in wanted.items() if one["kind"] != "Namespace"}
    rendered = helm.render(values)
    made = by_name(without_helms_labels(one) for one in rendered if one not in kinds(rendered))
    assert made.keys() == wanted.keys()
    for key, one in wanted.items():
        assert normal(made[key]) == normal(one), key


def normal(document: Document) -> Document:
    """The rules of egress as a flat list of ports: one rule with two ports is two rules with one."""
    found = copy.deepcopy(document)
    if found["kind"] == "NetworkPolicy":
        rules = found["spec"]["egress"]
        assert all(rule.keys() == {"ports"} for rule in rules)
        found["spec"]["egress"] = sorted(
            json.dumps(port, sort_keys=True) for rule in rules for port in rule["ports"]
        )
    return found


def test_the_kinds_of_the_chart_are_those_of_the_folder_and_are_kept(helm: Helm) -> None:
    made = by_name(kinds(helm.render()))
    there = by_name(yaml.safe_load(path.read_text()) for path in CRDS.glob("*.yaml"))
    assert made.keys() == there.keys()
    for key, one in there.items():
        metadata = made[key]["metadata"]
        assert made[key]["spec"] == one["spec"]
        assert metadata["annotations"]["helm.sh/resource-policy"] == "keep"
        assert metadata["labels"].items() >= one["metadata"].get("labels", {}).items()
    assert kinds(helm.render({"crds": {"install": False}})) == []


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((CHART.parents[1] / "pyproject.toml").read_text())["project"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (project["version"], project["version"])


def test_every_value_is_in_the_schema_with_a_comment_or_a_plain_name(helm: Helm) -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert schema["properties"].keys() - {"global"} == values.keys()
    helm("lint", str(CHART), "--strict", "--quiet")


def pod(documents: list[Document]) -> Document:
    found: Document = only(documents, "Deployment")["spec"]["template"]["spec"]
    return found


@pytest.mark.parametrize(("replicas", "budgets"), [(0, 0), (1, 0), (2, 1), (3, 1)])
def test_a_budget_comes_with_the_second_replica(helm: Helm, replicas: int, budgets: int) -> None:
    """For a single replica it would hold up every drain of its node."""
    documents = helm.render({"replicas": replicas})
    assert len([one for one in documents if one["kind"] == "PodDisruptionBudget"]) == budgets
    assert only(documents, "Deployment")["spec"]["replicas"] == replicas


def test_limits_are_at_most_ten_times_the_requests() -> None:
    resources = yaml.safe_load((CHART / "values.yaml").read_text())["resources"]
    cpu = [resources[kind]["cpu"] for kind in ("requests", "limits")]
    assert cpu == ["100m", "1"]
    memory = [int(resources[kind]["memory"].removesuffix("Mi")) for kind in ("requests", "limits")]
    assert memory[1] <= 10 * memory[0]


PLACED = {
    "nodeSelector": {"disk": "fast", "kubernetes.io/os": "linux"},
    "tolerations": [{"key": "gis", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "priorityClassName": "system-cluster-critical",
    "imagePullSecrets": [{"name": "account"}],
}


def test_a_pod_is_placed_as_the_values_say(helm: Helm) -> None:
    made = pod(helm.render(PLACED))
    assert {key: made[key] for key in PLACED} == PLACED


def test_environment_and_arguments_are_added(helm: Helm) -> None:
    env = {"name": "HTTPS_PROXY", "value": "http://proxy:3128"}
    values = {"extraEnv": [env], "extraArgs": ["--workers=4"], "namespaces": ["a", "b"]}
    container = pod(helm.render(values))["containers"][0]
    assert container["args"] == ["run", "--namespace=a", "--namespace=b", "--workers=4"]
    assert env in container["env"]


DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ({"repository": "r.example.com:5000/gis/op"}, "r.example.com:5000/gis/op:{version}"),
        ({"repository": "r/op", "tag": "1.2"}, "r/op:1.2"),
        ({"repository": "r/op", "tag": "1.2", "digest": DIGEST}, f"r/op@{DIGEST}"),
    ],
)
def test_the_image_is_named_by_tag_or_digest(helm: Helm, image: Mapping[str, str], shown: str) -> None:
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    assert pod(helm.render({"image": image}))["containers"][0]["image"] == shown.format(version=version)


def test_monitors_find_the_pods_by_the_port_that_they_have(helm: Helm) -> None:
    on = {"enabled": True, "labels": {"release": "prometheus"}, "interval": "15s"}
    rules = {key: on[key] for key in ("enabled", "labels")}
    documents = helm.render({"podMonitor": on, "serviceMonitor": on, "prometheusRule": rules})
    labels = only(documents, "Deployment")["spec"]["template"]["metadata"]["labels"]
    pods, services = only(documents, "PodMonitor"), only(documents, "ServiceMonitor")
    assert pods["spec"]["selector"]["matchLabels"] == labels
    assert pods["spec"]["podMetricsEndpoints"] == [{"port": "health", "interval": "15s"}]
    service = only(documents, "Service")
    assert service["metadata"]["labels"].items() >= services["spec"]["selector"]["matchLabels"].items()
    assert (service["spec"]["selector"], service["spec"]["ports"][0]["name"]) == (labels, "health")
    sample = yaml.safe_load((CHART / "files/monitoring/prometheus-rules.yaml").read_text())
    rule = only(documents, "PrometheusRule")
    assert rule["spec"] == sample["spec"]
    for one in (pods, services, rule):
        assert one["metadata"]["labels"]["release"] == "prometheus"


def test_ports_of_the_network_policy_are_values(helm: Helm) -> None:
    more = {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    values = {"networkPolicy": {"httpsPorts": [443, 8443], "extraEgress": [more]}}
    spec = only(helm.render(values), "NetworkPolicy")["spec"]
    assert [port["port"] for port in spec["egress"][1]["ports"]] == [443, 8443]
    assert spec["egress"][2] == more
    off = helm.render({"networkPolicy": {"enabled": False}})
    assert [one for one in off if one["kind"] == "NetworkPolicy"] == []


WRONG: dict[str, dict[str, Any]] = {
    "a misspelt name": {"replica": 2},
    "a misspelt name further down": {"image": {"repositry": "x"}},
    "no number of replicas": {"replicas": "two"},
    "user 0": {"userId": 0},
    "a digest that is none": {"image": {"digest": "sha256:abc"}},
    "a namespace that can be none": {"namespaces": ["Gis"]},
    "an argument that is none": {"extraArgs": ["run"]},
    "a port too far": {"networkPolicy": {"httpsPorts": [70000]}},
    "an unknown policy": {"image": {"pullPolicy": "Sometimes"}},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_value_is_refused_with_its_name(helm: Helm, wrong: str) -> None:
    with pytest.raises(Refused, match="don't meet the specifications of the schema"):
        helm.render(WRONG[wrong])


def test_a_packaged_chart_holds_the_kinds_as_files(helm: Helm, tmp_path: Path) -> None:
    """Links lead out of the folder only in the repository."""
    said = helm("package", str(CHART), "--destination", str(tmp_path))
    (package,) = tmp_path.glob("*.tgz")
    assert package.name in said
    text = helm("template", "arcgis-operator", str(package))
    assert len(kinds(yaml.safe_load_all(text))) == 2
