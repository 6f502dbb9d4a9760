"""The place in the line for a job slot: told in absolute words, and told again only when it is far off.

A line of thousands moves with every job that ends. If each place were told as it is, every move would be a
write for all who wait. So what was told stays until it is wrong by a factor, and never for less than five
minutes: of n in line each is told of log2(n) places at most, and once for each that it takes longer than was
thought.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from arcgis_operator.core.record import LineShown, moment, stamp

LEAST_SECONDS = 300.0  # between two tellings
FACTOR = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """The place as it is now, from 1, of so many. `wait_seconds` until its turn, 0 where nobody knows."""

    place: int
    length: int
    wait_seconds: float = 0.0


def told(before: LineShown | None, standing: Standing, now: datetime) -> LineShown:
    """What to tell: the same as before, unless that is far off by now."""
    fresh = LineShown(standing.place, standing.length, stamp(now), _start(standing, now))
    if before is None:
        return fresh
    if _age(before, now) < LEAST_SECONDS:
        return before
    if not before.place < standing.place * FACTOR or not standing.place < before.place * FACTOR:
        return fresh
    start = moment(before.expected_start_time)
    late = start is not None and start < now
    return LineShown(standing.place, standing.length, stamp(now)) if late else before


def _start(standing: Standing, now: datetime) -> str:
    return stamp(now + timedelta(seconds=standing.wait_seconds)) if standing.wait_seconds else ""


def _age(before: LineShown, now: datetime) -> float:
    """Seconds since it was told, whichever way the clock was set; long ago where that cannot be read."""
    at = moment(before.told_time)
    return abs((now - at).total_seconds()) if at else LEAST_SECONDS
