"""Long work leaves the event loop to others in between, however much of it there is."""

import asyncio
from typing import Any

from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES
from arcgis_operator.app.supervisor import _Relay
from arcgis_operator.reconcilers.breath import STRETCH_SECONDS, Breath


class Loop(asyncio.SelectorEventLoop):
    """Its time is what its callbacks say that they took; `longest` is that of the longest round."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.longest = 0.0, 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        began = self.now
        super()._run_once()  # type: ignore[misc]
        self.longest = max(self.longest, self.now - began)


STEP_SECONDS = 1 / 1024  # exact, added up


async def work(breath: Breath, loop: Loop, steps: int) -> None:
    """So many steps of a millisecond."""
    for _ in range(steps):
        loop.now += STEP_SECONDS
        if breath.is_due():
            await asyncio.sleep(0)


def test_all_who_work_for_long_share_the_time_of_one_round() -> None:
    loop, breath, workers = Loop(), Breath(), 5

    async def scene() -> None:
        await asyncio.gather(*(work(breath, loop, 200) for _ in range(workers)))

    loop.run_until_complete(scene())
    loop.close()
    assert loop.now >= workers * 200 * STEP_SECONDS
    assert loop.longest <= STRETCH_SECONDS + (workers + 1) * STEP_SECONDS


class Sink:
    """Takes a millisecond for each of so many events."""

    def __init__(self, loop: Loop, count: int) -> None:
        self.loop, self.count, self.names = loop, count, list[str]()
        self.all = asyncio.Event()

    def seen(self, kind: object, event_type: object, body: dict[str, Any]) -> None:
        self.loop.now += STEP_SECONDS
        self.names.append(body["name"])
        if len(self.names) == self.count:
            self.all.set()


def test_events_that_come_all_at_once_are_taken_in_their_order_in_short_stretches() -> None:
    loop = Loop()
    sink = Sink(loop, 500)
    relay = _Relay(loop, sink, Breath())
    for number in range(500):
        relay.seen(ARCGIS_SERVICES, "CHANGED", {"name": str(number)})

    async def scene() -> None:
        await sink.all.wait()

    loop.run_until_complete(scene())
    loop.close()
    assert sink.names == [str(number) for number in range(500)]
    assert loop.longest <= STRETCH_SECONDS + 2 * STEP_SECONDS


def test_events_come_through_beside_work_that_takes_every_round() -> None:
    loop, breath = Loop(), Breath()
    sink = Sink(loop, 100)
    relay = _Relay(loop, sink, breath)

    async def scene() -> None:
        busy = asyncio.create_task(work(breath, loop, 10_000))
        for number in range(100):
            relay.seen(ARCGIS_SERVICES, "CHANGED", {"name": str(number)})
        await sink.all.wait()
        assert not busy.done()
        busy.cancel()

    loop.run_until_complete(scene())
    loop.close()


def test_what_a_closed_relay_holds_is_told_to_nobody() -> None:
    loop = Loop()
    sink = Sink(loop, 1)
    relay = _Relay(loop, sink, Breath())
    relay.seen(ARCGIS_SERVICES, "CHANGED", {"name": "old"})
    relay.close()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert sink.names == []


def test_a_page_of_a_list_waits_until_it_is_taken_in_and_who_gives_up_harms_nobody() -> None:
    """A whole list would pile up: 5 KiB for each object."""
    loop = Loop()
    sink = Sink(loop, 100)
    relay = _Relay(loop, sink, Breath())

    async def scene() -> None:
        for number in range(100):
            relay.seen(ARCGIS_SERVICES, "CHANGED", {"name": str(number)})
        gives_up = asyncio.create_task(relay.taken())
        await asyncio.sleep(0)
        gives_up.cancel()
        await relay.taken()

    loop.run_until_complete(scene())
    loop.close()
    assert len(sink.names) == 100
