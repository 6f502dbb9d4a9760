"""The parts of one process, each made of those before it: wiring only, no decisions."""

import secrets
import socket
from importlib.metadata import version
from operator import attrgetter

from arcgis_operator.adapters.kube.access import load_access
from arcgis_operator.adapters.kube.api import KubeApi
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
from arcgis_operator.core.keys import FolderKey, Key, ServiceKey, SiteKey
from arcgis_operator.core.model import SiteWanted
from arcgis_operator.handlers.informer import Informer, Sink
from arcgis_operator.handlers.pulse import Pulse
from arcgis_operator.handlers.starts import Starts
from arcgis_operator.reconcilers.breath import Breath
from arcgis_operator.reconcilers.clock import Clock, boottime
from arcgis_operator.reconcilers.glance import Glance
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.polled import Polled
from arcgis_operator.reconcilers.registry import Registry
from arcgis_operator.reconcilers.rhythm import Rhythm
from arcgis_operator.reconcilers.service import ServiceReconciler
from arcgis_operator.reconcilers.site import Probe, SiteReconciler
from arcgis_operator.reconcilers.store import StatusStore
from arcgis_operator.reconcilers.storms import Storms
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
from arcgis_operator.telemetry.metrics import Metrics

INTENT_BYTES = 16
"""So that the id of an intent is a trace id as well. Source: W3C Trace Context, "trace-id"."""
VERSION = version("arcgis-operator")


def _new_id() -> str:
    return secrets.token_hex(INTENT_BYTES)


class Parts:
    """`lease_api` has connections of its own: what hangs elsewhere never delays the lease."""

    def __init__(self, config: Config, api: KubeApi, lease_api: KubeApi | None = None) -> None:
        self._config, self._api, lease_api = config, api, lease_api or api
        self._clock, self._metrics, self.tell = Clock(), Metrics(), Teller()
        self.tell.listen(KubeRefused, Grumbles())
        Counts(self._metrics, self._clock.now, VERSION).listen(self.tell)
        for one in (api, lease_api):
            one.refused, one.observe = telling(self.tell, KubeRefused), telling(self.tell, KubeAnswered)
        pod = config.pod_name or socket.gethostname()
        self.events = EventPoster(api, pod, dropped=telling(self.tell, EventLost))
        self.queue: WorkQueue[Key] = WorkQueue(
            backoff=Backoff(config.poll_seconds, config.backoff_seconds),
            group=attrgetter("site_url"),
            most_of_a_group=max(1, config.workers // 2),
        )
        self._running, self._polled, self._site_news = Running(), Polled(), News()
        self._breath = Breath()
        self._asks = Asks(self.queue, self._polled)
        self._registry = Registry(lambda key: self._asks.told(ServiceKey(key)))
        self._ledger = Ledger(boottime, config.settle_seconds, config.job_timeout_seconds)
        self._storms = self._make_storms()
        self._rhythm = Rhythm(self._registry, self._asks.look, config.resync_seconds, self._clock.monotonic)
        self.sessions = self._make_sessions()
        self.dispatch = Dispatch(self._asks, self._make_rows(), self._running, self._breath)
        self.elector = self._make_elector(pod, lease_api)
        self._pulse, self._starts = Pulse(lost=telling(self.tell, WatchLost)), Starts()
        self.supervisor = Supervisor(
            self._informer,
            self.dispatch,
            breath=self._breath,
            restarted=telling(self.tell, Restarted),
            pulse=self._pulse,
        )
        self._resync = Resync(
            api,
            config.namespaces,
            self.dispatch,
            config.resync_seconds,
            self.tell,
            self.supervisor.again,
            self._starts.note,
            self.supervisor.caught_up,
            self._breath,
        )
        self.leading = Leading(
            self.elector,
            self.queue,
            self.dispatch,
            self._resync,
            self._running,
            self._ledger,
            workers=config.workers,
            settle_seconds=config.settle_seconds,
        )
        self.health = self._make_health()

    def _informer(self, sink: Sink) -> Informer:
        config = self._config
        return Informer(
            sink,
            lambda: load_access(config.kubeconfig or None, config.context or None),
            config.namespaces,
            pulse=self._pulse,
            starts=self._starts,
        )

    def _make_sessions(self) -> Sessions:
        config = self._config
        return Sessions(
            self._api,
            self._registry.specs,
            boottime,
            lambda key: self._asks.go_on(ServiceKey(key)),
            lambda name: self._asks.go_on(SiteKey(name)),
            self.tell,
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
            self.sessions,
            self._registry,
            self._ledger,
            self._polled,
            self._clock,
            policy_of(config),
            _new_id,
            self.tell,
            self._storms,
            self._rhythm,
        )

    def _make_storms(self) -> Storms:
        clock, registry = self._clock, self._registry

        def look(key: str) -> None:
            shelf = registry.shelf_of(key)
            self._asks.look(FolderKey(shelf) if shelf else ServiceKey(key))

        return Storms(
            registry,
            look,
            lambda key: self._asks.go_on(ServiceKey(key)),
            lambda name: self._asks.go_on(SiteKey(name)),
            clock.monotonic,
            clock.now,
            _new_id,
        )

    def _make_sites(self) -> SiteReconciler:
        store, uid = self._store(ARCGIS_SITES), self._site_news.uid
        return SiteReconciler(store, self._probe, self._counts, uid, self._site_gone, self.tell, self._storms)

    def _make_rows(self) -> tuple[Row, ...]:
        glance = Glance(
            self.sessions,
            self._registry,
            self._ledger,
            lambda key: self._asks.look(ServiceKey(key)),
            lambda folder, within: self._asks.look(FolderKey(folder), within),
            SPREAD * self._config.resync_seconds,
            self._breath,
            self._storms,
            self._clock.monotonic,
            self._rhythm,
            self._config.stale_after_seconds / 2,
        )
        reconcilers = self._make_services(), self._make_sites(), glance
        return rows(self._registry, self._asks, *reconcilers, self._rhythm, self._site_news)

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
        return StatusStore(self._api, kind, self.events, self._clock, self.tell, patience)

    async def _probe(self, name: Name) -> Probe | None:
        wanted = self._registry.site(name)
        return await self.sessions.session(name, wanted) if isinstance(wanted, SiteWanted) else None

    async def _site_gone(self, name: Name, uid: str) -> None:
        """A site that was made anew meanwhile has a turn of its own to come."""
        if self._site_news.uid(name) == uid:
            for key in self._registry.site_gone(name):
                self._asks.told(ServiceKey(key))
            self._storms.gone(name)
            await self.sessions.close(name)

    def _counts(self, name: Name) -> dict[str, Json]:
        refused = self.sessions.refused(name, self._registry.declared(name))
        return {"attached": self._registry.attached(name), "refused": refused}

    def _make_health(self) -> Health:
        probes = Probes(self.queue, self._resync, self.sessions, self._running, self._config.resync_seconds)
        probes.listen(self.tell)
        gauges = Gauges(
            self._metrics,
            self.queue,
            self.sessions,
            self.dispatch.standings,
            self._running,
            self.supervisor.unheard,
        )
        return Health(
            self._config.health_address,
            self._metrics,
            live={
                "lease": self.elector.stuck,
                "term": self.leading.stuck,
                "watch": self.supervisor.stuck,
                "resync": probes.resync_stuck,
                "queue": probes.queue_stuck,
            },
            ready={"lease": self.elector.stuck},
            before_scrape=gauges.measure,
        )

    def begin(self, term: Term) -> None:
        """A term begins."""
        self.tell(TermBegan())
        self.sessions.begin()
        self._storms.begin()
        self._rhythm.begin()
        self.leading.begin(term)

    def end(self, reason: str) -> None:
        """It is over."""
        self.tell(TermEnded())
        self.leading.end(reason)
