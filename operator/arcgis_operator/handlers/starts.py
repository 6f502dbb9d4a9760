"""From which version a watch may begin, as somebody else has just listed what was there before."""

import time
from collections.abc import Callable

FRESH_SECONDS = 60.0
"""Source: Kubernetes API concepts, "Efficient detection of changes": the API server keeps five minutes."""


class Starts:
    """By collection, the path of what is listed. Noted in one thread and taken in another, one at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._noted: dict[str, tuple[str, float]] = {}

    def note(self, collection: str, version: str) -> None:
        """All of a collection is known as it was at this version."""
        self._noted[collection] = (version, self._clock())

    def take(self, collection: str) -> str | None:
        """The version, once, while it is fresh: a watch that fails there has to list."""
        version, at = self._noted.pop(collection, (None, 0.0))
        return version if self._clock() - at <= FRESH_SECONDS else None
