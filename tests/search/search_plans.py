"""Which searches there are: every kind of fault alone and with every other, beside crashes and new specs."""

from collections.abc import Iterator
from itertools import combinations

from search_world import ALWAYS, FAULTS, OF_TWO

LEASE = ("a take-over", "another take-over")
KINDS = tuple(kind for kind in FAULTS if kind not in (*ALWAYS, *LEASE, *OF_TWO))


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


BOTH = ("bS", "cT")
"""What each generation declares where two operations are due, the edit and start or stop."""


PODS = ("Mb", "Oc")
"""The same where the first of them has no job: the change of provider, and the edit after it."""


def of_two() -> Iterator[tuple[str, ...]]:
    """The faults of each search with two operations due; failures that take turns, too."""
    yield from _of_two("a switch")


def of_pods() -> Iterator[tuple[str, ...]]:
    """The same where others change the provider."""
    yield from _of_two("other pods")


def _of_two(by_others: str) -> Iterator[tuple[str, ...]]:
    yield ALWAYS
    yield ("a new spec", *LEASE[:1])
    yield ("a job fails", "a job fails", "a job fails", "drift", by_others)
    yield ("a job does nothing", "a job fails", "a job does nothing", by_others, "drift")
    for kind in (*KINDS, by_others):
        yield (*ALWAYS, kind)
    for pair in combinations((*KINDS, by_others), 2):
        yield ("a crash", *pair)
