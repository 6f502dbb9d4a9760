"""The kinds of resource: one row each, with what its objects change and who gives the turns that follow.

Adding a kind is adding a row here, and a reconciler.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES, Kind
from arcgis_operator.controller.asks import Asks
from arcgis_operator.controller.news import News
from arcgis_operator.core.annotations import asked_in
from arcgis_operator.core.identity import Name, name_of
from arcgis_operator.core.keys import FolderKey, Key, ServiceKey, SiteKey
from arcgis_operator.core.wake import Wake
from arcgis_operator.reconcilers.glance import Glance
from arcgis_operator.reconcilers.ports import Term
from arcgis_operator.reconcilers.registry import Registry, folder_of
from arcgis_operator.reconcilers.rhythm import Rhythm
from arcgis_operator.reconcilers.service import ServiceReconciler
from arcgis_operator.reconcilers.site import SiteReconciler
from arcgis_operator.sites.folders import WORTH_A_GLANCE
from arcgis_operator.telemetry.logs import fields, named

Body = dict[str, Any]
Facts = dict[str, Any]
COUNT_SECONDS = 1.0

K = TypeVar("K", ServiceKey, FolderKey, SiteKey)


@dataclass(frozen=True, slots=True)
class Turns(Generic[K]):
    """Who gives the turns of one sort of key.

    `crashed` says on the resource that its turn has a bug; `about` is how the log names what it is about.
    """

    give: Callable[[K, Term], Awaitable[Wake]]
    crashed: Callable[[K, Exception], Awaitable[None]]
    about: Callable[[K], Facts]


@dataclass(frozen=True, slots=True)
class Met:
    """How an object was met: `listed` in full or at the begin of a watch, `moved` since it was known."""

    gone: bool
    listed: bool
    moved: bool = False


class Feed(Protocol):
    """What objects of one kind change in what is known of all, and which turns that asks for."""

    def seen(self, body: Body, met: Met) -> None:
        """An object, whose word counts."""

    def missing(self, name: Name) -> None:
        """A full list has none of this name any more."""

    def everything(self) -> Iterable[Key | None]:
        """What a resync looks at, step by step; a step may bring nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind. `word` is its name in metrics; `news` says whose word about an object counts."""

    kind: Kind
    word: str
    feed: Feed
    turns: Mapping[type[Key], Turns[Any]]
    news: News = field(default_factory=News)


def rows(
    registry: Registry,
    asks: Asks,
    services: ServiceReconciler,
    sites: SiteReconciler,
    glance: Glance,
    rhythm: Rhythm,
    news: News,
) -> tuple[Row, ...]:
    """One for each kind that is served; `news` is that of the sites."""

    async def nothing(_: FolderKey, __: Exception) -> None:
        """A folder is no resource: the log alone tells of it."""

    def about_service(key: ServiceKey) -> Facts:
        winner, facts = registry.claim(key.service).winner, {"key": key.service}
        return named(ARCGIS_SERVICES.name, str(winner), **facts) if winner else fields(**facts)

    service: Turns[ServiceKey] = Turns(
        lambda key, term: services.turn(key.service, term),
        lambda key, error: services.fail(key.service, error),
        about_service,
    )
    folder: Turns[FolderKey] = Turns(
        lambda key, _: glance.turn(key.folder), nothing, lambda key: fields(key=key.folder)
    )
    site: Turns[SiteKey] = Turns(
        lambda key, _: sites.turn(key.name),
        lambda key, error: sites.fail(key.name, error),
        lambda key: named(ARCGIS_SITES.name, str(key.name)),
    )
    return (
        Row(
            ARCGIS_SERVICES,
            "service",
            ServiceFeed(registry, asks, services.remembered, rhythm),
            {ServiceKey: service, FolderKey: folder},
        ),
        Row(ARCGIS_SITES, "site", SiteFeed(registry, asks), {SiteKey: site}, news),
    )


class ServiceFeed:
    """ArcGISServices. `remembered`: the services of which something is remembered, whoever declares them."""

    def __init__(
        self, registry: Registry, asks: Asks, remembered: Callable[[], Iterable[str]], rhythm: Rhythm
    ) -> None:
        self._registry, self._asks, self._remembered = registry, asks, remembered
        self._rhythm = rhythm

    def seen(self, body: Body, met: Met) -> None:
        """An object, whose word counts: most are echoes of our own writes, and ask for nothing."""
        registry = self._registry
        if met.gone or registry.is_news(body) or (met.moved and registry.differs(body)):
            self._news(body, met)
        else:
            registry.note_rest(body)

    def missing(self, name: Name) -> None:
        """A full list has none of this name any more."""
        self._registry.forget(name, self._registry.uid(name))

    def everything(self) -> Iterable[Key | None]:
        """A glance for each folder, a turn for each other service that is due.

        What is remembered of a service that nobody declares any more ends with such a turn.
        """
        self._registry.tidy()
        folders: dict[str, set[str]] = {}
        for key in {*self._registry.keys(), *self._remembered()}:
            yield None if self._rhythm.passes_over(key) else self._shelved(key, folders)
        for folder, keys in folders.items():
            yield from [FolderKey(folder)] if len(keys) >= WORTH_A_GLANCE else map(ServiceKey, keys)

    def _shelved(self, key: str, folders: dict[str, set[str]]) -> Key | None:
        """A turn of its own, unless it is at rest in a folder, where it is put."""
        if (folder := folder_of(key)) is None or not self._registry.is_at_rest(key):
            return ServiceKey(key)
        folders.setdefault(folder, set()).add(key)
        return None

    def _news(self, body: Body, met: Met) -> None:
        """A resource at rest that a list shows for the first time waits for the look at everything."""
        name, registry = name_of(body), self._registry
        new, site = not registry.is_known(name), registry.site_of(name)
        key = registry.service_gone(name) if met.gone else registry.service_seen(body)
        now_at = registry.site_of(name)
        if key and not (new and met.listed and registry.says_rest(name)):
            self._asks.told(ServiceKey(key))
        for changed in (site, now_at) if site != now_at else ():
            if changed:
                self._asks.look(SiteKey(changed), COUNT_SECONDS)


class SiteFeed:
    """ArcGISSites: all that points at one that changed gets a turn."""

    def __init__(self, registry: Registry, asks: Asks) -> None:
        self._registry, self._asks = registry, asks
        self._asked: dict[Name, tuple[str, ...]] = {}

    def seen(self, body: Body, met: Met) -> None:
        """An object, whose word counts: most are echoes of our own writes, and ask for nothing."""
        name, registry = name_of(body), self._registry
        before, asked = registry.site(name), () if met.gone else asked_in(body)
        keys = registry.site_gone(name) if met.gone else registry.site_seen(body)
        if registry.site(name) != before:
            self._tell(name, keys)
        elif asked != self._asked.get(name, asked):
            self._asks.told(SiteKey(name))
        self._asked[name] = asked
        if met.gone:
            del self._asked[name]

    def missing(self, name: Name) -> None:
        """A full list has none of this name any more: its turn ends what is open to it."""
        self._tell(name, self._registry.site_gone(name))

    def everything(self) -> Iterable[Key | None]:
        """All of them."""
        return map(SiteKey, self._registry.sites())

    def _tell(self, name: Name, pointing: Iterable[str]) -> None:
        for key in pointing:
            self._asks.told(ServiceKey(key))
        self._asks.told(SiteKey(name))
