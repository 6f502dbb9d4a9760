"""What is measured at the moment of a scrape: how much waits, how the resources and the sites stand."""

from collections.abc import Callable
from dataclasses import dataclass

from arcgis_operator.controller.dispatch import Running
from arcgis_operator.controller.queue import WorkQueue
from arcgis_operator.controller.standings import Standings
from arcgis_operator.core.keys import Key
from arcgis_operator.sites.sessions import Sessions
from arcgis_operator.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Gauges:
    """`unheard` gives the seconds since the watch last heard of the API server."""

    metrics: Metrics
    queue: WorkQueue[Key]
    sessions: Sessions
    standings: Standings
    running: Running
    unheard: Callable[[], float]

    def measure(self) -> None:
        """On standby nothing waits, and resources and sites are the business of another."""
        leading, metrics = self.running.term is not None, self.metrics
        metrics.watch_silence.set(self.unheard())
        due = {one.name.lower(): due for one, due in self.queue.due().items()} if leading else {}
        sites = {str(name): session for name, session in self.sessions.all().items()} if leading else {}
        standings = self.standings.counts() if leading else {}
        metrics.show(metrics.resources, standings.items())
        metrics.show(metrics.queue_depth, [((word,), one.keys) for word, one in due.items()])
        metrics.show(metrics.queue_oldest_age, [((word,), one.oldest) for word, one in due.items()])
        metrics.show(metrics.jobs_in_flight, [((name,), site.jobs_in_flight) for name, site in sites.items()])
        metrics.show(metrics.circuit_open, [((name,), site.circuit_open) for name, site in sites.items()])
