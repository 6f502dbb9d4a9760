"""How often what is at rest is compared with its site, when nothing tells of a change.

A resync looks at everything that is due. Between two resyncs a folder is looked at once more as long as one
answer tells of all its services, and whoever declares a shorter interval is; who declares a longer one is
passed over by the resyncs before it ends.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from arcgis_operator.core.keys import FolderKey, Key, ServiceKey

SOON_SECONDS = 60.0
READS_PER_SECOND = 0.3
"""Of one site, by looks at its folders: where there are many, each is looked at more rarely."""
SHARE = 0.02  # of a site's time that goes into its answer about one folder
EARLIEST = 0.8  # of an interval: so looks that began together spread


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a folder that is over: `groups` ArcGISSites have asked, which took `seconds`.

    `whole`: one answer for each told of all its services.
    """

    whole: bool
    groups: int
    seconds: float


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
        self._whole: dict[
            str, dict[str, int]
        ] = {}  # by site: folders answered for as a whole, in how many reads
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

    def glanced(self, folder: str, keys: Sequence[str], look: Look) -> None:
        """A look at a folder is over, which was about these services."""
        whole = look.whole if keys else self._goes_on(folder)
        self._note_folder(folder, max(1, look.groups) if whole else 0)
        soon = self._soon(folder, look) if whole else None
        intervals = [self._glanced_at(key, soon) for key in keys] if keys else [soon]
        shortest = min((one for one in intervals if one), default=None)
        if shortest:
            self._again(FolderKey(folder), shortest)

    def _glanced_at(self, key: str, soon: float | None) -> float | None:
        """Until a look at the folder is due for the service; with an interval of its own it has turns."""
        own, of_site = self._known.own_interval(key), self._known.site_interval(key)
        self._note(key, own or of_site)
        if own:
            self._again(ServiceKey(key), own)
        return None if own else of_site or soon

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
        return self._known.has_folder(folder) and folder in self._whole.get(_site(folder), ())

    def _note_folder(self, folder: str, groups: int) -> None:
        folders = self._whole.setdefault(_site(folder), {})
        folders.pop(folder, None)
        if groups:
            folders[folder] = groups

    def _soon(self, folder: str, look: Look) -> float:
        """Each ArcGISSite has an answer of its own for each folder, and a list of jobs for all of them."""
        groups = self._whole[_site(folder)].values()
        reads = sum(groups) + max(groups)
        return max(SOON_SECONDS, reads / READS_PER_SECOND / EARLIEST, look.seconds / SHARE)

    def _again(self, key: Key, interval: float) -> None:
        if interval < self._resync_seconds:
            self._look(key, interval * (EARLIEST + (1 - EARLIEST) * self._chance()))


def _site(folder: str) -> str:
    return folder.partition("|")[0]
