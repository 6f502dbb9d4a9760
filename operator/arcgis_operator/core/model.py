"""What a resource asks for, as values. Read from objects by `service_spec` and `site_spec`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.jsondoc import Json

Path = tuple[str, ...]


class LeafKind(StrEnum):
    """How the site writes a setting, and so how two values of it compare."""

    TEXT = "text"
    INTEGER = "integer"
    SET = "set"  # one text, comma separated, whose order has no meaning
    FLAG = "flag"  # the text "true" or "false"
    SCALAR = "scalar"  # any single value, kept by the site as text
    JSON = "json"  # a real JSON value


@dataclass(frozen=True, slots=True)
class Leaf:
    """One owned setting: `path` below the service document, extensions by their typeName."""

    path: Path
    kind: LeafKind
    value: Json


@dataclass(frozen=True, slots=True)
class SiteRef:
    """The ArcGISSite a service refers to."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Desired:
    """A readable ArcGISService spec."""

    site: SiteRef
    service: ServiceRef
    leaves: tuple[Leaf, ...]
    suspend: bool = False


@dataclass(frozen=True, slots=True)
class SpecInvalid:
    """A spec that cannot be followed: one line for each problem, with its path and what to do."""

    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Namespaces (`Same`, `All`, or `Selector` with a label selector) and folders that a site allows.

    `folders` None means every folder but those of the site's own services.
    """

    origin: str
    selector: Mapping[str, Json]
    folders: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class SiteWanted:
    """A readable ArcGISSite spec; `url` is normalised."""

    url: str
    secret: str
    ca: tuple[str, str, str] | None  # kind, name, key
    access: tuple[AccessRule, ...]
    max_jobs: int
    requests_per_second: int
    suspend: bool = False
