"""What a turn needs from the floors above it."""

from typing import Protocol

RIGHTS_SECONDS = 30.0
"""So old a namespace's labels may be for a look; before an edit they are read anew."""


class Term(Protocol):
    """One acquisition of the lease. Sends belong to one term only."""

    @property
    def acquired_at(self) -> float:
        """On the monotonic clock."""

    @property
    def starts_settled(self) -> bool:
        """Nothing that was sent before this term can still arrive."""

    def check(self) -> str | None:
        """None while the term is ours; else why nothing may be sent. No await."""
