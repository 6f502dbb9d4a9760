"""Notes of logins on ArcGISSites: what cannot be stored is not tried, and is said once."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

import pytest

from arcgis_operator.adapters.admin import Credentials
from arcgis_operator.adapters.admin.logins import Trial
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import Name
from arcgis_operator.core.logins import LoginNote, render_login
from arcgis_operator.reconcilers.registry import Registry
from arcgis_operator.sites.loginnotes import LoginNotes

PROD, TEST = Name("gis", "prod"), Name("gis", "test")
NOTE = LoginNote("gitops", "u/1", 0, "2026-11-23T12:00:00Z", ("2026-11-23T12:00:00Z",))
ACCOUNT = Credentials("gitops", "word", "", "u/1")
CONFLICT = KubeFailure(KubeFailureKind.CONFLICT, "409 moved", 409)
FORBIDDEN = KubeFailure(KubeFailureKind.FORBIDDEN, "403 no", 403)


class Api:
    """Objects by name; `answers` stand in for the next status patches."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.answers: list[Any] = []
        self.writes = 0

    async def get(self, _: object, namespace: str, name: str) -> Any:
        return self.objects.get(name, KubeFailure(KubeFailureKind.MISSING, "404", 404))

    async def patch_status(self, *request: Any) -> Any:
        self.writes += 1
        if self.answers:
            return self.answers.pop(0)
        body = self.objects[request[2]]
        body["status"] = {name: part for name, part in request[-1]["status"].items() if part is not None}
        return body


def site(name: str) -> dict[str, Any]:
    spec = {"url": f"https://{name}.test/arcgis", "credentials": {"secretRef": {"name": "login"}}}
    metadata = {"namespace": "gis", "name": name, "uid": f"u-{name}", "generation": 1, "resourceVersion": "1"}
    return {"metadata": {**metadata, "creationTimestamp": "2026-11-23T12:00:00Z"}, "spec": spec}


@pytest.fixture
def api() -> Api:
    api = Api()
    api.objects = {"prod": site("prod"), "test": site("test")}
    return api


def notes_of(api: Api, clock: Callable[[], float] = lambda: 1000.0) -> LoginNotes:
    registry = Registry(lambda _: None)
    for name in ("prod", "test"):
        registry.site_seen(site(name))
    return LoginNotes(
        cast("Any", api), registry.specs, lambda _: None, clock, lambda: 1_795_435_200.0 + clock()
    )


async def test_a_note_is_stored_and_removed_and_written_once(api: Api) -> None:
    notes = notes_of(api)
    assert await notes.remember(PROD, NOTE) is None
    assert await notes.remember(PROD, NOTE) is None
    assert (api.objects["prod"]["status"], api.writes) == ({"login": render_login(NOTE)}, 1)
    assert await notes.remember(PROD, None) is None
    assert (api.objects["prod"]["status"], api.writes) == ({}, 2)


UNSTORED: dict[str, tuple[list[Any], str]] = {
    "it moves all the time": ([CONFLICT] * 4, "Conflict"),
    "it is refused": ([FORBIDDEN], "Forbidden"),
    "it is not kept": ([{"status": {}}], "StatusNotKept"),
}


@pytest.mark.parametrize(("answers", "word"), UNSTORED.values(), ids=UNSTORED)
async def test_what_is_not_stored_is_a_failure_and_said_once(
    api: Api, caplog: pytest.LogCaptureFixture, answers: list[Any], word: str
) -> None:
    notes = notes_of(api)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            api.answers = list(answers)
            failure = await notes.remember(PROD, NOTE)
            assert failure
            assert failure.kind is Kind.NO_CREDENTIALS
            assert failure.detail == (
                f"No login is tried: it cannot be noted in the status of ArcGISSite gis/prod ({word}), "
                "and after a restart it would be repeated."
            )
    assert [record.getMessage() for record in caplog.records] == ["login not noted"]


async def test_a_note_that_meets_a_conflict_is_tried_again_and_a_site_that_is_gone_keeps_none(
    api: Api,
) -> None:
    notes = notes_of(api)
    api.answers = [CONFLICT]
    assert await notes.remember(PROD, NOTE) is None
    del api.objects["test"]
    failure = await notes.remember(TEST, NOTE)
    assert failure
    assert "(Missing)" in failure.detail


async def test_notes_of_all_sites_count_and_one_that_cannot_be_read_leaves_room_for_one_failure(
    api: Api,
) -> None:
    now = 1000.0
    notes = notes_of(api, lambda: now)
    times = tuple(f"2026-11-23T12:0{minute}:00Z" for minute in range(3))
    api.objects["prod"]["status"] = {"login": render_login(LoginNote("GitOps", "u/9", 1, times[0], times))}
    unread, api.objects["test"] = api.objects["test"], FORBIDDEN
    await notes.recall()
    there = notes.at("https://test.test/arcgis")
    assert there.held(ACCOUNT) is not None
    stranger = Credentials("somebody", "word")
    trial = await there.enter(stranger)
    assert isinstance(trial, Trial)
    refusal = Failure(Kind.REFUSED, "no", 400)
    there.refused(trial, refusal, refusal)
    other = Credentials("somebody", "another")
    assert there.held(other) is not None
    api.objects["test"] = unread
    await notes.recall()
    assert there.held(other) is None
    now += 3600
    assert there.held(ACCOUNT) is None


async def test_each_site_is_read_once_in_a_term_however_many_ask_at_the_same_time(api: Api) -> None:
    """At the begin of a term with 200 sites, 16 turns would ask for each of them."""
    asked: list[str] = []
    get = api.get

    async def counting(kind: object, namespace: str, name: str) -> Any:
        asked.append(name)
        await asyncio.sleep(0)
        return await get(kind, namespace, name)

    api.get = counting  # type: ignore[method-assign]
    notes = notes_of(api)
    await asyncio.gather(*(notes.recall() for _ in range(16)))
    await notes.recall()
    assert sorted(asked) == ["prod", "test"]
    late = asyncio.create_task(notes.recall())
    notes.begin()
    await asyncio.gather(late, notes.recall())
    assert sorted(asked) == ["prod", "prod", "test", "test"], "another may have led meanwhile"
