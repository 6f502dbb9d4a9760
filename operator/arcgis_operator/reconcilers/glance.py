"""One look at all services of a folder that are at rest: nothing is written, nothing is sent.

A resource that says it is Ready needs a turn only when the site shows something else: other values, a job
that runs or was not accounted for. One answer of the site tells that for a whole folder. Whatever is not
plainly as it was gets a turn of its own, which reads and decides everything anew.
"""

import asyncio
from collections.abc import Callable, Mapping
from itertools import groupby

from arcgis_operator.core import plan
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure
from arcgis_operator.core.identity import Name
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.wake import RESYNC, Wake
from arcgis_operator.reconcilers.breath import Breath
from arcgis_operator.reconcilers.folder_line import FolderLine
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.ports import RIGHTS_SECONDS
from arcgis_operator.reconcilers.registry import Registry, Resting
from arcgis_operator.reconcilers.storms import Storms
from arcgis_operator.sites.session import SiteSession
from arcgis_operator.sites.sessions import Sessions


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
    ) -> None:
        self._sites, self._registry, self._ledger = sites, registry, ledger
        self._wake, self._again, self._line = wake, again, FolderLine()
        self._list_seconds, self._breath, self._storms = list_seconds, breath, storms
        self._monotonic = monotonic

    async def turn(self, folder: str) -> Wake:
        """The next glance always comes with the next resync; one that has to wait gives its worker back."""
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
        for _, pairs in groupby(found, key=_shelf):
            together = list(pairs)
            await self._look(together[0][0], [resting for _, resting in together])

    async def _look(self, site: SiteSession | None, resting: list[Resting]) -> None:
        if site:
            await site.pace()
        asked_at = self._monotonic()
        documents = await self._documents(site, resting) if site else None
        for one in resting:
            document = documents.get(one.desired.service.leaf.casefold()) if documents else None
            if site is None or document is None or not await self._as_it_was(site, one, document, asked_at):
                self._wake(one.key)
            if self._breath.is_due():
                await asyncio.sleep(0)

    async def _documents(
        self, site: SiteSession, resting: list[Resting]
    ) -> Mapping[str, Mapping[str, Json]] | None:
        refs = [one.desired.service for one in resting]
        found = await site.folder(refs[0].folder, refs)
        return None if isinstance(found, Failure) else found

    async def _as_it_was(
        self, site: SiteSession, one: Resting, document: Mapping[str, Json], asked_at: float
    ) -> bool:
        """Also takes note of the jobs, as the first turn of a process would."""
        jobs = await site.jobs_on(one.desired.service.key, self._list_seconds)
        entry, listed = self._ledger[one.key], frozenset(job.id for job in jobs.jobs)
        explained = entry.explained is None or listed <= entry.explained
        service_id = str(document.get("id") or "")
        settled = not entry.open_job and not self._ledger.doubtful(one.key)
        if jobs.failure or not explained or not settled or not all(job.ended for job in jobs.jobs):
            return False
        if plan.differing(one.desired.restored, document):
            return False
        if service_id and not self._registry.identify(one.name, service_id):
            return False
        self._ledger.concluded(one.key, listed)
        self._ledger.verified(one.key, listed)
        self._ledger.looked(one.key, in_vain=False)
        site_ref = one.desired.site
        self._storms.looked(Name(site_ref.namespace, site_ref.name), one.key, drifts=False, asked_at=asked_at)
        return True


def _shelf(found: tuple[SiteSession | None, Resting]) -> tuple[int, str]:
    """What is read at once: a key may have been joined with that of another folder."""
    site, resting = found
    return id(site), resting.desired.service.folder.casefold()
