"""Lists that arrive after newer word of the watch, and a cluster whose etcd was restored."""

import asyncio
import copy
from collections.abc import Callable
from typing import Any

import pytest
from cell_clock import now
from cell_house import House, house
from cell_kube import KubeWire
from cell_wire import Wire

from arcgis_operator.adapters.kube.kinds import ARCGIS_SITES
from harness import virtual_time

Json = Any
LONG = 1500.0


def site_moves(place: House) -> None:
    """The ArcGISSite is deleted and created again with the address of another host."""
    old = place.store.objects.pop(place.site_path)
    place._tell_all(ARCGIS_SITES, "DELETED", old)
    body = copy.deepcopy(old)
    body["metadata"]["uid"] = "u-prod-2"
    body["spec"]["url"] = "https://green.test/arcgis"
    place.store.put(place.site_path, body)


def right_is_taken(place: House) -> None:
    """The owner of the site takes everybody's right away."""
    body = copy.deepcopy(place.store.objects[place.site_path])
    body["spec"]["access"] = []
    body["metadata"]["generation"] += 1
    place.store.put(place.site_path, body)


def resource_is_replaced(place: House) -> None:
    """`kubectl replace --force` with other settings."""
    place.delete()
    place.generation = 0
    place.declare("replaced")


class SlowList:
    """Once armed, the next list of a kind is made now and arrives three seconds later, after `happens`."""

    def __init__(self, patch: pytest.MonkeyPatch, kind: str) -> None:
        self.kind, self.slowed = kind, False
        self.happens: Callable[[], None] | None = None
        self._call = KubeWire.call_api
        slow = self

        async def call_api(wire: KubeWire, method: str, url: str, *more: Any, **names: Any) -> Any:
            answer = await slow._call(wire, method, url, *more, **names)
            await slow._delay(url)
            return answer

        patch.setattr(KubeWire, "call_api", call_api)

    async def _delay(self, url: str) -> None:
        if self.happens and not self.slowed and url.split("?")[0].endswith(self.kind):
            self.slowed = True
            asyncio.get_running_loop().call_later(1.0, self.happens)
            await asyncio.sleep(3.0)


@pytest.mark.parametrize(
    ("kind", "happens"),
    [
        ("arcgissites", site_moves),
        ("arcgissites", right_is_taken),
        ("arcgisservices", resource_is_replaced),
    ],
)
def test_a_list_that_was_read_before_the_watch_told_something_newer_undoes_nothing(
    kind: str, happens: Callable[[House], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts: list[tuple[float, str]] = []
    sent = Wire.handle_async_request

    async def noted(wire: Wire, request: Any) -> Any:
        if request.url.path.endswith("/edit"):
            hosts.append((now(), request.url.host))
        return await sent(wire, request)

    monkeypatch.setattr(Wire, "handle_async_request", noted)
    slow = SlowList(monkeypatch, kind)

    async def scene() -> None:
        with house() as place:
            async with place.running():
                place.declare("one")
                assert await place.until(place.converged, LONG)
                slow.happens = lambda: happens(place)
                assert await place.until(lambda: slow.slowed, LONG)
                await asyncio.sleep(5.0)
                at = now()
                if happens is not resource_is_replaced:
                    place.declare("two")
                await place.until(place.ready, 300.0)
                if happens is right_is_taken:
                    assert place.condition()["reason"] == "SiteNotAllowed"
                    assert place.service().document["description"] == "one"
                else:
                    assert place.ready()
                    assert place.service().document["description"] == place.wanted
                if happens is site_moves:
                    assert {host for when, host in hosts if when >= at} == {"green.test"}

    virtual_time.run(scene())


def test_after_a_restore_of_etcd_the_site_is_as_the_restored_object_declares() -> None:
    """Versions and generations went back; the process and its memory live on, and no watch tells of it."""

    async def scene() -> None:
        with house() as place:
            async with place.running():
                place.declare("one")
                assert await place.until(place.converged, LONG)
                saved, version = copy.deepcopy(place.store.objects), place.store.version
                for description in ("two", "three"):
                    place.declare(description)
                    assert await place.until(place.ready, LONG)
                place.store.objects, place.store.version = saved, version
                assert await place.until(
                    lambda: place.service().document["description"] == "one" and place.ready(), LONG
                )
                assert len(place.edits()) == 4

    virtual_time.run(scene())
