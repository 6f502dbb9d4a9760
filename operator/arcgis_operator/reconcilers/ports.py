"""What a turn needs from the floors above it."""

from typing import Protocol

from arcgis_operator.core.memory import Begun

RIGHTS_SECONDS = 30.0
"""So old a namespace's labels may be for a look; before an edit they are read anew."""

AGAIN = 4
"""Reads of an object that moves under our hands, before the queue's backoff takes over."""


class Term(Begun, Protocol):
    """One acquisition of the lease. Sends belong to one term only."""

    def check(self) -> str | None:
        """None while the term is ours; else why nothing may be sent. No await."""
