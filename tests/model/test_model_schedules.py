"""The real turn, driven through random schedules of crashes and faults; every promise holds after every step.

Each schedule interleaves two replicas at every request, with kinds of fault drawn by its seed. A failure
prints the call that repeats it and a short list of actions that still shows it.
To search elsewhere: `Search().through(Draw(seed) for seed in range(10_000, 20_000))`.
"""

import asyncio

import pytest
from model_actions import KINDS
from model_schedule import Draw, Search

BLOCKS, SEEDS = 6, 90
EVENTS = {kind for group in KINDS.values() for kind in group} - {"late", "slow"}
ENDS = {"send", "job", "ready", "conflict", "job applied", "job failed"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_schedule_breaks_a_promise(block: int) -> None:
    """Fixed seeds: the same schedules each time. A search that meets no fault proves nothing."""
    seeds = range(block * SEEDS, (block + 1) * SEEDS)
    search = asyncio.run(Search().through(Draw(seed) for seed in seeds))
    assert search.found is None, str(search.found)
    assert search.met.keys() >= EVENTS | ENDS
    assert search.met["send"] > SEEDS
