"""From events and lists to turns: what is news goes on the queue, and each key to its reconciler."""

import random
from collections.abc import Callable
from typing import Any, Literal

from arcgis_operator.adapters.kube.api import is_leaving
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES
from arcgis_operator.controller.news import News
from arcgis_operator.controller.queue import Priority, WorkQueue
from arcgis_operator.controller.standings import Standings
from arcgis_operator.core.identity import Name, name_of
from arcgis_operator.core.wake import RESYNC, Wake
from arcgis_operator.reconcilers.glance import Glance
from arcgis_operator.reconcilers.ports import Term
from arcgis_operator.reconcilers.registry import Registry
from arcgis_operator.reconcilers.service import ServiceReconciler
from arcgis_operator.reconcilers.site import SiteReconciler
from arcgis_operator.sites.folders import WORTH_A_GLANCE
from arcgis_operator.telemetry.logs import fields, named

Body = dict[str, Any]
Word = Literal["service", "site"]
SITE = "@"
FOLDER = "%"
COUNT_SECONDS = 1.0


def site_key(name: Name) -> str:
    """The queue's key of a site."""
    return f"{SITE}{name}"


def folder_key(folder: str) -> str:
    """The queue's key of a folder, which is `<normalised site URL>|<folder>`."""
    return f"{FOLDER}{folder}"


def site_of(key: str) -> str | None:
    """The site whose requests a turn of this key waits for; None for one that asks little."""
    return None if key.startswith(SITE) else key.removeprefix(FOLDER).partition("|")[0]


def _site_name(key: str) -> Name:
    namespace, _, name = key.removeprefix(SITE).partition("/")
    return Name(namespace, name)


class Dispatch:
    """The informer's sink, and the workers' turn. `term` gives the running term, None on standby."""

    def __init__(self, queue: WorkQueue[str], registry: Registry, term: Callable[[], Term | None]) -> None:
        self._queue, self._registry, self._term = queue, registry, term
        self._services: ServiceReconciler | None = None
        self._sites: SiteReconciler | None = None
        self._glance: Glance | None = None
        self.standings = Standings()
        self.news: dict[Word, News] = {"site": News(), "service": News()}

    def connect(self, services: ServiceReconciler, sites: SiteReconciler, glance: Glance) -> None:
        """Say who gives the turns."""
        self._services, self._sites, self._glance = services, sites, glance

    def wake(self, key: str) -> None:
        """Ask for a turn now, for something is told of it."""
        if self._services:
            self._services.look_anew(key)
        self._queue.add(key, Priority.CHANGE)

    def go_on(self, key: str) -> None:
        """Ask for a turn now of a service that waits for its site, which gives it a slot or shows more."""
        self._queue.add(key, Priority.OPEN)

    def seen(
        self, kind: Word, event_type: Literal["LISTED", "CHANGED", "DELETED"], body: dict[str, Any]
    ) -> None:
        """One event of the informer. The object may be old: only what it changes in the registry counts."""
        if self.news[kind].tells(event_type, body):
            gone = event_type == "DELETED" or is_leaving(body)
            self._take(kind, body, gone=gone, listed=event_type == "LISTED")

    def listed(self, kind: Word, body: dict[str, Any]) -> None:
        """One object of a full list: true, unless the informer told something newer since the list began."""
        moved = self.news[kind].moved(body)
        if self.news[kind].shows(body):
            self._take(kind, body, gone=False, listed=True, moved=moved)

    def list_ended(self, kind: Word) -> None:
        """A full list is complete: what was known before, and is not in it, is gone."""
        for name in self.news[kind].end():
            self.standings.gone(kind, name)
            if kind == "site":
                self.site_gone(name)
                self.wake(site_key(name))
            else:
                self._registry.forget(name, self._registry.uid(name))

    def site_gone(self, name: Name) -> None:
        """There is no such ArcGISSite any more: all that points at it gets a turn."""
        self._wake_all(self._registry.site_gone(name))

    def look_at_everything(self, within: float) -> None:
        """A resync: a glance for every folder, a turn for every other key, spread over so many seconds.

        What is remembered of a service that nobody declares any more ends with such a turn.
        """
        self._registry.tidy()
        folders = {
            folder: keys for folder, keys in self._registry.folders().items() if len(keys) >= WORTH_A_GLANCE
        }
        remembered = self._services.remembered() if self._services else ()
        alone = {*self._registry.keys(), *remembered}.difference(*folders.values())
        for key in (*alone, *map(folder_key, folders), *map(site_key, self._registry.sites())):
            self._queue.add(key, Priority.RESYNC, random.uniform(0, within))  # noqa: S311 - spreads load

    def look_at(self, key: str) -> None:
        """Ask for a turn when nothing more urgent is to be done."""
        self._queue.add(key, Priority.RESYNC)

    async def turn(self, key: str) -> Wake:
        """One turn of a key; on standby there are none, for a new term looks at everything."""
        term = self._term()
        if term is None or self._services is None or self._sites is None or self._glance is None:
            return RESYNC
        if key.startswith(SITE):
            return await self._sites.turn(_site_name(key))
        if key.startswith(FOLDER):
            return await self._glance.turn(key.removeprefix(FOLDER))
        return await self._services.turn(key, term)

    def about(self, key: str) -> dict[str, Any]:
        """How the log names the resource, or the folder, that a key stands for."""
        if key.startswith(SITE):
            return named(ARCGIS_SITES.name, key.removeprefix(SITE))
        winner = None if key.startswith(FOLDER) else self._registry.claim(key).winner
        return named(ARCGIS_SERVICES.name, str(winner), key=key) if winner else fields(key=key)

    async def crashed(self, key: str, error: Exception) -> None:
        """Say on the resource that its turn has a bug."""
        if self._services is None or self._sites is None or self._term() is None:
            return
        if key.startswith(SITE):
            await self._sites.fail(_site_name(key), error)
        elif not key.startswith(FOLDER):
            await self._services.fail(key, error)

    def _take(self, kind: Word, body: Body, *, gone: bool, listed: bool, moved: bool = False) -> None:
        name = name_of(body)
        if gone:
            self.standings.gone(kind, name)
        else:
            self.standings.seen(kind, name, body)
        if kind == "site":
            self._site_seen(body, gone)
        elif gone or self._registry.is_news(body) or (moved and self._registry.differs(body)):
            self._service_seen(body, gone, listed)
        else:
            self._registry.note_rest(body)

    def _service_seen(self, body: Body, gone: bool, listed: bool) -> None:
        """A resource at rest that a list shows for the first time waits for the look at everything."""
        name = name_of(body)
        new, site = not self._registry.is_known(name), self._registry.site_of(name)
        key = self._registry.service_gone(name) if gone else self._registry.service_seen(body)
        now_at = self._registry.site_of(name)
        if key and not (new and listed and self._registry.note_rest(body)):
            self.wake(key)
        for changed in (site, now_at) if site != now_at else ():
            if changed:
                self._queue.add(site_key(changed), Priority.RESYNC, COUNT_SECONDS)

    def _site_seen(self, body: Body, gone: bool) -> None:
        name = name_of(body)
        before = self._registry.site(name)
        keys = self._registry.site_gone(name) if gone else self._registry.site_seen(body)
        if self._registry.site(name) != before:
            self._wake_all(keys)
            self.wake(site_key(name))

    def _wake_all(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self.wake(key)
