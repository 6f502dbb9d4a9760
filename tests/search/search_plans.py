"""Which searches there are: every kind of fault alone and with every other, beside crashes and new specs."""

from collections.abc import Iterator
from itertools import combinations

from search_world import ALWAYS, FAULTS

LEASE = ("a take-over", "another take-over")
KINDS = tuple(kind for kind in FAULTS if kind not in (*ALWAYS, *LEASE))


def plans() -> Iterator[tuple[str, ...]]:
    """The faults that may happen in each search, once for each time they are named."""
    yield (*ALWAYS, *ALWAYS)
    yield (*ALWAYS, LEASE[0])
    yield ("a new spec", *LEASE)
    yield ("a restart", "a request is slow", "a status is wiped")
    for kind in KINDS:
        yield (*ALWAYS, *ALWAYS, kind)
        yield ("a crash", LEASE[0], kind)
    for pair in combinations(KINDS, 2):
        yield (*ALWAYS, *pair)
