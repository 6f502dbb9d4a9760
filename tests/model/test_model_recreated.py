"""A resource that is made anew under its name, before anything tells of it."""

import asyncio

from model_actions import Stage
from model_process import KEY

from arcgis_operator.core.wake import BACKOFF, Wake

YIELDS = 20


async def whole_turn(stage: Stage) -> Wake:
    """One turn of replica A, in which everything answers; when it wants the next one."""
    process = stage.processes["A"]
    process.begin()
    task = process.task
    assert task
    while not task.done():
        for number in reversed(range(len(process.points))):
            process.go_on(number)
        for _ in range(YIELDS):
            await asyncio.sleep(0)
        if stage.world.inbox:
            task.cancel()
    process.task = None
    return BACKOFF if task.cancelled() else task.result()


async def test_a_resource_made_anew_for_another_service_is_not_followed_under_the_former_key() -> None:
    """That service may have a turn of its own now, and an older resource that speaks for it."""
    stage = Stage({})
    process, world = stage.processes["A"], stage.world
    world.create("roads", "second")
    stage.take_over("A")
    process.sync()
    world.delete("roads")
    world.create("roads", "third")
    world.respecify("roads", lambda spec: spec["service"].update(name="Rivers"))
    wake = await whole_turn(stage)
    assert (wake is BACKOFF, world.inbox, world.writes) == (True, [], 0)
    process.registry.service_seen(world.objects["roads"])
    assert process.registry.claim(KEY).winner is None
