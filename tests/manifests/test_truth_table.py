"""Who may do what where: every subject × place × resource × verb, asked of the real authorizer.

`ALLOWED` says it once more, by hand, from what the security model promises, not from the manifests.
What is not in it is denied. The API server alone does not aggregate roles (a controller does), so tenants are
bound to what is shipped instead of to view, edit and admin.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import httpx
import pytest
from built import build, moved

from arcgis_devcluster import Cluster

Json = Any
OURS, LEASES, EVENTS = "arcgis-operator.dev", "coordination.k8s.io", "events.k8s.io"
RBAC, AUTH = "rbac.authorization.k8s.io", "authorization.k8s.io"
SITE, OTHER, SYSTEM, CLUSTER = "site's", "other tenant's", "operator's", "whole cluster"
PLACES = (SITE, OTHER, SYSTEM, CLUSTER)
OF_ONE = ("get", "update", "patch", "delete")
VERBS = (*OF_ONE, "list", "watch", "create", "deletecollection")
RARE = {"users": ["impersonate"], "serviceaccounts": ["impersonate"], "clusterroles": ["bind", "escalate"]}
AT_ONCE = 16
FEWEST = 5000
Resource = tuple[str, str, str]  # group, resource/subresource, name for the verbs on one object
RESOURCES: tuple[Resource, ...] = (
    (OURS, "arcgisservices", "roads"),
    (OURS, "arcgisservices/status", "roads"),
    (OURS, "arcgisservices/finalizers", "roads"),
    (OURS, "arcgissites", "prod"),
    (OURS, "arcgissites/status", "prod"),
    (OURS, "arcgissites/finalizers", "prod"),
    (LEASES, "leases", "arcgis-operator"),
    (LEASES, "leases", "another"),
    (EVENTS, "events", "x"),
    ("", "events", "x"),
    ("", "secrets", "prod-admin"),
    ("", "configmaps", "prod-ca"),
    ("", "namespaces", "x"),
    ("", "pods", "x"),
    ("", "pods/exec", "x"),
    ("", "serviceaccounts", "arcgis-operator"),
    ("", "serviceaccounts/token", "arcgis-operator"),
    ("", "services", "x"),
    ("", "nodes/proxy", "x"),
    ("", "users", "admin"),
    ("apps", "deployments", "arcgis-operator"),
    ("networking.k8s.io", "networkpolicies", "x"),
    (RBAC, "rolebindings", "x"),
    (RBAC, "clusterroles", "cluster-admin"),
    (RBAC, "clusterrolebindings", "x"),
    ("apiextensions.k8s.io", "customresourcedefinitions", "arcgissites.arcgis-operator.dev"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", "x"),
    (AUTH, "subjectaccessreviews", ""),
    (AUTH, "selfsubjectaccessreviews", ""),
)
READ = {"get", "list", "watch"}
WRITE = {"create", "update", "patch", "delete", "deletecollection"}
Right = tuple[set[str], str, str, set[str], str]  # places, group, resource, verbs, name ("" is any)
EVERYWHERE = set(PLACES)
EVERYBODY: list[Right] = [(EVERYWHERE, AUTH, "selfsubjectaccessreviews", {"create"}, "")]


def serving(places: set[str]) -> list[Right]:
    """The operator, where it serves these places and has its sites in one."""
    return [
        (places, OURS, "arcgisservices", READ, ""),
        (places, OURS, "arcgissites", READ, ""),
        (places, OURS, "arcgisservices/status", {"patch"}, ""),
        (places, OURS, "arcgissites/status", {"patch"}, ""),
        (places, "", "namespaces", {"get"}, ""),
        (places, EVENTS, "events", {"create"}, ""),
        ({SITE}, "", "secrets", {"get"}, ""),
        ({SITE}, "", "configmaps", {"get"}, ""),
        ({SYSTEM}, LEASES, "leases", {"create"}, ""),
        ({SYSTEM}, LEASES, "leases", {"get", "update"}, "arcgis-operator"),
    ]


def viewing(place: str) -> list[Right]:
    return [({place}, OURS, kind, READ, "") for kind in ("arcgisservices", "arcgissites")]


def editing(place: str) -> list[Right]:
    return [*viewing(place), ({place}, OURS, "arcgisservices", WRITE, "")]


def owning(place: str) -> list[Right]:
    return [*editing(place), ({place}, OURS, "arcgissites", WRITE, "")]


ALLOWED: dict[str, list[Right]] = {
    "the operator of the whole cluster": serving(EVERYWHERE),
    "the operator of one namespace": serving({SITE}),
    "a tenant who views": viewing(SITE),
    "a tenant who edits": editing(SITE),
    "a tenant who owns the site": owning(SITE),
    "another tenant who edits": editing(OTHER),
    "another tenant who owns a site": owning(OTHER),
    "somebody who is signed in": [],
}
BOUND: dict[str, tuple[str, list[str]]] = {
    "a tenant who views": (SITE, ["arcgis-view"]),
    "a tenant who edits": (SITE, ["arcgis-view", "arcgis-edit"]),
    "a tenant who owns the site": (SITE, ["arcgis-view", "arcgis-edit", "arcgis-site-owner"]),
    "another tenant who edits": (OTHER, ["arcgis-view", "arcgis-edit"]),
    "another tenant who owns a site": (OTHER, ["arcgis-view", "arcgis-edit", "arcgis-site-owner"]),
}
OVERLAYS = {
    "the operator of the whole cluster": "overlays/dev",
    "the operator of one namespace": "overlays/namespaced",
}


@dataclass(frozen=True)
class Cell:
    subject: str
    place: str
    resource: Resource
    verb: str

    @property
    def allowed(self) -> bool:
        """What has to be answered."""
        group, what, name = self.resource
        return any(
            self.place in places
            and (group, what) == (of_group, of_what)
            and self.verb in verbs
            and (not only or (self.verb in OF_ONE and name == only))
            for places, of_group, of_what, verbs, only in (*EVERYBODY, *ALLOWED[self.subject])
        )


CELLS = {
    subject: [
        Cell(subject, place, resource, verb)
        for place, resource in product(PLACES, RESOURCES)
        for verb in (*VERBS, *RARE.get(resource[1], []))
    ]
    for subject in ALLOWED
}


@dataclass(frozen=True)
class Somebody:
    """A subject as the API server sees it, and its names for the places."""

    user: str
    groups: tuple[str, ...]
    namespaces: dict[str, str]

    def review(self, cell: Cell) -> Json:
        group, what, name = cell.resource
        plural, _, subresource = what.partition("/")
        attributes = {
            "verb": cell.verb,
            "group": group,
            "resource": plural,
            "subresource": subresource,
            "namespace": self.namespaces[cell.place],
            "name": name if cell.verb in OF_ONE else "",
        }
        spec = {"user": self.user, "groups": [*self.groups], "resourceAttributes": attributes}
        return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}

    def command(self, cell: Cell) -> str:
        """What repeats the question."""
        group, what, name = cell.resource
        plural, _, subresource = what.partition("/")
        words = [cell.verb, f"{plural}.{group}" if group else plural, name if cell.verb in OF_ONE else ""]
        options = [f"--as={self.user}", f"-n={self.namespaces[cell.place]}", f"--subresource={subresource}"]
        return " ".join(["kubectl auth can-i", *filter(None, words), *options])


@pytest.fixture(scope="module")
def somebody(control_plane: Cluster) -> Iterator[dict[str, Somebody]]:
    """Everybody, with the shipped rights in namespaces of their own."""
    found: dict[str, Somebody] = {}
    applied: list[Json] = build(control_plane, "rbac/tenants")
    for subject in ALLOWED:
        if subject in OVERLAYS:
            names = _names(f"truth-{len(found)}")
            applied += [_namespace(name) for name in names.values() if name]
            applied += moved(build(control_plane, OVERLAYS[subject]), names[SYSTEM], names[SITE])
            account = f"system:serviceaccount:{names[SYSTEM]}:arcgis-operator"
            groups = (
                "system:serviceaccounts",
                f"system:serviceaccounts:{names[SYSTEM]}",
                "system:authenticated",
            )
            found[subject] = Somebody(account, groups, names)
    names = found["the operator of the whole cluster"].namespaces
    for number, subject in enumerate(subject for subject in ALLOWED if subject not in OVERLAYS):
        found[subject] = Somebody(f"person-{number}", ("system:authenticated",), names)
        place, roles = BOUND.get(subject, (SITE, []))
        applied += [_binding(f"person-{number}", names[place], role) for role in roles]
    control_plane.kubectl.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": applied}))
    yield found
    for one in applied:
        if one["kind"].startswith("Cluster"):
            control_plane.kubectl("delete", one["kind"], one["metadata"]["name"])


def _names(prefix: str) -> dict[str, str]:
    return {SITE: f"{prefix}-site", OTHER: f"{prefix}-other", SYSTEM: f"{prefix}-system", CLUSTER: ""}


def _namespace(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _binding(user: str, namespace: str, role: str) -> Json:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"{user}-{role}", "namespace": namespace},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": user}],
    }


def test_the_table_is_large_enough_and_allows_something_to_everybody() -> None:
    cells = [cell for of_one in CELLS.values() for cell in of_one]
    assert len(cells) >= FEWEST
    assert all(any(cell.allowed for cell in of_one) for of_one in CELLS.values())


@pytest.mark.parametrize("subject", ALLOWED)
async def test_the_authorizer_answers_as_the_table_says(
    api: httpx.Client, somebody: dict[str, Somebody], subject: str
) -> None:
    one, gate = somebody[subject], asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(base_url=api.base_url, trust_env=False, timeout=30.0) as client:

        async def answered(cell: Cell) -> bool:
            async with gate:
                answer = await client.post(
                    "/apis/authorization.k8s.io/v1/subjectaccessreviews", json=one.review(cell)
                )
            return bool(answer.raise_for_status().json()["status"]["allowed"])

        answers = await asyncio.gather(*map(answered, CELLS[subject]))
    wrong = [
        f"{one.command(cell)}: {answer}, but {cell.allowed} is right"
        for cell, answer in zip(CELLS[subject], answers, strict=True)
        if answer != cell.allowed
    ]
    assert wrong == []


def test_the_roles_for_people_flow_into_those_of_the_cluster(control_plane: Cluster) -> None:
    flows = {
        one["metadata"]["name"]: [*one["metadata"]["labels"]] for one in build(control_plane, "rbac/tenants")
    }
    assert flows == {
        "arcgis-view": [f"{RBAC}/aggregate-to-view"],
        "arcgis-edit": [f"{RBAC}/aggregate-to-edit"],
        "arcgis-site-owner": [f"{RBAC}/aggregate-to-admin"],
    }
