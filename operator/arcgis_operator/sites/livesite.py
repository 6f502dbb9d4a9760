"""A site as it stands, whoever asks it: what all ArcGISSites share whose way leads to the same one.

The same way is the same address, proxy and certificate authorities. By another way one address may lead to
another machine, which may belong to somebody else: what is told there says nothing of this site.

| one for all views of a live site       | each view's own                                                |
|----------------------------------------|----------------------------------------------------------------|
| breaker and its last failure           | suspension, request budget                                     |
| pauses that the site asked for         | account, token, client, certificate authorities                |
| read-only mode                         | who may use it (rights of namespaces), what its account may see |
| count of jobs, line for job slots      | its limit of jobs, compared with the count of all              |
"""

from collections.abc import Callable, Collection, Set
from typing import Protocol

from arcgis_operator.core.failures import Failure
from arcgis_operator.core.job import Job
from arcgis_operator.core.usual import UNKNOWN, Usual
from arcgis_operator.sites.limits import Breaker, Pauses
from arcgis_operator.sites.slots import Slots, Taker


class View(Taker, Protocol):
    """The jobs of one ArcGISSite's session, as its account sees them and its limits count them."""

    def running(self) -> Set[str]:
        """The services on which jobs of its account had not ended when last seen."""

    def learnt_seconds(self) -> float:
        """What short edits of late took, as far as it has read jobs; 0 while none was seen."""

    def learnt(self, operation: str) -> Usual:
        """What jobs of this operation took of late, as far as it has read them."""

    async def look_at_running(self, followed: Collection[str]) -> None:
        """Read its jobs again that had not ended, but for those on services that are followed anyway."""

    def hear(self, job: Job) -> None:
        """Another one has read this job."""


class LiveSite:
    """Breaker, pauses, read-only mode, and one line for job slots, in which each view keeps to its own limit.

    So a limit is never lowered by somebody else's. `wake(key)` asks for a turn; `clock` is monotonic.
    """

    def __init__(self, clock: Callable[[], float], wake: Callable[[str], None], longest_pause: float) -> None:
        self._wake = wake
        self._views: dict[View, Callable[[], None]] = {}
        self.breaker = Breaker(clock, longest_pause=longest_pause)
        self.last_failure = ""
        self.pauses = Pauses(clock, longest_pause)
        self.slots = Slots(clock, wake)
        self.read_only = ""

    @property
    def views(self) -> list[View]:
        """All that are open."""
        return [*self._views]

    def join(self, view: View, turned: Callable[[], None]) -> None:
        """One more looks at the site this way; `turned` is called when the breaker opens or closes."""
        self._views[view] = turned

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

    def usual(self, operation: str) -> Usual:
        """What jobs of this operation took of late, by the view that has read most of them."""
        return max(
            (view.learnt(operation) for view in self._views), key=lambda one: one.count, default=UNKNOWN
        )

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
            for turned in self._views.values():
                turned()

    def set_read_only(self, text: str) -> None:
        """The mode as it is now, empty when the site takes changes: who waits for that looks again."""
        was, self.read_only = self.read_only, text
        if was and not text:
            for waiting in self.slots.waiting():
                self._wake(waiting)


class Viewpoint:
    """Where one view looks from: alone, until its way is known and leads to the live site that others share.

    `turned` is called when the breaker there opens or closes. A view takes it before anything else happens.
    """

    _view: View

    def __init__(self, alone: LiveSite, turned: Callable[[], None]) -> None:
        self.live, self._turned = alone, turned

    def take(self, view: View) -> None:
        """It looks from here."""
        self._view = view
        self.live.join(view, self._turned)

    def go_to(self, live: LiveSite) -> None:
        """Where its way leads, now that it is known whom it trusts."""
        if live is not self.live:
            live.join(self._view, self._turned)
            self.leave()
            self.live = live

    def leave(self) -> None:
        """It looks no more from here."""
        self.live.leave(self._view)


def service_in(key: str) -> str:
    """Of a key, which may hold another address of this site."""
    return key.partition("|")[2]
