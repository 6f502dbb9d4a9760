"""kube-apiserver and etcd are killed again and again while many resources are being changed.

etcd forgets old revisions every five seconds, and the watches are cut as often: whatever is opened anew
starts from a revision that may be gone.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import Any

import pytest
from endure_calm import BOUND_SECONDS, watched
from endure_crowd import Crowd
from endure_house import House

FLAGS = ("--min-request-timeout=5", "--etcd-compaction-interval=5s")
SHIPPED_LEASE: Mapping[str, object] = {
    "lease_seconds": 15,
    "renew_deadline_seconds": 10,
    "lease_retry_seconds": 2,
}
"""A restart of a few seconds ends no term, as with the operator that is shipped."""
CUT_SECONDS = 5.0
CONVERGED_SECONDS = 5.0
"""From ready to all settled, in the full run, which has the machine for itself. The short one shares it."""
PATIENCE = 60.0
LATEST_KILL_SECONDS = 0.6
KILLS: Mapping[str, Callable[[House], float]] = {
    "apiserver": House.restart_apiserver,
    "etcd": House.restart_etcd,
}


@contextmanager
def watches_cut(house: House) -> Iterator[None]:
    """Resets all watches every few seconds meanwhile."""
    over = threading.Event()

    def cut() -> None:
        while not over.wait(CUT_SECONDS):
            house.proxy.cut_streams()

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def changed_through_a_kill(
    house: House, crowd: Crowd, kill: Callable[[House], float], chance: random.Random
) -> float:
    """All members are changed, then the kill hits their edits; seconds from ready to all settled."""
    crowd.change(*crowd.members.values())
    time.sleep(chance.uniform(0, LATEST_KILL_SECONDS))
    ready = kill(house)
    crowd.wait_settled(PATIENCE)
    return max(0.0, time.monotonic() - ready)


def shown(seconds: list[float]) -> str:
    """The slowest and the usual."""
    return f"{max(seconds):.1f} s at most (median {median(seconds):.1f} s)"


@pytest.mark.timeout(1800)
def test_kills_under_load_cost_no_edit_and_no_time(lengths: Any, say: Any) -> None:
    chance = random.Random(lengths.seed)
    cycles, size = (10, 100) if lengths.full else (1, 20)
    took: dict[str, list[float]] = {name: [] for name in KILLS}
    with House(4 * size, apiserver_arguments=FLAGS, **SHIPPED_LEASE) as house, watches_cut(house):
        crowds = {name: Crowd(house.bench, house.site.world()["services"], name) for name in KILLS}
        for crowd in crowds.values():
            crowd.add(size)
            crowd.wait_settled(PATIENCE)
        for _ in range(cycles):
            for name, kill in KILLS.items():
                crowds[name].renew()
                crowds[name].wait_settled(PATIENCE)
                took[name].append(changed_through_a_kill(house, crowds[name], kill, chance))
        calm = watched(house)
        peace = calm.wait(time.time(), lengths.quiet_seconds)
        live = house.site.world()["services"]
        assert house.operator.running
    declared = {service: texts for crowd in crowds.values() for service, texts in crowd.declared().items()}
    breaches = calm.ledger.breaches(declared)
    wrong = [text for crowd in crowds.values() for text in crowd.wrong_documents(live)]
    slowest = {name: max(seconds) for name, seconds in took.items()}
    figures = ", ".join(f"after {name} {shown(seconds)}" for name, seconds in took.items())
    say(
        f"{2 * cycles} kills under {size} changes: {calm.ledger.count} edits, "
        f"{len(breaches) + len(wrong)} violations, settled {figures}; "
        f"the last write {peace:.1f} s after that, then none for {lengths.quiet_seconds:g} s"
    )
    assert not breaches + wrong, "\n".join((breaches + wrong)[:20])
    assert max(slowest.values()) <= (CONVERGED_SECONDS if lengths.full else BOUND_SECONDS), took
