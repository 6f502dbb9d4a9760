"""What must be true before the operator starts, asked of the API server; the answers say what to do."""

from collections.abc import Iterable

from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import (
    ACCESS_REVIEWS,
    ARCGIS_SERVICES,
    ARCGIS_SITES,
    LEASES,
    Kind,
)

NEEDED: tuple[tuple[Kind, str, str], ...] = (
    (ARCGIS_SERVICES, "", "get"),
    (ARCGIS_SERVICES, "", "list"),
    (ARCGIS_SERVICES, "", "watch"),
    (ARCGIS_SERVICES, "status", "patch"),
    (ARCGIS_SITES, "", "get"),
    (ARCGIS_SITES, "", "list"),
    (ARCGIS_SITES, "", "watch"),
    (ARCGIS_SITES, "status", "patch"),
)


async def problems(
    api: KubeApi, namespaces: Iterable[str], lease_namespace: str, lease_name: str
) -> list[str] | KubeFailure:
    """What is missing, one sentence each, empty when all is well; a failure when nobody answers.

    `namespaces` empty means the whole cluster. Rights are asked with SelfSubjectAccessReview, which
    every account may create.
    """
    missing = await _unserved(api)
    if missing:
        return missing
    wanted = [
        (kind, sub, verb, ns, "") for ns in (tuple(namespaces) or (None,)) for kind, sub, verb in NEEDED
    ]
    wanted += [(LEASES, "", verb, lease_namespace, lease_name) for verb in ("get", "update")]
    wanted += [(LEASES, "", "create", lease_namespace, "")]
    found: list[str] = []
    for kind, subresource, verb, namespace, name in wanted:
        allowed = await _allowed(api, kind, subresource, verb, namespace, name)
        if isinstance(allowed, KubeFailure):
            return allowed
        if not allowed:
            found.append(_sentence(kind, subresource, verb, namespace))
    return found


async def _unserved(api: KubeApi) -> list[str] | KubeFailure:
    found = []
    for kind in (ARCGIS_SERVICES, ARCGIS_SITES):
        served = await api.served(kind)
        if isinstance(served, KubeFailure):
            return served if served.kind is KubeFailureKind.UNREACHABLE else [_unusable(api, served)]
        if not served:
            crd, install = f"{kind.plural}.{kind.group}", "kubectl apply --server-side -k crds"
            found.append(f"the CustomResourceDefinition {crd} is not installed: {install}")
    return found


async def _allowed(
    api: KubeApi, kind: Kind, subresource: str, verb: str, namespace: str | None, name: str
) -> bool | KubeFailure:
    attributes = {
        "group": kind.group,
        "resource": kind.plural,
        "subresource": subresource,
        "verb": verb,
        "namespace": namespace or "",
        "name": name,
    }
    body = {
        "apiVersion": ACCESS_REVIEWS.api_version,
        "kind": ACCESS_REVIEWS.name,
        "spec": {"resourceAttributes": attributes},
    }
    answer = await api.create(ACCESS_REVIEWS, None, body)
    return answer if isinstance(answer, KubeFailure) else bool(answer.get("status", {}).get("allowed"))


def _sentence(kind: Kind, subresource: str, verb: str, namespace: str | None) -> str:
    what = f"{kind.plural}/{subresource}" if subresource else kind.plural
    where = f"in namespace {namespace}" if namespace else "in the whole cluster"
    role = _role(kind, namespace)
    return f"this account may not {verb} {what} {where}: bind it to the operator's role ({role})"


def _role(kind: Kind, namespace: str | None) -> str:
    if kind is LEASES:
        return "manifests/rbac/account"
    return "manifests/components/namespace-access" if namespace else "manifests/rbac/cluster-rules"


def _unusable(api: KubeApi, failure: KubeFailure) -> str:
    return f"the API server {api.access.server} refuses these credentials: {failure.detail}"
