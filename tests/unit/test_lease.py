"""The elector: never two at once, whatever the network does; quick when all is well."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lease_world import Replica, Store, bad_ways

from arcgis_operator.app import lease_record as record
from arcgis_operator.app.lease import identity
from arcgis_operator.app.lease_record import SETTLED
from arcgis_operator.reconcilers.clock import boottime
from harness import virtual_time


@contextmanager
def nothing_left(*replicas: Replica) -> Iterator[None]:
    yield
    for replica in replicas:
        for task in replica.network.late:
            task.cancel()


def test_the_first_one_takes_a_lease_that_nobody_ever_had() -> None:
    async def scene() -> Replica:
        replica = Replica(Store(), "a")
        replica.start()
        await asyncio.sleep(60)
        assert replica.leads
        await replica.stop()
        return replica

    (term,) = virtual_time.run(scene()).terms
    assert (term.number, term.first_install, term.starts_settled) == (1, True, False)


def test_a_clean_release_is_taken_within_one_pause_and_says_whether_it_is_settled() -> None:
    async def scene(settled: bool) -> tuple[Replica, Store]:
        store = Store()
        first, second = Replica(store, "a"), Replica(store, "b")
        first.start()
        await asyncio.sleep(5)
        second.start()
        await asyncio.sleep(20)
        assert not second.leads
        await first.stop()
        await first.elector.release(settled=settled)
        assert not first.leads
        await asyncio.sleep(3)
        assert second.leads
        await second.stop()
        return second, store

    for settled in (True, False):
        second, store = virtual_time.run(scene(settled))
        assert [term.starts_settled for term in second.terms] == [settled]
        assert not second.terms[0].first_install
        assert store.lease is not None
        assert SETTLED not in store.lease["metadata"]["annotations"], "it is said once"


def test_a_killed_holder_is_replaced_after_the_lease_time_and_its_term_is_not_settled() -> None:
    async def scene() -> tuple[float, Replica]:
        store = Store()
        first, second = Replica(store, "a"), Replica(store, "b")
        first.start()
        await asyncio.sleep(5)
        second.start()
        await asyncio.sleep(5)
        await first.stop()
        await asyncio.sleep(25)
        await second.stop()
        return second.history[0][0], second

    at, second = virtual_time.run(scene())
    assert 22 <= at <= 31
    assert [(term.starts_settled, term.first_install) for term in second.terms] == [(False, False)]


def test_a_black_hole_ends_the_term_at_its_deadline_and_the_next_term_has_a_new_number() -> None:
    async def scene() -> Replica:
        replica = Replica(Store(), "a")
        replica.start()
        await asyncio.sleep(10)
        replica.network.delay = lambda: None
        await asyncio.sleep(15)
        assert not replica.leads
        replica.network.delay = lambda: 0.01
        await asyncio.sleep(15)
        await replica.stop()
        return replica

    replica = virtual_time.run(scene())
    ((lost_at, reason),) = replica.losses
    assert 17.5 <= lost_at <= 20.0
    assert reason == "the lease was not renewed in time"
    assert [term.number for term in replica.terms] == [1, 2]
    assert [term.starts_settled for term in replica.terms] == [False, False]


def test_a_term_counts_from_before_the_renewal_was_sent_not_from_its_answer() -> None:
    async def scene() -> Replica:
        replica = Replica(Store(), "a")
        replica.network.delay = lambda: 0.0  # so that no request is under way when the next one is slow
        replica.start()
        await asyncio.sleep(10)
        delays = iter([0.0, 3.0])
        replica.network.delay = lambda: next(delays, None)
        await asyncio.sleep(20)
        await replica.stop()
        return replica

    ((lost_at, _),) = virtual_time.run(scene()).losses
    assert 20 <= lost_at <= 10 + 2.4 + 10


def test_an_api_server_that_is_away_for_less_than_the_deadline_costs_nothing() -> None:
    async def scene() -> Replica:
        replica = Replica(Store(), "a")
        replica.start()
        await asyncio.sleep(10)
        replica.network.failing = True
        await asyncio.sleep(6)
        replica.network.failing = False
        await asyncio.sleep(60)
        await replica.stop()
        return replica

    assert len(virtual_time.run(scene()).history) == 1


def test_a_process_that_was_frozen_finds_its_term_over_before_it_can_do_anything() -> None:
    async def scene() -> tuple[str | None, str | None]:
        replica = Replica(Store(), "a")
        offset = 0.0
        replica.elector._clock = lambda: asyncio.get_running_loop().time() + offset
        replica.start()
        await asyncio.sleep(5)
        (term,) = replica.terms
        before = replica.elector.check(term)
        offset = 30.0  # SIGSTOP, or the machine slept: no timer has fired yet
        after = replica.elector.check(term)
        await replica.stop()
        return before, after

    assert virtual_time.run(scene()) == (None, "the lease was not renewed in time")


def test_a_holder_that_got_its_lease_back_may_do_nothing_in_the_old_term() -> None:
    async def scene() -> tuple[Replica, list[str | None]]:
        replica = Replica(Store(), "a")
        replica.start()
        await asyncio.sleep(5)
        replica.network.failing = True
        await asyncio.sleep(20)
        replica.network.failing = False
        await asyncio.sleep(5)
        said = [replica.elector.check(term) for term in replica.terms]
        await replica.stop()
        return replica, said

    replica, said = virtual_time.run(scene())
    assert [term.number for term in replica.terms] == [1, 2]
    assert said == ["this lease term is over", None]


def test_a_lapsed_term_is_never_released_as_settled() -> None:
    async def scene() -> Store:
        store = Store()
        replica = Replica(store, "a")
        replica.start()
        await asyncio.sleep(5)
        await replica.stop()
        await asyncio.sleep(11)
        await replica.elector.release(settled=True)
        return store

    store = virtual_time.run(scene())
    assert store.holder == ""
    assert store.lease is not None
    assert SETTLED not in store.lease["metadata"]["annotations"]


def test_a_release_does_not_empty_the_lease_of_another() -> None:
    async def scene() -> Store:
        store = Store()
        replica = Replica(store, "a")
        replica.start()
        await asyncio.sleep(5)
        await replica.stop()
        assert store.lease is not None
        store.lease["spec"]["holderIdentity"] = "b"
        await replica.elector.release(settled=True)
        return store

    assert virtual_time.run(scene()).holder == "b"


def test_a_release_in_a_black_hole_gives_up() -> None:
    async def scene() -> float:
        replica = Replica(Store(), "a")
        replica.start()
        await asyncio.sleep(5)
        await replica.stop()
        replica.network.delay = lambda: None
        await replica.elector.release(settled=True)
        return asyncio.get_running_loop().time()

    assert virtual_time.run(scene()) <= 5 + 3 * 2


def test_a_lease_deleted_under_its_holder_is_not_taken_by_one_who_knew_the_holder() -> None:
    async def scene() -> tuple[Replica, Replica]:
        store = Store()
        first, second = Replica(store, "a"), Replica(store, "b")
        first.start()
        await asyncio.sleep(5)
        second.start()
        await asyncio.sleep(5)
        first.network.failing = True
        store.lease = None
        await asyncio.sleep(9)
        assert not second.leads
        first.network.failing = False
        await asyncio.sleep(30)
        await first.stop()
        await second.stop()
        return first, second

    first, second = virtual_time.run(scene())
    assert len(first.terms) + len(second.terms) == 2
    assert not any(term.first_install for term in [*first.terms[1:], *second.terms])


def test_a_lease_without_a_spec_is_free() -> None:
    async def scene() -> bool:
        store = Store()
        store.create({"metadata": {"name": "leader"}})
        replica = Replica(store, "a")
        replica.start()
        await asyncio.sleep(1)
        leads = replica.leads
        await replica.stop()
        return leads and not replica.terms[0].first_install

    assert virtual_time.run(scene())


def test_an_elector_that_has_stopped_trying_is_stuck() -> None:
    async def scene() -> tuple[str | None, str | None]:
        replica = Replica(Store(), "a")
        replica.start()
        await asyncio.sleep(100)
        well = replica.elector.stuck()
        await replica.stop()
        await asyncio.sleep(100)
        return well, replica.elector.stuck()

    well, stopped = virtual_time.run(scene())
    assert well is None
    assert stopped is not None


def test_an_elector_whose_tries_all_fail_is_stuck_after_minutes_not_before() -> None:
    async def scene() -> list[str | None]:
        replica = Replica(Store(), "a")
        replica.start()
        await asyncio.sleep(10)
        replica.network.failing = True
        said = []
        for seconds in (120, 90):
            await asyncio.sleep(seconds)
            said.append(replica.elector.stuck())
        replica.network.failing = False
        await asyncio.sleep(5)
        said.append(replica.elector.stuck())
        await replica.stop()
        return said

    early, late, healed = virtual_time.run(scene())
    assert early is None
    assert late is not None
    assert "succeeded" in late
    assert healed is None


@pytest.mark.parametrize("dead", [1, 2, 7])
def test_no_term_is_lost_with_any_number_of_dead_connections_in_the_pool(dead: int) -> None:
    """They are handed out in turn, and look alive until they are used."""

    async def scene() -> Replica:
        replica = Replica(Store(), "a")
        replica.start()
        await asyncio.sleep(10)
        idle = [None] * dead
        replica.network.delay = lambda: idle.pop() if idle else 0.01
        replica.network.afresh = idle.clear
        await asyncio.sleep(60)
        assert replica.leads
        await replica.stop()
        return replica

    assert len(virtual_time.run(scene()).terms) == 1


def test_each_try_that_hangs_is_in_the_log_on_standby_too(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        replica = Replica(Store(), "a")
        replica.network.delay = lambda: None
        replica.start()
        await asyncio.sleep(60)
        await replica.stop()

    virtual_time.run(scene())
    said = [line for line in caplog.messages if line == "lease unreadable"]
    assert 8 <= len(said) <= 14


def test_a_container_that_is_restarted_in_its_pod_takes_its_lease_at_once_and_unsettled() -> None:
    async def scene() -> tuple[float, Replica]:
        store = Store()
        first = Replica(store, identity("pod", "uid-1"))
        first.start()
        await asyncio.sleep(5)
        await first.stop()
        again = Replica(store, identity("pod", "uid-1"))
        again.start()
        await asyncio.sleep(5)
        await again.stop()
        return again.history[0][0], again

    at, again = virtual_time.run(scene())
    assert at < 5.1
    assert [(term.starts_settled, term.first_install) for term in again.terms] == [(False, False)]


@pytest.mark.parametrize("uid", ["uid-2", ""])
def test_another_pod_of_the_same_name_waits_for_the_lease_time(uid: str) -> None:
    async def scene(first: str) -> float:
        store, second = Store(), identity("pod", uid)
        one, two = Replica(store, first), Replica(store, second)
        one.start()
        await asyncio.sleep(5)
        await one.stop()
        two.start()
        await asyncio.sleep(25)
        await two.stop()
        return two.history[0][0]

    for first in (identity("pod", "uid-1"), identity("pod")):
        assert virtual_time.run(scene(first)) >= 19


def test_a_lease_that_a_person_empties_stays_with_its_holder() -> None:
    async def scene() -> tuple[Replica, Replica]:
        store = Store()
        one, two = Replica(store, "a"), Replica(store, "b")
        one.start()
        await asyncio.sleep(5)
        two.start()
        for _ in range(20):
            await asyncio.sleep(3.3)
            assert store.lease is not None
            store.lease["spec"] = {}
            store._keep(store.lease)
        await asyncio.sleep(5)
        await one.stop()
        await two.stop()
        return one, two

    one, two = virtual_time.run(scene())
    assert len(one.terms) == 1
    assert two.terms == []


@pytest.mark.parametrize("whole", [False, True])
def test_a_lease_that_was_emptied_after_its_holder_died_is_taken_after_the_lease_time(whole: bool) -> None:
    async def scene() -> float:
        store = Store()
        one, two = Replica(store, "a"), Replica(store, "b")
        one.start()
        await asyncio.sleep(5)
        await one.stop()
        assert store.lease is not None
        store.lease["spec"] = {} if whole else {**store.lease["spec"], "holderIdentity": ""}
        store._keep(store.lease)
        two.start()
        await asyncio.sleep(25)
        await two.stop()
        (term,) = two.terms
        assert not term.starts_settled
        return two.history[0][0]

    assert 19 <= virtual_time.run(scene()) <= 24


def test_two_processes_of_one_pod_have_two_names() -> None:
    assert identity("pod-0") != identity("pod-0")
    assert boottime() > 0


async def bad_days(seed: int) -> tuple[list[str], int]:
    """Three replicas, a bad network and restarts; who led at the same time, and how many terms there were."""
    chance = random.Random(seed)
    store = Store()
    replicas = [Replica(store, name, rate=chance.uniform(0.9, 1.1)) for name in "abc"]
    broken: list[str] = []

    def look() -> None:
        leading = [replica.name for replica in replicas if replica.leads]
        if len(leading) > 1:
            broken.append(f"{leading} at {asyncio.get_running_loop().time():.1f}")

    with nothing_left(*replicas):
        for replica in replicas:
            replica.look = look
            replica.start()
        until = asyncio.get_running_loop().time() + 900
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(chance.uniform(0.05, 3.0))
            look()
            await misfortune(chance, chance.choice(replicas))
        for replica in replicas:
            await replica.stop()
    return broken, sum(len(replica.terms) for replica in replicas)


async def misfortune(chance: random.Random, replica: Replica) -> None:
    """Sometimes the way goes bad or mends, or the process ends in one way or another and comes back."""
    what = chance.random()
    if what < 0.03:
        replica.network.delay = bad_ways(chance)
    elif what < 0.08:
        replica.network.delay = lambda: 0.01
    elif what < 0.09:
        replica.network.failing = not replica.network.failing
    elif what < 0.10:
        await replica.stop()
        if chance.random() < 0.5:
            await replica.elector.release(settled=chance.random() < 0.5)
        replica.start()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_never_two_at_once_whatever_the_network_does(seed: int) -> None:
    broken, terms = virtual_time.run(bad_days(seed))
    assert not broken
    assert terms > 0


def test_claiming_leaves_alone_what_others_wrote() -> None:
    lease: dict[str, Any] = {
        "metadata": {"name": "leader", "annotations": {"note": "hers", SETTLED: "true"}},
        "spec": {"strategy": "OldestEmulationVersion", "leaseTransitions": 4},
    }
    claimed = record.claimed(lease, "a", 14.2)
    assert claimed["metadata"] == {"name": "leader", "annotations": {"note": "hers", record.HELD: "true"}}
    assert claimed["spec"]["strategy"] == "OldestEmulationVersion"
    assert (claimed["spec"]["leaseTransitions"], claimed["spec"]["leaseDurationSeconds"]) == (5, 15)


def test_who_steps_down_leaves_the_lease_to_another_and_stands_again_after_a_rest() -> None:
    """As a leader does that cannot begin its term: unsettled, for what it sent before may be under way."""

    async def scene() -> tuple[Replica, Replica]:
        store = Store()
        first, second = Replica(store, "a"), Replica(store, "b")
        first.start()
        await asyncio.sleep(5)
        second.start()
        await asyncio.sleep(5)
        first.elector.step_down("no full list", rest=30.0)
        await asyncio.sleep(0)
        assert not first.leads
        await asyncio.sleep(6)
        assert second.leads
        await second.stop()
        await second.elector.release(settled=True)
        await asyncio.sleep(10)
        assert not first.leads
        assert first.elector.stuck() is None
        await asyncio.sleep(20)
        assert first.leads
        await first.stop()
        return first, second

    first, second = virtual_time.run(scene())
    assert [term.starts_settled for term in second.terms] == [False]
    assert [term.number for term in first.terms] == [1, 2]


STRAYS: dict[str, Any] = {
    "that of another holder": lambda lease: {**lease, "spec": {**lease["spec"], "holderIdentity": "b"}},
    "an empty object": lambda lease: {},
    "one without a record": lambda lease: {"metadata": lease["metadata"]},
}


@pytest.mark.parametrize("stray", STRAYS.values(), ids=STRAYS)
def test_a_write_that_is_answered_with_something_else_than_our_lease_begins_no_term(stray: Any) -> None:
    async def scene() -> None:
        store = Store()
        replica = Replica(store, "a")
        kept, astray = store._keep, [True]
        store._keep = lambda body: stray(kept(body)) if astray[0] else kept(body)  # type: ignore[method-assign]
        replica.start()
        await asyncio.sleep(60)
        assert replica.history == []
        astray[0] = False
        await asyncio.sleep(5)
        assert replica.leads
        await replica.stop()

    virtual_time.run(scene())
