"""kopf as the informer: every event of both kinds becomes one call of a sink.

Explicit registry, non-blocking handlers, no storages, no finalizers, no peering: kopf writes nothing.
`Informer.watch` must have an event loop of its own (see app/supervisor): when kopf ends, it cancels every
task that was made in its loop meanwhile, and in the main thread it replaces the handlers of signals.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

import kopf

from arcgis_operator.adapters.kube.access import Access
from arcgis_operator.adapters.kube.kinds import GROUP, SERVED, Kind
from arcgis_operator.controller.news import EventType
from arcgis_operator.core.backoff import Backoff
from arcgis_operator.handlers.answers import Lists, answer_class
from arcgis_operator.handlers.pulse import Pulse
from arcgis_operator.handlers.session import WatchSessions
from arcgis_operator.handlers.starts import Starts
from arcgis_operator.handlers.storage import NoDiffBase, NoProgress

IDENTITY: Any = "arcgis-operator"
"""Given to kopf, which else asks for the name of the user: in a pod a uid has none."""
PAUSES = Backoff(1.0, 30.0)
FOREVER = 1e9  # None crashes kopf; anything shorter can cancel the watcher outside its guard

PARTS = frozenset({"multidimensional multitasker", "credentials retriever"})
"""Tasks of kopf without which its watchers are lost. These names, and those of the watchers, are private to
kopf: pyproject.toml pins it exactly, and a new version is tried with tests/kube/test_watch_lives.py."""


class Sink(Protocol):
    """Who is told. `seen` is quick and never raises."""

    def seen(self, kind: Kind, event_type: EventType, body: dict[str, Any]) -> None:
        """`body` is the whole object as the API server sent it; a hint only, it may be old."""

    async def taken(self) -> None:
        """Returns when all that was told before is taken in: pages of a list would pile up."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Seconds, but for `chunk`. The stream ends by itself after `server_timeout`; then it is opened anew."""

    server_timeout: int = 240
    client_timeout: float = 260.0
    connect_timeout: float = 10.0
    request_timeout: float = 60.0
    reconnect: float = 1.0
    backoff: Backoff = PAUSES
    chunk: int = 500


@dataclass(frozen=True, slots=True)
class Backoffs:
    """Pauses without end, as kopf wants them, each shortened by up to a half at random.

    Iterated anew for every request, so one that failed long does not slow down the next.
    """

    backoff: Backoff

    def __iter__(self) -> Iterator[float]:
        for failures in count(1):
            yield self.backoff.pause(failures, random.random())  # noqa: S311 - spreads retries, guards nothing


@dataclass(frozen=True, slots=True)
class Informer:
    """What to watch, and whom to tell. `namespaces` empty means the whole cluster.

    `access` opens a way to the API server; it is called in the loop of `watch`.
    """

    sink: Sink
    access: Callable[[], Awaitable[Access]]
    namespaces: tuple[str, ...] = ()
    tuning: Tuning = Tuning()
    pulse: Pulse = field(default_factory=Pulse)
    starts: Starts = field(default_factory=Starts)
    _open: list[WatchSessions] = field(default_factory=list)

    async def watch(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set; ends or raises earlier on anything that kopf does not survive."""
        pauses = Backoffs(self.tuning.backoff)
        self.pulse.untrusted = ""
        answers = answer_class(self.pulse, Lists(self.starts, self._listed, self.sink.taken))
        sessions = WatchSessions(self.access, pauses, self.pulse, answers)
        self._open[:] = [sessions]
        try:
            await kopf.operator(
                registry=registry(self.sink, sessions),
                settings=settings(self.tuning),
                standalone=True,
                identity=IDENTITY,
                clusterwide=not self.namespaces,
                namespaces=self.namespaces,
                stop_flag=stop,
            )
        finally:
            await sessions.close()

    def _listed(self, kind: Kind, body: dict[str, Any]) -> None:
        self.sink.seen(kind, "LISTED", body)

    def look(self) -> str:
        """Ends streams that are dead; says why the whole watch has to begin anew, empty while it need not."""
        self.pulse.end_dead_streams()
        return next(filter(None, (sessions.outdated() for sessions in self._open)), "")

    def follows(self) -> bool:
        """Whether all there is was told, and every change is told that comes; may be asked in any thread."""
        places: tuple[str | None, ...] = self.namespaces or (None,)
        return self.pulse.follows([kind.path(place) for kind in SERVED for place in places])

    def missing(self) -> set[str]:
        """Names of the tasks that should run in this loop and do not.

        kopf that has lost one of them is ending, but may never come to an end: a watcher that is left alone
        then waits for credentials that nobody brings, and swallows its cancellation.
        """
        running = {task.get_name() for task in asyncio.all_tasks() if not task.done()}
        return (self.watchers() | PARTS) - running

    def watchers(self) -> set[str]:
        """Names that kopf gives to its watcher tasks: one for each kind and namespace."""
        places: tuple[str | None, ...] = self.namespaces or (None,)
        return {
            f"watcher for {kind.plural}.{kind.version}.{kind.group}@{place}"
            for kind in SERVED
            for place in places
        }


def registry(sink: Sink, sessions: WatchSessions) -> kopf.OperatorRegistry:
    """The handlers: one login, one event handler for each kind."""
    made = kopf.OperatorRegistry()

    async def login(**_: Any) -> kopf.AiohttpSession:
        return await sessions.open()

    kopf.on.login(registry=made, id="login")(login)
    for kind in SERVED:
        on = kopf.on.event(kind.group, kind.version, kind.plural, registry=made, id=f"{kind.plural}-events")
        on(_handler(sink, kind))
    return made


def settings(tuning: Tuning) -> kopf.OperatorSettings:
    """kopf as a pure reader: nothing is scanned, posted, stored or elected, and no failure is final."""
    made = kopf.OperatorSettings()
    made.scanning.disabled = True
    made.peering.standalone = True
    made.posting.enabled = False
    made.process.ultimate_exiting_timeout = None  # its SIGKILL would hit the whole process
    made.queueing.idle_timeout = 0.2
    made.queueing.exit_timeout = 0.5
    made.watching.inactivity_timeout = FOREVER
    made.watching.server_timeout = tuning.server_timeout
    made.watching.client_timeout = tuning.client_timeout
    made.watching.connect_timeout = tuning.connect_timeout
    made.watching.reconnect_backoff = tuning.reconnect
    made.watching.chunk_size = tuning.chunk
    made.networking.request_timeout = tuning.request_timeout
    made.networking.connect_timeout = tuning.connect_timeout
    made.networking.error_backoffs = Backoffs(tuning.backoff)
    made.execution.default_backoff = tuning.backoff.longest  # pause after a failed login
    made.networking.enforce_retry_after = True
    made.persistence.finalizer = f"{GROUP}/unused"
    made.persistence.diffbase_storage = NoDiffBase()
    made.persistence.progress_storage = NoProgress()
    return made


def _handler(sink: Sink, kind: Kind) -> Callable[..., Awaitable[None]]:
    async def seen(event: dict[str, Any], **_: Any) -> None:
        sink.seen(kind, _event_type(event["type"]), event["object"])

    return seen


def _event_type(raw: str) -> EventType:
    """A DELETED may also mean: left the watched selection."""
    return "DELETED" if raw == "DELETED" else "CHANGED"
