"""Keeps the watch of resources alive: runs the informer in a thread of its own, and again when it ends.

kopf leaves on many a fault of the API server (an ERROR in the stream, HTML instead of JSON, …), and a watcher
may die while the rest lives on; both are healed here, with growing pauses. As its loop is its own, nothing
that kopf does can touch the tasks or the signals of the main loop.
"""

import asyncio
import contextlib
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from arcgis_operator.adapters.kube.kinds import Kind
from arcgis_operator.controller.news import EventType
from arcgis_operator.controller.resync import resource_in
from arcgis_operator.core.backoff import Backoff
from arcgis_operator.handlers.informer import Informer, Sink
from arcgis_operator.handlers.pulse import Pulse
from arcgis_operator.reconcilers.breath import Breath
from arcgis_operator.telemetry.logs import fields, named

log = logging.getLogger(__name__)

PAUSES = Backoff(1.0, 30.0)
JOIN_SECONDS = 10.0
LETTING_GO_SECONDS = 0.1  # closed connections need some turns of their loop to give their sockets back


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: pauses between restarts, a run long enough to count as good, limits of the watchdog.

    `unheard`: the API server, which sends something every minute, is heard of by no stream and no list.
    `watchers_missing` is for the start; a watch that has lost some of its parts is given up after
    `watcher_lost`.
    """

    pauses: Backoff = PAUSES
    good_run: float = 60.0
    watchers_missing: float = 30.0
    watcher_lost: float = 1.0
    ending: float = 3.0
    insist: float = 0.1
    look: float = 1.0
    silence: float = 60.0
    unheard: float = 300.0


class Taker(Protocol):
    """Who is told in the main loop. A call is quick."""

    def seen(self, kind: Kind, event_type: EventType, body: dict[str, Any]) -> None:
        """As `Sink.seen`."""


class Supervisor:
    """Runs one informer until cancelled. `restarted` is told of every end that was not asked for."""

    def __init__(
        self,
        informer: Callable[[Sink], Informer],
        sink: Taker,
        *,
        breath: Breath | None = None,
        patience: Patience | None = None,
        restarted: Callable[[], None] = lambda: None,
        pulse: Pulse | None = None,
    ) -> None:
        self._make = informer
        self._sink, self._breath = sink, breath or Breath()
        self._patience = patience or Patience()
        self._restarted = restarted
        self._pulse = pulse or Pulse()
        self._beat = math.inf  # before it runs, it is for others to say what keeps it
        self._life: _Life | None = None
        self._relay: _Relay | None = None

    def stuck(self) -> str | None:
        """Why the watch makes no progress, None while it does (or is about to be restarted).

        A watch that is refused is none that a restart would heal.
        """
        silence = time.monotonic() - self._beat
        if (unanswered := self._pulse.unanswered()) > self._patience.unheard:
            return f"the watch has heard nothing for {unanswered:.0f} s"
        return f"the watch has been silent for {silence:.0f} s" if silence > self._patience.silence else None

    def unheard(self) -> float:
        """Seconds since the watch last heard of the API server, for the kind where that is longest."""
        return self._pulse.silence()

    async def caught_up(self) -> bool:
        """Whether the watch follows all there is; what it told before is taken in when this returns."""
        if not (self._life and self._relay and self._life.informer.follows()):
            return False
        await self._relay.taken()
        return True

    def again(self, why: str) -> None:
        """What the watch told, and what it is about to tell, counts no more: let it list anew."""
        if self._life and self._relay:
            self._relay.close()
            self._life.stop(why)

    async def run(self) -> None:
        """Watch for ever; returns only by being cancelled, and then leaves no thread behind."""
        failures = 0
        while True:
            started = time.monotonic()
            reason = await self._once()
            failures = 1 if time.monotonic() - started > self._patience.good_run else failures + 1
            pause = self._patience.pauses.pause(failures)
            log.warning("watch restarts", extra=fields(reason=reason, wake_after=pause))
            self._restarted()
            await self._rest(pause)

    async def _rest(self, pause: float) -> None:
        self._beat = time.monotonic() + pause
        await asyncio.sleep(pause)

    async def _once(self) -> str:
        """One life of the informer; says why it ended."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[str] = loop.create_future()
        self._relay = _Relay(loop, self._sink, self._breath)
        life = self._life = _Life(self._make(self._relay), self._patience, self._beaten)

        def body() -> None:
            reason = life.run()
            with contextlib.suppress(RuntimeError):  # the main loop may be gone already
                loop.call_soon_threadsafe(ended.set_result, reason)

        thread = threading.Thread(target=body, name="informer", daemon=True)
        thread.start()
        try:
            return await asyncio.shield(ended)
        finally:
            life.stop()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(JOIN_SECONDS):
                    await ended
                thread.join(1.0)  # it has nothing left to do

    def _beaten(self) -> None:
        self._beat = time.monotonic()


class _Relay:
    """Carries calls of the sink from the informer's thread into the main loop.

    asyncio makes all calls that wait in one round, be they thousands: here one call takes what may be taken.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, sink: Taker, breath: Breath) -> None:
        self._loop, self._sink, self._breath = loop, sink, breath
        self._waiting: deque[Callable[[], None]] = deque()
        self._called = False
        self._closed = False

    def close(self) -> None:
        """Nobody is told any more, not even what is on its way."""
        self._closed = True

    def seen(self, kind: Kind, event_type: EventType, body: dict[str, Any]) -> None:
        self._add(partial(self._tell, kind, event_type, body))

    async def taken(self) -> None:
        """Returns when all that was told before is taken in; may be awaited in any loop."""
        taken: Future[None] = Future()
        self._add(partial(_settle, taken))
        await asyncio.wrap_future(taken)

    def _add(self, call: Callable[[], None]) -> None:
        self._waiting.append(call)
        if not self._called:
            self._called = True
            with contextlib.suppress(RuntimeError):  # the main loop is gone: nobody to tell
                self._loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        """One at least, also where others have taken the time of this round."""
        self._called = False  # before looking: what comes later calls again
        while self._waiting:
            self._waiting.popleft()()
            if self._waiting and self._breath.is_due():
                self._called = True
                self._loop.call_soon(self._take)
                return

    def _tell(self, kind: Kind, event_type: EventType, body: dict[str, Any]) -> None:
        if self._closed:
            return
        try:
            self._sink.seen(kind, event_type, body)
        except Exception:
            log.exception("event could not be taken in", extra=named(kind.name, resource_in(body)))


class _Life:
    """One run of the informer, in the thread that calls `run`."""

    def __init__(self, informer: Informer, patience: Patience, beaten: Callable[[], None]) -> None:
        self.informer = informer
        self._patience = patience
        self._beaten = beaten
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._stopped = False
        self._reason = "the watch ended"

    def run(self) -> str:
        """Watch until it ends for any reason, and say which."""
        loop = asyncio.new_event_loop()  # asyncio.run would wait for tasks that never end
        try:
            loop.run_until_complete(self._watch())
        except (Exception, asyncio.CancelledError) as error:
            log.debug("watch failed", exc_info=True)
            return f"{type(error).__name__}: {error}"[:200]
        finally:
            loop.run_until_complete(asyncio.sleep(LETTING_GO_SECONDS))
            loop.close()
        return self._reason

    def stop(self, why: str = "") -> None:
        """End it; may be called from any thread, before, during and after `run`."""
        with self._lock:
            self._stopped = True
            self._reason = why or self._reason
            if self._loop is not None and self._stop is not None:
                with contextlib.suppress(RuntimeError):  # its loop is closed: it has ended
                    self._loop.call_soon_threadsafe(self._stop.set)

    async def _watch(self) -> None:
        with self._lock:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            self._loop.set_exception_handler(_left_behind)
            if self._stopped:
                return
        watch = asyncio.create_task(self.informer.watch(self._stop), name="informer")
        guard = asyncio.create_task(self._guard(self._stop), name="informer watchdog")
        await asyncio.wait([watch, guard], return_when=asyncio.FIRST_COMPLETED)
        failed = watch.done()
        await self._end(watch)
        if failed:
            watch.result()

    async def _end(self, watch: "asyncio.Task[None]") -> None:
        """Cancel the tasks of kopf, again and again as some swallow it, until the informer has cleaned up."""
        give_up = time.monotonic() + self._patience.ending
        while (rest := asyncio.all_tasks() - {asyncio.current_task()}) and time.monotonic() < give_up:
            for task in rest - {watch}:
                task.cancel()
            await asyncio.wait(rest, timeout=self._patience.insist)

    async def _guard(self, stop: asyncio.Event) -> None:
        """Beat while the loop runs. Returns when the watch is to end, or should have ended by itself."""
        complete, limit = time.monotonic(), self._patience.watchers_missing
        while not stop.is_set():
            await asyncio.sleep(self._patience.look)
            self._beaten()
            if why := self.informer.look():
                self._reason = why
                return
            missing = self.informer.missing()
            if not self.informer.watchers() <= missing:  # one has begun, and the others begin with it
                limit = self._patience.watcher_lost
            if not missing:
                complete = time.monotonic()
            elif time.monotonic() - complete > limit:
                self._reason = f"no {min(missing)}"
                return
        await asyncio.sleep(self._patience.ending)


def _settle(taken: "Future[None]") -> None:
    with contextlib.suppress(InvalidStateError):  # whoever waited has given up
        taken.set_result(None)


def _left_behind(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """kopf drops tasks that failed beside the one it reports. No traces: this may run in a collection."""
    log.debug("watch left something behind", extra=fields(what=context.get("message")))
