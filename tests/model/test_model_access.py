"""Rights that are taken away while an edit is under way: it is followed to its end, and no other follows."""

import asyncio

import pytest
from model_actions import Stage
from model_process import KEY
from model_schedule import whole_turn

from arcgis_operator.core import status
from arcgis_operator.core.case import Hold
from arcgis_operator.core.verdict import Reason

YIELDS = 20
TURNS = 8
REFUSED = {
    "the site's rules do not allow it any more": Hold(Reason.SITE_NOT_ALLOWED, "Not allowed."),
    "the resource's own site is gone, another one has its address": Hold(Reason.SITE_NOT_FOUND, "Gone."),
}


async def turn_and_jobs(stage: Stage) -> None:
    """One turn of replica A; jobs go on afterwards."""
    await whole_turn(stage.processes["A"])
    for job in stage.world.ours_run():
        stage.world.move(job)


@pytest.mark.parametrize("refused", REFUSED)
async def test_who_may_not_use_the_site_any_more_sends_nothing_after_the_edit_under_way(refused: str) -> None:
    stage = Stage({})
    process, world = stage.processes["A"], stage.world

    async def resolve(*_: object) -> Hold:
        return REFUSED[refused]

    world.create("roads", "second")
    stage.take_over("A")
    process.sync()
    await turn_and_jobs(stage)
    assert status.parse(world.objects["roads"]).journal.open

    world.respecify("roads", lambda spec: spec["settings"].update(description="third"))
    process.resolve = resolve  # type: ignore[method-assign, assignment]
    process.sync()
    for _ in range(TURNS):
        world.advance(15.0)
        await turn_and_jobs(stage)
    assert len(world.sends) == 1
    record = status.parse(world.objects["roads"])
    assert not record.journal.open
    assert record.ready.reason == REFUSED[refused].reason
    assert process.ledger[KEY].open_job == ""


async def test_who_may_not_use_the_site_any_more_leaves_the_line_for_a_slot() -> None:
    """Else a slot would be kept for it, and those behind it would not be called."""
    stage = Stage({})
    process, world = stage.processes["A"], stage.world
    left: list[str] = []

    async def resolve(*_: object) -> Hold:
        return Hold(Reason.SITE_NOT_ALLOWED, "Not allowed.")

    world.create("roads", "second")
    stage.take_over("A")
    process.sync()
    process.resolve = resolve  # type: ignore[method-assign, assignment]
    process.left = left.append  # type: ignore[method-assign]
    await turn_and_jobs(stage)
    assert left == [KEY]


async def test_a_resource_that_goes_gives_its_slot_back_once_its_edit_has_ended() -> None:
    stage = Stage({})
    process, world = stage.processes["A"], stage.world
    left: list[str] = []
    world.create("roads", "second")
    stage.take_over("A")
    process.sync()
    await turn_and_jobs(stage)
    world.delete("roads")
    process.sync()
    process.left = left.append  # type: ignore[method-assign]
    await turn_and_jobs(stage)
    assert left == []
    for _ in range(TURNS):
        await turn_and_jobs(stage)
    assert set(left) == {KEY}
    assert process.ledger.remembered() == set()


async def test_rights_that_are_taken_away_while_a_turn_waits_for_the_sites_budget_count() -> None:
    """A site that allows little lets a turn wait for minutes."""
    stage = Stage({})
    process, world = stage.processes["A"], stage.world

    async def resolve(*_: object) -> Hold:
        return REFUSED["the site's rules do not allow it any more"]

    world.create("roads", "second")
    stage.take_over("A")
    process.sync()
    process.begin()
    for _ in range(YIELDS):
        if process.points and process.points[0][0] != "pace":
            process.go_on(0)
        await asyncio.sleep(0)
    assert [label for label, _ in process.points] == ["pace"]
    process.resolve = resolve  # type: ignore[method-assign, assignment]
    process.go_on(0)
    for _ in range(YIELDS):
        if process.points:
            process.go_on(0)
        await asyncio.sleep(0)
    process.finish()
    assert world.sends == []
    assert process.wake_at == world.at
    await turn_and_jobs(stage)
    assert status.parse(world.objects["roads"]).ready.reason == Reason.SITE_NOT_ALLOWED
