"""One account of a site: which logins were refused, under whichever address, and how much room is left.

Source: "User account lockout policy" of ArcGIS Enterprise: five refused logins within 15 minutes lock an
account for 15 minutes, the primary administrator's included.
Assumed: two addresses may be one site, and two sites may ask one identity store, so the user name alone
tells accounts apart; `GIS\\name`, `name@gis` and `name`, in any case of letters, may be one.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, IntEnum

from arcgis_operator.core.failures import Failure
from arcgis_operator.core.record import moment, stamp

WINDOW_SECONDS = 16 * 60.0
"""A minute more than the site's: it counts from its answer, by a clock of its own."""
_KEPT = 8


class Word(Enum):
    """What the site made of a login that failed; the values are the pauses before the next try."""

    REFUSED = (5 * 60.0, 15 * 60.0, 30 * 60.0, 60 * 60.0)
    UNSURE = (15.0, 60.0, 5 * 60.0, 10 * 60.0)  # it failed to judge: its store may count it all the same
    LATER = (2.0, 15.0, 60.0, 5 * 60.0)

    def pause(self, before: int) -> float:
        """Seconds, after so many in a row before this one."""
        return self.value[min(before, len(self.value) - 1)]


class Room(IntEnum):
    """Up to how many refused logins within the window these credentials may be tried.

    The last place is for those that the address has taken and not refused since, so neither a mistyped
    password nor two lost answers hold them up; the one before it for those that have never failed, so a
    Secret that was corrected is tried at once.
    """

    FAILED = 2  # here, or refused at another address
    NEW = 3
    TAKEN = 4
    UNTOLD = 1  # for whatever credentials, while what a process before this one met is not known


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user of the site. User names are case-sensitive. Source: Generate Token page.

    `source` is what a message names (`Secret gis/login`), `version` the state of the Secret they came from.
    """

    username: str
    password: str = field(repr=False)
    source: str = field(default="", repr=False, compare=False)
    version: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Of one password at one address; `credentials` is None when only the Secret's version is known of it."""

    address: str
    credentials: Credentials | None
    version: str
    word: Word
    count: int  # in a row
    until: float
    failure: Failure

    def is_of(self, credentials: Credentials) -> bool:
        """Whether these were refused."""
        if self.credentials is None:
            return self.version == credentials.version
        return self.credentials == credentials


@dataclass(slots=True)
class Account:
    """What is known of one user name. Times are monotonic. `tries` has each login that failed or may.

    A try is known by its time as a status holds it: two are never at the same second.
    """

    name: str
    taken: dict[str, Credentials] = field(default_factory=dict)  # by address
    locked_until: dict[str, float] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    tries: dict[str, float] = field(default_factory=dict)
    under_way: dict[str, tuple[str, Credentials]] = field(default_factory=dict)
    unstored: set[str] = field(default_factory=set)  # tries that a restart would forget
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def refusal(self, address: str, credentials: Credentials) -> Refusal | None:
        """What became of these there, None when nothing bad."""
        here = (one for one in self.refusals if one.address == address and one.is_of(credentials))
        return next(here, None)

    def put(self, before: Refusal | None, now: Refusal) -> None:
        """In the place of an older one."""
        here = [one for one in self.refusals if one.address == now.address and one is not before]
        old = [one for one in here[: 1 - _KEPT] if len(here) >= _KEPT]
        self.refusals = [*(one for one in self.refusals if one is not before and one not in old), now]

    def room(self, address: str, credentials: Credentials) -> Room:
        """How much these may be tried there."""
        if self.taken.get(address) == credentials:
            return Room.TAKEN
        here = self.refusal(address, credentials)
        if here and here.word is not Word.LATER:
            return Room.FAILED
        refused = any(one.word is Word.REFUSED and one.is_of(credentials) for one in self.refusals)
        return Room.FAILED if refused and credentials not in self.taken.values() else Room.NEW

    def room_at(self, room: Room) -> float:
        """When the refused ones leave that much room; in the past when they do."""
        ended = sorted(at for text, at in self.tries.items() if text not in self.under_way)
        return ended[-room] + WINDOW_SECONDS if len(ended) >= room else float("-inf")

    def is_busy(self, address: str, credentials: Credentials, room: Room) -> bool:
        """Whether another try must end first: of these very ones, or of so many that all may be refused."""
        return (address, credentials) in self.under_way.values() or len(self.tries) >= room

    def move(self) -> None:
        """Wake those that wait for a try to end."""
        self.moved.set()
        self.moved = asyncio.Event()


class Accounts:
    """All accounts of all sites. `clock` is monotonic, `wall` in epoch seconds."""

    def __init__(self, clock: Callable[[], float], wall: Callable[[], float]) -> None:
        self.clock, self._wall = clock, wall
        self._accounts: dict[str, Account] = {}
        self.untold_until = float("-inf")  # notes of processes before this one are missing

    def account(self, username: str) -> Account:
        """Without what has left the window."""
        account = self._accounts.setdefault(_key(username), Account(username))
        oldest = self.clock() - WINDOW_SECONDS
        recent = (one for one in account.tries.items() if one[1] > oldest or one[0] in account.under_way)
        account.tries = dict(recent)
        account.unstored &= account.tries.keys()
        return account

    def room(self, account: Account, address: str, credentials: Credentials) -> Room:
        """How much these may be tried there now."""
        return Room.UNTOLD if self.clock() < self.untold_until else account.room(address, credentials)

    def stamp(self, at: float) -> str:
        """A monotonic time as a status holds it."""
        return stamp(datetime.fromtimestamp(self._wall() + at - self.clock(), UTC))

    def free_stamp(self, account: Account) -> str:
        """Now, or the first second after that is not taken."""
        at = self.clock()
        while (text := self.stamp(at)) in account.tries:
            at += 1
        return text

    def at(self, text: str) -> float | None:
        """On our own clock; None for a time that cannot be read."""
        then = moment(text)
        return self.clock() + then.timestamp() - self._wall() if then else None


def _key(username: str) -> str:
    """Counting together what may be one account is safe."""
    name = unicodedata.normalize("NFKC", username).casefold().strip()
    bare = name.rpartition("\\")[2].partition("@")[0].strip()
    return bare or name
