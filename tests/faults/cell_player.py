"""Plays flows in process, in virtual time."""

import copy
from collections.abc import Awaitable, Callable

from cell_house import USERNAME, House

from arcgis_simulator.jobs import Plan
from arcgis_simulator.tokens import User
from harness.canaries import canary
from harness.flows import SolePlayer

PATIENCE = 15.0
LONG_SECONDS = 4.0
OTHER_PASSWORD = canary()


class HousePlayer(SolePlayer[Awaitable[None]]):
    def __init__(self, house: House) -> None:
        self.house, self.world = house, house.world

    async def want(self, text: str) -> None:
        self.house.declare(text)

    async def want_slowly(self, text: str) -> None:
        self.world.jobs.arrange(Plan(seconds=LONG_SECONDS))
        self.house.declare(text)
        await self.wait("JobRunning")

    async def settle(self) -> None:
        await self._until(self.house.converged)

    async def wait(self, reason: str) -> None:
        await self._until(lambda: self.house.condition()["reason"] == reason)

    async def look(self) -> None:
        self.house.ask_again()

    async def end_job(self) -> None:
        """It has its four seconds, in which the fault goes on."""

    async def drift(self) -> None:
        self.world.drift(self.house.service(), {"description": "quick fix"})

    async def foreign_job(self) -> None:
        service = self.house.service()
        self.world.foreign_edit(
            service, "colleague", copy.deepcopy(service.document), Plan(seconds=LONG_SECONDS)
        )

    async def wipe_status(self) -> None:
        self.house.wipe_status()

    async def delete(self) -> None:
        self.house.delete()

    async def elder_wants(self, text: str) -> None:
        self.house.declare_elder(text)
        await self._until(lambda: self.house.condition(path=self.house.elder_path)["status"] == "True")

    async def elder_leaves(self) -> None:
        self.house.delete(self.house.elder_path)

    async def suspend(self) -> None:
        self.house.suspend(True)

    async def resume(self) -> None:
        self.house.suspend(False)

    async def rotate(self) -> None:
        self.world.set_user(User(USERNAME, OTHER_PASSWORD))
        self.world.tokens.expire_all()
        self.house.store_secret(OTHER_PASSWORD)

    async def stop(self) -> None:
        await self.house.stop()

    async def start(self) -> None:
        self.house.start()

    async def stand_by(self) -> None:
        self.house.start()

    async def _until(self, good: Callable[[], bool]) -> None:
        assert await self.house.until(good, PATIENCE), self.house.condition()
