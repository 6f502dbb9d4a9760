"""Whether a drift may be restored, or is one of so many that a person is asked first.

A drift waits until all services of its site have been looked at once more. What the looks find is
counted; above the bound of the ArcGISSite nothing that drifted is restored before a person says so.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from arcgis_operator.core import sentences
from arcgis_operator.core.case import Hold
from arcgis_operator.core.divergence import MANY, UPGRADE, UPGRADE_SECONDS, Divergence
from arcgis_operator.core.identity import Name
from arcgis_operator.core.model import MassRepair, SiteWanted
from arcgis_operator.core.record import stamp
from arcgis_operator.core.verdict import Reason

ID_SIGNS = 8
SITE = ""  # stands for the site among the services that a count waits for
TIDY_SECONDS = 10.0
COUNTING = Hold(Reason.VERIFYING, sentences.COUNTING_DRIFTS)


class Known(Protocol):
    """What is known of a site's services."""

    def site(self, name: Name) -> object:
        """Its spec, None when there is no such site."""

    def keys_of(self, site: Name) -> set[str]:
        """The services that resources declare there."""


@dataclass(slots=True)
class Storm:
    """What is counted of one site. Times are on the monotonic clock.

    `drifting` are the services that differ now; `found` says when services began to, also those that are
    restored by now. `unseen` have not been looked at since the count began at `began_at`, with `SITE` for the
    site itself; None while no count runs. `uncounted` wait for its end, and `paused_at` says when the site
    was last away or paused meanwhile. `released` are those that a person let be restored. `recalls`:
    another process asked the question, and all that drifts belongs to it.
    """

    met: bool = False
    drifting: set[str] = field(default_factory=set)
    found: dict[str, float] = field(default_factory=dict)
    unseen: set[str] | None = None
    began_at: float = 0.0
    paused_at: float = 0.0
    tidied_at: float = 0.0
    uncounted: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    recalls: bool = False
    upgraded_at: float = float("-inf")
    divergence: Divergence | None = None

    @property
    def asks(self) -> bool:
        """A question is open."""
        return self.divergence is not None and not self.divergence.released


class Storms:
    """One for each ArcGISSite.

    `look` has a service looked at, `go_on` gives it a turn, `told` has a site say what changed.
    """

    def __init__(
        self,
        known: Known,
        look: Callable[[str], None],
        go_on: Callable[[str], None],
        told: Callable[[Name], None],
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._known, self._look, self._go_on, self._told = known, look, go_on, told
        self._monotonic, self._now, self._new_id = monotonic, now, new_id
        self._storms: dict[Name, Storm] = {}

    def begin(self) -> None:
        """A term begins: what happened since the last one is in the statuses, not here."""
        self._storms.clear()

    def looked(self, site: Name, key: str, drifts: bool, asked_at: float) -> None:
        """A service was read: it drifts, or does not. `asked_at` is when the site was asked for it."""
        storm = self._storms.setdefault(site, Storm())
        if not drifts:
            for some in (storm.drifting, storm.uncounted, storm.released):
                some.discard(key)
        elif key not in storm.drifting:
            storm.drifting.add(key)
            storm.uncounted.add(key)
            storm.found[key] = self._monotonic()
            self._begin_count(site, storm)
        self._pass(site, storm, key, math.inf if drifts else asked_at)
        if storm.divergence and storm.unseen is None and not storm.drifting:
            self._judge(site, storm)

    def passed(self, key: str, began_at: float) -> None:
        """A turn of the service is over, in which its site, or one of its sites, was not in trouble."""
        for site, storm in self._storms.items():
            self._pass(site, storm, key, began_at)

    def paused(self, key: str) -> None:
        """A turn of the service is over, in which its site was not looked at, as while it is restored."""
        for storm in self._storms.values():
            if storm.unseen is not None and key in storm.unseen:
                storm.paused_at = self._monotonic()

    def _pass(self, site: Name, storm: Storm, key: str, at: float) -> None:
        """What was seen before the count began may be from before the restore: another look is to come."""
        if storm.unseen is not None and key in storm.unseen and at >= storm.began_at:
            storm.unseen.discard(key)
            self._count(site, storm)

    def hold(self, site: Name, key: str) -> Hold | None:
        """Why a drift of this service is not restored now."""
        storm = self._storms.setdefault(site, Storm())
        if not self._policy(site).hold:
            return None
        if key in storm.uncounted:
            self._begin_count(site, storm)
        self._tidy(site, storm)
        if key in storm.uncounted:
            return COUNTING
        if not storm.asks or key in storm.released:
            return None
        return Hold(Reason.SITE_DIVERGED, sentences.one_of_many(str(site)))

    def meet(
        self, site: Name, before: Divergence | None, answer: str, read: bool = True
    ) -> Divergence | None:
        """The site has a turn: `before` is the question in its status, `answer` what a person wrote.

        `read`: it told its version. The question that its status is to hold now.
        """
        storm = self._storms.setdefault(site, Storm())
        if not self._policy(site).hold:
            return None
        if before and not storm.met:
            storm.divergence, storm.recalls = before, True
            self._begin_count(site, storm)
        storm.met = True
        if storm.asks and storm.divergence and storm.divergence.id == answer:
            self._release(storm, storm.divergence)
        if storm.unseen is None and storm.divergence:
            self._judge(site, storm)  # services may be gone
        elif storm.unseen is not None and read:
            storm.unseen.discard(SITE)
            self._count(site, storm)
        return storm.divergence

    def upgraded(self, site: Name) -> None:
        """The site has another version than before."""
        self._storms.setdefault(site, Storm()).upgraded_at = self._monotonic()

    def gone(self, site: Name) -> None:
        """There is no such site any more."""
        self._storms.pop(site, None)

    def _release(self, storm: Storm, divergence: Divergence) -> None:
        storm.divergence = replace(divergence, released=True)
        storm.released, storm.found = set(storm.drifting), {}
        for key in storm.drifting:
            self._go_on(key)

    def _begin_count(self, site: Name, storm: Storm) -> None:
        """All services are looked at once more, and the site says which version it has."""
        if storm.unseen is not None or not self._policy(site).hold:
            return
        storm.began_at = self._monotonic()
        storm.unseen = {SITE, *(self._known.keys_of(site) - storm.drifting)}
        self._told(site)
        for key in storm.unseen - {SITE}:
            self._look(key)

    def _tidy(self, site: Name, storm: Storm) -> None:
        """What is gone is not waited for, nor for ever what the site does not show."""
        now = self._monotonic()
        if storm.unseen is None or now - storm.tidied_at < TIDY_SECONDS:
            return
        storm.tidied_at = now
        late = now - max(storm.began_at, storm.paused_at) >= self._policy(site).window_seconds
        storm.unseen &= set() if late else {SITE, *self._known.keys_of(site)}
        self._count(site, storm)

    def _count(self, site: Name, storm: Storm) -> None:
        """Once all has been looked at, it is known how many drift: those that waited for that go on."""
        if storm.unseen:
            return
        waiting, storm.unseen, storm.uncounted = storm.uncounted, None, set()
        self._judge(site, storm)
        for key in waiting:
            self._go_on(key)

    def _judge(self, site: Name, storm: Storm) -> None:
        """Whether a person is to be asked, or nothing is left to ask about."""
        before, keys = storm.divergence, self._known.keys_of(site)
        storm.drifting &= keys
        storm.released &= keys
        if storm.recalls:
            self._recall(storm)
        if storm.drifting - storm.released and (storm.asks or self._are_many(site, storm, len(keys))):
            storm.divergence = self._question(storm)
        elif storm.divergence:
            storm.divergence = self._what_is_left(storm, self._policy(site).bound(len(keys)))
        if storm.divergence != before:
            self._told(site)

    def _recall(self, storm: Storm) -> None:
        """An answer holds for as many as were left; where more drift now, something new has happened."""
        storm.recalls = False
        if storm.divergence is None or storm.asks:
            return
        if len(storm.drifting) <= storm.divergence.count:
            storm.released, storm.found = set(storm.drifting), {}
        else:
            storm.divergence = None

    def _what_is_left(self, storm: Storm, bound: int) -> Divergence | None:
        """An answer that holds for few by now need not be remembered: nobody would be asked about these."""
        left = len(storm.drifting & storm.released)
        if storm.divergence is None or left <= bound:
            return None
        return replace(storm.divergence, count=left, released=True)

    def _are_many(self, site: Name, storm: Storm, services: int) -> bool:
        policy = self._policy(site)
        since = storm.began_at - policy.window_seconds
        storm.found = {key: at for key, at in storm.found.items() if at > since}
        bound = 0 if self._is_upgrade(storm) else policy.bound(services)
        return policy.hold and len(storm.found.keys() - storm.released) > bound

    def _is_upgrade(self, storm: Storm) -> bool:
        return self._monotonic() - storm.upgraded_at < UPGRADE_SECONDS

    def _question(self, storm: Storm) -> Divergence:
        """The one that is open, with the count of now; or a new one."""
        count, before = len(storm.drifting - storm.released), storm.divergence
        if before and storm.asks:
            return replace(before, count=max(count, before.count))
        cause = UPGRADE if self._is_upgrade(storm) else MANY
        return Divergence(self._new_id()[:ID_SIGNS], cause, count, stamp(self._now()))

    def _policy(self, site: Name) -> MassRepair:
        wanted = self._known.site(site)
        return wanted.mass_repair if isinstance(wanted, SiteWanted) else MassRepair()
