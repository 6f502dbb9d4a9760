"""Whole folders of a site in one answer, once they are proved to say what the single reads say.

On ArcGIS Enterprise on Kubernetes a folder lists full service documents (Source: Folder page), elsewhere
summaries, and nobody promises that the two ways of reading agree. So a folder is believed only after some of
its services were read both ways and were the same to the last property.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from arcgis_operator.adapters.admin import FolderAnswer
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.jsondoc import Json

Document = Mapping[str, Json]
PROOFS = 3
TRIES = 3  # a service may be edited between the two reads, so one that differs decides nothing
WORTH_A_GLANCE = 8  # for fewer services single reads are as cheap as a proof that is still to come
SHARE = 10  # nor is a folder read when it holds so many times more services than are asked for


@dataclass(slots=True)
class Shelf:
    """What is known of one folder."""

    size: int = 0
    proved: bool = False
    failed: int = 0


class Folders:
    """`read_folder(name, known)` and `read_service` ask the site."""

    def __init__(
        self,
        read_folder: Callable[[str, str], Awaitable[FolderAnswer | Failure]],
        read_service: Callable[[ServiceRef], Awaitable[Document | Failure]],
    ) -> None:
        self._read_folder, self._read_service = read_folder, read_service
        self._shelves: dict[str, Shelf] = {}

    async def documents(
        self, name: str, refs: Sequence[ServiceRef], known: str = ""
    ) -> FolderAnswer | Failure | None:
        """The folder's documents by `name.type` in lower case; None: read each service by itself.

        `known` is the digest of an answer whose documents are not needed once more.
        """
        shelf = self._shelves.setdefault(name.casefold(), Shelf())
        worth = shelf.proved or len(refs) >= WORTH_A_GLANCE
        if not name or not worth or len(refs) * SHARE < shelf.size or shelf.failed >= TRIES:
            return None
        found = await self._read_folder(name, known if shelf.proved else "")
        if isinstance(found, Failure):
            passing = shelf.proved or found.unreachable or found.kind is Kind.BUSY
            shelf.failed += not passing
            return found
        if found.documents is not None:
            await self._weigh(shelf, found.documents, refs)
        return found if shelf.proved else None

    async def _weigh(self, shelf: Shelf, found: Mapping[str, Document], refs: Sequence[ServiceRef]) -> None:
        shelf.size = len(found)
        shelf.proved = shelf.proved or await self._agree(found, refs[:PROOFS])
        shelf.failed = 0 if shelf.proved else shelf.failed + 1

    def forget(self) -> None:
        """The site may have become another: everything is to be proved again."""
        self._shelves.clear()

    async def _agree(self, found: Mapping[str, Document], refs: Sequence[ServiceRef]) -> bool:
        for ref in refs:
            if found.get(ref.leaf.casefold()) != await self._read_service(ref):
                return False
        return True
