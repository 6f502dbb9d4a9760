"""What a resource asks for, as values. Read from objects by `service_spec` and `site_spec`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from arcgis_operator.core.identity import Name, ServiceRef
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.windows import Windows

Path = tuple[str, ...]
RUN_STATE: Path = ("configuredState",)
"""Whether a service should run."""
RUN_STATES = ("STARTED", "STOPPED")
"""Source: Service Status page."""
PROVIDER: Path = ("provider",)
"""Whose pods run a service: its own, or those that it shares with others."""
PROVIDERS = ("ArcObjects11", "DMaps")
"""Those that can be exchanged. Source: Change Provider page."""
BESIDE = frozenset((RUN_STATE, PROVIDER))
"""They stand in the service document as in the spec, beside the settings."""


class LeafKind(StrEnum):
    """How the site writes a setting, and so how two values of it compare."""

    TEXT = "text"
    INTEGER = "integer"
    SET = "set"  # one text, comma separated, whose order has no meaning
    FLAG = "flag"  # the text "true" or "false"
    SCALAR = "scalar"  # any single value, kept by the site as text
    JSON = "json"  # a real JSON value
    JSON_OBJECT = "object"  # an object that is there, whatever it holds


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

    @property
    def resource(self) -> Name:
        """That ArcGISSite, as objects are named."""
        return Name(self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class Aim:
    """Which service of which site a resource is about, whatever the rest of its spec says."""

    site: SiteRef
    service: ServiceRef


class Approval(StrEnum):
    """Which plans of new settings a person approves before they are sent."""

    AUTOMATIC = "Automatic"  # none
    MANUAL = "Manual"  # each
    WHEN_RESTARTING = "WhenRestarting"  # each that restarts the service


@dataclass(frozen=True, slots=True)
class DriftPolicy:
    """What is done about a declared setting that somebody else changed.

    `report`: it is said, and nothing is sent. Those at the paths `ignored` are left as they are; `unused` are
    the entries of `ignorePaths` that no declared setting is at or below.
    """

    report: bool = False
    ignored: frozenset[Path] = frozenset()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desired:
    """A readable ArcGISService spec. `observe`: nothing is ever sent for it.

    `approved_plan` is the hash of a plan, or empty. `resync_seconds`: between two looks, None where that is
    left to the ArcGISSite.
    """

    site: SiteRef
    service: ServiceRef
    leaves: tuple[Leaf, ...]
    suspend: bool = False
    observe: bool = False
    drift: DriftPolicy = DriftPolicy()
    windows: Windows = ()
    approval: Approval = Approval.AUTOMATIC
    approved_plan: str = ""
    resync_seconds: float | None = None

    @property
    def restored(self) -> tuple[Leaf, ...]:
        """The settings whose drift matters."""
        return tuple(leaf for leaf in self.leaves if leaf.path not in self.drift.ignored)

    @property
    def aim(self) -> Aim:
        """Site and service."""
        return Aim(self.site, self.service)


@dataclass(frozen=True, slots=True)
class SpecInvalid:
    """A spec that cannot be followed: one line for each problem, with its path and what to do."""

    problems: tuple[str, ...]

    @property
    def text(self) -> str:
        """All problems, a sentence each."""
        return " ".join(one if one.endswith((".", "!", "?")) else f"{one}." for one in self.problems)


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Namespaces (`Same`, `All`, or `Selector` with a label selector) and folders that a site allows.

    `folders` None means every folder but those of the site's own services.
    """

    origin: str
    selector: Mapping[str, Json]
    folders: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class MassRepair:
    """How many services of a site may drift within `window_seconds` before a person is asked.

    The larger of `count` and `percent` of its services. Not `hold`: all are restored without asking.
    """

    hold: bool = True
    count: int = 10
    percent: int = 10
    window_seconds: float = 600.0

    def bound(self, services: int) -> int:
        """So many drifts are restored without asking."""
        return max(self.count, services * self.percent // 100)


@dataclass(frozen=True, slots=True)
class SiteWanted:
    """A readable ArcGISSite spec; `url` is normalised. `observe`: nothing is ever sent to it.

    `override` is what its annotation of this name says. `resync_seconds`: between two looks at a service,
    None where that is left to the operator.
    """

    url: str
    secret: str
    ca: tuple[str, str, str] | None  # kind, name, key
    access: tuple[AccessRule, ...]
    max_jobs: int
    requests_per_second: int
    suspend: bool = False
    observe: bool = False
    proxy: tuple[str, int] | None = None  # host, port; None: straight to the site
    windows: Windows = ()
    override: str = ""
    mass_repair: MassRepair = MassRepair()
    resync_seconds: float | None = None
