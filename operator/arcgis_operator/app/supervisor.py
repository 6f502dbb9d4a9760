"""Keeps the watch of resources alive: runs the informer in a thread of its own, and again when it ends.

kopf leaves on many a fault of the API server (an ERROR in the stream, HTML instead of JSON, …), and a watcher
may die while the rest lives on; both are healed here, with growing pauses. As its loop is its own, nothing
that kopf does can touch the tasks or the signals of the main loop.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from arcgis_operator.handlers.informer import EventType, Informer, Sink
from arcgis_operator.telemetry.logs import fields

log = logging.getLogger(__name__)

JOIN_SECONDS = 10.0
LETTING_GO_SECONDS = 0.1  # closed connections need some turns of their loop to give their sockets back


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: pauses between restarts, a run long enough to count as good, limits of the watchdog.

    `watchers_missing` is for the start; a watch that has lost some of its parts is given up after
    `watcher_lost`.
    """

    first_pause: float = 1.0
    longest_pause: float = 30.0
    good_run: float = 60.0
    watchers_missing: float = 30.0
    watcher_lost: float = 1.0
    ending: float = 3.0
    insist: float = 0.1
    look: float = 1.0
    silence: float = 60.0


class Supervisor:
    """Runs one informer until cancelled. `restarted` is told of every end that was not asked for."""

    def __init__(
        self,
        informer: Callable[[Sink], Informer],
        sink: Sink,
        *,
        patience: Patience | None = None,
        restarted: Callable[[], None] = lambda: None,
    ) -> None:
        self._make = informer
        self._sink = sink
        self._patience = patience or Patience()
        self._restarted = restarted
        self._beat = time.monotonic()

    def stuck(self) -> str | None:
        """Why the watch makes no progress, None while it does (or is about to be restarted)."""
        silence = time.monotonic() - self._beat
        return f"the watch has been silent for {silence:.0f} s" if silence > self._patience.silence else None

    async def run(self) -> None:
        """Watch for ever; returns only by being cancelled, and then leaves no thread behind."""
        pause = self._patience.first_pause
        while True:
            started = time.monotonic()
            reason = await self._once()
            if time.monotonic() - started > self._patience.good_run:
                pause = self._patience.first_pause
            log.warning("watch restarts", extra=fields(reason=reason, wake_after=pause))
            self._restarted()
            await self._rest(pause)
            pause = min(self._patience.longest_pause, 2 * pause)

    async def _rest(self, pause: float) -> None:
        self._beat = time.monotonic() + pause
        await asyncio.sleep(pause)

    async def _once(self) -> str:
        """One life of the informer; says why it ended."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[str] = loop.create_future()
        life = _Life(self._make(_Relay(loop, self._sink)), self._patience, self._beaten)

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
    """Carries calls of the sink from the informer's thread into the main loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sink: Sink) -> None:
        self._loop = loop
        self._sink = sink

    def seen(self, kind: Literal["service", "site"], event_type: EventType, body: dict[str, Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the main loop is gone: nobody to tell
            self._loop.call_soon_threadsafe(self._tell, kind, event_type, body)

    def _tell(self, kind: Literal["service", "site"], event_type: EventType, body: dict[str, Any]) -> None:
        try:
            self._sink.seen(kind, event_type, body)
        except Exception:
            log.exception("event could not be taken in", extra=fields(kind=kind))


class _Life:
    """One run of the informer, in the thread that calls `run`."""

    def __init__(self, informer: Informer, patience: Patience, beaten: Callable[[], None]) -> None:
        self._informer = informer
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

    def stop(self) -> None:
        """End it; may be called from any thread, before, during and after `run`."""
        with self._lock:
            self._stopped = True
            if self._loop is not None and self._stop is not None:
                with contextlib.suppress(RuntimeError):  # its loop is closed: it has ended
                    self._loop.call_soon_threadsafe(self._stop.set)

    async def _watch(self) -> None:
        with self._lock:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            self._loop.set_exception_handler(_left_behind)
            if self._stopped:
                return
        watch = asyncio.create_task(self._informer.watch(self._stop), name="informer")
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
            missing = self._informer.missing()
            if not self._informer.watchers() <= missing:  # one has begun, and the others begin with it
                limit = self._patience.watcher_lost
            if not missing:
                complete = time.monotonic()
            elif time.monotonic() - complete > limit:
                self._reason = f"no {min(missing)}"
                return
        await asyncio.sleep(self._patience.ending)


def _left_behind(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """kopf drops tasks that failed beside the one it reports. No traces: this may run in a collection."""
    log.debug("watch left something behind", extra=fields(what=context.get("message")))
