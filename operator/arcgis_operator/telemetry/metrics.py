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

        self.build_info = self._gauge(
            "build_info", "Always 1; the label has the version that runs.", "version"
        )
        self.reconciles = self._counter("reconciles", "Reconciles, by resulting reason.", "reason")
        self.resources = self._gauge(
            "resources", "Number of resources, by kind and Ready condition.", "kind", "ready", "reason"
        )
        self.edits = self._counter("edits", "Edits sent to sites, by outcome.", "operation", "outcome")
        self.job_seconds = Histogram(
            "job_seconds",
            "Seconds from recording an edit to the end of its job.",
            ["operation"],
            namespace=PREFIX,
            buckets=JOB_BUCKETS,
            registry=self.registry,
        )
        self.queue_depth = self._gauge(
            "queue_depth", "Number of services that are due for a reconcile.", "priority"
        )
        self.queue_oldest_age = self._gauge(
            "queue_oldest_age_seconds", "Seconds that the oldest of them has been due.", "priority"
        )
        self.jobs_in_flight = self._gauge("jobs_in_flight", "Number of edits in progress, by site.", "site")
        self.site_requests = self._counter(
            "site_requests", "Requests to sites, by operation and HTTP status code.", "operation", "code"
        )
        self.circuit_open = self._gauge(
            "circuit_open", "1 while requests to a site are held back after repeated failures.", "site"
        )
        self.leader = self._gauge("leader", "1 while this process is the leader.")
        self.drift_found = self._counter(
            "drift_found", "Times that declared settings were found changed on the site."
        )
        self.stray_edits = self._counter(
            "stray_edits", "Edits found on sites that the operator has no record of."
        )
        self.last_resync = self._gauge(
            "last_resync_timestamp_seconds", "Time of the last complete resync, in seconds since the epoch."
        )
        self.unlisted = self._gauge(
            "unlisted_namespaces", "Number of namespaces that could not be listed in the last resync."
        )
        self.status_writes = self._counter("status_writes", "Status writes, by outcome.", "outcome")
        self.kube_requests = self._counter(
            "kube_requests", "Requests to the Kubernetes API, by verb and HTTP status code.", "verb", "code"
        )
        self.events_dropped = self._counter("events_dropped", "Kubernetes events that could not be posted.")
        self.watch_silence = self._gauge(
            "watch_silence_seconds", "Seconds since the watch last heard from the API server."
        )
        self.watch_lost = self._counter(
            "watch_connections_lost", "Watch connections that broke or were silent for too long."
        )
        self.informer_restarts = self._counter("informer_restarts", "Restarts of the watch.")

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
