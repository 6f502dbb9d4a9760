"""From events and lists to turns: what is news goes on the queue, and each key to its reconciler."""

import math
import random
from collections.abc import Callable
from typing import Any, Literal

from arcgis_operator.controller.queue import Priority, WorkQueue
from arcgis_operator.controller.registry import Registry, name_of
from arcgis_operator.reconcilers.ports import Name, Term
from arcgis_operator.reconcilers.service import ServiceReconciler
from arcgis_operator.reconcilers.site import SiteReconciler

Body = dict[str, Any]
Word = Literal["service", "site"]
SITE = "@"
COUNT_SECONDS = 1.0


def site_key(name: Name) -> str:
    """The queue's key of a site."""
    return f"{SITE}{name}"


def _site_name(key: str) -> Name:
    namespace, _, name = key.removeprefix(SITE).partition("/")
    return Name(namespace, name)


class Dispatch:
    """The informer's sink, and the workers' turn. `term` gives the running term, None on standby."""

    def __init__(self, queue: WorkQueue[str], registry: Registry, term: Callable[[], Term | None]) -> None:
        self._queue, self._registry, self._term = queue, registry, term
        self._services: ServiceReconciler | None = None
        self._sites: SiteReconciler | None = None

    def connect(self, services: ServiceReconciler, sites: SiteReconciler) -> None:
        """Say who gives the turns."""
        self._services, self._sites = services, sites

    def wake(self, key: str) -> None:
        """Ask for a turn now."""
        self._queue.add(key, Priority.CHANGE)

    def seen(
        self, kind: Word, event_type: Literal["LISTED", "CHANGED", "DELETED"], body: dict[str, Any]
    ) -> None:
        """One event of the informer. The object may be old: only what it changes in the registry counts."""
        gone = event_type == "DELETED"
        if kind == "site":
            self._site_seen(body, gone)
        else:
            self._service_seen(body, gone)

    def known(self, kind: Word) -> frozenset[Name]:
        """The resources known now; take it before a list begins."""
        return self._registry.sites() if kind == "site" else self._registry.services()

    def take_list(self, kind: Word, bodies: list[dict[str, Any]], before: frozenset[Name]) -> None:
        """A full list: of those known before it began, what is not in it is gone."""
        for body in bodies:
            self.seen(kind, "LISTED", body)
        for name in before - {name_of(body) for body in bodies}:
            if kind == "site":
                self._wake_all(self._registry.site_gone(name))
            else:
                self._registry.forget(name)

    def look_at_everything(self, within: float) -> None:
        """A resync: a turn for every key, spread over so many seconds."""
        for key in (*self._registry.keys(), *map(site_key, self._registry.sites())):
            self._queue.add(key, Priority.RESYNC, random.uniform(0, within))  # noqa: S311 - spreads load

    async def turn(self, key: str) -> None:
        """One turn of a key; on standby there are none, for a new term looks at everything."""
        term = self._term()
        if term is None or self._services is None or self._sites is None:
            return
        if key.startswith(SITE):
            wake = await self._sites.turn(_site_name(key))
        else:
            wake = await self._services.turn(key, term)
        if math.isnan(wake):
            self._queue.retry(key)
        elif wake < math.inf:
            self._queue.forget(key)
            self._queue.add(key, Priority.POLL, wake)

    async def crashed(self, key: str, error: Exception) -> None:
        """Say on the resource that its turn has a bug."""
        if self._services is None or self._sites is None or self._term() is None:
            return
        if key.startswith(SITE):
            await self._sites.fail(_site_name(key), error)
        else:
            await self._services.fail(key, error)

    def _service_seen(self, body: Body, gone: bool) -> None:
        name = name_of(body)
        if gone and not self._registry.is_uid(name, body["metadata"]["uid"]):
            return  # a late word about an object that was created again
        if not (gone or self._registry.is_news(body)):
            return
        site = self._registry.site_of(name)
        key = self._registry.service_gone(name) if gone else self._registry.service_seen(body)
        now_at = self._registry.site_of(name)
        if key:
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
