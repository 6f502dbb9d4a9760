"""What happens in one term of the lease: the first full list, then workers and resyncs until it ends."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass

from arcgis_operator.app.lease import Elector
from arcgis_operator.app.lease import Term as LeaseTerm
from arcgis_operator.controller.dispatch import Dispatch, Running
from arcgis_operator.controller.queue import WorkQueue, run_workers
from arcgis_operator.controller.resync import Resync
from arcgis_operator.core.keys import Key
from arcgis_operator.reconcilers.clock import boottime
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.ports import Term
from arcgis_operator.telemetry.logs import fields

log = logging.getLogger(__name__)

DRAIN_SECONDS = 8.0
BEGIN_SECONDS = 180.0
"""A term whose first list is not complete by then is given up: another replica may be able to."""
REST_SECONDS = 30.0
LATELY_SECONDS = 2 * (BEGIN_SECONDS + REST_SECONDS)
UNBEGUN_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class LiveTerm:
    """A lease term with what the first list said. Implements `reconcilers.ports.Term`."""

    elector: Elector
    term: LeaseTerm
    starts_settled: bool
    is_first: bool = False

    @property
    def acquired_at(self) -> float:
        """On the lease's clock."""
        return self.term.acquired_at

    def check(self) -> str | None:
        """None while the term is ours; else why nothing may be sent."""
        return self.elector.check(self.term)


class Leading:
    """Begins and ends with the terms of an elector."""

    def __init__(
        self,
        elector: Elector,
        queue: WorkQueue[Key],
        dispatch: Dispatch,
        resync: Resync,
        running: Running,
        ledger: Ledger,
        *,
        workers: int,
        settle_seconds: float,
    ) -> None:
        self._elector, self._queue, self._workers = elector, queue, workers
        self._dispatch, self._resync, self._running = dispatch, resync, running
        self._ledger, self._settle_seconds = ledger, settle_seconds
        self._task: asyncio.Task[None] | None = None
        self._listed = asyncio.Event()
        self._listed.set()
        self._unbegun: tuple[float, float] | None = None  # since when no term could begin, and the last try
        self._never: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._crash: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def begin(self, term: LeaseTerm) -> None:
        """A term begins."""
        self._listed.clear()
        self._task = asyncio.create_task(self._lead(term), name=f"term {term.number}")
        self._task.add_done_callback(self._ended)

    def end(self, reason: str) -> None:
        """The term is over: its turns stop where they are."""
        self._running.term = None
        if self._task:
            self._task.cancel()

    async def listed(self) -> None:
        """Returns when no term waits for its first list."""
        await self._listed.wait()

    def stuck(self) -> str | None:
        """Why this process is no leader to wait for: again and again, until lately, no term could begin."""
        since, tried = self._unbegun or (0.0, 0.0)
        if tried - since < UNBEGUN_SECONDS or boottime() - tried > LATELY_SECONDS:
            return None
        return f"no term could begin for {boottime() - since:.0f} s: the resources cannot be listed"

    async def watch(self) -> None:
        """Raises when a term breaks; returns never."""
        await self._crash

    async def stop(self) -> bool:
        """Let the turns under way come to their end, then stop; no new one begins.

        Answers whether the next term may start settled. That is known only now: a last turn may have sent.
        """
        term, self._running.term = self._running.term, None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._queue.rest()
        self.end("stopping")
        if self._task:
            await asyncio.wait([self._task])
        return term is not None and self._settled(term)

    def _settled(self, term: Term) -> bool:
        """In this term, and for a settle time, nothing was sent."""
        rested = term.starts_settled or boottime() - term.acquired_at >= self._settle_seconds
        return rested and self._ledger.calm()

    async def _lead(self, lease_term: LeaseTerm) -> None:
        self._queue.clear()  # the look at everything finds it: on standby every change there was waits here
        untouched = await self._first_list()
        first = lease_term.first_install and untouched
        settled = lease_term.starts_settled or first
        self._running.term = LiveTerm(self._elector, lease_term, settled, first)
        self._listed.set()
        log.info("leading", extra=fields(term=lease_term.number, settled=settled))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._resync.run(), name="resync")
            group.create_task(
                run_workers(
                    self._queue,
                    self._dispatch.turn,
                    workers=self._workers,
                    on_crash=self._dispatch.crashed,
                    about=self._dispatch.about,
                ),
                name="workers",
            )

    async def _first_list(self) -> bool:
        """Whether nothing has a journal. Who cannot begin gives the Lease up: then the term is ended."""
        self._tries_to_begin()
        try:
            async with asyncio.timeout(BEGIN_SECONDS):
                untouched = await self._resync.first()
        except TimeoutError:
            self._unbegun = None if self._resync.refused else self._unbegun
            self._tries_to_begin()
            self._elector.step_down(f"no full list within {BEGIN_SECONDS:g} s", rest=REST_SECONDS)
            return await asyncio.shield(self._never)
        self._unbegun = None
        return untouched

    def _tries_to_begin(self) -> None:
        """A try long ago says nothing of now: another replica has led since."""
        now, (since, tried) = boottime(), self._unbegun or (0.0, -LATELY_SECONDS)
        self._unbegun = (since if now - tried <= LATELY_SECONDS else now, now)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._listed.set()
        if not task.cancelled() and not self._crash.done():
            self._crash.set_exception(task.exception() or RuntimeError("a term ended by itself"))
