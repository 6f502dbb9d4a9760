"""A site that comes back is found again by services that have nothing to do."""

import asyncio
import copy
import math

import cell_house
from cell_house import House, house
from cell_wire import Trap

from harness import virtual_time
from harness.fault import Fault

MANY = 20
AWAY = Fault(code=502, body=b"", headers={})


def settle_many(place: House) -> list[str]:
    """Resources whose settings are live already; their paths."""
    paths = []
    for number in range(MANY):
        named = {"serviceName": f"Roads{number}", "type": "MapServer"}
        document = copy.deepcopy(place.service().document)
        place.world.catalogue.add({**document, **named, "id": f"s{number}", "deploymentId": f"d{number}"})
        spec = {"siteRef": {"name": "prod"}, "service": {"name": f"Roads{number}", "type": "MapServer"}}
        path = place.service_path.replace("/fire", f"/roads{number}")
        place.store.put(path, cell_house._object(f"roads{number}", spec={**spec, "settings": {}}))
        paths.append(path)
    return paths


def test_a_circuit_closes_though_all_of_its_services_are_at_rest() -> None:
    """To ask why the site is closed uses up no try: the first one after the pause is made, and closes it."""

    async def scene() -> None:
        with house() as place:
            async with place.running():
                paths = settle_many(place)
                assert await place.until(
                    lambda: all(place.condition(path=path)["status"] == "True" for path in paths), 60
                )
                away = Trap("site", 1, math.inf, AWAY)
                place.traps.append(away)
                assert await place.until(
                    lambda: place.condition(path=place.site_path)["reason"] == "CircuitOpen", 1500
                )
                await asyncio.sleep(120)
                place.traps.remove(away)
                assert await place.until(place.site_ready, 65)
                assert place.edits() == []

    virtual_time.run(scene())
