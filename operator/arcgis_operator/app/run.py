"""Builds the operator from a `Config` and runs it until a signal: wiring only, no decisions."""

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
import time
from collections.abc import Coroutine, Iterable
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from typing import Any

from arcgis_operator.adapters.admin import Timeouts
from arcgis_operator.adapters.kube.access import load_access
from arcgis_operator.adapters.kube.api import KubeApi, connect
from arcgis_operator.adapters.kube.events import EventPoster
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES, Kind
from arcgis_operator.app.health import Health
from arcgis_operator.app.leading import Leading
from arcgis_operator.app.lease import Elector, LeaseTimes, Term, identity
from arcgis_operator.app.supervisor import Supervisor
from arcgis_operator.config import Config
from arcgis_operator.controller.asks import Asks
from arcgis_operator.controller.dispatch import Dispatch, Running
from arcgis_operator.controller.kinds import rows
from arcgis_operator.controller.news import News
from arcgis_operator.controller.queue import WorkQueue
from arcgis_operator.controller.resync import SPREAD, Resync
from arcgis_operator.core.backoff import Backoff
from arcgis_operator.core.case import Policy
from arcgis_operator.core.identity import Name
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.keys import Key, ServiceKey, SiteKey
from arcgis_operator.core.model import SiteWanted
from arcgis_operator.core.record import Record, moment
from arcgis_operator.core.verdict import Reason, Verdict
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
from arcgis_operator.telemetry.logs import Seldom, fields
from arcgis_operator.telemetry.metrics import Metrics

log = logging.getLogger(__name__)

VERSION = version("arcgis-operator")
NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
DEFAULT_NAMESPACE = "arcgis-operator-system"
RESYNC_PATIENCE = 3
LIST_PATIENCE = 20.0
QUEUE_PATIENCE = 300.0


class Operator:
    """All parts of one process. `run` returns after SIGTERM or SIGINT, and raises when a part breaks.

    `lease_api` has connections of its own: what hangs elsewhere never delays the lease.
    """

    def __init__(self, config: Config, api: KubeApi, lease_api: KubeApi | None = None) -> None:
        self._config, self._api = config, api
        self._metrics = Metrics()
        self._metrics.build_info.labels(VERSION).set(1)
        for reason in Reason:  # a series that begins with its first count shows no increase
            self._metrics.reconciles.labels(reason.value)
        self._seldom = Seldom()
        lease_api = lease_api or api
        for one in (api, lease_api):
            one.refused = self._kube_refused
            one.observe = lambda verb, code: self._metrics.kube_requests.labels(verb, code).inc()
        self._clock = Clock()
        pod = config.pod_name or socket.gethostname()
        self._events = EventPoster(api, pod, dropped=self._metrics.events_dropped.inc)
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
        glance = Glance(
            self._sessions,
            self._registry,
            self._ledger,
            lambda key: self._asks.look(ServiceKey(key)),
            SPREAD * config.resync_seconds,
        )
        kinds = rows(
            self._registry, self._asks, self._make_services(), self._make_sites(), glance, self._site_news
        )
        self._dispatch = Dispatch(self._asks, kinds, self._running)
        self._elector = Elector(
            lease_api,
            config.lease_namespace or own_namespace(),
            config.lease_name,
            identity(pod, config.pod_uid),
            times=LeaseTimes(config.lease_seconds, config.renew_deadline_seconds, config.lease_retry_seconds),
            afresh=lease_api.afresh,
        )
        self._resynced_at = self._led_since = time.monotonic()
        self._pulse = Pulse(lost=self._metrics.watch_lost.inc)
        self._supervisor = Supervisor(
            self._informer,
            self._dispatch,
            restarted=self._metrics.informer_restarts.inc,
            pulse=self._pulse,
        )
        self._resync = Resync(
            api,
            config.namespaces,
            self._dispatch,
            config.resync_seconds,
            self._resynced,
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
        self._metrics.leader.set(1)
        self._resynced_at = self._led_since = time.monotonic()
        self._sessions.begin()
        self._leading.begin(term)

    def _end(self, reason: str) -> None:
        self._metrics.leader.set(0)
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
        timeouts = Timeouts(
            connect=config.site_connect_seconds,
            read=config.site_read_seconds,
            write=config.site_read_seconds,
            pool=config.site_read_seconds,
            total=config.site_write_seconds,
        )
        return Sessions(
            self._api,
            self._registry.specs,
            boottime,
            lambda key: self._asks.go_on(ServiceKey(key)),
            lambda name: self._asks.go_on(SiteKey(name)),
            self._metrics,
            timeouts,
            config.job_timeout_seconds,
            config.settle_seconds,
            config.backoff_seconds,
        )

    def _make_services(self) -> ServiceReconciler:
        config = self._config
        policy = Policy(
            poll_seconds=config.poll_seconds,
            poll_max_seconds=config.poll_max_seconds,
            verify_grace_seconds=config.verify_grace_seconds,
            settle_seconds=config.settle_seconds,
            job_timeout_seconds=config.job_timeout_seconds,
            stale_after_seconds=config.stale_after_seconds,
            retry_seconds=config.retry_seconds,
            edits_per_hour=config.edits_per_hour,
        )
        store = self._store(ARCGIS_SERVICES)
        return ServiceReconciler(
            store,
            self._sessions,
            self._registry,
            self._ledger,
            self._polled,
            self._clock,
            policy,
            lambda: secrets.token_hex(8),
            self._concluded,
        )

    def _make_sites(self) -> SiteReconciler:
        store = self._store(ARCGIS_SITES)
        uid = self._site_news.uid
        return SiteReconciler(store, self._probe, self._counts, uid, self._site_gone, self._site_concluded)

    def _store(self, kind: Kind) -> StatusStore:
        patience = self._config.patience_seconds
        return StatusStore(self._api, kind, self._events, self._clock, self._wrote, patience)

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

    def _kube_refused(self, verb: str, words: str) -> None:
        if self._seldom.may_say(f"{verb} {words}"):
            log.warning("request to the API server refused", extra=fields(verb=verb, reason=words))

    def _wrote(self, outcome: str) -> None:
        self._metrics.status_writes.labels(outcome).inc()

    def _concluded(self, key: str, before: Record, verdict: Verdict) -> None:
        if before.journal.open and not verdict.record.journal.open:
            sent = moment(before.journal.intent_time)
            if sent:
                seconds = (self._clock.now() - sent).total_seconds()
                self._metrics.job_seconds.labels(before.journal.operation).observe(max(0.0, seconds))
        self._metrics.reconciles.labels(verdict.reason.value).inc()
        self._metrics.drift_found.inc(sum(note.reason == "DriftDetected" for note in verdict.notes))
        self._metrics.stray_edits.inc(sum(note.reason == "StrayEdit" for note in verdict.notes))

    def _site_concluded(self, name: str, verdict: Verdict) -> None:
        self._metrics.reconciles.labels(verdict.reason.value).inc()

    def _resynced(self, passed_over: tuple[str, ...]) -> None:
        """Namespaces that are passed over are a matter of their own: the rest was listed."""
        self._resynced_at = time.monotonic()
        self._metrics.unlisted.set(len(passed_over))
        self._metrics.last_resync.set_to_current_time()

    def _make_health(self) -> Health:
        return Health(
            self._config.health_address,
            self._metrics,
            live={
                "lease": self._elector.stuck,
                "term": self._leading.stuck,
                "watch": self._supervisor.stuck,
                "resync": self._resync_stuck,
                "queue": self._queue_stuck,
            },
            ready={"lease": self._elector.stuck},
            before_scrape=self._measure,
        )

    def _resync_stuck(self) -> str | None:
        age = time.monotonic() - self._resynced_at
        limit = RESYNC_PATIENCE * self._config.resync_seconds + 60
        stuck = self._running.term and age > limit and not self._resync.refused
        return f"no full list for {age:.0f} s" if stuck else None

    def _queue_stuck(self) -> str | None:
        """Much may wait for long where a site allows little; that nothing gets its turn is what counts.

        Nor does it while all wait for a site's budget, which a first long list of jobs overdraws by minutes.
        """
        paid = (session.paid_for() for session in self._sessions.all().values())
        stalled = min(self._queue.stalled(), time.monotonic() - self._led_since, *paid)
        return f"no turn for {stalled:.0f} s" if self._running.term and stalled > QUEUE_PATIENCE else None

    def _measure(self) -> None:
        """On standby nothing waits, and resources and sites are the business of another."""
        leading, metrics = self._running.term is not None, self._metrics
        metrics.watch_silence.set(self._supervisor.unheard())
        due = {one.name.lower(): due for one, due in self._queue.due().items()} if leading else {}
        sites = {str(name): session for name, session in self._sessions.all().items()} if leading else {}
        standings = self._dispatch.standings.counts() if leading else {}
        metrics.show(metrics.resources, standings.items())
        metrics.show(metrics.queue_depth, [((word,), one.keys) for word, one in due.items()])
        metrics.show(metrics.queue_oldest_age, [((word,), one.oldest) for word, one in due.items()])
        metrics.show(metrics.jobs_in_flight, [((name,), site.jobs_in_flight) for name, site in sites.items()])
        metrics.show(metrics.circuit_open, [((name,), site.circuit_open) for name, site in sites.items()])


async def _cancelled(tasks: Iterable[asyncio.Task[object]]) -> None:
    """Returns when all have come to their end."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


def own_namespace() -> str:
    """The pod's namespace, or the one the manifests use."""
    if given := os.environ.get("POD_NAMESPACE"):
        return given
    return NAMESPACE_FILE.read_text().strip() if NAMESPACE_FILE.is_file() else DEFAULT_NAMESPACE


async def serve(config: Config) -> None:
    """Connect and run; raises `ConnectError`."""
    place = (config.kubeconfig or None, config.context or None)
    async with await connect(*place) as api, await connect(*place) as lease_api:
        await Operator(config, api, lease_api).run()
