"""What counts against the edits of an hour: each request once, and none that the site did not take up."""

import asyncio
from collections.abc import Callable

import pytest
from model_actions import Stage
from model_process import KEY
from model_world import URL

from arcgis_operator.core import status
from arcgis_operator.core.failures import Accepted, Applied, Fact, Failure, Kind
from arcgis_operator.core.memory import NOTHING
from arcgis_operator.core.model import SiteRef

STAMP = "2026-11-26T10:00:00Z"
YIELDS = 20
SITE = SiteRef("gis", "prod")


async def until(stage: Stage, there: Callable[[], object], *, slow: str) -> None:
    """Lets replica A go on until something is there; a second goes by at each request labelled `slow`."""
    process = stage.processes["A"]
    while not there():
        for _ in range(YIELDS):
            await asyncio.sleep(0)
        if process.points:
            if process.points[0][0] == slow:
                stage.world.advance(1.0)
            process.go_on(0)
        process.finish()
        if process.task is None:
            process.begin()


async def test_a_send_that_leaves_a_second_after_its_intent_counts_once() -> None:
    stage = Stage({})
    stage.world.create("roads", "second")
    stage.take_over("A")
    process = stage.processes["A"]
    process.sync()
    async with asyncio.timeout(5):
        await until(stage, lambda: stage.world.inbox, slow="patch")
    stored = status.parse(stage.world.objects["roads"]).journal
    counted = {*stored.sends, *(send.stamp for send in process.ledger[KEY].sends)}
    process.stop(kill=True)
    assert counted == {stored.intent_time}


TAKEN: dict[str, tuple[Fact, int]] = {
    "accepted": (Accepted("j1", "SUBMITTED"), 1),
    "applied at once": (Applied(), 1),
    "not answered": (Failure(Kind.UNSURE, "no answer"), 1),
    "answered with nonsense": (Failure(Kind.GARBLED, "a page"), 1),
    "understood and refused": (Failure(Kind.REFUSED, "no such property"), 1),
    "said to be for nothing that is there": (Failure(Kind.MISSING, "404"), 1),
    "never sent": (Failure(Kind.NOT_SENT, "the lease term is over"), 0),
    "without credentials": (Failure(Kind.NO_CREDENTIALS, "no Secret"), 0),
    "turned away by a busy site": (Failure(Kind.BUSY, "later"), 0),
    "turned away at the door": (Failure(Kind.UNAUTHORISED, "403"), 0),
}
"""As the record counts it, see `core.settle`."""


@pytest.mark.parametrize("fate", TAKEN)
def test_the_memory_counts_what_the_record_counts(fate: str) -> None:
    fact, count = TAKEN[fate]
    memory = NOTHING.sending("earlier", "2026-11-26T09:59:00Z", True, SITE, URL, now=0.0)
    memory = memory.sent("earlier", Accepted("j0", "SUBMITTED"), now=0.0)
    memory = memory.sending("intent", STAMP, True, SITE, URL, now=0.0).sent("intent", fact, now=0.0)
    assert [send.stamp for send in memory.sends].count(STAMP) == count
    assert len(memory.sends) == 1 + count


@pytest.mark.parametrize("seconds", [1.0, 0.0], ids=["closes", "stays open"])
async def test_an_edit_leaves_only_while_its_window_is_open(seconds: float) -> None:
    """The window is open for 100 s; in the last of them the intent is stored and a connection is opened."""
    stage = Stage({})
    stage.world.create("roads", "second")
    windows = [{"schedule": "0 12 23 11 *", "duration": "100s"}]
    stage.world.objects["roads"]["spec"]["change"] = {"windows": windows}
    stage.take_over("A")
    process = stage.processes["A"]
    process.sync()
    stage.world.advance(99.0 - stage.world.at)
    labels: list[str] = []

    def told() -> bool:
        reason = status.ready(stage.world.objects["roads"])[1]
        return bool(stage.world.inbox) or ("connect" in labels and reason == "OutsideWindow")

    async with asyncio.timeout(5):
        while not told():
            for _ in range(YIELDS):
                await asyncio.sleep(0)
            if process.points:
                labels.append(process.points[0][0])
                stage.world.advance(seconds if labels[-1] == "connect" else 0.0)
                process.go_on(0)
            process.finish()
            if process.task is None:
                process.begin()
    process.stop(kill=True)
    assert bool(stage.world.inbox) is (seconds == 0.0)
