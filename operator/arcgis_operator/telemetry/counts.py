"""The listener that counts: each sort of happening moves its metrics."""

from collections.abc import Callable
from datetime import datetime

from arcgis_operator.core.record import Record, moment
from arcgis_operator.core.verdict import Reason
from arcgis_operator.telemetry.happenings import (
    Concluded,
    EventLost,
    KubeAnswered,
    Restarted,
    Resynced,
    Sent,
    SiteAnswered,
    StatusWritten,
    Teller,
    TermBegan,
    TermEnded,
    WatchLost,
)
from arcgis_operator.telemetry.metrics import Metrics


class Counts:
    """`now` is the wall clock, `version` that of the operator."""

    def __init__(self, metrics: Metrics, now: Callable[[], datetime], version: str) -> None:
        self._metrics, self._now = metrics, now
        metrics.build_info.labels(version).set(1)
        for reason in Reason:  # a series that begins with its first count shows no increase
            metrics.reconciles.labels(reason.value)

    def listen(self, tell: Teller) -> None:
        """From now on everything that is told is counted."""
        metrics = self._metrics
        tell.listen(Concluded, self._concluded)
        tell.listen(StatusWritten, lambda one: metrics.status_writes.labels(one.outcome).inc())
        tell.listen(Sent, lambda one: metrics.edits.labels(one.operation, one.outcome).inc())
        tell.listen(SiteAnswered, self._answered)
        tell.listen(KubeAnswered, lambda one: metrics.kube_requests.labels(one.verb, one.code).inc())
        tell.listen(EventLost, lambda _: metrics.events_dropped.inc())
        tell.listen(WatchLost, lambda _: metrics.watch_lost.inc())
        tell.listen(Restarted, lambda _: metrics.informer_restarts.inc())
        tell.listen(Resynced, self._resynced)
        tell.listen(TermBegan, lambda _: metrics.leader.set(1))
        tell.listen(TermEnded, lambda _: metrics.leader.set(0))

    def _answered(self, one: SiteAnswered) -> None:
        self._metrics.site_requests.labels(one.operation, str(one.code or "none")).inc()

    def _concluded(self, one: Concluded) -> None:
        metrics, notes = self._metrics, [note.reason for note in one.verdict.notes]
        if one.before and one.before.journal.open and not one.verdict.record.journal.open:
            self._ended(one.before)
        metrics.reconciles.labels(one.verdict.reason.value).inc()
        metrics.drift_found.inc(notes.count("DriftDetected"))
        metrics.stray_edits.inc(notes.count("StrayEdit"))

    def _ended(self, record: Record) -> None:
        if sent := moment(record.journal.intent_time):
            seconds = max(0.0, (self._now() - sent).total_seconds())
            self._metrics.job_seconds.labels(record.journal.operation).observe(seconds)

    def _resynced(self, one: Resynced) -> None:
        """Namespaces that are passed over are a matter of their own: the rest was listed."""
        self._metrics.unlisted.set(len(one.passed_over))
        self._metrics.last_resync.set_to_current_time()
