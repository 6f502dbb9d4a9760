"""Rights that are taken away while an edit is under way: it is followed to its end, and no other follows."""

import asyncio

import pytest
from model_actions import Stage
from model_process import KEY
from model_schedule import whole_turn
from model_world import SETTLE

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.core import status
from arcgis_operator.core.case import Hold
from arcgis_operator.core.verdict import Reason
from arcgis_operator.reconcilers.hearing import PASSED_OVER

YIELDS = 20
TURNS = 8
AWAY = KubeFailure(KubeFailureKind.UNREACHABLE, "429 too many requests", 429)
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


async def test_an_edit_is_followed_to_its_end_while_another_resource_of_the_service_cannot_be_read() -> None:
    """And no other one is sent, for what cannot be read may have the word."""
    stage = Stage({})
    process, world = stage.processes["A"], stage.world
    world.create("roads", "second")
    stage.take_over("A")
    process.sync()
    await turn_and_jobs(stage)
    world.create("roads-too", "third")
    world.respecify("roads", lambda spec: spec["settings"].update(description="fourth"))
    process.sync()
    get, read = process.get, ("gis", "roads")

    async def unread(kind: object, namespace: str, name: str) -> Object | KubeFailure:
        return await get(kind, namespace, name) if (namespace, name) == read else AWAY

    process.get = unread  # type: ignore[method-assign]
    for _ in range(TURNS):
        world.advance(15.0)
        await turn_and_jobs(stage)
    record = status.parse(world.objects["roads"])
    assert (len(world.sends), record.journal.open, record.ready.reason) == (1, False, Reason.ACCESS_UNKNOWN)
    process.get = get  # type: ignore[method-assign]
    await turn_and_jobs(stage)
    assert len(world.sends) == 2


@pytest.mark.parametrize("reason", PASSED_OVER)
async def test_what_the_record_of_a_resource_says_that_was_passed_over_is_not_known_after_a_restart(
    reason: Reason,
) -> None:
    """Another one may have spoken meanwhile, and left an edit that is not listed yet."""
    stage = Stage({})
    process, world = stage.processes["A"], stage.world
    world.create("roads", "second")
    world.objects["roads"]["status"] = {
        "observedGeneration": 1,
        "journal": {"phase": "Idle"},
        "conditions": [{"type": "Ready", "status": "False", "reason": reason, "observedGeneration": 1}],
    }
    world.clean = False
    stage.take_over("A")
    process.sync()
    await turn_and_jobs(stage)
    assert world.sends == []
    for _ in range(2):
        world.advance(SETTLE)
        await turn_and_jobs(stage)
    assert len(world.sends) == 1
