"""An account that is reached by several addresses is never locked: at most four refused logins in 15 minutes.

The real logins, tokens and notes, over sites that count; whatever happens to Secrets, sites and processes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

import pytest

from arcgis_operator.adapters.admin import Accounts, Credentials, Logins
from arcgis_operator.adapters.admin.accounts import WINDOW_SECONDS
from arcgis_operator.adapters.admin.logins import Trial
from arcgis_operator.adapters.admin.tokens import Token, Tokens
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.logins import LoginNote, parse_login, render_login

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC).timestamp()
REFUSED = Failure(Kind.REFUSED, "Invalid username or password.", 400)
LOST = Failure(Kind.UNSURE, "the site stopped answering")
NOT_STORED = Failure(Kind.NO_CREDENTIALS, "not stored")
ADDRESSES, PASSWORDS, SCENES = 5, 3, 100
MOST, WINDOW, SLOWEST_ANSWER = 4, 15 * 60, 30
NAMES = ("siteadmin", "SiteAdmin", "GIS\\siteadmin", "siteadmin@gis", "siteadmin ")


@dataclass
class Flight:
    """A login that the site has not answered yet."""

    address: int
    password: str
    began: float
    answer: "asyncio.Future[Token | Failure]"


@dataclass
class Process:
    """One life of the operator."""

    tokens: list[Tokens]
    tasks: list["asyncio.Task[Token | Failure]"] = field(default_factory=list)


class World:
    """Sites behind addresses, a Secret and a stored note for each address; time moves by hand."""

    def __init__(self, sites: list[int]) -> None:
        self.sites, self.now, self.stores = sites, 0.0, True
        self.secrets = ["right"] * len(sites)
        self.versions = [1] * len(sites)
        self.right = dict.fromkeys(sites, "right")
        self.rotated_at = dict.fromkeys(sites, -1e9)
        self.refused: dict[int, list[float]] = {site: [] for site in sites}
        self.notes: dict[int, LoginNote | None] = {}
        self.flights: list[Flight] = []
        self.process = self.begin()

    def begin(self) -> Process:
        """It reads the notes that are stored."""
        accounts = Accounts(self.clock, self.wall)
        logins = [Logins(self.clock, self.wall, accounts, f"a{at}") for at in range(len(self.sites))]
        for address, note in self.notes.items():
            kept = parse_login({"login": render_login(note)}) if note else None
            if kept:
                logins[address].recall(kept)
        process = Process([])
        process.tokens = [self._tokens(process, at, logins[at]) for at in range(len(self.sites))]
        return process

    def _tokens(self, process: Process, address: int, logins: Logins) -> Tokens:
        async def source() -> Credentials:
            return Credentials(
                NAMES[address], self.secrets[address], "", f"{address}/{self.versions[address]}"
            )

        async def login(trial: Trial) -> Token | Failure:
            flight = Flight(
                address, trial.credentials.password, self.now, asyncio.get_running_loop().create_future()
            )
            self.flights.append(flight)
            trial.sent = True
            return await flight.answer

        async def remember(note: LoginNote | None) -> Failure | None:
            if process is not self.process or not self.stores:
                return NOT_STORED
            self.notes[address] = note
            return None

        async def silence() -> None:
            """The site answers other questions, so no lost login is spared."""

        return Tokens(source, login, silence, logins, remember, self.clock)

    def clock(self) -> float:
        return self.now

    def wall(self) -> float:
        return NOON + self.now

    # -- what may happen ---------------------------------------------------------------

    async def try_(self, address: int) -> None:
        """Something needs a new token there."""
        tokens = self.process.tokens[address]
        task = asyncio.ensure_future(tokens.current(tokens._outcome))  # type: ignore[arg-type]
        self.process.tasks.append(task)
        await settle()

    async def answer(self, which: int, *, lost: bool = False, killed: bool = False) -> None:
        """A site judges a login, perhaps as the last thing that this process lives to hear, or not to."""
        if not self.flights:
            return
        flight = self.flights.pop(which % len(self.flights))
        site = self.sites[flight.address]
        good = flight.password == self.right[site]
        if not good:
            self.refused[site].append(self.now)
        if killed:
            await self.kill()
        elif not flight.answer.done():
            token = Token(f"t{self.now}", self.now + 3000)
            flight.answer.set_result(LOST if lost else token if good else REFUSED)
            await settle()

    async def kill(self) -> None:
        """The process ends; what is under way is judged all the same."""
        before, self.process = self.process, self.begin()
        for task in before.tasks:
            task.cancel()
        await settle()
        while self.flights:
            await self.answer(0)
        self.process = self.begin()

    async def wait(self, seconds: int) -> None:
        for _ in range(seconds // SLOWEST_ANSWER + 1):
            self.now += min(seconds, SLOWEST_ANSWER)
            for flight in [one for one in self.flights if self.now - one.began >= SLOWEST_ANSWER]:
                await self.answer(self.flights.index(flight))

    def mistype(self, address: int, password: int) -> None:
        self.secrets[address], self.versions[address] = f"wrong{password}", self.versions[address] + 1

    def correct(self, address: int) -> None:
        self.secrets[address] = self.right[self.sites[address]]
        self.versions[address] += 1

    def rotate(self, site: int) -> None:
        """People do not change the password of one account twice in a quarter of an hour."""
        site = self.sites[site]
        if self.now - self.rotated_at[site] > WINDOW_SECONDS:
            self.right[site], self.rotated_at[site] = f"new{self.now}", self.now


async def settle() -> None:
    for _ in range(12):
        await asyncio.sleep(0)


Act = Callable[[World, int, Random], Awaitable[None]]
EVERYWHERE = range(ADDRESSES)


async def try_everywhere(world: World, at: int, draw: Random) -> None:
    for address in EVERYWHERE:
        await world.try_(address)


async def answer_all(world: World, at: int, draw: Random) -> None:
    for _ in EVERYWHERE:
        await world.answer(at)


async def correct_everywhere(world: World, at: int, draw: Random) -> None:
    for address in EVERYWHERE:
        world.correct(address)


async def change(world: World, at: int, draw: Random) -> None:
    """What people do, at once."""
    draw.choice((world.correct, world.rotate, lambda at: world.mistype(at, draw.randrange(PASSWORDS))))(at)


async def store_or_not(world: World, at: int, draw: Random) -> None:
    world.stores = draw.random() < 0.7


ACTS: dict[Act, int] = {
    lambda world, at, draw: world.try_(at): 30,
    try_everywhere: 10,
    lambda world, at, draw: world.answer(at): 15,
    lambda world, at, draw: world.answer(at, lost=True): 5,
    lambda world, at, draw: world.answer(at, killed=True): 4,
    answer_all: 12,
    lambda world, at, draw: world.wait(draw.choice((1, 10, 60, 290, 310, 600, 905))): 12,
    lambda world, at, draw: world.kill(): 3,
    change: 18,
    correct_everywhere: 3,
    store_or_not: 3,
}
"""What may happen, and how often."""


async def play(world: World, draw: Random) -> None:
    """A scene of some hours."""
    for act in draw.choices(list(ACTS), list(ACTS.values()), k=draw.randint(20, 120)):
        await act(world, draw.randrange(ADDRESSES), draw)
    for task in world.process.tasks:
        task.cancel()
    await settle()


def most_in_a_window(times: list[float]) -> int:
    return max((sum(at <= one < at + WINDOW for one in times) for at in times), default=0)


@pytest.mark.parametrize("block", range(4))
def test_no_account_is_refused_five_times_in_a_quarter_of_an_hour_whatever_happens(block: int) -> None:
    async def scene(draw: Random) -> World:
        world = World([draw.choice((0, 0, 1)) for _ in range(ADDRESSES)])
        await play(world, draw)
        return world

    reached = 0
    for seed in range(block * SCENES, (block + 1) * SCENES):
        for site, times in asyncio.run(scene(Random(seed))).refused.items():
            reached = max(reached, most_in_a_window(times))
            assert most_in_a_window(times) <= MOST, f"seed {seed}, site {site}: {times}"
    assert reached == MOST, "the scenes are too tame to show anything"
