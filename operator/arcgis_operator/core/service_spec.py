"""The spec of an ArcGISService, read strictly.

The API server has checked it already; an object may be older than the rules, so it is checked again here.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from arcgis_operator.core.change_spec import ServiceChangePart, windows_of
from arcgis_operator.core.fields import (
    DnsLabel,
    DnsName,
    FileTypes,
    FolderWord,
    Int32,
    Open,
    OpenJson,
    Part,
    PathWord,
    Place,
    Word,
    Words,
    invalid,
)
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import (
    PROVIDER,
    RUN_STATE,
    Aim,
    Approval,
    Desired,
    DriftPolicy,
    Leaf,
    LeafKind,
    Path,
    SiteRef,
    SpecInvalid,
)
from arcgis_operator.core.places import is_within
from arcgis_operator.core.spans import Interval, seconds_between

REFUSED = {
    "serviceName": "identifies the service: see spec.service.name",
    "type": "identifies the service: see spec.service.type",
    "folderName": "identifies the service: see spec.service.folder",
    "provider": "is changed by another operation of the site: set spec.provider",
    "configuredState": "is changed by other operations of the site: set spec.configuredState",
    "id": "is assigned by the site and cannot be declared",
    "deploymentId": "is assigned by the site and cannot be declared",
    "serverId": "is assigned by the site and cannot be declared",
    "clusterName": "is not used on Kubernetes and cannot be declared",
    "private": "is managed by the site and cannot be declared",
    "isDefault": "is managed by the site and cannot be declared",
    "datasets": "are managed by the site and cannot be declared",
    "portalProperties": "are managed by the portal and cannot be declared",
}


def _no_duplicates(value: "list[Extension]") -> "list[Extension]":
    names = {item.typeName.casefold() for item in value}
    if len(names) != len(value):
        raise ValueError("the same typeName twice")
    return value


def _no_refused(value: Json) -> Json:
    if isinstance(value, Mapping):
        found = [f"{name} {why}" for name, why in REFUSED.items() if name in value]
        if found:
            raise ValueError("; ".join(found))
    return value


class Extension(Part):
    """`settings.extensions[]`; field names are the site's own."""

    typeName: Word
    enabled: bool | None = None
    capabilities: Words | None = None
    maxUploadFileSize: Annotated[int, Field(ge=0)] | None = None
    allowedUploadFileTypes: FileTypes | None = None
    properties: Open | None = None


class Settings(Part):
    """`settings`; field names are the site's own. Source: Edit Service page."""

    description: Annotated[str, Field(max_length=4096)] | None = None
    capabilities: Words | None = None
    minInstancesPerNode: Int32 | None = None
    maxInstancesPerNode: Int32 | None = None
    instancesPerContainer: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    maxWaitTime: Int32 | None = None
    maxStartupTime: Int32 | None = None
    maxIdleTime: Int32 | None = None
    maxUsageTime: Int32 | None = None
    recycleInterval: Annotated[int, Field(ge=1, le=8760)] | None = None
    recycleStartTime: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None = None
    keepAliveInterval: Annotated[int, Field(ge=-1, le=2**31 - 1)] | None = None
    loadBalancing: Literal["ROUND_ROBIN", "FAIL_OVER"] | None = None
    isolationLevel: Literal["HIGH", "LOW"] | None = None
    maxUploadFileSize: Annotated[int, Field(ge=0)] | None = None
    allowedUploadFileTypes: FileTypes | None = None
    properties: Open | None = None
    frameworkProperties: Open | None = None
    jsonProperties: OpenJson | None = None
    extensions: Annotated[list[Extension], Field(max_length=20), AfterValidator(_no_duplicates)] | None = None


class _SiteRefPart(Part):
    name: DnsName
    namespace: DnsLabel | None = None


class _ServicePart(Part):
    folder: FolderWord | None = None
    name: PathWord
    type: Annotated[str, Field(max_length=64, pattern=r"^[A-Z][A-Za-z0-9]*Server$")]


class _Drift(Part):
    policy: Literal["Correct", "Report"] = "Correct"
    ignorePaths: Annotated[list[Place], Field(max_length=32)] = Field(default_factory=list)


_NO_DRIFT, _NO_CHANGE = _Drift(), ServiceChangePart()


class _ServiceSpec(Part):
    siteRef: _SiteRefPart
    service: _ServicePart
    settings: Annotated[Settings, BeforeValidator(_no_refused)] | None = None
    provider: Literal["ArcObjects11", "DMaps"] | None = None
    configuredState: Literal["STARTED", "STOPPED"] | None = None
    suspend: bool = False
    managementPolicy: Literal["Manage", "Observe"] = "Manage"
    drift: _Drift = Field(default_factory=lambda: _NO_DRIFT)  # a default is copied deeply each time
    change: ServiceChangePart = Field(default_factory=lambda: _NO_CHANGE)
    resyncInterval: Interval | None = None
    deletionPolicy: Literal["Orphan"] = "Orphan"


KINDS = {
    "capabilities": LeafKind.SET,
    "allowedUploadFileTypes": LeafKind.SET,
    "enabled": LeafKind.FLAG,
    "description": LeafKind.TEXT,
    "recycleStartTime": LeafKind.TEXT,
    "loadBalancing": LeafKind.TEXT,
    "isolationLevel": LeafKind.TEXT,
}
"""Settings that are not whole numbers."""


def parse_service(body: Mapping[str, Json]) -> Desired | SpecInvalid:
    """Read an ArcGISService object (not only its spec: `siteRef` falls back to its namespace)."""
    try:
        spec = _ServiceSpec.model_validate(body.get("spec"))
    except ValidationError as error:
        return invalid(error)
    settings = spec.settings
    if settings and (settings.minInstancesPerNode or 0) > _top(settings.maxInstancesPerNode):
        return SpecInvalid(
            ("spec.settings: minInstancesPerNode must not be greater than maxInstancesPerNode",)
        )
    aim = _aim(spec.siteRef, spec.service, body["metadata"]["namespace"])
    leaves = (*(_leaves(settings) if settings else ()), *_beside(spec))
    return Desired(
        site=aim.site,
        service=aim.service,
        leaves=leaves,
        suspend=spec.suspend,
        observe=spec.managementPolicy == "Observe",
        drift=_drift(spec.drift, leaves),
        windows=windows_of(spec.change.windows),
        approval=Approval(spec.change.approval),
        approved_plan=spec.change.approvedPlan,
        resync_seconds=seconds_between(spec.resyncInterval),
    )


def parse_aim(body: Mapping[str, Json]) -> Aim | None:
    """Site and service of an ArcGISService object, whatever the rest of its spec says; None without them."""
    spec = body.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    try:
        site = _SiteRefPart.model_validate(spec.get("siteRef"))
        service = _ServicePart.model_validate(spec.get("service"))
    except ValidationError:
        return None
    return _aim(site, service, body["metadata"]["namespace"])


def _aim(site: _SiteRefPart, service: _ServicePart, own_namespace: str) -> Aim:
    return Aim(
        SiteRef(site.namespace or own_namespace, site.name),
        ServiceRef(service.name, service.type, service.folder or ""),
    )


def _drift(drift: _Drift, leaves: tuple[Leaf, ...]) -> DriftPolicy:
    within = {
        place: {leaf.path for leaf in leaves if is_within(leaf.path, place)} for place in drift.ignorePaths
    }
    return DriftPolicy(
        report=drift.policy == "Report",
        ignored=frozenset().union(*within.values()),
        unused=tuple(place for place, paths in within.items() if not paths),
    )


def _beside(spec: _ServiceSpec) -> Iterator[Leaf]:
    for path, value in ((PROVIDER, spec.provider), (RUN_STATE, spec.configuredState)):
        if value is not None:
            yield Leaf(path, LeafKind.TEXT, value)


def _top(value: int | None) -> int:
    return 2**31 if value is None else value


def _leaves(settings: Settings) -> Iterator[Leaf]:
    for name, value in settings:
        if value is None:
            continue
        if name == "extensions":
            for extension in value:
                yield from _extension_leaves(extension)
        elif isinstance(value, dict):
            yield from _open_leaves((name,), value)
        else:
            yield Leaf((name,), KINDS.get(name, LeafKind.INTEGER), value)


def _extension_leaves(extension: Extension) -> Iterator[Leaf]:
    at = ("extensions", extension.typeName)
    for name, value in extension:
        if name == "typeName" or value is None:
            continue
        if isinstance(value, dict):
            yield from _open_leaves((*at, name), value)
        else:
            yield Leaf((*at, name), KINDS.get(name, LeafKind.INTEGER), value)


def _open_leaves(at: Path, value: Mapping[str, Json]) -> Iterator[Leaf]:
    """Real JSON in jsonProperties, and in what is declared as an object or a list elsewhere."""
    for key, item in value.items():
        if at[0] == "jsonProperties" or isinstance(item, (Mapping, list)):
            yield from _json_leaves((*at, key), item)
        else:
            yield Leaf((*at, key), LeafKind.SCALAR, item)


def _json_leaves(at: Path, value: Json) -> Iterator[Leaf]:
    """Objects are merged by key; an empty one, and a list, is a value of its own."""
    if not isinstance(value, Mapping):
        yield Leaf(at, LeafKind.JSON, value)
    elif not value:
        yield Leaf(at, LeafKind.JSON_OBJECT, value)
    for key, item in value.items() if isinstance(value, Mapping) else ():
        yield from _json_leaves((*at, key), item)
