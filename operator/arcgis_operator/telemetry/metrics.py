"""What can be measured, in one registry of its own; names start with `arcgis_operator_`.

Labels hold words from small sets (reasons, operations, codes, priorities, sites), never services or texts.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

PREFIX = "arcgis_operator"
JOB_BUCKETS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)


class Metrics:
    """All metrics of one process."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)

        self.build_info = self._gauge("build_info", "1, beside the version that runs.", "version")
        self.reconciles = self._counter("reconciles", "Turns, by the reason they ended with.", "reason")
        self.resources = self._gauge(
            "resources", "How many stand so, by their Ready condition.", "kind", "ready", "reason"
        )
        self.edits = self._counter("edits", "Changes sent to sites.", "operation", "outcome")
        self.job_seconds = Histogram(
            "job_seconds",
            "Time from sending a change to the end of its job.",
            ["operation"],
            namespace=PREFIX,
            buckets=JOB_BUCKETS,
            registry=self.registry,
        )
        self.queue_depth = self._gauge("queue_depth", "Services waiting for a turn.", "priority")
        self.queue_oldest_age = self._gauge(
            "queue_oldest_age_seconds", "Longest wait for a turn.", "priority"
        )
        self.jobs_in_flight = self._gauge("jobs_in_flight", "Changes whose end is not known yet.", "site")
        self.site_requests = self._counter("site_requests", "Requests to sites.", "operation", "code")
        self.circuit_open = self._gauge(
            "circuit_open", "1 while a site is left alone after failures.", "site"
        )
        self.leader = self._gauge("leader", "1 while this process holds the lease.")
        self.drift_found = self._counter("drift_found", "Settings found changed by somebody else.")
        self.stray_edits = self._counter("stray_edits", "Edits found that no record of ours explains.")
        self.last_resync = self._gauge(
            "last_resync_timestamp_seconds", "When all resources were last listed."
        )
        self.status_writes = self._counter("status_writes", "Writes to a status, by outcome.", "outcome")
        self.kube_requests = self._counter("kube_requests", "Requests to the Kubernetes API.", "verb", "code")
        self.events_dropped = self._counter("events_dropped", "Kubernetes events that could not be posted.")
        self.informer_restarts = self._counter("informer_restarts", "Restarts of the watch of resources.")

    def render(self) -> bytes:
        """The text exposition."""
        return generate_latest(self.registry)

    def show(self, gauge: Gauge, values: Iterable[tuple[tuple[str, ...], float]]) -> None:
        """Makes these the values of a gauge, each behind its labels; what it showed of others is gone."""
        gauge.clear()
        for labels, value in values:
            gauge.labels(*labels).set(value)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace=PREFIX, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, namespace=PREFIX, registry=self.registry)
