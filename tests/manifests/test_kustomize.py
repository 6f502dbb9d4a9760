"""Our folders in kustomizations of other people: references follow names, and nothing else is changed."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from built import MANIFESTS, Document, build, only

from arcgis_devcluster import Cluster

NAMES = "components/names"
TILESERVER = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "tileserver"},
    "spec": {
        "selector": {"matchLabels": {"app": "t"}},
        "template": {
            "metadata": {"labels": {"app": "t"}},
            "spec": {
                "containers": [
                    {"name": "app", "image": "tiles:1", "env": [{"name": "A", "value": "1"}]},
                    {"name": "sidecar", "image": "side:1"},
                ]
            },
        },
    },
}
MORE_ENV = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "tileserver"},
    "spec": {
        "template": {"spec": {"containers": [{"name": "app", "env": [{"name": "B", "value": "2"}]}]}},
    },
}


def kustomization(folder: Path, files: dict[str, Any] | None = None, **content: Any) -> Path:
    """A folder with this Kustomization; a path of `content` that begins with manifests/ is one of ours."""
    ours = os.path.relpath(MANIFESTS, folder)
    text = yaml.safe_dump(content).replace("manifests/", f"{ours}/")
    (folder / "kustomization.yaml").write_text(text)
    for name, document in (files or {}).items():
        (folder / name).write_text(yaml.safe_dump(document))
    return folder


def service(site: Document) -> Document:
    return {
        "apiVersion": "arcgis-operator.dev/v1alpha1",
        "kind": "ArcGISService",
        "metadata": {"name": "roads"},
        "spec": {"siteRef": site, "service": {"name": "Roads", "type": "MapServer"}},
    }


def site(tls: Document) -> Document:
    spec = {
        "url": "https://gis.example.com/arcgis",
        "credentials": {"secretRef": {"name": "prod-admin"}},
        "tls": {"caCertificateRef": tls},
    }
    return {
        "apiVersion": "arcgis-operator.dev/v1alpha1",
        "kind": "ArcGISSite",
        "metadata": {"name": "prod"},
        "spec": spec,
    }


@pytest.mark.parametrize("folder", ["samples/sites", "samples/services", "samples/kustomize"])
def test_a_deployment_beside_our_samples_is_merged_as_kustomize_merges_it(
    offline: Cluster, tmp_path: Path, folder: str
) -> None:
    files = {"deploy.yaml": TILESERVER, "patch.yaml": MORE_ENV}
    mine = kustomization(
        tmp_path,
        files,
        resources=[f"manifests/{folder}", "deploy.yaml"],
        components=[f"manifests/{NAMES}"],
        patches=[{"path": "patch.yaml"}],
    )
    pod = only(build(offline, mine), "Deployment")["spec"]["template"]["spec"]
    app, sidecar = pod["containers"]
    assert (app["image"], sidecar) == ("tiles:1", {"name": "sidecar", "image": "side:1"})
    assert {one["name"] for one in app["env"]} == {"A", "B"}


@pytest.mark.parametrize("overlay", ["cluster", "namespaced", "openshift", "dev"])
def test_a_patch_of_our_own_deployment_keeps_its_image_ports_and_probes(
    offline: Cluster, tmp_path: Path, overlay: str
) -> None:
    more = {"name": "operator", "env": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}]}
    patch = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "arcgis-operator", "namespace": "arcgis-operator-system"},
        "spec": {"template": {"spec": {"containers": [more]}}},
    }
    before = only(build(offline, f"overlays/{overlay}"), "Deployment", "arcgis-operator")["spec"]["template"][
        "spec"
    ]["containers"][0]
    mine = kustomization(
        tmp_path,
        {"patch.yaml": patch},
        resources=[f"manifests/overlays/{overlay}"],
        patches=[{"path": "patch.yaml"}],
    )
    deployment = only(build(offline, mine), "Deployment", "arcgis-operator")
    after = deployment["spec"]["template"]["spec"]["containers"][0]
    kept = [one for one in after.pop("env") if one not in more["env"]]
    assert (after, kept) == (
        {key: value for key, value in before.items() if key != "env"},
        before.get("env", []),
    )


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_hashes_and_prefixes_reach_every_reference_between_the_kinds(
    offline: Cluster, tmp_path: Path, kind: str
) -> None:
    reference = {"name": "prod-ca"} if kind == "ConfigMap" else {"kind": kind, "name": "prod-ca"}
    ca = {"name": "prod-ca", "literals": ["ca.crt=dummy"]}
    secrets = [{"name": "prod-admin", "literals": ["username=a", "password=b"]}]
    made: dict[str, Any] = {"secretGenerator": secrets}
    if kind == "Secret":
        secrets.append(ca)
    else:
        made["configMapGenerator"] = [ca]
    mine = kustomization(
        tmp_path,
        {"site.yaml": site(reference), "service.yaml": service({"name": "prod"})},
        resources=["site.yaml", "service.yaml"],
        components=[f"manifests/{NAMES}"],
        namePrefix="test-",
        nameSuffix="-b",
        namespace="gis",
        **made,
    )
    documents = build(offline, mine)
    spec = only(documents, "ArcGISSite")["spec"]
    names = {(one["kind"], one["metadata"]["name"]) for one in documents}
    assert ("Secret", spec["credentials"]["secretRef"]["name"]) in names
    assert (kind, spec["tls"]["caCertificateRef"]["name"]) in names
    assert only(documents, "ArcGISService")["spec"]["siteRef"] == {"name": "test-prod-b"}


def test_a_reference_to_a_site_of_another_namespace_stays(offline: Cluster, tmp_path: Path) -> None:
    """kustomize has no site of that name in the namespace of the resource."""
    elsewhere = {"name": "shared", "namespace": "other"}
    mine = kustomization(
        tmp_path,
        {"site.yaml": site({"name": "prod-ca"}), "service.yaml": service(elsewhere)},
        resources=["site.yaml", "service.yaml"],
        components=[f"manifests/{NAMES}"],
        namePrefix="test-",
    )
    assert only(build(offline, mine), "ArcGISService")["spec"]["siteRef"] == elsewhere


def test_the_sample_changes_one_extension_and_follows_the_generated_secret(offline: Cluster) -> None:
    documents = build(offline, "samples/kustomize")
    counts = only(documents, "ArcGISService", "test-traffic-counts")["spec"]["settings"]
    assert counts["extensions"] == [{"typeName": "FeatureServer", "enabled": True}]
    secret = only(documents, "Secret")["metadata"]["name"]
    assert secret.startswith("test-site-admin-")
    assert only(documents, "ArcGISSite")["spec"]["credentials"]["secretRef"]["name"] == secret


def test_a_patch_of_a_list_in_another_order_fails_the_build(offline: Cluster, tmp_path: Path) -> None:
    settings = {"extensions": [{"typeName": "WMSServer", "enabled": True}]}
    body = service({"name": "prod"})
    body["spec"]["settings"] = settings
    patch = (
        "- {op: test, path: /spec/settings/extensions/0/typeName, value: KmlServer}\n"
        "- {op: replace, path: /spec/settings/extensions/0/enabled, value: false}"
    )
    mine = kustomization(
        tmp_path,
        {"service.yaml": body},
        resources=["service.yaml"],
        patches=[{"target": {"kind": "ArcGISService"}, "patch": patch}],
    )
    with pytest.raises(Exception, match=r"test failed|testing"):
        build(offline, mine)
