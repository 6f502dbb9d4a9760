"""What the kinds show: defaults, descriptions, columns, and a status that fits."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from arcgis_kinds import API, CRDS, PLURALS, ROOT, Document, apply, create, document, schema, table

from arcgis_devcluster import Cluster
from arcgis_operator.core.size import within


def test_before_the_first_look_a_resource_is_pending_and_never_current(api: httpx.Client) -> None:
    good = {
        kind: table(name)[0]["spec"]
        for kind, name in (("ArcGISService", "services"), ("ArcGISSite", "sites"))
    }
    for kind, spec in good.items():
        status = create(api, document(kind, spec), dryRun="All").json()["status"]
        assert status["observedGeneration"] == -1
        (ready,) = status["conditions"]
        assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "Unknown", "Pending")


def test_only_policy_has_defaults_and_settings_have_none(api: httpx.Client) -> None:
    spec = {"siteRef": {"name": "prod"}, "service": {"name": "Roads", "type": "MapServer"}}
    body = document("ArcGISService", {**spec, "settings": {"extensions": [{"typeName": "WMSServer"}]}})
    stored = create(api, body, dryRun="All").json()["spec"]
    policies = {"deletionPolicy": "Orphan", "managementPolicy": "Manage", "drift": {"policy": "Correct"}}
    assert stored == {**body["spec"], **policies}


def test_a_site_has_the_narrowest_access_and_the_usual_limits_by_default(api: httpx.Client) -> None:
    stored = create(api, document("ArcGISSite", table("sites")[0]["spec"]), dryRun="All").json()["spec"]
    assert stored["access"] == [{"namespaces": {"from": "Same"}}]
    assert stored["limits"] == {"maxJobs": 4, "requestsPerSecond": 10}


def test_the_fullest_status_fits_into_32_kib_and_comes_back_whole(api: httpx.Client) -> None:
    base = table("services")[0]["spec"]
    assert apply(api, document("ArcGISService", base, "full")).is_success
    status = fullest(schema("arcgisservices")["properties"]["status"])
    status["job"]["result"] = {"service": {"text": "r" * 16 * 1024}}
    status = within(status)
    assert len(status["history"]) > 5
    assert len(status["plan"]["changes"]) == 20
    address = f"{ROOT}/default/arcgisservices/full"
    answer = api.patch(
        f"{address}/status",
        content=json.dumps({"status": status}),
        headers={"Content-Type": "application/merge-patch+json"},
        params={"fieldValidation": "Strict"},
    )
    assert answer.is_success, answer.text
    stored = api.get(address).json()["status"]
    assert stored == status
    assert len(json.dumps(stored, separators=(",", ":"))) <= 32 * 1024, "as etcd keeps it"


ENDS = {"history": 10, "conditions": 3}
"""The operator writes three conditions; the schema has room for more."""


def fullest(part: Document, name: str = "") -> Any:
    """A value of the schema with every text and every list at its bound."""
    if part["type"] == "object":
        return {key: fullest(item, key) for key, item in part.get("properties", {}).items()}
    if part["type"] == "array":
        made = [fullest(part["items"]) for _ in range(ENDS.get(name, part["maxItems"]))]
        for number, item in enumerate(made if name == "conditions" else ()):
            item["type"] = ("Ready", "Reconciling", "Stalled")[number]
        return made
    if part["type"] == "string":
        return text_at_bound(part)
    return {"integer": part.get("maximum", 2**31 - 1), "boolean": True}[part["type"]]


def text_at_bound(part: Document) -> str:
    if part.get("format") == "date-time":
        return "2026-11-23T19:45:21Z"
    if "enum" in part:
        return str(max(part["enum"], key=len))
    return "A" * int(part["maxLength"])


def test_every_field_has_a_description() -> None:
    missing = {
        path
        for plural in PLURALS.values()
        for path, part in fields(schema(plural), plural)
        if "description" not in part and not re.fullmatch(r"\w+\.(apiVersion|kind|metadata)", path)
    }
    assert missing == set()


def test_every_text_list_and_open_object_is_bounded() -> None:
    def unbounded(part: Document) -> bool:
        if part.get("type") == "string":
            return not {"maxLength", "enum", "format"} & part.keys()
        if part.get("type") == "array":
            return "maxItems" not in part
        open_object = part.get("x-kubernetes-preserve-unknown-fields") and part.get("type") == "object"
        refused = "Not settable" in str(part.get("description"))
        return bool(open_object) and "maxProperties" not in part and not refused

    found = {
        path
        for plural in PLURALS.values()
        for path, part in fields(schema(plural), plural)
        if unbounded(part) and not re.fullmatch(r"\w+\.(apiVersion|kind)", path)
    }
    assert found == {"arcgisservices.status.job.result"}, "only the result is bounded by the operator alone"


def test_a_reference_has_one_owner_as_a_whole() -> None:
    atomic = {
        path.rpartition(".")[2]
        for plural in PLURALS.values()
        for path, part in fields(schema(plural), plural)
        if part.get("x-kubernetes-map-type") == "atomic"
    }
    assert atomic >= {"siteRef", "service", "secretRef", "caCertificateRef"}


def fields(part: Document, path: str) -> Iterator[tuple[str, Document]]:
    for name, item in part.get("properties", {}).items():
        yield f"{path}.{name}", item
        yield from fields(item, f"{path}.{name}")
    if "items" in part:
        items = part["items"]
        described = {"description": part.get("description"), **items}  # a list speaks for its items
        yield f"{path}[]", described
        yield from fields(items, f"{path}[]")


@pytest.mark.parametrize(
    ("field", "lines"),
    [
        ("agsvc.spec.settings", ("An accepted edit restarts the service.", "recycleStartTime")),
        ("agsvc.spec.settings.properties", ("Maximum number of features returned per request",)),
        ("agsvc.status.job", ("Status of the job as the site reports it",)),
        ("agsite.spec", ("No trailing slash", "may use this site")),
    ],
)
def test_kubectl_explain_is_the_manual(control_plane: Cluster, field: str, lines: tuple[str, ...]) -> None:
    shown = re.sub(r"\s+", " ", control_plane.kubectl("explain", field).stdout)
    assert [line for line in lines if line not in shown] == []


def discovered(control_plane: Cluster, plural: str) -> Document:
    found = json.loads(control_plane.kubectl("get", "--raw", f"/apis/{API}").stdout)["resources"]
    return next(item for item in found if item["name"] == plural)


@pytest.mark.parametrize(("plural", "short"), [("arcgisservices", "agsvc"), ("arcgissites", "agsite")])
def test_the_kinds_have_a_short_name_and_a_category(control_plane: Cluster, plural: str, short: str) -> None:
    kind = discovered(control_plane, plural)
    assert (kind["shortNames"], kind["categories"], kind["namespaced"]) == ([short], ["arcgis"], True)


@pytest.mark.parametrize(
    ("arguments", "columns"),
    [
        (("agsvc",), "NAME READY REASON SERVICE TYPE JOB AGE"),
        (
            ("agsvc", "-o", "wide"),
            "NAME READY REASON SERVICE TYPE JOB AGE FOLDER SITE JOB-ID CHANGES MESSAGE",
        ),
        (("agsite",), "NAME READY REASON VERSION SERVICES AGE"),
        (("agsite", "-o", "wide"), "NAME READY REASON VERSION SERVICES AGE URL MODE MESSAGE"),
    ],
)
def test_kubectl_get_shows_these_columns(
    control_plane: Cluster, namespace: str, arguments: tuple[str, ...], columns: str
) -> None:
    kubectl = control_plane.kubectl.in_namespace(namespace)
    kubectl.apply(document("ArcGISService", table("services")[0]["spec"]))
    kubectl.apply(document("ArcGISSite", table("sites")[0]["spec"]))
    header, line = kubectl("get", *arguments).stdout.splitlines()
    assert header.split() == columns.split()
    assert line.split()[:3] == ["sample", "Unknown", "Pending"]


def test_services_are_found_by_their_site_and_name(api: httpx.Client, namespace: str) -> None:
    address = f"{ROOT}/{namespace}/arcgisservices"
    for number, row in enumerate(table("services")[:2]):
        assert api.post(address, json=document("ArcGISService", row["spec"], f"s{number}")).is_success
    found = api.get(address, params={"fieldSelector": "spec.siteRef.name=prod,spec.service.folder=Transport"})
    assert [item["metadata"]["name"] for item in found.json()["items"]] == ["s1"]


def test_two_managers_share_the_extensions_but_not_the_capabilities(api: httpx.Client) -> None:
    base = table("services")[0]["spec"]

    def asks(manager: str, settings: Document) -> httpx.Response:
        body = document("ArcGISService", {**base, "settings": settings}, "shared")
        return apply(api, body, fieldManager=manager)

    first = {"capabilities": ["Map"], "extensions": [{"typeName": "WMSServer", "enabled": True}]}
    second = {"extensions": [{"typeName": "KmlServer", "enabled": False}]}
    assert asks("first", first).is_success
    both = asks("second", second).json()["spec"]["settings"]["extensions"]
    assert [item["typeName"] for item in both] == ["WMSServer", "KmlServer"]
    clash = asks("third", {"capabilities": ["Map", "Query"]})
    assert clash.status_code == httpx.codes.CONFLICT
    assert ".spec.settings.capabilities" in clash.json()["message"]


@pytest.mark.parametrize("flag", ["-f", "-k"])
def test_the_kinds_are_applied_by_folder_or_by_kustomize(control_plane: Cluster, flag: str) -> None:
    command = ("apply", "--server-side", "--dry-run=server", "--validate=strict", flag, str(CRDS))
    applied = re.findall(r"\S+\.arcgis-operator\.dev", control_plane.kubectl(*command).stdout)
    prefix = "customresourcedefinition.apiextensions.k8s.io"
    assert sorted(applied) == [
        f"{prefix}/{plural}.arcgis-operator.dev" for plural in sorted(PLURALS.values())
    ]
