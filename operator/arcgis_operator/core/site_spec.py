"""The spec of an ArcGISSite, read strictly."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from arcgis_operator.core.annotations import override_in
from arcgis_operator.core.change_spec import SiteChangePart, windows_of
from arcgis_operator.core.durations import seconds_of
from arcgis_operator.core.fields import DnsName, FolderRule, Part, invalid
from arcgis_operator.core.identity import normalised_url
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import AccessRule, MassRepair, SiteWanted, SpecInvalid
from arcgis_operator.core.names import canonical
from arcgis_operator.core.spans import Interval, Span, seconds_between


class _SecretRef(Part):
    name: DnsName


class _Credentials(Part):
    secretRef: _SecretRef


class _CaRef(Part):
    kind: Literal["ConfigMap", "Secret"] = "ConfigMap"
    name: DnsName
    key: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")] = "ca.crt"


class _Tls(Part):
    caCertificateRef: _CaRef | None = None


def _no_null_label(value: dict[str, Any]) -> dict[str, Any]:
    empty = [str(key) for key, label in value.items() if label is None]
    if empty:
        raise ValueError(f"{', '.join(empty)}: the label is null: write its value, or leave the line out")
    return value


Labels = Annotated[dict[str, str], BeforeValidator(_no_null_label)]


class _Proxy(Part):
    url: Annotated[
        str,
        Field(
            max_length=512,
            pattern=r"^http://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[1-9][0-9]{0,4}$",
        ),
    ]

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)


class _Requirement(Part):
    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: list[str] = Field(default_factory=list)


class _Selector(Part):
    matchLabels: Labels = Field(default_factory=dict)
    matchExpressions: list[_Requirement] = Field(default_factory=list)


def _narrowing(value: dict[str, Any]) -> dict[str, Any]:
    """A selector that holds what it seems to hold: one that is empty by mistake would match everybody."""
    selector = _Selector.model_validate(value)
    if not selector.matchLabels and not selector.matchExpressions:
        raise ValueError("the selector is empty: name a label, or write from: All for every namespace")
    return value


class _Namespaces(Part):
    origin: Literal["Same", "Selector", "All"] = Field(alias="from")
    selector: Annotated[dict[str, Any], AfterValidator(_narrowing)] | None = None

    @model_validator(mode="after")
    def _used(self) -> "_Namespaces":
        if (self.origin == "Selector") != (self.selector is not None):
            raise ValueError("selector is required when from is Selector, and forbidden otherwise")
        return self


class _Access(Part):
    namespaces: _Namespaces
    folders: list[FolderRule] | None = None


class _Limits(Part):
    maxJobs: Annotated[int, Field(ge=1, le=1000)] = 4
    requestsPerSecond: Annotated[int, Field(ge=1, le=1000)] = 10


class _MassRepair(Part):
    action: Literal["Hold", "Off"] = "Hold"
    count: Annotated[int, Field(ge=1, le=100_000)] = 10
    percent: Annotated[int, Field(ge=0, le=100)] = 10
    window: Span = "10m"


class _SiteDrift(Part):
    massRepair: _MassRepair = _MassRepair()


class _SiteSpec(Part):
    url: Annotated[
        str,
        Field(
            max_length=512,
            pattern=r"^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?/[A-Za-z0-9_-]{1,64}$",
        ),
    ]
    credentials: _Credentials
    tls: _Tls = _Tls()
    access: list[_Access] = Field(
        default_factory=lambda: [_Access.model_validate({"namespaces": {"from": "Same"}})]
    )
    limits: _Limits = _Limits()
    proxy: _Proxy | None = None
    suspend: bool = False
    managementPolicy: Literal["Manage", "Observe"] = "Manage"
    change: SiteChangePart = SiteChangePart()
    drift: _SiteDrift = _SiteDrift()
    resyncInterval: Interval | None = None


def parse_site(body: Mapping[str, Json]) -> SiteWanted | SpecInvalid:
    """Read an ArcGISSite object."""
    try:
        spec = _SiteSpec.model_validate(body.get("spec"))
        url = normalised_url(spec.url)
    except ValidationError as error:
        return invalid(error)
    except ValueError:
        return SpecInvalid(("spec.url: the port must be between 1 and 65535",))
    ca = spec.tls.caCertificateRef
    return SiteWanted(
        url=url,
        secret=spec.credentials.secretRef.name,
        ca=(ca.kind, ca.name, ca.key) if ca else None,
        access=tuple(_rule(item) for item in spec.access),
        max_jobs=spec.limits.maxJobs,
        requests_per_second=spec.limits.requestsPerSecond,
        suspend=spec.suspend,
        observe=spec.managementPolicy == "Observe",
        proxy=spec.proxy.address if spec.proxy else None,
        windows=windows_of(spec.change.windows),
        override=override_in((body.get("metadata") or {}).get("annotations") or {}),
        mass_repair=_mass_repair(spec.drift.massRepair),
        resync_seconds=seconds_between(spec.resyncInterval),
    )


def _mass_repair(item: _MassRepair) -> MassRepair:
    return MassRepair(item.action == "Hold", item.count, item.percent, seconds_of(item.window))


def _rule(item: _Access) -> AccessRule:
    folders = None if item.folders is None else frozenset(canonical(name) for name in item.folders)
    return AccessRule(item.namespaces.origin, item.namespaces.selector or {}, folders)
