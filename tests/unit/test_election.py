"""The Lease is renewed however busy the loop of the work is, but not for a loop that is dead."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from lease_world import Store

from arcgis_operator.adapters.kube.kinds import Kind
from arcgis_operator.app.aside import Aside
from arcgis_operator.app.election import DEAD_SECONDS, Election
from arcgis_operator.app.lease import Elector, LeaseTimes, Term

QUICK = LeaseTimes(lease=60.0, renew_deadline=40.0, retry=0.01)
PATIENCE = 30.0  # for what takes hundredths of a second


class Lease:
    """An API in memory, asked in the elector's thread, that counts renewals and releases."""

    def __init__(self) -> None:
        self.store = Store()
        self.threads: set[str] = set()
        self.renewed, self.released = threading.Semaphore(0), threading.Event()

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Any:
        return self.store.get()

    async def create(self, kind: Kind, namespace: str | None, body: dict[str, Any]) -> Any:
        return self.store.create(body)

    async def replace(self, kind: Kind, namespace: str | None, name: str, body: dict[str, Any]) -> Any:
        self.threads.add(threading.current_thread().name)
        if body["spec"]["holderIdentity"]:
            self.renewed.release()
        else:
            self.released.set()
        return self.store.replace(body)


class Work:
    """What the election tells the loop of the work, which may be told to be dead."""

    def __init__(self) -> None:
        self.lease, self.now = Lease(), 0.0
        self.elector = Elector(self.lease, "gis", "leader", "a", times=QUICK)
        self.told: asyncio.Queue[Term | str] = asyncio.Queue()

    def leads(self, term: Term | str) -> bool:
        return isinstance(term, Term) and self.elector.check(term) is None


@pytest.fixture
async def work() -> AsyncIterator[Work]:
    made = Work()
    async with Aside("lease") as aside:
        election = Election(made.elector, aside, lambda: made.now)
        running = asyncio.create_task(election.run(made.told.put_nowait, made.told.put_nowait))
        await election.tried()
        yield made
        running.cancel()
        await asyncio.wait([running])
        await election.release(settled=True)
    assert "lease" not in {thread.name for thread in threading.enumerate()}


async def test_the_lease_is_renewed_while_the_loop_of_the_work_is_held(work: Work) -> None:
    term = await work.told.get()
    assert all(work.lease.renewed.acquire(timeout=PATIENCE) for _ in range(5)), "nothing awaited here"
    assert work.leads(term)
    assert work.told.empty()
    assert work.lease.threads == {"lease"}


async def test_a_loop_that_is_dead_gives_the_lease_up(work: Work) -> None:
    """Else it would lead for ever without doing anything."""
    term = await work.told.get()
    work.now += DEAD_SECONDS + 1
    assert work.lease.released.wait(PATIENCE), "nothing awaited here"
    assert not work.leads(term)
    async with asyncio.timeout(PATIENCE):
        assert "stood still" in str(await work.told.get())


async def test_a_term_is_told_before_anybody_who_waits_for_the_first_try(work: Work) -> None:
    assert work.leads(work.told.get_nowait())


async def test_what_fails_in_the_elector_is_not_lost() -> None:
    async def broken(*_: object) -> Any:
        raise ValueError("a bug")

    made = Work()
    made.lease.get = broken  # type: ignore[method-assign]
    async with Aside("lease") as aside:
        with pytest.raises(ExceptionGroup) as raised:
            await Election(made.elector, aside).run(made.told.put_nowait, made.told.put_nowait)
    assert raised.group_contains(ValueError, match="a bug")
