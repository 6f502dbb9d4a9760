"""A leader that cannot begin its term gives the Lease up, and says so for as long as it goes on."""

import asyncio
from typing import Any

import pytest

from arcgis_operator.app import leading
from arcgis_operator.app.leading import BEGIN_SECONDS, REST_SECONDS, Leading
from arcgis_operator.app.lease import Term
from arcgis_operator.controller.dispatch import Running
from harness import virtual_time

ROUND = BEGIN_SECONDS + REST_SECONDS


class Elector:
    """Gives a term again after each rest."""

    def __init__(self) -> None:
        self.leading: Leading | None = None
        self.down: list[str] = []

    def step_down(self, why: str, *, rest: float) -> None:
        self.down.append(why)
        assert self.leading
        self.leading.end(why)
        asyncio.get_running_loop().call_later(rest, self.begin)

    def begin(self) -> None:
        assert self.leading
        term = Term(len(self.down) + 1, 0.0, starts_settled=False, first_install=False)
        self.leading.begin(term)


class Lists:
    """A resync whose list hangs until the API server is `back`."""

    def __init__(self) -> None:
        self.back = asyncio.Event()
        self.refused = False
        self.running = Running()

    def clear(self) -> None:
        """As a queue."""

    async def first(self) -> bool:
        return await self.back.wait()

    async def run(self) -> None:
        await asyncio.Event().wait()


@pytest.fixture
def began(monkeypatch: pytest.MonkeyPatch) -> Any:
    async def make() -> tuple[Leading, Elector, Lists]:
        monkeypatch.setattr(leading, "boottime", asyncio.get_running_loop().time)

        async def rest(*_: object, **__: object) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(leading, "run_workers", rest)
        elector, lists = Elector(), Lists()
        unused: Any = Lists()
        unused.turn = unused.crashed = None
        elector.leading = Leading(
            elector,  # type: ignore[arg-type]
            unused,
            unused,
            lists,  # type: ignore[arg-type]
            lists.running,
            unused,
            workers=1,
            settle_seconds=90.0,
        )
        elector.begin()
        return elector.leading, elector, lists

    return make


def test_a_leader_without_a_full_list_steps_down_and_is_not_alive_after_half_an_hour(began: Any) -> None:
    async def scene() -> None:
        made, elector, lists = await began()
        await asyncio.sleep(BEGIN_SECONDS - 1)
        assert elector.down == []
        await asyncio.sleep(2)
        assert elector.down == ["no full list within 180 s"]
        await asyncio.sleep(4 * ROUND)
        assert made.stuck() is None
        await asyncio.sleep(6 * ROUND)
        assert "no term could begin for" in str(made.stuck())
        lists.back.set()
        await asyncio.sleep(ROUND)
        assert lists.running.term is not None
        assert made.stuck() is None
        made.end("the test is over")

    virtual_time.run(scene())


def test_a_try_long_ago_says_nothing_of_now(began: Any) -> None:
    """Another replica has led since."""

    async def scene() -> None:
        made, elector, _ = await began()
        await asyncio.sleep(9 * ROUND)
        assert made.stuck()
        made.end("another leads")
        elector.begin = lambda: None
        await asyncio.sleep(3 * ROUND)
        assert made.stuck() is None
        made.begin(Term(99, 0.0, starts_settled=False, first_install=False))
        await asyncio.sleep(ROUND)
        assert made.stuck() is None
        made.end("the test is over")

    virtual_time.run(scene())
