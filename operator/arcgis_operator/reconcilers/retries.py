"""Looks that fail: tried again for a while, before each service that they were about is asked for by itself.

A site that is away or busy for a moment would be asked hundreds of questions for it.
"""

from collections.abc import Callable, Hashable

from arcgis_operator.core.backoff import Backoff

FIRST_SECONDS, LONGEST_SECONDS = 10.0, 60.0


class Retries:
    """`patience_seconds` after the first failure in a row it is not worth trying any more."""

    def __init__(
        self, patience_seconds: float, monotonic: Callable[[], float], chance: Callable[[], float]
    ) -> None:
        self._patience_seconds, self._monotonic, self._chance = patience_seconds, monotonic, chance
        self._backoff = Backoff(FIRST_SECONDS, LONGEST_SECONDS)
        self._failing: dict[Hashable, tuple[float, int]] = {}  # since when, and how often

    def failed(self, what: Hashable, retry_after: float | None) -> float | None:
        """Seconds until it is worth another try; None where it has failed for long."""
        now = self._monotonic()
        since, times = self._failing.get(what, (now, 0))
        self._failing[what] = (since, times + 1)
        if now - since > self._patience_seconds:
            return None
        return max(self._backoff.pause(times + 1, self._chance()), retry_after or 0.0)

    def over(self, what: Hashable) -> None:
        """It did not fail."""
        self._failing.pop(what, None)
