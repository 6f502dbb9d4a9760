"""Real documents and real mistakes through the whole operator: a quarter of an hour in virtual time each."""

import asyncio
import copy
from dataclasses import dataclass

import cell_house
import pytest
from cell_house import House, Json, house
from field_cases import CASES, FieldCase

from arcgis_simulator import jsontext
from harness import virtual_time

KEPT = {"provider": "ArcObjects11", "id": "s-1", "configuredState": "STARTED", "deploymentId": "d-1"}


@dataclass
class Told:
    """What became of a case."""

    reason: str
    message: str
    edits: int
    document: Json


def declare(place: House, case: FieldCase) -> None:
    """The resource, with the spec as the API server has stored it."""
    named = {"name": case.document["serviceName"], "type": case.document["type"]}
    spec = {"siteRef": {"name": "prod"}, "service": named, "settings": case.settings}
    if case.folder:
        spec["service"] = {**named, "folder": case.folder}
    place.store.put(place.service_path, cell_house._object("fire", spec=spec))


async def played(case: FieldCase) -> Told:
    with house() as place, pytest.MonkeyPatch.context() as patch:
        if case.access:
            patch.setitem(cell_house._SITE, "access", case.access)
        place.world.switches = place.world.switches.changed(case.switches)
        service = place.world.catalogue.add({**KEPT, **copy.deepcopy(case.document)})
        async with place.running():
            await asyncio.sleep(5)
            declare(place, case)
            await asyncio.sleep(900)
            ready = place.condition()
            return Told(ready["reason"], ready["message"], len(place.edits()), service.document)


@pytest.mark.parametrize("name", CASES)
def test_a_real_document_comes_out_right(name: str) -> None:
    case = CASES[name]
    told = virtual_time.run(played(case))
    assert (told.reason, told.edits) == (case.reason, case.edits), told.message
    assert [words for words in case.words if words not in told.message] == [], told.message
    whole = {**KEPT, **case.document, **case.holds, "deploymentId": told.document["deploymentId"]}
    assert jsontext.dumps(told.document) == jsontext.dumps(ordered(whole, told.document))


def ordered(whole: Json, like: Json) -> Json:
    """In the order of the other, at the top: where a key stands there is the site's affair."""
    return {key: whole[key] for key in like} | whole
