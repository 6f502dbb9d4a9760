"""A long list of jobs that nobody here has read: which of them may still run.

The site lists bare ids of all jobs that it keeps, in an order that is not documented (Source: Jobs page).
Where a sample shows that the list is in the order of time, the jobs that started long ago can be read later:
whatever of them still ran would be overdue by now. Where it does not, all are read first. Pure.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

LONG = 64
SAMPLES = 32


def sample(ids: Sequence[str]) -> list[str]:
    """The ids to read first: evenly spread, with both ends."""
    step = max(1, len(ids) // SAMPLES)
    return [*ids[:-1:step], ids[-1]]


def newest_first(ids: Sequence[str], starts: Mapping[str, int]) -> list[str] | None:
    """The ids, the newest first; None unless all that were read started one after the other.

    `starts` are epoch milliseconds by id, 0 for a job that does not say.
    """
    said = [starts[job_id] for job_id in ids if starts.get(job_id)]
    if len(said) < SAMPLES // 2:
        return None
    if all(before <= after for before, after in pairwise(said)):
        return list(reversed(ids))
    return list(ids) if all(before >= after for before, after in pairwise(said)) else None


def recent(newest_first: Sequence[str], starts: Mapping[str, int], horizon_seconds: float) -> Sequence[str]:
    """Those of the ids that may have started within the horizon before the newest of them."""
    limit = max(starts.values()) - 1000 * horizon_seconds
    first_old = next(
        (at for at, job_id in enumerate(newest_first) if 0 < starts.get(job_id, 0) < limit), None
    )
    return newest_first[:first_old]
