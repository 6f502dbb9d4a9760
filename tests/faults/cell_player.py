"""Plays flows in process, in virtual time."""

from collections.abc import Awaitable, Callable

from cell_house import NEIGHBOUR, House

from arcgis_simulator.jobs import Plan
from harness.flows import SitePlayer
from harness.gates import SERVICE_GATES, SITE_GATES

LONG_SECONDS = 4.0
PATIENCE = 1200.0
"""Longer than any fault lasts, and the pause after it."""


class HousePlayer(SitePlayer[Awaitable[None]]):
    def __init__(self, house: House) -> None:
        self.house, self.world = house, house.world

    async def want(self, text: str) -> None:
        self.house.declare(text)

    async def want_slowly(self, text: str) -> None:
        self.world.jobs.arrange(Plan(seconds=LONG_SECONDS))
        self.house.declare(text)
        await self.wait("JobRunning")

    async def end_job(self) -> None:
        """It has its four seconds, in which the fault goes on."""

    async def state(self, text: str) -> None:
        self.house.specify(configuredState=text)

    async def pods(self, text: str) -> None:
        self.house.specify(provider=text)

    async def hold(self, gate: str) -> None:
        self.house.specify(**SERVICE_GATES[gate].shut["spec"])

    async def let_go(self, gate: str) -> None:
        path = self.house.service_path
        self.house.patch(path, SERVICE_GATES[gate].opens(self.house.store.objects[path]))

    async def settle(self) -> None:
        await self._until(self.house.converged)

    async def wait(self, reason: str) -> None:
        await self._until(lambda: self.house.condition()["reason"] == reason)

    async def look(self) -> None:
        self.house.ask_again()

    async def drift(self) -> None:
        self.world.drift(self.house.service(), {"description": "quick fix"})

    async def hold_all(self, gate: str) -> None:
        self.house.patch(self.house.site_path, SITE_GATES[gate].shut)

    async def let_all_go(self, gate: str) -> None:
        path = self.house.site_path
        await self._until(lambda: self.house.condition(path=path)["reason"] == gate)
        self.house.patch(path, SITE_GATES[gate].opens(self.house.store.objects[path]))

    async def close_site(self) -> None:
        self.world.read_only = "restored from a backup"

    async def open_site(self) -> None:
        self.world.read_only = None

    async def neighbour_settles(self) -> None:
        self.house.move_in("as it was")
        await self._until(self.house.ready)

    async def neighbour_drifts(self) -> None:
        self.world.drift(self.house.service(NEIGHBOUR), {"description": "quick fix"})

    async def _until(self, good: Callable[[], bool]) -> None:
        assert await self.house.until(good, PATIENCE), self.house.condition()
