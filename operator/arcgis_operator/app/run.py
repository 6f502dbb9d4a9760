"""Runs the operator until a signal: what begins and ends, and in which order."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine, Iterable
from typing import Any

from arcgis_operator.adapters.kube.api import connect
from arcgis_operator.app.aside import Aside
from arcgis_operator.app.election import Election
from arcgis_operator.app.parts import VERSION, Parts
from arcgis_operator.config import Config
from arcgis_operator.telemetry.logs import fields

log = logging.getLogger(__name__)


class Operator:
    """One process. `run` returns after SIGTERM or SIGINT, and raises when a part breaks."""

    def __init__(self, parts: Parts, election: Election) -> None:
        self._parts, self._election = parts, election

    async def run(self) -> None:
        """Watch, stand for election, lead; clean up at the end."""
        parts, stop = self._parts, asyncio.Event()
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, stop.set)
        await parts.health.start()
        log.info(
            "started",
            extra=fields(version=VERSION, health_port=parts.health.port, holder=parts.elector.holder),
        )
        work: dict[str, Coroutine[Any, Any, object]] = {
            "watch": self._watch(),
            "events": parts.events.run(),
            "lease": self._election.run(parts.begin, parts.end),
            "signal": stop.wait(),
            "term": parts.leading.watch(),
        }
        tasks = [asyncio.create_task(one, name=name) for name, one in work.items()]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._shut_down(tasks)

    async def _watch(self) -> None:
        """A leader's first list goes before, and the watch begins where it ended: nothing is listed twice."""
        await self._election.tried()
        await self._parts.leading.listed()
        await self._parts.supervisor.run()

    async def _shut_down(self, tasks: list[asyncio.Task[object]]) -> None:
        """The Lease goes first: once it is not renewed any more, nothing slow may come before its release."""
        settled = await self._parts.leading.stop()
        await _cancelled(task for task in tasks if task.get_name() == "lease")
        with contextlib.suppress(asyncio.CancelledError):
            await self._election.release(settled=settled)
        await self._parts.events.drain(1.0)
        await _cancelled(tasks)
        await self._parts.health.stop()
        await self._parts.sessions.aclose()
        log.info("stopped")


async def _cancelled(tasks: Iterable[asyncio.Task[object]]) -> None:
    """Returns when all have come to their end."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


async def serve(config: Config) -> None:
    """Connect and run; raises `ConnectError`."""
    place = (config.kubeconfig or None, config.context or None)
    async with await connect(*place) as api, Aside("lease") as aside:
        lease_api = await aside.do(connect(*place))
        try:
            parts = Parts(config, api, lease_api)
            await Operator(parts, Election(parts.elector, aside)).run()
        finally:
            await aside.do(lease_api.aclose())
