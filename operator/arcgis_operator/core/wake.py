"""When a key gets its next turn, unless something wakes it before.

A value of its own, not a number: so mypy refuses what is no answer to that question.
"""

from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class After:
    """In so many seconds; raises `ValueError` for a number that no clock reaches."""

    seconds: float

    def __post_init__(self) -> None:
        if not (isfinite(self.seconds) and self.seconds >= 0):
            raise ValueError(f"a turn after {self.seconds} seconds never comes")


class Left(Enum):
    """To whom the next turn is left."""

    BACKOFF = "backoff"  # the queue, whose pauses grow with each failure in a row
    RESYNC = "resync"


Wake = After | Left

NOW: Final = After(0.0)
BACKOFF: Final[Literal[Left.BACKOFF]] = Left.BACKOFF
RESYNC: Final[Literal[Left.RESYNC]] = Left.RESYNC


def asked_for(seconds: float | None) -> Wake:
    """After the pause that an answer asked for; where it asked for none, the queue's own."""
    return After(seconds) if seconds else BACKOFF
