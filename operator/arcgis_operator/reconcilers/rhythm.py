"""How often what is at rest is compared with its site, when nothing tells of a change.

Every resync looks at everything. Between two resyncs a folder is looked at once more as long as one answer
tells of all its services, and whoever declares a shorter interval is; who declares a longer one is passed
over by the resyncs before it ends.
"""

import random
from collections.abc import Callable
from typing import Protocol

from arcgis_operator.core.keys import FolderKey, Key, ServiceKey

SOON_SECONDS = 60.0
READS_PER_SECOND = 0.3
"""Of one site, by looks at its folders: where there are many, each is looked at more rarely."""
AGAIN_SECONDS = 10.0
EARLIEST = 0.8  # of an interval: so looks that began together spread


class Known(Protocol):
    """What is known of the services."""

    def own_interval(self, key: str) -> float | None:
        """What the resource that speaks for the service declares, in seconds."""

    def site_interval(self, key: str) -> float | None:
        """What its ArcGISSite declares, in seconds."""

    def shelf_of(self, key: str) -> str | None:
        """The folder whose glance looks at the service."""

    def is_at_rest(self, key: str) -> bool:
        """Whether nothing is to be done for it."""

    def has_folder(self, folder: str) -> bool:
        """Whether any service in it is declared."""


class Rhythm:
    """`look(key, within)` asks for a look; `monotonic` is in seconds, `chance` between 0 and 1."""

    def __init__(
        self,
        known: Known,
        look: Callable[[Key, float], None],
        resync_seconds: float,
        monotonic: Callable[[], float],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._known, self._look, self._resync_seconds = known, look, resync_seconds
        self._monotonic, self._chance = monotonic, chance
        self._whole: dict[str, set[str]] = {}  # folders that are answered for as a whole, by site
        self._looked: dict[str, float] = {}  # services that some resyncs pass over

    def begin(self) -> None:
        """A term begins, with a look at everything."""
        self._whole.clear()
        self._looked.clear()

    def rested(self, key: str) -> None:
        """A turn of the service is over, and nothing is waited for."""
        own, of_site = self._known.own_interval(key), self._known.site_interval(key)
        self._note(key, own or of_site)
        if own:
            self._again(ServiceKey(key), own)
        elif of_site:
            shelf = self._known.shelf_of(key)
            self._again(FolderKey(shelf) if shelf else ServiceKey(key), of_site)

    def glanced(self, folder: str, keys: list[str], whole: bool) -> None:
        """A look at a folder is over, which was about these services; `whole`: one answer told of them."""
        declared = [self._known.site_interval(key) for key in keys]
        for key, of_site in zip(keys, declared, strict=True):
            self._note(key, self._known.own_interval(key) or of_site)
        whole = whole if keys else self._goes_on(folder)
        self._note_folder(folder, whole)
        shortest = min((one for one in declared if one), default=None)
        if shortest or whole:
            self._again(FolderKey(folder), shortest or self._soon(folder))

    def passes_over(self, key: str) -> bool:
        """Whether a resync need not look at the service: the next one is early enough."""
        looked_at = self._looked.get(key)
        if looked_at is None or not self._known.is_at_rest(key):
            return False
        interval = self._known.own_interval(key) or self._known.site_interval(key) or 0.0
        return self._monotonic() + self._resync_seconds <= looked_at + interval

    def _note(self, key: str, interval: float | None) -> None:
        if interval and interval > self._resync_seconds:
            self._looked[key] = self._monotonic()
        else:
            self._looked.pop(key, None)

    def _goes_on(self, folder: str) -> bool:
        """None of its services is at rest at the moment, as while something is done for all of them."""
        return self._known.has_folder(folder) and folder in self._whole.get(folder.partition("|")[0], ())

    def failed(self, folder: str) -> None:
        """It could not be looked at, once: that is tried again before each of its services is."""
        self._look(FolderKey(folder), AGAIN_SECONDS)

    def _note_folder(self, folder: str, whole: bool) -> None:
        folders = self._whole.setdefault(folder.partition("|")[0], set())
        (folders.add if whole else folders.discard)(folder)

    def _soon(self, folder: str) -> float:
        """One answer for each folder, and a list of jobs for all of them."""
        reads = len(self._whole[folder.partition("|")[0]]) + 1
        return max(SOON_SECONDS, reads / READS_PER_SECOND / EARLIEST)

    def _again(self, key: Key, interval: float) -> None:
        if interval < self._resync_seconds:
            self._look(key, interval * (EARLIEST + (1 - EARLIEST) * self._chance()))
