"""What must be true before the operator starts, asked of the API server; the answers say what to do.

A namespace that does not exist, or where rights are missing, keeps nobody from the others: it is only said.
So is a CustomResourceDefinition that is older than the operator: nothing is sent for a resource whose status
is not kept.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import (
    ACCESS_REVIEWS,
    ARCGIS_SERVICES,
    LEASES,
    NAMESPACES,
    SERVED,
    Kind,
)
from arcgis_operator.core.status import ALONE, written_fields

INSTALL = "kubectl apply --server-side -k crds"
VERBS = (("", "get"), ("", "list"), ("", "watch"), ("status", "patch"))
NEEDED = tuple((kind, subresource, verb) for kind in SERVED for subresource, verb in VERBS)


Right = tuple[Kind, str, str, str | None, str]
"""Kind, subresource, verb, namespace, name."""


@dataclass(frozen=True, slots=True)
class Lack:
    """What a namespace lacks, a sentence each, and whether it can be served all the same."""

    lines: tuple[str, ...]
    served: bool


async def problems(
    api: KubeApi,
    namespaces: Iterable[str],
    lease_namespace: str,
    lease_name: str,
    warn: Callable[[str], None] = lambda line: None,
) -> list[str] | KubeFailure:
    """What is missing, one sentence each, empty when all is well; a failure when nobody answers.

    `namespaces` empty means the whole cluster. `warn` is told what some of them lack while others lack
    nothing: that is no problem. Rights are asked with SelfSubjectAccessReview, which every account may
    create.
    """
    missing = await _unserved(api)
    if missing:
        return missing
    wanted: list[Right] = [(LEASES, "", verb, lease_namespace, lease_name) for verb in ("get", "update")]
    wanted += [(LEASES, "", "create", lease_namespace, "")]
    found = await _refused(api, wanted)
    lacking: dict[str | None, Lack] = {}
    for namespace in tuple(namespaces) or (None,):
        refused = await _refused(api, [(kind, sub, verb, namespace, "") for kind, sub, verb in NEEDED])
        if isinstance(refused, KubeFailure):
            return refused
        gone = await _gone(api, namespace)
        lacking[namespace] = _lack(refused, gone)
        for line in gone if not refused else ():
            warn(line)
    if isinstance(found, KubeFailure):
        return found
    return _fatal(lacking, warn) + [_sentence(*right) for right in found]


async def _gone(api: KubeApi, namespace: str | None) -> list[str]:
    """That there is no such namespace, where the account may know: else its lists would just be empty."""
    found = await api.get(NAMESPACES, None, namespace) if namespace else {}
    if isinstance(found, KubeFailure) and found.kind is KubeFailureKind.MISSING:
        return [f"namespace {namespace} does not exist: create it, or correct --namespace"]
    return []


def _lack(refused: list[Right], gone: list[str]) -> Lack:
    """Without the right to watch it is served by the resync."""
    served = all(verb == "watch" for _, _, verb, *_ in refused)
    lines = gone if refused and gone else [_sentence(*right) for right in refused]
    return Lack(tuple(lines), served)


def _fatal(lacking: dict[str | None, Lack], warn: Callable[[str], None]) -> list[str]:
    """What keeps the operator from starting: nothing, as long as one namespace can be served."""
    lines = [line for lack in lacking.values() for line in lack.lines]
    if not any(lack.served for lack in lacking.values()):
        return lines
    for line in lines:
        warn(line)
    return []


async def older_schema(api: KubeApi) -> list[str]:
    """The fields of our status that the installed ArcGISService does not keep, empty where nobody can tell.

    Source: Kubernetes API concepts, "OpenAPI V3": every account may read what is published.
    """
    published = await api.published(ARCGIS_SERVICES)
    if isinstance(published, KubeFailure):
        return []
    kept = _properties(_properties(published).get("status"))
    if not kept:
        return []
    alone = [f"status.{name}" for name in ALONE if name not in kept]
    return alone + [
        f"status.{block}.{name}"
        for block, names in written_fields().items()
        for name in names
        if name not in _properties(kept.get(block))
    ]


def _properties(schema: Any) -> dict[str, Any]:
    found = schema.get("properties") if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else {}


async def _refused(api: KubeApi, wanted: list[Right]) -> list[Right] | KubeFailure:
    found: list[Right] = []
    for right in wanted:
        allowed = await _allowed(api, *right)
        if isinstance(allowed, KubeFailure):
            return allowed
        if not allowed:
            found.append(right)
    return found


async def _unserved(api: KubeApi) -> list[str] | KubeFailure:
    found = []
    for kind in SERVED:
        served = await api.served(kind)
        if isinstance(served, KubeFailure):
            return served if served.kind is KubeFailureKind.UNREACHABLE else [_unusable(api, served)]
        if not served:
            crd = f"{kind.plural}.{kind.group}"
            found.append(f"the CustomResourceDefinition {crd} is not installed: {INSTALL}")
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


def _sentence(kind: Kind, subresource: str, verb: str, namespace: str | None, name: str) -> str:
    what = f"{kind.plural}/{subresource}" if subresource else kind.plural
    where = f"in namespace {namespace}" if namespace else "in the whole cluster"
    role = _role(kind, namespace)
    return f"the operator's account may not {verb} {what} {where}: bind it to the operator's role ({role})"


def _role(kind: Kind, namespace: str | None) -> str:
    if kind is LEASES:
        return "manifests/rbac/account"
    return "manifests/components/namespace-access" if namespace else "manifests/rbac/cluster-rules"


def _unusable(api: KubeApi, failure: KubeFailure) -> str:
    return f"the API server {api.access.server} refuses these credentials: {failure.detail}"
