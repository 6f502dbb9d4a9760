"""An API server that answers 200 and does not store what it was sent: nothing is sent on its word."""

import copy
from typing import Any

import pytest
from cell_house import House, house

from harness import virtual_time

Json = Any
LONG = 1200.0


def kept_without(place: House, *fields: str) -> None:
    """From now on the API server drops these fields of the status of every service."""
    put = place.store.put

    def put_less(path: str, body: Json) -> Json:
        if "/arcgisservices/" in path and body.get("status"):
            body = copy.deepcopy(body)
            for field in fields:
                body["status"].pop(field, None)
        return put(path, body)

    place.store.put = put_less  # type: ignore[method-assign]


@pytest.mark.parametrize("fields", [("journal",), ("journal", "conditions", "observedGeneration")])
def test_a_status_without_its_journal_never_leads_to_an_edit(fields: tuple[str, ...]) -> None:
    async def scene() -> None:
        with house() as place:
            place.world.switches = place.world.switches.changed({"job_outcome": "FAILED"})
            async with place.running():
                kept_without(place, *fields)
                place.declare("one")
                assert not await place.until(lambda: bool(place.edits()), LONG)
                told = [one[3].get("reason") for one in place.store.writes if "/events" in one[1]]
                assert told.count("StatusNotKept") == 1
                if "conditions" not in fields:
                    assert place.condition()["reason"] == "StatusNotKept"
                    assert place.stalled()

    virtual_time.run(scene())


def test_once_the_journal_is_kept_the_edit_follows_and_goes_live() -> None:
    async def scene() -> None:
        with house() as place:
            async with place.running():
                put = place.store.put
                kept_without(place, "journal")
                place.declare("one")
                assert not await place.until(lambda: bool(place.edits()), 400.0)
                place.store.put = put  # type: ignore[method-assign]
                assert await place.until(place.ready, 400.0)
                assert len(place.edits()) == 1

    virtual_time.run(scene())


def test_a_journal_that_is_dropped_while_its_answer_is_out_leads_to_no_second_edit() -> None:
    async def scene() -> None:
        with house() as place:
            place.world.switches = place.world.switches.changed({"job_seconds": 60.0})
            async with place.running():
                place.declare("one")
                assert await place.until(lambda: bool(place.edits()), 60.0)
                kept_without(place, "journal")
                place.wipe_status()
                place.declare("two")
                await place.until(lambda: False, LONG)
                assert len(place.edits()) == 1

    virtual_time.run(scene())
