"""Full lists: each namespace, and each object, stops itself only."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
from dispatched import dispatched

from arcgis_operator.adapters.kube.api import Page
from arcgis_operator.adapters.kube.failures import KubeListFailed, answered, unreachable
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, SERVED, Kind
from arcgis_operator.controller import resync
from arcgis_operator.controller.queue import WorkQueue
from arcgis_operator.controller.resync import Resync
from arcgis_operator.core.identity import Name
from arcgis_operator.core.keys import Key
from arcgis_operator.reconcilers.breath import Breath
from arcgis_operator.telemetry.happenings import Happening, Resynced

FORBIDDEN = KubeListFailed(answered(403, b'{"kind":"Status","message":"not today"}', None, 0.0))
AWAY = KubeListFailed(unreachable("no answer"))


def resource(name: str, namespace: str, version: int = 5) -> dict[str, Any]:
    """One ArcGISService."""
    metadata = {"namespace": namespace, "name": name, "uid": f"u-{name}", "resourceVersion": str(version)}
    spec = {"siteRef": {"name": "prod"}, "service": {"name": "Roads", "type": "MapServer"}}
    return {"metadata": {**metadata, "generation": 1, "creationTimestamp": ""}, "spec": spec}


class Cluster:
    """Answers lists; `broken` holds what a namespace fails with, `version` that of the next list."""

    def __init__(self) -> None:
        self.version = 10
        self.objects: dict[str, list[dict[str, Any]]] = {"gis": [resource("a", "gis")], "team": []}
        self.broken: dict[str, list[KubeListFailed]] = {}
        self.queue: WorkQueue[Key] = WorkQueue()
        self.dispatch, self.registry = dispatched(self.queue)
        self.told: list[Happening] = []
        self.went_back: list[str] = []
        self.whole: dict[str, str] = {}
        self.listed, self.watched = asyncio.Event(), False
        self.lists = 0
        self.meanwhile: Callable[[Kind, str], None] = lambda kind, namespace: None
        self.resync = Resync(
            self,  # type: ignore[arg-type]
            ("gis", "team"),
            self.dispatch,
            600.0,
            self._tell,
            self.went_back.append,
            self.whole.__setitem__,
            self.caught_up,
            Breath(),
        )

    def _tell(self, happening: Happening) -> None:
        self.told.append(happening)
        self.listed.set()

    async def caught_up(self) -> bool:
        return self.watched

    async def list(self, kind: Kind, namespace: str, limit: int = 500) -> AsyncGenerator[Page]:
        if failures := self.broken.get(namespace):
            raise failures.pop(0) if len(failures) > 1 else failures[0]
        items = self.objects[namespace] if kind.plural == "arcgisservices" else []
        version = self.version
        self.meanwhile(kind, namespace)
        self.lists += limit > 1
        left = {"remainingItemCount": len(items[limit:])} if items[limit:] else {}
        yield Page({"resourceVersion": str(version), **left}, items[:limit])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resync, "AGAIN_SECONDS", 0.001)
    monkeypatch.setattr(resync, "LONGEST_SECONDS", 0.001)


async def test_a_namespace_that_is_refused_is_passed_over_and_said(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing in it is known to be untouched, so the term does not start settled."""
    cluster = Cluster()
    cluster.broken["team"] = [FORBIDDEN]
    with caplog.at_level(logging.WARNING):
        assert not await cluster.resync.first()
    assert cluster.registry.is_known(Name("gis", "a"))
    assert cluster.told == [Resynced(("team",))]
    assert "403 not today" in str([record.__dict__.get("fields") for record in caplog.records])


async def test_what_is_known_of_a_namespace_that_is_refused_stays_known() -> None:
    """Unread is not absent."""
    cluster = Cluster()
    cluster.objects["team"] = [resource("b", "team")]
    assert await cluster.resync.first()
    cluster.broken["team"] = [FORBIDDEN]
    await cluster.resync.first()
    assert cluster.registry.is_known(Name("team", "b"))


async def test_a_namespace_that_only_stumbles_is_asked_again_at_once() -> None:
    cluster = Cluster()
    cluster.objects["team"] = [resource("b", "team")]
    cluster.broken["team"] = [AWAY, AWAY, FORBIDDEN]
    cluster.broken["team"].pop()
    task = asyncio.create_task(cluster.resync.first())
    await asyncio.sleep(0.01)
    assert not task.done()
    del cluster.broken["team"]
    assert await task
    assert cluster.registry.is_known(Name("team", "b"))
    assert cluster.told == [Resynced(())]


async def test_a_namespace_that_fails_for_long_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resync, "PASS_OVER_SECONDS", 0.01)
    cluster = Cluster()
    cluster.broken["team"] = [AWAY]
    assert not await cluster.resync.first()
    assert cluster.told == [Resynced(("team",))]


async def test_where_everything_is_refused_no_list_is_complete() -> None:
    cluster = Cluster()
    cluster.broken = {"gis": [FORBIDDEN], "team": [FORBIDDEN]}
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await cluster.resync.first()
    assert cluster.told == []


async def test_an_object_that_cannot_be_taken_in_stops_itself_only(caplog: pytest.LogCaptureFixture) -> None:
    cluster = Cluster()
    odd = resource("odd", "gis")
    del odd["metadata"]["creationTimestamp"]
    cluster.objects["gis"] = [odd, {"metadata": "nothing"}, resource("a", "gis")]  # type: ignore[list-item]
    assert not await cluster.resync.first()
    assert cluster.registry.is_known(Name("gis", "a"))
    assert "gis/odd" in str([record.__dict__.get("fields") for record in caplog.records])


async def test_a_list_that_is_older_than_what_was_known_makes_the_watch_begin_anew() -> None:
    """And what it shows is true, though its generation is lower."""
    cluster = Cluster()
    newer = resource("a", "gis", 90)
    newer["metadata"]["generation"] = 3
    newer["spec"]["service"]["name"] = "Rivers"
    cluster.dispatch.seen(ARCGIS_SERVICES, "CHANGED", newer)
    await cluster.resync.first()
    assert cluster.went_back == ["the list of arcgisservices is older than what was known before"]
    assert not cluster.registry.differs(resource("a", "gis"))


async def test_a_spec_that_differs_under_the_same_generation_is_seen() -> None:
    """As after a restore of etcd that lifts the versions."""
    cluster = Cluster()
    other = resource("a", "gis", 4)
    other["spec"]["service"]["name"] = "Rivers"
    other["status"] = {"observedGeneration": 1, "journal": {"phase": "Idle"}}
    cluster.dispatch.seen(ARCGIS_SERVICES, "CHANGED", other)
    cluster.objects["gis"][0]["status"] = other["status"]
    await cluster.resync.first()
    assert not cluster.registry.differs(resource("a", "gis"))


async def test_a_watch_may_begin_at_the_version_of_a_list_that_is_whole() -> None:
    cluster = Cluster()
    cluster.broken["team"] = [FORBIDDEN]
    await cluster.resync.first()
    assert cluster.whole == {kind.path("gis"): "10" for kind in SERVED}


async def standby() -> Cluster:
    """A watch has told of all there is."""
    cluster = Cluster()
    cluster.watched = True
    cluster.objects["gis"].append(resource("b", "gis"))
    for body in cluster.objects["gis"]:
        cluster.dispatch.seen(ARCGIS_SERVICES, "LISTED", body)
    return cluster


async def test_who_has_watched_begins_without_a_list_and_lists_in_the_term() -> None:
    """However many there are, a standby takes over at once; what a watch may have missed is healed then."""
    cluster = await standby()
    assert not await cluster.resync.first(), "whether nothing was ever touched only a list tells"
    assert cluster.lists == 0
    assert cluster.queue.take() is not None
    running = asyncio.create_task(cluster.resync.run())
    await cluster.listed.wait()
    running.cancel()
    assert cluster.lists == 4
    assert cluster.told == [Resynced(())]


@pytest.mark.parametrize("doubt", ["no watch", "one is missing", "a version went back", "no answer"])
async def test_where_the_watch_may_not_know_all_the_list_comes_first(doubt: str) -> None:
    cluster = await standby()
    match doubt:
        case "no watch":
            cluster.watched = False
        case "one is missing":
            cluster.objects["gis"].append(resource("c", "gis"))
        case "a version went back":
            cluster.version = 4
        case "no answer":
            cluster.broken["gis"] = [AWAY, FORBIDDEN]
    await cluster.resync.first()
    assert cluster.told, "a list was complete, or passed over"


async def test_what_the_watch_tells_while_the_api_server_is_asked_is_no_doubt() -> None:
    """Under ten changes a second there is always something."""
    cluster = await standby()

    def more(kind: Kind, namespace: str) -> None:
        if (kind, namespace) == (ARCGIS_SERVICES, "gis"):
            cluster.version = 11
            cluster.dispatch.seen(kind, "CHANGED", resource("new", namespace, version=11))

    cluster.meanwhile = more
    await cluster.resync.first()
    assert cluster.lists == 0
