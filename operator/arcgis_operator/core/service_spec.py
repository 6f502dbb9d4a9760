"""The spec of an ArcGISService, read strictly.

The API server has checked it already; an object may be older than the rules, so it is checked again here.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from arcgis_operator.core.fields import (
    DnsLabel,
    DnsName,
    FileTypes,
    Int32,
    JsonValue,
    OwnScalars,
    Part,
    PathWord,
    Scalars,
    Words,
    invalid,
)
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import Desired, Leaf, LeafKind, Path, SiteRef, SpecInvalid

REFUSED = {
    "serviceName": "is the identity of the service: it is spec.service.name",
    "type": "is the identity of the service: it is spec.service.type",
    "folderName": "is the identity of the service: it is spec.service.folder",
    "provider": "is changed by another operation of the site, not by an edit",
    "configuredState": "is changed by another operation of the site, not by an edit",
    "id": "is given by the site and cannot be declared",
    "deploymentId": "is given by the site and cannot be declared",
    "serverId": "is given by the site and cannot be declared",
    "clusterName": "has no meaning on Kubernetes and cannot be declared",
    "private": "is kept by the site and cannot be declared",
    "isDefault": "is kept by the site and cannot be declared",
    "datasets": "is kept by the site and cannot be declared",
    "portalProperties": "belongs to the portal and cannot be declared",
}


def _no_duplicates(value: "list[Extension]") -> "list[Extension]":
    names = [item.typeName for item in value]
    if len(set(names)) != len(names):
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

    typeName: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9]*$")]
    enabled: bool | None = None
    capabilities: Words | None = None
    maxUploadFileSize: Annotated[int, Field(ge=0)] | None = None
    allowedUploadFileTypes: FileTypes | None = None
    properties: OwnScalars | None = None


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
    properties: OwnScalars | None = None
    frameworkProperties: Scalars | None = None
    jsonProperties: Annotated[dict[str, JsonValue], Field(max_length=256)] | None = None
    extensions: Annotated[list[Extension], Field(max_length=20), AfterValidator(_no_duplicates)] | None = None


class _SiteRefPart(Part):
    name: DnsName
    namespace: DnsLabel | None = None


class _ServicePart(Part):
    folder: PathWord | None = None
    name: PathWord
    type: Annotated[str, Field(max_length=64, pattern=r"^[A-Z][A-Za-z0-9]*Server$")]


class _ServiceSpec(Part):
    siteRef: _SiteRefPart
    service: _ServicePart
    settings: Annotated[Settings, BeforeValidator(_no_refused)] | None = None
    suspend: bool = False
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
    namespace = spec.siteRef.namespace or body["metadata"]["namespace"]
    return Desired(
        site=SiteRef(namespace, spec.siteRef.name),
        service=ServiceRef(spec.service.name, spec.service.type, spec.service.folder or ""),
        leaves=tuple(_leaves(settings)) if settings else (),
        suspend=spec.suspend,
    )


def _top(value: int | None) -> int:
    return 2**31 if value is None else value


def _leaves(settings: Settings) -> Iterator[Leaf]:
    for name, value in settings:
        if value is None:
            continue
        if name == "extensions":
            for extension in value:
                yield from _extension_leaves(extension)
        elif name == "jsonProperties":
            yield from _json_leaves((name,), value)
        elif isinstance(value, dict):
            yield from (Leaf((name, key), LeafKind.SCALAR, item) for key, item in value.items())
        else:
            yield Leaf((name,), KINDS.get(name, LeafKind.INTEGER), value)


def _extension_leaves(extension: Extension) -> Iterator[Leaf]:
    at = ("extensions", extension.typeName)
    for name, value in extension:
        if name == "typeName" or value is None:
            continue
        if isinstance(value, dict):
            yield from (Leaf((*at, name, key), LeafKind.SCALAR, item) for key, item in value.items())
        else:
            yield Leaf((*at, name), KINDS.get(name, LeafKind.INTEGER), value)


def _json_leaves(at: Path, value: Mapping[str, Json]) -> Iterator[Leaf]:
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _json_leaves((*at, key), item)
        else:
            yield Leaf((*at, key), LeafKind.JSON, item)
