"""Refused logins never lock an account: an hour of the real operator in virtual time, counted by the site.

At most four in any 15 minutes, whatever is wrong, however often the operator is restarted. The site locks
an account after five.
"""

import asyncio
import base64
import copy
import math
from collections.abc import Awaitable, Callable

import pytest
from cell_house import USERNAME, House, Json, house
from cell_wire import Trap
from fault_kinds import PATCH

from arcgis_simulator.tokens import User
from harness import virtual_time
from harness.fault import Fault

WINDOW_MS = 15 * 60_000
MOST = 4
WRONG = "mistyped"
Scene = Callable[[House], Awaitable[None]]


ADDRESSES = ("https://gis.site.test/arcgis", "https://site/arcgis", "https://lb.site.test:7443/arcgis")
STATUS = "/apis/arcgis-operator.dev/v1alpha1/namespaces/gis/arcgisservices/fire/status"
FORBIDDEN = Fault(code=403, body=b'{"kind": "Status", "message": "status is read-only here"}')


def another_site(place: House, name: str, secret: str = "login", url: str = "") -> None:
    """Another ArcGISSite of the same address, or of another one that leads to the same site."""
    body = copy.deepcopy(place.store.objects[place.site_path])
    body["metadata"] = {**body["metadata"], "name": name, "uid": f"u-{name}"}
    body["spec"]["credentials"]["secretRef"]["name"] = secret
    body["spec"]["url"] = url or body["spec"]["url"]
    body.pop("status", None)
    place.store.put(place.site_path.replace("/prod", f"/{name}"), body)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def a_wrong_password(place: House) -> None:
    place.store_secret(WRONG)


async def rotated_on_the_site_first(place: House) -> None:
    await place.until(place.converged, 30)
    place.world.set_user(User(USERNAME, "rotated"))
    place.world.tokens.expire_all()


async def the_identity_store_is_away(place: House) -> None:
    place.world.switches = place.world.switches.changed({"logins_fail_with": 500})


async def the_identity_store_goes_while_all_is_well(place: House) -> None:
    await place.until(place.converged, 30)
    place.world.tokens.expire_all()
    await the_identity_store_is_away(place)


async def three_sites_with_one_account(place: House) -> None:
    place.store_secret(WRONG)
    for name in ("second", "third"):
        another_site(place, name)


async def three_sites_with_as_many_wrong_secrets(place: House) -> None:
    place.store_secret(WRONG)
    for name in ("second", "third", "fourth", "fifth"):
        secret = copy.deepcopy(place.store.objects["/api/v1/namespaces/gis/secrets/login"])
        secret["data"]["password"] = encoded(f"{WRONG} {name}")
        place.store.put(f"/api/v1/namespaces/gis/secrets/{name}", secret)
        another_site(place, name, name)


async def restarted_every_minute(place: House) -> None:
    place.store_secret(WRONG)
    for _ in range(20):
        await asyncio.sleep(60)
        await place.stop()
        place.start()


async def restarted_every_ten_seconds_and_the_secret_touched(place: House) -> None:
    """As by a tool that writes it again and again: another version, the same wrong password."""
    place.store_secret(WRONG)
    for _ in range(60):
        await asyncio.sleep(10)
        place.store_secret(WRONG)
        await place.stop()
        place.start()


async def two_replicas_in_turn(place: House) -> None:
    place.store_secret(WRONG)
    place.start()
    for _ in range(12):
        await asyncio.sleep(100)
        await place.replicas.pop(0).stop()
        place.start()


async def one_wrong_password_after_another(place: House) -> None:
    for number in range(20):
        place.store_secret(f"{WRONG}{number}")
        await asyncio.sleep(60)


def by_other_addresses(place: House) -> None:
    for number, url in enumerate(ADDRESSES):
        another_site(place, f"address-{number}", url=url)


async def four_addresses_of_one_site(place: House) -> None:
    by_other_addresses(place)
    place.store_secret(WRONG)


async def four_addresses_and_one_wrong_password_after_another(place: House) -> None:
    by_other_addresses(place)
    await one_wrong_password_after_another(place)


async def rotated_on_a_site_that_four_addresses_use(place: House) -> None:
    by_other_addresses(place)
    await asyncio.sleep(60)
    place.world.set_user(User(USERNAME, "rotated"))
    place.world.tokens.expire_all()


async def four_addresses_and_restarts(place: House) -> None:
    by_other_addresses(place)
    await restarted_every_minute(place)


async def the_note_is_refused_while_it_is_restarted(place: House) -> None:
    place.store_secret(WRONG)
    await asyncio.sleep(1)
    refusing = Trap(f"kube {PATCH} site", 1, math.inf, FORBIDDEN)
    place.traps.append(refusing)
    for _ in range(10):
        await asyncio.sleep(60)
        await place.stop()
        place.start()
    place.traps.remove(refusing)


async def the_note_is_dropped_while_it_is_restarted(place: House) -> None:
    """As by a CRD that does not know the field."""
    place.store_secret(WRONG)
    await asyncio.sleep(1)
    put = place.store.put

    def put_without(path: str, body: Json) -> Json:
        if "/arcgissites/" in path and "login" in body.get("status", {}):
            body = copy.deepcopy(body)
            del body["status"]["login"]
        return put(path, body)

    place.store.put = put_without  # type: ignore[method-assign]
    for _ in range(10):
        await asyncio.sleep(60)
        await place.stop()
        place.start()
    place.store.put = put  # type: ignore[method-assign]


SCENES: dict[str, Scene] = {
    scene.__name__.replace("_", " "): scene
    for scene in (
        a_wrong_password,
        rotated_on_the_site_first,
        the_identity_store_is_away,
        the_identity_store_goes_while_all_is_well,
        three_sites_with_one_account,
        three_sites_with_as_many_wrong_secrets,
        restarted_every_minute,
        restarted_every_ten_seconds_and_the_secret_touched,
        two_replicas_in_turn,
        one_wrong_password_after_another,
        four_addresses_of_one_site,
        four_addresses_and_one_wrong_password_after_another,
        rotated_on_a_site_that_four_addresses_use,
        four_addresses_and_restarts,
        the_note_is_refused_while_it_is_restarted,
        the_note_is_dropped_while_it_is_restarted,
    )
}


async def _played(scene: Scene, locks_after: int) -> tuple[list[int], str]:
    with house() as place:
        place.world.switches = place.world.switches.changed({"locks_after": locks_after})
        async with place.running():
            place.declare("new text")
            await scene(place)
            await asyncio.sleep(3600)
            refused = [one["time_ms"] for one in place.journal() if one["kind"] == "refused"]
            return refused, str(place.condition(path=place.site_path).get("message"))


def most_in_a_window(times: list[int]) -> int:
    return max((sum(at <= one < at + WINDOW_MS for one in times) for at in times), default=0)


@pytest.mark.parametrize("locks_after", [0, 5])
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_a_refused_login_is_never_repeated_until_the_account_is_locked(
    scene: Scene, locks_after: int
) -> None:
    refused, told = virtual_time.run(_played(scene, locks_after))
    assert refused, "nothing was refused: the scene shows nothing"
    assert most_in_a_window(refused) <= MOST, f"{refused}"
    assert "next try" in told or "again at" in told, told


def test_a_mended_secret_is_tried_at_once_and_the_note_goes() -> None:
    async def scene() -> None:
        with house() as place:
            async with place.running():
                place.store_secret(WRONG)
                place.declare("new text")
                await place.until(lambda: place.condition()["reason"] == "CredentialsRejected", 30)
                note = place.store.objects[place.site_path]["status"]["login"]
                assert (note["username"], note["refusals"], len(note["refusedTimes"])) == (USERNAME, 1, 1)
                place.store_secret("right")
                place.world.set_user(User(USERNAME, "right"))
                assert await place.until(place.converged, 30)
                assert "login" not in place.store.objects[place.site_path]["status"]

    virtual_time.run(scene())


def test_a_password_that_is_mended_on_the_site_is_found_at_the_next_try() -> None:
    async def scene() -> None:
        with house() as place:
            async with place.running():
                place.store_secret(WRONG)
                place.declare("new text")
                await asyncio.sleep(60)
                place.world.set_user(User(USERNAME, WRONG))
                await place.stop()
                place.start()
                assert not await place.until(place.ready, 200)
                assert await place.until(place.converged, 120)

    virtual_time.run(scene())


def test_where_logins_cannot_be_noted_none_is_tried_and_the_service_says_why() -> None:
    async def scene() -> None:
        with house() as place:
            place.traps.append(Trap(f"kube {PATCH} site", 1, math.inf, FORBIDDEN))
            async with place.running():
                place.declare("new text")
                assert not await place.until(place.ready, 300)
                condition = place.condition()
                assert condition["reason"] == "CredentialsUnreadable"
                assert (
                    "No login is tried: it cannot be noted in the status of ArcGISSite gis/prod (Forbidden)"
                    in (condition["message"])
                )
                asked = [one for one in place.journal() if one["kind"] in ("refused", "token")]
                assert asked == []
                place.traps.clear()
                assert await place.until(place.converged, 400)

    virtual_time.run(scene())


def test_a_wrong_password_at_one_address_holds_up_no_address_that_the_site_lets_in() -> None:
    async def scene() -> None:
        with house() as place:
            async with place.running():
                place.declare("new text")
                assert await place.until(place.converged, 30)
                secret = copy.deepcopy(place.store.objects["/api/v1/namespaces/gis/secrets/login"])
                for number in range(4):
                    secret["data"]["password"] = encoded(f"{WRONG} {number}")
                    place.store.put("/api/v1/namespaces/gis/secrets/other", copy.deepcopy(secret))
                    another_site(place, "other", "other", ADDRESSES[0])
                    await asyncio.sleep(40)
                assert len([one for one in place.journal() if one["kind"] == "refused"]) == 3
                place.world.tokens.expire_all()
                place.declare("newer text")
                assert await place.until(place.converged, 30)

    virtual_time.run(scene())


def test_a_service_of_a_site_that_refuses_the_login_says_that_and_nothing_else() -> None:
    """Not that the site refuses to list its jobs: it was not asked for them."""

    async def scene() -> set[str]:
        with house() as place:
            async with place.running():
                place.store_secret(WRONG)
                place.declare("new text")
                await asyncio.sleep(1200)
                statuses = (one["status"] for _, path, _, one in place.store.writes if path == STATUS)
                return {one["reason"] for status in statuses for one in status.get("conditions", [])}

    assert virtual_time.run(scene()) == {"CredentialsRejected"}
