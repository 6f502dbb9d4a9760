"""A site as it stands, whoever asks it: what all ArcGISSites share whose way leads to the same one.

The same way is the same address, proxy and certificate authorities. By another way one address may lead to
another machine, which may belong to somebody else: what is told there says nothing of this site.
"""

from collections.abc import Callable, Collection, Set
from typing import Protocol

from arcgis_operator.core.failures import Failure
from arcgis_operator.core.job import Job
from arcgis_operator.sites.limits import Breaker, Pauses
from arcgis_operator.sites.slots import Slots, Taker


class View(Taker, Protocol):
    """One ArcGISSite's session: its account, its rights, its limits."""

    def running(self) -> Set[str]:
        """The services on which jobs of its account had not ended when last seen."""

    def learnt_seconds(self) -> float:
        """What short edits of late took, as far as it has read jobs; 0 while none was seen."""

    async def look_at_running(self, followed: Collection[str]) -> None:
        """Read its jobs again that had not ended, but for those on services that are followed anyway."""

    def hear(self, job: Job) -> None:
        """Another one has read this job."""

    @property
    def turned(self) -> Callable[[], None]:
        """Called when the breaker opens or closes."""


class LiveSite:
    """Breaker, pauses, read-only mode, and one line for job slots, in which each view keeps to its own limit.

    So a limit is never lowered by somebody else's. `wake(key)` asks for a turn; `clock` is monotonic.
    """

    def __init__(self, clock: Callable[[], float], wake: Callable[[str], None], longest_pause: float) -> None:
        self._wake = wake
        self._views: dict[View, None] = {}
        self.breaker = Breaker(clock, longest_pause=longest_pause)
        self.last_failure = ""
        self.pauses = Pauses(clock, longest_pause)
        self.slots = Slots(clock, wake)
        self.read_only = ""

    @property
    def views(self) -> list[View]:
        """All that are open."""
        return [*self._views]

    def join(self, view: View) -> None:
        """One more looks at the site this way."""
        self._views[view] = None

    def leave(self, view: View) -> None:
        """It is closed, or was led to another site."""
        self._views.pop(view, None)
        self.slots.drop(view)

    def taken_for(self, key: str) -> set[str]:
        """Services, without their address, with a slot that is none for this key; jobs that run count too."""
        held = map(service_in, self.slots.taken_for(key))
        return set(held).union(*(view.running() for view in self._views))

    def usual_seconds(self) -> float:
        """What short edits of late took; 0 while no view has seen one."""
        return next(filter(None, (view.learnt_seconds() for view in self._views)), 0.0)

    def tell(self, job: Job, by: View) -> None:
        """A job was read: that it has ended is news for all."""
        for view in self._views:
            if view is not by:
                view.hear(job)

    def outcome(self, failure: Failure | None) -> None:
        """A request came back, with a failure when the site, or the way to it, is away."""
        was_open = self.breaker.open
        if failure:
            if not was_open or self.breaker.trying:
                self.last_failure = failure.detail
            self.breaker.failed()
        else:
            self.breaker.answered()
        if self.breaker.open is not was_open:
            for view in self._views:
                view.turned()

    def set_read_only(self, text: str) -> None:
        """The mode as it is now, empty when the site takes changes: who waits for that looks again."""
        was, self.read_only = self.read_only, text
        if was and not text:
            for waiting in self.slots.waiting():
                self._wake(waiting)


def service_in(key: str) -> str:
    """Of a key, which may hold another address of this site."""
    return key.partition("|")[2]
