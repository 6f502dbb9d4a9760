"""The place of a scene does what its script says."""

import asyncio
from typing import Any

import pairs_features  # noqa: F401 - fills the table
import pairs_loop
import pytest
from pairs_place import Place, play
from pairs_scene import LAST, Scene, When

from harness.fault import Fault

PAUSE, SILENCE = Fault(code=503), Fault(breaks="connect")


def placed(test: [[Place], Any]) -> None:
    """Runs it at the beginning of a scene in which nothing happens."""

    async def run() -> None:
        await test(Place(Scene(1, ()).script(), patch))

    with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=pairs_loop.Loop) as runner:
        runner.run(run())


def test_what_is_broken_for_longer_goes_on_when_something_else_is_over() -> None:
    async def test(place: Place) -> None:
        place.act_break_site(PAUSE, 1e9)
        place.act_break_site(SILENCE, 50.0)
        assert place.take("site jobs") == (SILENCE, 0.0)
        assert place.take("kube get") is None
        await asyncio.sleep(51)
        assert place.take("site jobs") == (PAUSE, 0.0)

    placed(test)


def test_the_quiet_part_follows_the_last_event_however_late_it_comes() -> None:
    class Late(Scene):
        def script(self) -> Any:
            script = super().script()
            script.do(When(LAST + 201, "edit"), "labels", namespace="gis", labels={})
            script.length = LAST + 900
            return script

    history = play(Late(1, ()))
    (labels,) = (at for at, act, _ in history.events if act == "labels")
    assert LAST + 200 < labels <= history.end - 900
