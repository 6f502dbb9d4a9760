"""One look at all services of a folder that are at rest: nothing is written, nothing is sent.

A resource that says it is Ready needs a turn only when the site shows something else: other values, a job
that runs or was not accounted for. One answer of the site tells that for a whole folder. Whatever is not
plainly as it was gets a turn of its own, which reads and decides everything anew.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from arcgis_operator.adapters.admin import FolderAnswer
from arcgis_operator.core import plan
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import Name
from arcgis_operator.core.model import Desired
from arcgis_operator.core.verdict import Reason
from arcgis_operator.core.wake import RESYNC, Wake
from arcgis_operator.reconcilers.breath import Breath
from arcgis_operator.reconcilers.folder_line import FolderLine
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.ports import RIGHTS_SECONDS
from arcgis_operator.reconcilers.registry import Registry, Resting
from arcgis_operator.reconcilers.retries import Retries
from arcgis_operator.reconcilers.rhythm import Look, Rhythm
from arcgis_operator.reconcilers.storms import Storms
from arcgis_operator.sites.session import SiteSession
from arcgis_operator.sites.sessions import Sessions

Place = tuple[str, str, Name]
"""What is read at once: a folder's key, the folder's name there, and the ArcGISSite that sees it."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """An answer of a folder in which all was as these resources declare it."""

    digest: str
    wanted: tuple[Desired, ...]


class Glance:
    """Looks at folders. `wake(key)` asks for a turn of a service, `again(folder, within)` for another look.

    `list_seconds`: so old a list of jobs will do, so that the glances of one resync share it.
    `patience_seconds`: so long a look that fails is tried again before each service is asked for by itself.
    """

    def __init__(
        self,
        sites: Sessions,
        registry: Registry,
        ledger: Ledger,
        wake: Callable[[str], None],
        again: Callable[[str, float], None],
        list_seconds: float,
        breath: Breath,
        storms: Storms,
        monotonic: Callable[[], float],
        rhythm: Rhythm,
        patience_seconds: float,
    ) -> None:
        self._sites, self._registry, self._ledger = sites, registry, ledger
        self._wake, self._again, self._line = wake, again, FolderLine()
        self._list_seconds, self._breath, self._storms = list_seconds, breath, storms
        self._monotonic, self._rhythm = monotonic, rhythm
        self._agreed: dict[Place, Agreed] = {}
        self._retries = Retries(patience_seconds, monotonic, random.random)

    async def turn(self, folder: str) -> Wake:
        """The next glance comes as the rhythm says; one that has to wait gives its worker back."""
        if not self._line.enter(folder):
            return RESYNC
        try:
            await self._look_into(folder)
        finally:
            if following := self._line.leave(folder):
                self._again(following, 0.0)
        return RESYNC

    async def _look_into(self, folder: str) -> None:
        found: list[tuple[SiteSession | None, Resting]] = []
        for one in self._registry.resting(folder):
            site = await self._sites.resolve(one.desired.aim, one.name.namespace, RIGHTS_SECONDS)
            found.append((None if isinstance(site, Hold) else site, one))
            if self._breath.is_due():
                await asyncio.sleep(0)
        found.sort(key=_shelf)
        began_at, whole = self._monotonic(), []
        for _, pairs in groupby(found, key=_shelf):
            sites, resting = zip(*pairs, strict=True)
            whole.append(await self._look(folder, sites[0], resting))
        look = Look(all(whole), len(whole), self._monotonic() - began_at)
        self._rhythm.glanced(folder, [one.key for _, one in found], look)

    async def _look(self, folder: str, site: SiteSession | None, resting: Sequence[Resting]) -> bool:
        """Whether one answer told of them all."""
        place: Place = (
            folder,
            resting[0].desired.service.folder.casefold(),
            resting[0].desired.site.resource,
        )
        wanted, before = tuple(one.desired for one in resting), self._agreed.pop(place, None)
        known = before.digest if before and before.wanted == wanted else ""
        asked_at = self._monotonic()
        answer = await self._ask(site, resting, known)
        if isinstance(answer, Failure):
            pause = self._retries.failed(place, answer.retry_after)
            if pause is not None:
                self._tell_in_vain(resting)
                self._again(folder, pause)
                return False
            answer = None
        else:
            self._retries.over(place)
        as_before = [await self._as_it_was(site, one, answer, asked_at) for one in resting]
        for one, same in zip(resting, as_before, strict=True):
            if not same:
                self._wake(one.key)
        if answer and all(as_before):
            self._agreed[place] = Agreed(answer.digest, wanted)
        return answer is not None

    async def _ask(
        self, site: SiteSession | None, resting: Sequence[Resting], known: str
    ) -> FolderAnswer | Failure | None:
        """One answer about all; the list of jobs that goes with it is there already then."""
        if site is None:
            return None
        if hold := site.gate():
            return None if hold.reason is Reason.SUSPENDED else Failure(Kind.BUSY, hold.message)
        await site.pace()
        refs = [one.desired.service for one in resting]
        jobs = await site.jobs_on(refs[0].key, self._list_seconds)
        return jobs.failure or await site.folder(refs[0].folder, refs, known)

    def _tell_in_vain(self, resting: Sequence[Resting]) -> None:
        """Nothing was learned of them: from now on counts how long Ready may stay, and no count ends."""
        for one in resting:
            self._ledger[one.key] = self._ledger[one.key].looked(True, now=self._monotonic())
            self._storms.paused(one.key)

    async def _as_it_was(
        self, site: SiteSession | None, one: Resting, answer: FolderAnswer | None, asked_at: float
    ) -> bool:
        """Also takes note of the jobs, as the first turn of a process would."""
        if self._breath.is_due():
            await asyncio.sleep(0)
        if site is None or answer is None or not self._is_declared(one, answer):
            return False
        jobs = await site.jobs_on(one.desired.service.key, self._list_seconds)
        memory, listed = self._ledger[one.key], frozenset(job.id for job in jobs.jobs)
        explained = memory.explained is None or listed <= memory.explained
        settled = not memory.open_job and not self._ledger.doubtful(one.key)
        if jobs.failure or not explained or not settled or not all(job.ended for job in jobs.jobs):
            return False
        concluded = memory.concluded(listed, verified=True)
        self._ledger[one.key] = concluded.looked(False, now=self._monotonic())
        self._storms.looked(one.desired.site.resource, one.key, drifts=False, asked_at=asked_at)
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


def _shelf(found: tuple[SiteSession | None, Resting]) -> tuple[int, str]:
    """What is read at once: a key may have been joined with that of another folder."""
    site, resting = found
    return id(site), resting.desired.service.folder.casefold()
