"""When a change may start: windows by the clock on the wall of a time zone.

A window is open while that clock shows a time inside it. So the night on which clocks are changed is no
special case: a window from 22:00 for six hours ends at 04:00 on every night, and one that begins at a time
that the clock skips is open as soon as the clock shows a later time inside it. A time that the clock shows
twice is inside twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from cronsim import CronSim

SECOND, WEEK = timedelta(seconds=1), timedelta(weeks=1)
STEPS, FAR = 300, timedelta(days=731)
"""So many beginnings and ends, and not much later, are looked at for the next opening: that takes time."""


class WindowType(StrEnum):
    """What a window is for."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Window:
    """Open from each time that `schedule` (five cron fields) names, for so long on the clock of `zone`."""

    schedule: str
    duration: timedelta
    zone: str = "Etc/UTC"
    type: WindowType = WindowType.ALLOW

    def shows(self, at: datetime) -> bool:
        """Whether the clock shows a time inside it."""
        wall = self._wall(at)
        return wall < self._started(wall) + self.duration

    def ends(self, at: datetime) -> datetime:
        """The first moment after `at`, which is inside, at which that may be over."""
        return self._reached(at, self._started(self._wall(at)) + self.duration)

    def begins(self, at: datetime) -> datetime:
        """The first moment after `at`, which is outside, at which that may be over."""
        return self._reached(at, next(CronSim(self.schedule, self._wall(at))))

    def _wall(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None, fold=0)

    def _started(self, wall: datetime) -> datetime:
        return next(CronSim(self.schedule, wall.replace(microsecond=0) + SECOND, reverse=True))

    def _reached(self, at: datetime, wall: datetime) -> datetime:
        """When the clock shows that time, or is changed before."""
        reached = at + (wall - self._wall(at))
        return next(_changes(ZoneInfo(self.zone), at, reached), reached)


Windows = tuple[Window, ...]
"""Those of one owner: without any `Allow` every time is allowed, and `Deny` wins."""


@dataclass(frozen=True, slots=True)
class Opening:
    """When changes may start, and the zone in which the deciding window is meant.

    `sure`: False where it is only known that they may not start before.
    """

    time: datetime
    zone: str
    sure: bool = True

    @property
    def local(self) -> str:
        """`2026-11-30 22:00 in Europe/Zurich`; empty where the clock shows UTC."""
        local = self.time.astimezone(ZoneInfo(self.zone))
        return f"{local:%Y-%m-%d %H:%M} in {self.zone}" if local.utcoffset() else ""


def are_open(owners: Iterable[Windows], at: datetime) -> bool:
    """Whether all of them let a change start now."""
    return not any(_hindrance(windows, at) for windows in owners)


def next_opening(owners: Sequence[Windows], at: datetime) -> Opening:
    """The first moment from now on at which all of them are open."""
    opening = Opening(at, "Etc/UTC")
    for _ in range(STEPS):
        hindered = next(filter(None, (_hindrance(windows, opening.time) for windows in owners)), None)
        if hindered is None:
            return opening
        if opening.time - at > FAR:
            break
        opening = hindered
    return Opening(opening.time, opening.zone, sure=are_open(owners, opening.time))


def _hindrance(windows: Windows, at: datetime) -> Opening | None:
    """The first moment at which what is in the way now may be over; None when nothing is."""
    for window in windows:
        if window.type is WindowType.DENY and window.shows(at):
            return Opening(window.ends(at), window.zone)
    allowing = [window for window in windows if window.type is WindowType.ALLOW]
    if not allowing or any(window.shows(at) for window in allowing):
        return None
    return min((Opening(window.begins(at), window.zone) for window in allowing), key=lambda one: one.time)


def _changes(zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """The moments at which the clocks of a zone are changed, no two of them within a week."""
    before = after
    while before < until:
        later = min(before + WEEK, until)
        if _offset(zone, before) != _offset(zone, later):
            yield _change(zone, before, later)
        before = later


def _change(zone: ZoneInfo, before: datetime, later: datetime) -> datetime:
    """To the second."""
    old, low, high = _offset(zone, before), 0, int((later - before) / SECOND) + 1
    start = before.replace(microsecond=0)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, start + middle * SECOND) == old else (low, middle)
    return start + high * SECOND


def _offset(zone: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
