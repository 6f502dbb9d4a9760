"""A password that is a word of what the site says: it hides no job, and stands in no output."""

import asyncio

import cell_house
import pytest
from cell_house import USERNAME, house
from cell_wire import Trap

from harness import virtual_time
from harness.fault import Fault

LONG_JOB = {"job_seconds": 300.0}
PASSWORDS = ("Tr0ub4dor", "services", "MapServer", "FireWeatherWatch", "admin", USERNAME, "COMPLETED", "edit")


async def a_lost_answer() -> tuple[str, int]:
    """The answer to the edit is lost, and its job runs for five minutes: how it ends, and the edits."""
    with house() as place:
        place.world.switches = place.world.switches.changed(LONG_JOB)
        async with place.running():
            await asyncio.sleep(30)
            place.traps.append(Trap("site edit", 1, 1, Fault(breaks="answer", applied=True)))
            place.declare("new text")
            await asyncio.sleep(900)
            return place.condition()["reason"], len(place.edits())


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_that_is_a_word_of_the_site_hides_no_job(
    password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell_house, "PASSWORD", password)
    assert virtual_time.run(a_lost_answer()) == ("Converged", 1)
