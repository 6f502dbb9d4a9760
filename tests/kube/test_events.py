"""Kubernetes events: well-formed, bounded, and never in anybody's way."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from fake_apiserver import FakeApiServer, status

from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.adapters.kube.events import Announcement, EventPoster, event, microtime

ROADS = {
    "apiVersion": "arcgis-operator.dev/v1alpha1",
    "kind": "ArcGISService",
    "metadata": {"name": "roads", "namespace": "gis", "uid": "u1", "resourceVersion": "7"},
}


def test_a_time_always_has_six_digits_of_fraction() -> None:
    assert microtime(datetime(2026, 1, 2, 3, 4, 5, 0, UTC)) == "2026-01-02T03:04:05.000000Z"


def test_an_event_of_a_resource_with_a_long_name_has_a_name_that_the_api_server_takes() -> None:
    for name in ("a" * 199 + "-" + "b" * 50, "a" * 198 + ".-" + "b" * 50, "a" * 253):
        metadata = {**ROADS["metadata"], "name": name}
        made = event(
            {**ROADS, "metadata": metadata}, Announcement("Converged", "Edit", "x"), "pod", datetime.now(UTC)
        )
        parts = made["metadata"]["name"].split(".")
        assert all(part and part[0].isalnum() and part[-1].isalnum() for part in parts)
        assert len(made["metadata"]["name"]) <= 253


def test_a_long_note_is_cut_to_one_line_of_1000_bytes() -> None:
    made = event(ROADS, Announcement("JobFailed", "Edit", "é\n" * 2000), "pod", datetime.now(UTC))
    assert len(made["note"].encode()) <= 1000
    assert made["note"].isprintable()


async def test_an_event_that_cannot_be_posted_is_counted_and_forgotten(
    server: FakeApiServer, api: KubeApi
) -> None:
    async def fault(request: web.Request) -> web.StreamResponse:
        return status(403, "forbidden")

    server.fault = fault
    lost: list[None] = []
    poster = EventPoster(api, "pod", size=2, dropped=lambda: lost.append(None))
    for _ in range(3):
        poster.post(ROADS, Announcement("Converged", "Edit", "done"))
    assert len(lost) == 1, "the third did not fit"
    await drained(poster)
    assert len(lost) == 3


async def drained(poster: EventPoster) -> Any:
    task = asyncio.create_task(poster.run())
    await poster.drain(5)
    task.cancel()
    await asyncio.wait([task])
