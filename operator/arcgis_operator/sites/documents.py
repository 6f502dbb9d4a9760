"""The documents of a site's services: single ones, whole folders, and what was meant by a missing one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from arcgis_operator.adapters.admin import FolderAnswer
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.likely import Listing, May, likely
from arcgis_operator.core.said import Show
from arcgis_operator.sites.folders import Folders
from arcgis_operator.sites.link import Link
from arcgis_operator.sites.nearby import Nearby


class Documents:
    """Read through one view's link. `show` makes a word of the site fit for people."""

    def __init__(self, link: Link, show: Show, clock: Callable[[], float]) -> None:
        self._link, self._show = link, show
        self._folders = Folders(self._folder, self.of)
        self._nearby = Nearby(self._listing, clock)

    async def of(self, ref: ServiceRef) -> Mapping[str, Json] | Failure:
        """The service document, read now; MISSING also where the site fails, and lists no such name."""
        found = await self._link.ask(f"service {ref.key}", lambda client: client.service(ref))
        if not isinstance(found, Failure) or not found.absent:
            return found
        return replace(found, kind=Kind.MISSING) if await self._is_absent(ref) else found

    async def likely(self, ref: ServiceRef, may: May) -> str:
        """What was probably meant by a service that is not there; at most one list is read for it."""
        return likely(ref, await self._nearby.around(ref, may), may, self._show)

    async def in_folder(
        self, name: str, refs: Sequence[ServiceRef], known: str
    ) -> FolderAnswer | Failure | None:
        """The documents of many services of a folder, None where they have to be read one by one."""
        return await self._folders.documents(name, refs, known)

    def forget(self) -> None:
        """The site may have become another."""
        self._folders.forget()

    async def _folder(self, name: str, known: str = "") -> FolderAnswer | Failure:
        found = await self._link.ask(f"folder {name}", lambda client: client.folder(name, known))
        if isinstance(found, FolderAnswer) and found.documents is not None:
            self._nearby.noted(name, found.documents.values())
        return found

    async def _listing(self, name: str) -> Listing | Failure:
        return await self._link.ask(f"folder {name}", lambda client: client.listing(name))

    async def _is_absent(self, ref: ServiceRef) -> bool:
        """The site lists the folder without the service, or its folders without this one."""
        listed = await self._folder(ref.folder)
        if not isinstance(listed, Failure):
            return ref.leaf.casefold() not in (listed.documents or {})
        folders = await self._link.ask("folders", lambda client: client.folders())
        return not isinstance(folders, Failure) and ref.folder.casefold() not in folders
