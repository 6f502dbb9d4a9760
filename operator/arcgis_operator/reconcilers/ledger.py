"""What this process remembers, by canonical service."""

from collections.abc import Callable, Set

from arcgis_operator.core.bounds import HOUR
from arcgis_operator.core.case import jobless_seconds
from arcgis_operator.core.failures import Fact
from arcgis_operator.core.memory import NOTHING, Memory
from arcgis_operator.core.model import SiteRef
from arcgis_operator.core.record import Journal
from arcgis_operator.core.wake import RESYNC, After, Wake


class Ledger:
    """The memories; `clock` is monotonic."""

    def __init__(self, clock: Callable[[], float], settle_seconds: float, job_timeout_seconds: float) -> None:
        self._clock = clock
        self._settle_seconds = settle_seconds
        self._longest_seconds = max(settle_seconds, job_timeout_seconds)
        self._jobless_seconds = jobless_seconds(settle_seconds, job_timeout_seconds)
        self._memories: dict[str, Memory] = {}
        self._left: dict[str, tuple[float, Memory]] = {}  # by who left first
        self._last_send = float("-inf")

    def __getitem__(self, key: str) -> Memory:
        memory = self._memories.get(key)
        if memory is None:
            _, memory = self._left.pop(key, (0.0, NOTHING))
            self._memories[key] = memory
        return memory

    def __setitem__(self, key: str, memory: Memory) -> None:
        self._memories[key] = memory

    def remembered(self) -> Set[str]:
        """The services of which something is remembered; nobody may speak for them any more."""
        return self._memories.keys()

    def leave(self, key: str) -> Wake:
        """Nobody speaks for the service any more: for an hour its sends still count, if somebody comes again.

        While what came of a request without clear answer may still run: say it again after that.
        """
        memory, now = self[key], self._clock()
        hidden = memory.hidden_for(Journal(), self._jobless_seconds, now=now)
        if wait := max(hidden, memory.unsure_for(self._longest_seconds, now=now)):
            return After(wait)
        del self._memories[key]
        while self._left and self._left[oldest := next(iter(self._left))][0] < now - HOUR.total_seconds():
            del self._left[oldest]
        if (left := memory.left()).stamps():
            self._left[key] = (now, left)
        return RESYNC

    def share(self, former: str, key: str) -> None:
        """What was under one key is under another now: what is remembered may be about either."""
        if former in self._memories or former in self._left:
            self[key] = self[key].merged(self[former])

    def sending(self, key: str, intent_id: str, stamp: str, has_job: bool, site: SiteRef, url: str) -> None:
        """The request of an intent is about to leave."""
        self._last_send = self._clock()
        self[key] = self[key].sending(intent_id, stamp, has_job, site, url, now=self._last_send)

    def sent(self, key: str, intent_id: str, fact: Fact) -> None:
        """What became of the request."""
        self._last_send = self._clock()
        self[key] = self[key].sent(intent_id, fact, now=self._last_send)

    def doubtful(self, key: str) -> bool:
        """Whether a request of ours without clear answer may still arrive, or somebody takes over."""
        return self[key].doubtful(self._settle_seconds, now=self._clock())

    def calm(self) -> bool:
        """Nothing was sent within the settle time."""
        return self._clock() - self._last_send >= self._settle_seconds
