"""Makes the ids of the site: services, deployments, jobs, tokens.

Every id follows from the seed and a counter, so a run can be repeated; a site
that is started anew takes another seed, because a real one never reuses an id.
"""

from __future__ import annotations

import hashlib
import uuid

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Ids:
    """A supply of ids that never repeats within one seed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def service(self) -> str:
        """``s`` and 20 letters or digits. Source: Edit Service page (sample)."""
        return "s" + self._letters(20)

    def deployment(self) -> str:
        """``k`` and 20 letters or digits. Source: Edit Service page (sample)."""
        return "k" + self._letters(20)

    def job(self) -> str:
        """``j`` and a lower-case UUID. Source: Job page (samples)."""
        return "j" + str(uuid.UUID(bytes=self._digest()[:16], version=4))

    def token(self) -> str:
        """An opaque text. Assumed: its length and alphabet mean nothing."""
        return self._letters(48)

    def _letters(self, count: int) -> str:
        number = int.from_bytes(self._digest() + self._digest(), "big")
        letters = []
        for _ in range(count):
            number, rest = divmod(number, len(_LETTERS))
            letters.append(_LETTERS[rest])
        return "".join(letters)

    def _digest(self) -> bytes:
        self._count += 1
        return hashlib.sha256(f"{self._seed}:{self._count}".encode()).digest()
