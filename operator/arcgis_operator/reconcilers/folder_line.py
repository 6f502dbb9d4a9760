"""Few folders are looked at at once, and one of each site: the others stand in line, and hold no worker."""

FOLDERS_AT_ONCE = 4
"""A folder of 500 documents takes 5 MiB while it is compared."""


class FolderLine:
    """Who looks, and who waits, by the keys of folders (`<normalised site URL>|<folder>`)."""

    def __init__(self) -> None:
        self._looking: set[str] = set()  # sites
        self._waiting: dict[str, None] = {}

    def enter(self, folder: str) -> bool:
        """Whether it may look now; else it is called by who leaves."""
        free = len(self._looking) < FOLDERS_AT_ONCE and _site(folder) not in self._looking
        if free:
            self._looking.add(_site(folder))
            self._waiting.pop(folder, None)
        else:
            self._waiting[folder] = None
        return free

    def leave(self, folder: str) -> str | None:
        """It has looked; the first in line that may look now, which is called only once."""
        self._looking.discard(_site(folder))
        first = next((one for one in self._waiting if _site(one) not in self._looking), None)
        if first:
            del self._waiting[first]
        return first


def _site(folder: str) -> str:
    return folder.partition("|")[0]
