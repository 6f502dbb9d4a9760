"""Each folder of manifests/samples, applied to the real API server with `-f` as the README says."""

import re
from pathlib import Path

import pytest
import yaml
from built import MANIFESTS, Document, build, only

from arcgis_devcluster import Cluster

SAMPLES = MANIFESTS / "samples"
DOCUMENTS = [
    (path, document)
    for path in sorted(SAMPLES.rglob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
]
STRANGERS = {
    "monitoring.coreos.com/v1": ("prometheusrules", "podmonitors"),
    "kustomize.toolkit.fluxcd.io/v1": ("kustomizations",),
    "argoproj.io/v1alpha1": ("applications",),
}
"""Kinds of other projects; open schemas stand in for theirs."""


@pytest.fixture(scope="module", autouse=True)
def strangers(control_plane: Cluster) -> None:
    kinds = {
        "prometheusrules": "PrometheusRule",
        "podmonitors": "PodMonitor",
        "kustomizations": "Kustomization",
        "applications": "Application",
    }
    for api, plurals in STRANGERS.items():
        for plural in plurals:
            control_plane.kubectl.apply(stand_in(api, plural, kinds[plural]))
            control_plane.kubectl.wait(f"crd/{plural}.{api.partition('/')[0]}", "condition=Established", 30)


def stand_in(api: str, plural: str, kind: str) -> Document:
    group, _, version = api.partition("/")
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": [
                {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
            ],
        },
    }


FOLDERS = sorted({path.parent for path, _ in DOCUMENTS})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(SAMPLES)))
def test_a_folder_is_applied_whole(control_plane: Cluster, namespace: str, folder: Path) -> None:
    names = {one["metadata"]["name"] for path, one in DOCUMENTS if path.parent == folder}
    kubectl = control_plane.kubectl
    if folder.name == "gitops":  # its samples name the namespaces of Flux and Argo CD
        for tool in ("flux-system", "argocd"):
            kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": tool}})
    else:
        kubectl = kubectl.in_namespace(namespace)
    shown = kubectl("apply", "--server-side", "--validate=strict", "-f", str(folder)).stdout
    assert set(re.findall(r"/(\S+) serverside-applied", shown)) == names


def test_every_folder_with_yaml_is_among_them() -> None:
    tasks = {path.name for path in SAMPLES.iterdir()}
    assert tasks == {"sites", "services", "gitops", "monitoring", "kustomize", "approval"}
    assert {path.relative_to(SAMPLES).parts[0] for path in FOLDERS} == tasks - {"kustomize"}


def test_no_two_samples_are_about_one_service_or_of_one_name() -> None:
    services = [one for _, one in DOCUMENTS if one["kind"] == "ArcGISService"]
    assert len({str(one["spec"]["service"]) for one in services}) == len(services) >= 5
    assert len({(one["kind"], one["metadata"]["name"]) for _, one in DOCUMENTS}) == len(DOCUMENTS)


TASKS = {
    "what a service says of itself": "description",
    "records in one answer": "properties.maxRecordCount",
    "records of a hosted layer": "jsonProperties.maxRecordCount",
    "what clients may do": "capabilities",
    "an extension off": "extensions",
    "when instances are replaced": "recycleStartTime",
    "how long a request may take": "maxUsageTime",
    "how many instances run": "minInstancesPerNode",
}


@pytest.mark.parametrize("setting", TASKS.values(), ids=TASKS)
def test_there_is_a_sample_for_the_task(setting: str) -> None:
    first, _, rest = setting.partition(".")
    declared = [one["spec"]["settings"] for _, one in DOCUMENTS if one["kind"] == "ArcGISService"]
    assert [one for one in declared if first in one and (not rest or rest in one[first])]


def test_each_task_of_a_site_has_a_sample() -> None:
    specs = [one["spec"] for _, one in DOCUMENTS if one["kind"] == "ArcGISSite"]
    assert {"access", "change", "limits", "proxy", "suspend", "tls"} <= {
        field for spec in specs for field in spec
    }


@pytest.mark.parametrize("folder", ["services", "sites"])
def test_the_kustomization_of_a_folder_takes_all_of_it(folder: str) -> None:
    listed = yaml.safe_load((SAMPLES / folder / "Kustomization").read_text())["resources"]
    assert set(listed) == {path.name for path in (SAMPLES / folder).glob("*.yaml")}


def test_every_site_that_a_sample_refers_to_is_a_sample() -> None:
    named = {one["metadata"]["name"] for _, one in DOCUMENTS if one["kind"] == "ArcGISSite"}
    services = [one for _, one in DOCUMENTS if one["kind"] == "ArcGISService"]
    assert {one["spec"]["siteRef"]["name"] for one in services} <= named


def test_the_first_sample_is_the_vendors_own_example(control_plane: Cluster) -> None:
    spec = only(build(control_plane, "samples/services"), "ArcGISService", "fire-weather")["spec"]
    assert spec["service"] == {"name": "FireWeatherWatch", "type": "MapServer"}
    assert spec["settings"] == {
        "description": "Updating description using the edit operation, run asynchronously"
    }


def test_everything_that_installs_is_a_kustomization_that_apply_by_folder_skips() -> None:
    """`kubectl apply -f FOLDER` takes every .yaml for an object of the cluster."""
    for folder in ("samples", "components"):
        assert list((MANIFESTS / folder).rglob("kustomization.yaml")) == []
