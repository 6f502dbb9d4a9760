"""An elector at work beside everything else: the Lease is renewed however busy the loop of the work is.

A list of thousands, or a collection of Python's garbage, may hold that loop for long. One that is dead must
not lead, though: it beats, and without a beat the Lease is given up.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from arcgis_operator.app.aside import Aside
from arcgis_operator.app.lease import Elector, Term

Told = TypeVar("Told")
BEAT_SECONDS = 1.0
DEAD_SECONDS = 30.0
"""Longer than any work holds the loop; the kubelet gives a process that does not answer up after as long."""


class Election:
    """What is called here is called in the loop of the work, and so is what `run` is given."""

    def __init__(self, elector: Elector, aside: Aside, clock: Callable[[], float] = time.monotonic) -> None:
        self._elector, self._aside, self._clock = elector, aside, clock
        self._beaten = clock()

    async def run(self, on_started: Callable[[Term], None], on_lost: Callable[[str], None]) -> None:
        """For ever; `on_started` and `on_lost(reason)` come by turns.

        Cancelling leaves a term to its deadline.
        """
        here, beating = asyncio.get_running_loop(), asyncio.create_task(self._beat())
        try:
            await self._aside.do(
                self._stand(
                    lambda term: _soon(here, on_started, term), lambda reason: _soon(here, on_lost, reason)
                )
            )
        finally:
            beating.cancel()

    async def tried(self) -> None:
        """Returns once the first try has shown who leads, or failed."""
        await self._aside.do(self._elector.tried.wait())

    async def release(self, *, settled: bool) -> None:
        """As `Elector.release`; after the end of `run`."""
        await self._aside.do(self._elector.release(settled=settled))

    async def _stand(self, on_started: Callable[[Term], None], on_lost: Callable[[str], None]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._elector.run(on_started, on_lost), name="elector")
            group.create_task(self._guard(), name="guard of the work")

    async def _beat(self) -> None:
        while True:
            self._beaten = self._clock()
            await asyncio.sleep(BEAT_SECONDS)

    async def _guard(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            silence = self._clock() - self._beaten
            if silence > DEAD_SECONDS:
                why = f"the event loop of the work has stood still for {silence:.0f} s"
                self._elector.step_down(why, rest=DEAD_SECONDS)


def _soon(here: asyncio.AbstractEventLoop, tell: Callable[[Told], None], what: Told) -> None:
    here.call_soon_threadsafe(tell, what)
