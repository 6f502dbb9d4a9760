"""Whose words they are, and what they decide: an hour of the real operator in virtual time."""

import asyncio
import json
from dataclasses import dataclass

import pytest
from cell_house import house
from cell_wire import Trap
from fault_kinds import plain

from harness import virtual_time
from harness.fault import Fault


def refusing(text: str, code: int = 400) -> Fault:
    """The site's own words, at HTTP 200."""
    body = json.dumps({"status": "error", "messages": [text], "code": code}).encode()
    return Fault(code=200, body=body, headers={"content-type": "application/json"})


@dataclass
class Told:
    """What an hour came to."""

    hits: int
    reason: str
    message: str
    stalled: bool
    logins: int


async def an_hour(operation: str, fault: Fault, others: tuple[str, ...] = ()) -> Told:
    traps = [Trap(f"site {one}", 1, float("inf"), fault) for one in (operation, *others)]
    with house() as place:
        async with place.running():
            await asyncio.sleep(0 if others else 30)
            place.traps.extend(traps)
            place.declare("new text")
            await asyncio.sleep(3600)
            logins = [
                one for one in place.journal() if one["kind"] == "answer" and one["operation"] == "token"
            ]
            ready = place.condition()
            return Told(traps[0].hits, ready["reason"], ready["message"], place.stalled(), len(logins))


WORDS = (
    "Property 'provider' is read-only.",
    "The data source is read only",
    "in read-only mode",
    "is busy, try later",
)


@pytest.mark.parametrize("text", WORDS)
def test_a_refusal_is_sent_once_whatever_its_words(text: str) -> None:
    told = virtual_time.run(an_hour("edit", refusing(text)))
    assert (told.hits, told.reason, told.stalled) == (1, "EditRefused", True)


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_page_in_front_of_the_site_is_not_about_the_account(code: int) -> None:
    told = virtual_time.run(an_hour("jobs", plain(code), ("root", "mode", "service")))
    assert told.logins <= 2, "a token lives an hour"
    assert told.reason == "BadAnswer"
    assert "Something in front of the Administrator API" in told.message
    assert f"({code}, a web page)" in told.message


def test_a_service_that_the_site_fails_on_is_not_found_when_no_list_has_it() -> None:
    async def scene() -> bool:
        with house() as place:
            place.world.switches = place.world.switches.changed({"unknown_service_code": 500})
            place.world.remove_service(place.service())
            async with place.running():
                place.declare("new text")
                return await place.until(lambda: place.condition()["reason"] == "ServiceNotFound", 30)

    assert virtual_time.run(scene())
