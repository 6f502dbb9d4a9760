"""What a site was last seen to list, to name the likely mistake in a service that it does not have."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from arcgis_operator.core.failures import Failure
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.likely import Listing, May
from arcgis_operator.core.names import folded

KEPT_SECONDS = 300.0  # before a list is read anew


class Nearby:
    """`read` asks the site for one list. What it shows goes through the rules of access where it is used."""

    def __init__(
        self, read: Callable[[str], Awaitable[Listing | Failure]], clock: Callable[[], float]
    ) -> None:
        self._read, self._clock = read, clock
        self._lists: dict[str, Listing] = {}
        self._read_at: dict[str, float] = {}

    def noted(self, folder: str, documents: Iterable[Mapping[str, Json]]) -> None:
        """A folder was read for another reason; kept only while somebody looks for a service."""
        if self._lists and folder:  # the root's own list names the folders too
            services = (ServiceRef(str(one["serviceName"]), str(one["type"]), folder) for one in documents)
            self._lists[folded(folder)] = Listing(tuple(services))
            self._read_at[folded(folder)] = self._clock()

    async def around(self, ref: ServiceRef, may: May) -> Mapping[str, Listing]:
        """The lists that are known, by the folded name of their folder; at most one is read now.

        First its own folder, then the root, which names the folders, then those that may be used.
        """
        root = self._lists.get("")
        for folder in dict.fromkeys((ref.folder, "", *filter(may, root.folders if root else ()))):
            key = folded(folder)
            if self._clock() - self._read_at.get(key, -KEPT_SECONDS) >= KEPT_SECONDS:
                self._read_at[key] = self._clock()
                found = await self._read(folder)
                if isinstance(found, Listing):
                    self._lists[key] = found
                break
        return self._lists
