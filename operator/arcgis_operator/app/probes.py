"""When this process makes no progress: the rules behind /livez that need several parts to be asked."""

import time
from collections.abc import Callable

from arcgis_operator.controller.dispatch import Running
from arcgis_operator.controller.queue import WorkQueue
from arcgis_operator.controller.resync import Resync
from arcgis_operator.core.keys import Key
from arcgis_operator.sites.sessions import Sessions
from arcgis_operator.telemetry.happenings import Resynced, Teller, TermBegan

RESYNC_PATIENCE = 3
QUEUE_PATIENCE = 300.0


class Probes:
    """Listens to when a term began and when all was listed. `clock` is monotonic, in seconds."""

    def __init__(
        self,
        queue: WorkQueue[Key],
        resync: Resync,
        sessions: Sessions,
        running: Running,
        resync_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue, self._resync, self._sessions, self._running = queue, resync, sessions, running
        self._resync_seconds, self._clock = resync_seconds, clock
        self._resynced_at = self._led_since = clock()

    def listen(self, tell: Teller) -> None:
        """From now on they know when."""
        tell.listen(TermBegan, self._began)
        tell.listen(Resynced, self._listed)

    def resync_stuck(self) -> str | None:
        """No list is complete for long; where lists are refused, no restart heals that."""
        age = self._clock() - self._resynced_at
        limit = RESYNC_PATIENCE * self._resync_seconds + 60
        stuck = self._running.term and age > limit and not self._resync.refused
        return f"no full list for {age:.0f} s" if stuck else None

    def queue_stuck(self) -> str | None:
        """Much may wait for long where a site allows little; that nothing gets its turn is what counts.

        Nor does it while all wait for a site's budget, which a first long list of jobs overdraws by minutes.
        """
        paid = (session.paid_for() for session in self._sessions.all().values())
        stalled = min(self._queue.stalled(), self._clock() - self._led_since, *paid)
        return f"no turn for {stalled:.0f} s" if self._running.term and stalled > QUEUE_PATIENCE else None

    def _began(self, _: TermBegan) -> None:
        self._resynced_at = self._led_since = self._clock()

    def _listed(self, _: Resynced) -> None:
        self._resynced_at = self._clock()
