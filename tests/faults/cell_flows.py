"""What an operator in process is in the middle of when something breaks: one entry for each flow.

A new flow gets a cell for each fault at each request by one more entry here.
"""

import copy
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from cell_house import USERNAME, House

from arcgis_simulator.jobs import Plan
from arcgis_simulator.tokens import User
from harness.canaries import canary

PATIENCE = 15.0
LONG_SECONDS = 4.0
OTHER_PASSWORD = canary()


@dataclass(frozen=True, slots=True)
class Flow:
    """`prepare` goes before the fault, `act` happens with it.

    `edits` of ours are taken in all in a clean run. `cold`: the operator starts with the fault.
    """

    prepare: Callable[[House], Awaitable[None]]
    act: Callable[[House], None]
    edits: int
    cold: bool = False


async def nothing(house: House) -> None:
    """The operator is all that is needed."""


async def converged(house: House) -> None:
    house.declare("wanted 1")
    assert await house.until(house.ready, PATIENCE), house.condition()


async def job_running(house: House) -> None:
    house.world.jobs.arrange(Plan(seconds=LONG_SECONDS))
    house.declare("wanted 1")
    assert await house.until(lambda: house.condition()["reason"] == "JobRunning", PATIENCE), house.condition()


async def foreign_job(house: House) -> None:
    service = house.service()
    house.world.foreign_edit(
        service, "colleague", copy.deepcopy(service.document), Plan(seconds=LONG_SECONDS)
    )
    house.declare("wanted 1")
    assert await house.until(lambda: house.condition()["reason"] == "ServiceBusy", PATIENCE), (
        house.condition()
    )


def declared(house: House) -> None:
    house.declare("wanted 1")


def changed(house: House) -> None:
    house.declare("wanted 2")


def drifted(house: House) -> None:
    house.world.drift(house.service(), {"description": "quick fix"})
    house.ask_again()


def wiped(house: House) -> None:
    body = copy.deepcopy(house.store.objects[house.service_path])
    house.store.put(house.service_path, {what: value for what, value in body.items() if what != "status"})


def created_again(house: House) -> None:
    house.delete()
    house.declare("wanted 1")


def rotated(house: House) -> None:
    house.world.set_user(User(USERNAME, OTHER_PASSWORD))
    house.world.tokens.expire_all()
    house.store_secret(OTHER_PASSWORD)
    house.declare("wanted 2")


FLOWS: Mapping[str, Flow] = {
    "create": Flow(nothing, declared, 1, cold=True),
    "update": Flow(converged, changed, 2),
    "update during a job": Flow(job_running, changed, 2),
    "drift": Flow(converged, drifted, 2),
    "foreign job": Flow(foreign_job, lambda house: None, 1),
    "status wiped": Flow(job_running, wiped, 1),
    "re-created": Flow(job_running, created_again, 1),
    "secret rotated": Flow(converged, rotated, 2),
}
