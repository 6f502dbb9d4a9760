"""Lanes to a site: few for a quick one, all of them soon for a slow one, and none is ever lost."""

import asyncio
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from arcgis_operator.adapters.admin.lanes import MOMENT, Lanes
from harness import virtual_time

MOST = 8
SECONDS = st.floats(0.0, 0.4).map(lambda seconds: round(seconds, 3))
TRAFFIC = st.lists(st.tuples(SECONDS, SECONDS, st.none() | SECONDS), max_size=40)


class Road:
    """Counts who is under way."""

    def __init__(self) -> None:
        self.lanes = Lanes(MOST)
        self.under_way = self.most = 0
        self.began: list[float] = []

    async def drive(self, seconds: float) -> None:
        await self.lanes.enter()
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.began.append(asyncio.get_running_loop().time())
        try:
            await asyncio.sleep(seconds)
        finally:
            self.under_way -= 1
            self.lanes.leave()

    async def all(self, journeys: Iterable[float]) -> None:
        await asyncio.gather(*map(self.drive, journeys))


def test_a_quick_site_is_served_over_one() -> None:
    async def scene() -> int:
        road = Road()
        for _ in range(50):
            await road.all([0.005] * 8)
        return road.most

    assert virtual_time.run(scene()) == 1


def test_a_slow_site_gets_one_more_each_moment_up_to_the_limit() -> None:
    async def scene() -> list[float]:
        road = Road()
        await road.all([30.0] * (MOST + 4))
        assert road.most == MOST
        return road.began[:MOST]

    began = virtual_time.run(scene())
    assert [round(at / MOMENT) for at in began] == list(range(MOST))


def test_nobody_is_overtaken_once_all_are_open() -> None:
    async def scene() -> list[int]:
        road, order = Road(), []

        async def drive(number: int) -> None:
            await road.drive(1.0)
            order.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(MOST):
                group.create_task(drive(number))
            await asyncio.sleep(0.9)
            for number in range(MOST, 3 * MOST):
                group.create_task(drive(number))
        return order

    assert virtual_time.run(scene()) == list(range(3 * MOST))


def test_after_a_rest_it_is_one_again() -> None:
    async def scene() -> int:
        road = Road()
        await road.all([1.0] * MOST)
        road.most = 0
        await road.all([0.005] * MOST)
        return road.most

    assert virtual_time.run(scene()) == 1


def test_whoever_gave_up_does_not_count_as_one_who_waited() -> None:
    async def scene() -> float:
        road = Road()
        async with asyncio.TaskGroup() as group:
            group.create_task(road.drive(1.0))
            impatient = group.create_task(road.drive(1.0))
            await asyncio.sleep(0.8 * MOMENT)
            group.create_task(road.drive(1.0))
            await asyncio.sleep(0.1 * MOMENT)
            impatient.cancel()
        return road.began[1] - road.began[0]

    assert round(virtual_time.run(scene()), 3) == round(1.8 * MOMENT, 3)


def test_whoever_gives_up_as_its_turn_comes_leaves_it_to_the_next() -> None:
    async def scene() -> list[float]:
        road = Road()
        await road.lanes.enter()
        impatient = asyncio.create_task(road.drive(1.0))
        await asyncio.sleep(0)
        road.lanes.leave()
        impatient.cancel()
        await asyncio.wait([impatient])
        now = asyncio.get_running_loop().time()
        await road.drive(1.0)
        return [at - now for at in road.began]

    assert virtual_time.run(scene()) == [0.0]


@given(TRAFFIC)
def test_whoever_comes_and_whoever_gives_up_none_is_lost_and_none_too_many(
    traffic: list[tuple[float, float, float | None]],
) -> None:
    async def scene() -> Road:
        road = Road()

        async def one(begins: float, seconds: float, gives_up: float | None) -> None:
            await asyncio.sleep(begins)
            try:
                async with asyncio.timeout(gives_up):
                    await road.drive(seconds)
            except TimeoutError:
                pass

        await asyncio.gather(*(one(*journey) for journey in traffic))
        assert road.most <= MOST
        road.most = 0
        await road.all([1.0] * (MOST + 1))
        return road

    assert virtual_time.run(scene()).most == MOST
