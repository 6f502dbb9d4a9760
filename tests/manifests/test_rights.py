"""What the operator's account may do, asked of the real API server, and what no Role may ever say."""

import json
from collections.abc import Iterator

import httpx
import pytest
from built import ENTRIES, Document, build, moved, rules

from arcgis_devcluster import Cluster

OURS = "arcgis-operator.dev"
LEASES = "coordination.k8s.io"
EVENTS = "events.k8s.io"
GRANTED = {
    (OURS, "arcgisservices", "get list watch"),
    (OURS, "arcgissites", "get list watch"),
    (OURS, "arcgisservices/status", "patch"),
    (OURS, "arcgissites/status", "patch"),
    ("", "namespaces", "get"),
    ("", "secrets", "get"),
    ("", "configmaps", "get"),
    (EVENTS, "events", "create"),
    (LEASES, "leases", "create"),
    (LEASES, "leases", "get update"),
}


@pytest.mark.parametrize("folder", ENTRIES)
def test_no_role_grants_more_than_this(control_plane: Cluster, folder: str) -> None:
    found = rules(build(control_plane, folder))
    granted = {
        (group, resource, " ".join(sorted(rule["verbs"])))
        for rule in found
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert granted
    assert granted <= GRANTED
    assert all(rule.keys() <= {"apiGroups", "resources", "verbs", "resourceNames"} for rule in found)


@pytest.mark.parametrize("folder", ["overlays/namespaced", "overlays/dev"])
def test_an_overlay_with_a_site_grants_all_of_it(control_plane: Cluster, folder: str) -> None:
    found = rules(build(control_plane, folder))
    assert {(group, what) for rule in found for group in rule["apiGroups"] for what in rule["resources"]} == {
        (group, what) for group, what, _ in GRANTED
    }


HERE, SYSTEM, ELSEWHERE = "in the site's namespace", "in the operator's namespace", "in another namespace"
Question = tuple[str, str, str, str, str]
ALWAYS: dict[Question, bool] = {
    # verb, group, resource, name, where
    ("list", OURS, "arcgisservices", "", HERE): True,
    ("watch", OURS, "arcgissites", "", HERE): True,
    ("patch", OURS, "arcgisservices/status", "fire-weather", HERE): True,
    ("patch", OURS, "arcgissites/status", "prod", HERE): True,
    ("get", "", "namespaces", "", HERE): True,
    ("create", EVENTS, "events", "", HERE): True,
    ("get", "", "secrets", "prod-admin", HERE): True,
    ("get", "", "configmaps", "prod-ca", HERE): True,
    ("create", LEASES, "leases", "", SYSTEM): True,
    ("get", LEASES, "leases", "arcgis-operator", SYSTEM): True,
    ("update", LEASES, "leases", "arcgis-operator", SYSTEM): True,
    ("update", LEASES, "leases", "another", SYSTEM): False,
    ("get", LEASES, "leases", "arcgis-operator", HERE): False,
    ("delete", LEASES, "leases", "arcgis-operator", SYSTEM): False,
    ("list", "", "secrets", "", HERE): False,
    ("watch", "", "secrets", "", HERE): False,
    ("get", "", "secrets", "prod-admin", SYSTEM): False,
    ("get", "", "secrets", "prod-admin", ELSEWHERE): False,
    ("get", "", "configmaps", "prod-ca", ELSEWHERE): False,
    ("update", OURS, "arcgisservices", "fire-weather", HERE): False,
    ("patch", OURS, "arcgisservices", "fire-weather", HERE): False,
    ("delete", OURS, "arcgisservices", "fire-weather", HERE): False,
    ("create", OURS, "arcgisservices", "", HERE): False,
    ("create", "", "pods", "", SYSTEM): False,
    ("create", "", "serviceaccounts/token", "arcgis-operator", SYSTEM): False,
    ("list", "apiextensions.k8s.io", "customresourcedefinitions", "", ""): False,
    ("list", "", "namespaces", "", ""): False,
    ("list", "", "nodes", "", ""): False,
    ("escalate", "rbac.authorization.k8s.io", "clusterroles", "", ""): False,
    ("impersonate", "", "users", "", ""): False,
}
WHOLE_CLUSTER: dict[Question, bool] = {
    ("list", OURS, "arcgisservices", "", ""): True,
    ("watch", OURS, "arcgissites", "", ""): True,
    ("patch", OURS, "arcgisservices/status", "any", ELSEWHERE): True,
    ("get", "", "namespaces", "", ELSEWHERE): True,
    ("create", EVENTS, "events", "", ELSEWHERE): True,
}
ROWS = [
    *(("overlays/dev", question, answer) for question, answer in {**ALWAYS, **WHOLE_CLUSTER}.items()),
    *(("overlays/namespaced", question, answer) for question, answer in ALWAYS.items()),
    *(("overlays/namespaced", question, False) for question in WHOLE_CLUSTER),
]


@pytest.fixture(scope="session")
def places(control_plane: Cluster, api: httpx.Client) -> Iterator[dict[tuple[str, str], str]]:
    """The namespaces by (overlay, where), with the overlay's rights given to an account of its own."""
    names = {"": ""}
    cluster_wide = []
    for number, folder in enumerate(("overlays/dev", "overlays/namespaced")):
        where = {
            SYSTEM: f"rights-system-{number}",
            HERE: f"rights-site-{number}",
            ELSEWHERE: "rights-elsewhere",
        }
        for name in where.values():
            control_plane.kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        documents = moved(build(control_plane, folder), where[SYSTEM], where[HERE])
        control_plane.kubectl.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))
        cluster_wide += [one for one in documents if one["kind"].startswith("Cluster")]
        names |= {f"{folder}{key}": value for key, value in where.items()}
    yield {
        (folder, key): names.get(f"{folder}{key}", "")
        for folder in ("overlays/dev", "overlays/namespaced")
        for key in (SYSTEM, HERE, ELSEWHERE, "")
    }
    for one in cluster_wide:
        control_plane.kubectl("delete", one["kind"], one["metadata"]["name"])


@pytest.mark.parametrize(
    ("folder", "question", "answer"),
    [pytest.param(*row, id=f"{row[0]}: {' '.join(filter(None, row[1]))}: {row[2]}") for row in ROWS],
)
def test_the_account_may_do_this_and_not_that(
    api: httpx.Client, places: dict[tuple[str, str], str], folder: str, question: Question, answer: bool
) -> None:
    verb, group, resource, name, where = question
    plural, _, subresource = resource.partition("/")
    namespace = places[folder, where]
    attributes: Document = {
        "verb": verb,
        "group": group,
        "resource": plural,
        "subresource": subresource,
        "namespace": namespace,
        "name": namespace if resource == "namespaces" else name,
    }
    system = places[folder, SYSTEM]
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": f"system:serviceaccount:{system}:arcgis-operator",
            "groups": ["system:serviceaccounts", f"system:serviceaccounts:{system}", "system:authenticated"],
            "resourceAttributes": attributes,
        },
    }
    found = api.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", json=review)
    assert found.json()["status"]["allowed"] is answer
