"""One look at all services of a folder that are at rest: nothing is written, nothing is sent.

A resource that says it is Ready needs a turn only when the site shows something else: other values, a job
that runs or was not accounted for. One answer of the site tells that for a whole folder. Whatever is not
plainly as it was gets a turn of its own, which reads and decides everything anew.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from arcgis_operator.adapters.admin import FolderAnswer
from arcgis_operator.core import plan
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure
from arcgis_operator.core.identity import Name
from arcgis_operator.core.model import Desired
from arcgis_operator.core.wake import RESYNC, Wake
from arcgis_operator.reconcilers.breath import Breath
from arcgis_operator.reconcilers.folder_line import FolderLine
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.ports import RIGHTS_SECONDS
from arcgis_operator.reconcilers.registry import Registry, Resting
from arcgis_operator.reconcilers.rhythm import Rhythm
from arcgis_operator.reconcilers.storms import Storms
from arcgis_operator.sites.session import SiteSession
from arcgis_operator.sites.sessions import Sessions

Place = tuple[str, Name]
"""A folder, as one ArcGISSite sees it."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """An answer of a folder in which all was as these resources declare it."""

    digest: str
    wanted: tuple[Desired, ...]


class Glance:
    """Looks at folders. `wake(key)` asks for a turn of a service, `again(folder)` for one of a folder.

    `list_seconds`: so old a list of jobs will do, so that the glances of one resync share it.
    """

    def __init__(
        self,
        sites: Sessions,
        registry: Registry,
        ledger: Ledger,
        wake: Callable[[str], None],
        again: Callable[[str], None],
        list_seconds: float,
        breath: Breath,
        storms: Storms,
        monotonic: Callable[[], float],
        rhythm: Rhythm,
    ) -> None:
        self._sites, self._registry, self._ledger = sites, registry, ledger
        self._wake, self._again, self._line = wake, again, FolderLine()
        self._list_seconds, self._breath, self._storms = list_seconds, breath, storms
        self._monotonic, self._rhythm = monotonic, rhythm
        self._agreed: dict[Place, Agreed] = {}
        self._failed: set[Place] = set()

    async def turn(self, folder: str) -> Wake:
        """The next glance comes as the rhythm says; one that has to wait gives its worker back."""
        if not self._line.enter(folder):
            return RESYNC
        try:
            await self._look_into(folder)
        finally:
            if following := self._line.leave(folder):
                self._again(following)
        return RESYNC

    async def _look_into(self, folder: str) -> None:
        found: list[tuple[SiteSession | None, Resting]] = []
        for resting in self._registry.resting(folder):
            site = await self._sites.resolve(resting.desired.aim, resting.name.namespace, RIGHTS_SECONDS)
            found.append((None if isinstance(site, Hold) or site.gate() else site, resting))
            if self._breath.is_due():
                await asyncio.sleep(0)
        found.sort(key=_shelf)
        whole = [await self._look(folder, list(pairs)) for _, pairs in groupby(found, key=_shelf)]
        self._rhythm.glanced(folder, [one.key for _, one in found], whole=bool(whole) and all(whole))

    async def _look(self, folder: str, together: list[tuple[SiteSession | None, Resting]]) -> bool:
        """Whether one answer told of them all."""
        site, resting = together[0][0], [one for _, one in together]
        place = (folder, _site_of(resting[0]))
        before = self._agreed.pop(place, None)
        wanted = tuple(one.desired for one in resting)
        if site:
            await site.pace()
        asked_at = self._monotonic()
        known = before.digest if before and before.wanted == wanted else ""
        answer = await self._ask(site, resting, known) if site else None
        if isinstance(answer, Failure):
            if place not in self._failed:
                self._failed.add(place)
                self._rhythm.failed(folder)
                return False
            answer = None
        self._failed.discard(place)
        as_before = [await self._as_it_was(site, one, answer, asked_at) for one in resting]
        for one, same in zip(resting, as_before, strict=True):
            if not same:
                self._wake(one.key)
        if answer and all(as_before):
            self._agreed[place] = Agreed(answer.digest, wanted)
        return answer is not None

    async def _ask(
        self, site: SiteSession, resting: list[Resting], known: str
    ) -> FolderAnswer | Failure | None:
        """One answer about all; the list of jobs that goes with it is there already then."""
        refs = [one.desired.service for one in resting]
        jobs = await site.jobs_on(refs[0].key, self._list_seconds)
        return jobs.failure or await site.folder(refs[0].folder, refs, known)

    async def _as_it_was(
        self, site: SiteSession | None, one: Resting, answer: FolderAnswer | None, asked_at: float
    ) -> bool:
        """Also takes note of the jobs, as the first turn of a process would."""
        if self._breath.is_due():
            await asyncio.sleep(0)
        if site is None or answer is None or not self._is_declared(one, answer):
            return False
        jobs = await site.jobs_on(one.desired.service.key, self._list_seconds)
        entry, listed = self._ledger[one.key], frozenset(job.id for job in jobs.jobs)
        explained = entry.explained is None or listed <= entry.explained
        settled = not entry.open_job and not self._ledger.doubtful(one.key)
        if jobs.failure or not explained or not settled or not all(job.ended for job in jobs.jobs):
            return False
        self._ledger.concluded(one.key, listed)
        self._ledger.verified(one.key, listed)
        self._ledger.looked(one.key, in_vain=False)
        self._storms.looked(_site_of(one), one.key, drifts=False, asked_at=asked_at)
        return True

    def _is_declared(self, one: Resting, answer: FolderAnswer) -> bool:
        """Whether the service is as declared, and still the one that it was."""
        if answer.documents is None:
            return True
        document = answer.documents.get(one.desired.service.leaf.casefold())
        if document is None or plan.differing(one.desired.restored, document):
            return False
        service_id = str(document.get("id") or "")
        return not service_id or self._registry.identify(one.name, service_id)


def _site_of(one: Resting) -> Name:
    return Name(one.desired.site.namespace, one.desired.site.name)


def _shelf(found: tuple[SiteSession | None, Resting]) -> tuple[int, str]:
    """What is read at once: a key may have been joined with that of another folder."""
    site, resting = found
    return id(site), resting.desired.service.folder.casefold()
