"""What jobs of a site took of late, and when one that runs may be expected to end by that.

All times that follow from it are absolute, so that nothing has to be written while one waits for them.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from arcgis_operator.core.record import JobShown, stamp

LEAST = 3  # jobs: of fewer nothing is said


@dataclass(frozen=True, slots=True)
class Usual:
    """Of `count` jobs of one operation: the seconds that half of them took at most, and nine of ten."""

    count: int = 0
    half: float = 0.0
    nine_of_ten: float = 0.0


UNKNOWN = Usual()


def usual_of(took: Collection[float]) -> Usual:
    """From the seconds that jobs took; of too few nothing follows."""
    ordered, count = sorted(took), len(took)
    if count < LEAST:
        return UNKNOWN
    return Usual(count, ordered[_rank(count, 0.5)], ordered[_rank(count, 0.9)])


def _rank(count: int, share: float) -> int:
    return math.ceil(count * share) - 1


def expecting(job: JobShown, usual: Usual, since: datetime | None) -> JobShown:
    """The job, with when it may be expected to end if it began then."""
    if not usual.count or since is None:
        return job
    half, nine_of_ten = (since + timedelta(seconds=one) for one in (usual.half, usual.nine_of_ten))
    return job.expected(stamp(half), stamp(nine_of_ten), usual.count)
