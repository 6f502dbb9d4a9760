"""Builds the operator from a `Config` and runs it until a signal: wiring only, no decisions."""

import asyncio
import contextlib
import logging
import secrets
import signal
import socket
from collections.abc import Coroutine, Iterable
from importlib.metadata import version
from operator import attrgetter
from typing import Any

from arcgis_operator.adapters.kube.access import load_access
from arcgis_operator.adapters.kube.api import KubeApi, connect
from arcgis_operator.adapters.kube.events import EventPoster
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES, Kind
from arcgis_operator.app.gauges import Gauges
from arcgis_operator.app.health import Health
from arcgis_operator.app.leading import Leading
from arcgis_operator.app.lease import Elector, LeaseTimes, Term, identity
from arcgis_operator.app.probes import Probes
from arcgis_operator.app.settings import own_namespace, policy_of, timeouts_of
from arcgis_operator.app.supervisor import Supervisor
from arcgis_operator.config import Config
from arcgis_operator.controller.asks import Asks
from arcgis_operator.controller.dispatch import Dispatch, Running
from arcgis_operator.controller.kinds import Row, rows
from arcgis_operator.controller.news import News
from arcgis_operator.controller.queue import WorkQueue
from arcgis_operator.controller.resync import SPREAD, Resync
from arcgis_operator.core.backoff import Backoff
from arcgis_operator.core.identity import Name
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.keys import Key, ServiceKey, SiteKey
from arcgis_operator.core.model import SiteWanted
from arcgis_operator.handlers.informer import Informer, Sink
from arcgis_operator.handlers.pulse import Pulse
from arcgis_operator.reconcilers.clock import Clock, boottime
from arcgis_operator.reconcilers.glance import Glance
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.polled import Polled
from arcgis_operator.reconcilers.registry import Registry
from arcgis_operator.reconcilers.service import ServiceReconciler
from arcgis_operator.reconcilers.site import Probe, SiteReconciler
from arcgis_operator.reconcilers.store import StatusStore
from arcgis_operator.sites.sessions import Sessions
from arcgis_operator.telemetry.counts import Counts
from arcgis_operator.telemetry.grumbles import Grumbles
from arcgis_operator.telemetry.happenings import (
    EventLost,
    KubeAnswered,
    KubeRefused,
    Restarted,
    Teller,
    TermBegan,
    TermEnded,
    WatchLost,
    telling,
)
from arcgis_operator.telemetry.logs import fields
from arcgis_operator.telemetry.metrics import Metrics

log = logging.getLogger(__name__)

VERSION = version("arcgis-operator")
LIST_PATIENCE = 20.0
INTENT_BYTES = 16
"""So that the id of an intent is a trace id as well. Source: W3C Trace Context, "trace-id"."""


class Operator:
    """All parts of one process. `run` returns after SIGTERM or SIGINT, and raises when a part breaks.

    `lease_api` has connections of its own: what hangs elsewhere never delays the lease.
    """

    def __init__(self, config: Config, api: KubeApi, lease_api: KubeApi | None = None) -> None:
        self._config, self._api, lease_api = config, api, lease_api or api
        self._clock, self._metrics, self._tell = Clock(), Metrics(), Teller()
        self._tell.listen(KubeRefused, Grumbles())
        Counts(self._metrics, self._clock.now, VERSION).listen(self._tell)
        for one in (api, lease_api):
            one.refused, one.observe = telling(self._tell, KubeRefused), telling(self._tell, KubeAnswered)
        pod = config.pod_name or socket.gethostname()
        self._events = EventPoster(api, pod, dropped=telling(self._tell, EventLost))
        self._queue: WorkQueue[Key] = WorkQueue(
            backoff=Backoff(config.poll_seconds, config.backoff_seconds),
            group=attrgetter("site_url"),
            most_of_a_group=max(1, config.workers // 2),
        )
        self._running, self._polled, self._site_news = Running(), Polled(), News()
        self._asks = Asks(self._queue, self._polled)
        self._registry = Registry(lambda key: self._asks.told(ServiceKey(key)))
        self._ledger = Ledger(boottime, config.settle_seconds, config.job_timeout_seconds)
        self._sessions = self._make_sessions()
        self._dispatch = Dispatch(self._asks, self._make_rows(), self._running)
        self._elector = self._make_elector(pod, lease_api)
        self._pulse = Pulse(lost=telling(self._tell, WatchLost))
        self._supervisor = Supervisor(
            self._informer, self._dispatch, restarted=telling(self._tell, Restarted), pulse=self._pulse
        )
        self._resync = Resync(
            api,
            config.namespaces,
            self._dispatch,
            config.resync_seconds,
            self._tell,
            self._supervisor.again,
        )
        self._leading = Leading(
            self._elector,
            self._queue,
            self._dispatch,
            self._resync,
            self._running,
            self._ledger,
            workers=config.workers,
            settle_seconds=config.settle_seconds,
        )
        self._health = self._make_health()

    async def run(self) -> None:
        """Watch, stand for election, lead; clean up at the end."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, stop.set)
        await self._health.start()
        log.info(
            "started",
            extra=fields(version=VERSION, health_port=self._health.port, holder=self._elector.holder),
        )
        parts: dict[str, Coroutine[Any, Any, object]] = {
            "watch": self._watch(),
            "events": self._events.run(),
            "lease": self._elector.run(self._begin, self._end),
            "signal": stop.wait(),
            "term": self._leading.watch(),
        }
        tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._shut_down(tasks)

    async def _watch(self) -> None:
        """A leader's first list goes before: two lists at once would slow down each other."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LIST_PATIENCE):
                await self._elector.tried.wait()
                await self._leading.listed()
        await self._supervisor.run()

    async def _shut_down(self, tasks: list[asyncio.Task[object]]) -> None:
        """The Lease goes first: once it is not renewed any more, nothing slow may come before its release."""
        settled = await self._leading.stop()
        await _cancelled(task for task in tasks if task.get_name() == "lease")
        with contextlib.suppress(asyncio.CancelledError):
            await self._elector.release(settled=settled)
        await self._events.drain(1.0)
        await _cancelled(tasks)
        await self._health.stop()
        await self._sessions.aclose()
        log.info("stopped")

    def _begin(self, term: Term) -> None:
        self._tell(TermBegan())
        self._sessions.begin()
        self._leading.begin(term)

    def _end(self, reason: str) -> None:
        self._tell(TermEnded())
        self._leading.end(reason)

    def _informer(self, sink: Sink) -> Informer:
        config = self._config
        return Informer(
            sink,
            lambda: load_access(config.kubeconfig or None, config.context or None),
            config.namespaces,
            pulse=self._pulse,
        )

    def _make_sessions(self) -> Sessions:
        config = self._config
        return Sessions(
            self._api,
            self._registry.specs,
            boottime,
            lambda key: self._asks.go_on(ServiceKey(key)),
            lambda name: self._asks.go_on(SiteKey(name)),
            self._tell,
            timeouts_of(config),
            config.job_timeout_seconds,
            config.settle_seconds,
            config.backoff_seconds,
        )

    def _make_services(self) -> ServiceReconciler:
        config = self._config
        store = self._store(ARCGIS_SERVICES)
        return ServiceReconciler(
            store,
            self._sessions,
            self._registry,
            self._ledger,
            self._polled,
            self._clock,
            policy_of(config),
            lambda: secrets.token_hex(INTENT_BYTES),
            self._tell,
        )

    def _make_sites(self) -> SiteReconciler:
        store, uid = self._store(ARCGIS_SITES), self._site_news.uid
        return SiteReconciler(store, self._probe, self._counts, uid, self._site_gone, self._tell)

    def _make_rows(self) -> tuple[Row, ...]:
        glance = Glance(
            self._sessions,
            self._registry,
            self._ledger,
            lambda key: self._asks.look(ServiceKey(key)),
            SPREAD * self._config.resync_seconds,
        )
        reconcilers = self._make_services(), self._make_sites(), glance
        return rows(self._registry, self._asks, *reconcilers, self._site_news)

    def _make_elector(self, pod: str, api: KubeApi) -> Elector:
        config = self._config
        return Elector(
            api,
            config.lease_namespace or own_namespace(),
            config.lease_name,
            identity(pod, config.pod_uid),
            times=LeaseTimes(config.lease_seconds, config.renew_deadline_seconds, config.lease_retry_seconds),
            afresh=api.afresh,
        )

    def _store(self, kind: Kind) -> StatusStore:
        patience = self._config.patience_seconds
        return StatusStore(self._api, kind, self._events, self._clock, self._tell, patience)

    async def _probe(self, name: Name) -> Probe | None:
        wanted = self._registry.site(name)
        return await self._sessions.session(name, wanted) if isinstance(wanted, SiteWanted) else None

    async def _site_gone(self, name: Name, uid: str) -> None:
        """A site that was made anew meanwhile has a turn of its own to come."""
        if self._site_news.uid(name) == uid:
            for key in self._registry.site_gone(name):
                self._asks.told(ServiceKey(key))
            await self._sessions.close(name)

    def _counts(self, name: Name) -> dict[str, Json]:
        refused = self._sessions.refused(name, self._registry.declared(name))
        return {"attached": self._registry.attached(name), "refused": refused}

    def _make_health(self) -> Health:
        probes = Probes(self._queue, self._resync, self._sessions, self._running, self._config.resync_seconds)
        probes.listen(self._tell)
        gauges = Gauges(
            self._metrics,
            self._queue,
            self._sessions,
            self._dispatch.standings,
            self._running,
            self._supervisor.unheard,
        )
        return Health(
            self._config.health_address,
            self._metrics,
            live={
                "lease": self._elector.stuck,
                "term": self._leading.stuck,
                "watch": self._supervisor.stuck,
                "resync": probes.resync_stuck,
                "queue": probes.queue_stuck,
            },
            ready={"lease": self._elector.stuck},
            before_scrape=gauges.measure,
        )


async def _cancelled(tasks: Iterable[asyncio.Task[object]]) -> None:
    """Returns when all have come to their end."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


async def serve(config: Config) -> None:
    """Connect and run; raises `ConnectError`."""
    place = (config.kubeconfig or None, config.context or None)
    async with await connect(*place) as api, await connect(*place) as lease_api:
        await Operator(config, api, lease_api).run()
