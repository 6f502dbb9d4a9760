"""Rows S4 to S8 of the fault table: each of them ends a plain kopf operator, none of them ends ours."""

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiohttp import web
from fake_apiserver import FakeApiServer, status
from notes import Notes

from arcgis_operator.adapters.kube.access import load_access
from arcgis_operator.app.supervisor import Patience, Supervisor
from arcgis_operator.core.backoff import Backoff
from arcgis_operator.handlers.informer import Informer, Tuning

QUICK = Tuning(reconnect=0.01, backoff=Backoff(0.02, 0.05), request_timeout=2.0, connect_timeout=1.0)
EAGER = Patience(pauses=Backoff(0.02, 0.05), watchers_missing=0.5, look=0.02)
LAZY = Patience(pauses=Backoff(0.02, 0.05))


class Watching:
    """A running supervisor, what it told, and how often it had to restart."""

    def __init__(self, server: FakeApiServer, kubeconfig: str, patience: Patience = EAGER) -> None:
        self.server = server
        self.notes = Notes()
        self.restarts = 0
        self.access = lambda: load_access(kubeconfig)
        self.supervisor = Supervisor(
            lambda sink: Informer(sink, self.access, tuning=QUICK),
            self.notes,
            patience=patience,
            restarted=self._restarted,
        )

    def _restarted(self) -> None:
        self.restarts += 1

    async def ready(self) -> None:
        async with asyncio.timeout(10):
            await self.server.watched()


@pytest.fixture
async def watching(
    server: FakeApiServer, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Watching]:
    patience = getattr(request, "param", EAGER)
    made = Watching(server, server.kubeconfig(tmp_path / "config"), patience)
    task = asyncio.create_task(made.supervisor.run())
    yield made
    task.cancel()
    await asyncio.wait([task])
    assert "informer" not in {thread.name for thread in threading.enumerate() if thread.is_alive()}


def answering(make: Callable[[], web.Response], during: Callable[[], bool], only: str = "") -> Any:
    async def fault(request: web.Request) -> web.StreamResponse | None:
        return make() if only in request.path_qs and during() else None

    return fault


async def test_objects_are_told_as_listed_changed_and_deleted(
    server: FakeApiServer, watching: Watching
) -> None:
    server.put("arcgissites", "site")
    await watching.ready()
    server.put("arcgisservices", "roads")
    await watching.notes.has("service", "CHANGED", "roads")
    server.delete("arcgisservices", "roads")
    await watching.notes.has("service", "DELETED", "roads")
    await watching.notes.has("site", "site")
    assert watching.notes.threads == {"MainThread"}
    assert watching.restarts == 0
    assert {method for method, _ in server.requests} == {"GET"}


async def test_a_hundred_namespaces_are_watched_at_the_same_time(
    server: FakeApiServer, tmp_path: Path
) -> None:
    """Each watch keeps a connection; two for each namespace must find room."""
    kubeconfig = server.kubeconfig(tmp_path / "config")
    namespaces = tuple(f"team-{number}" for number in range(100))
    informer = Informer(Notes(), lambda: load_access(kubeconfig), namespaces, QUICK)
    stop = asyncio.Event()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(informer.watch(stop))
        await server.watched(streams=200)
        stop.set()


@pytest.mark.parametrize("code", [500, 504])
async def test_an_error_event_in_the_stream_is_survived(
    server: FakeApiServer, watching: Watching, code: int
) -> None:
    await watching.ready()
    server.send("ERROR", {"kind": "Status", "code": code, "message": "etcd is away"})
    await heals(server, watching)
    assert watching.restarts >= 1


async def test_an_expired_version_in_the_stream_needs_no_restart(
    server: FakeApiServer, watching: Watching
) -> None:
    await watching.ready()
    server.send("ERROR", {"kind": "Status", "code": 410, "message": "too old"})
    await heals(server, watching)
    assert watching.restarts == 0


async def test_an_event_cut_in_the_middle_is_survived(server: FakeApiServer, watching: Watching) -> None:
    await watching.ready()
    server.send("CUT", {})
    await heals(server, watching)


async def test_a_watcher_that_is_left_alone_does_not_hold_up_the_restart(
    server: FakeApiServer, watching: Watching
) -> None:
    """kopf ends when one watcher fails, and may then wait for ever for the other one."""
    server.put("arcgissites", "site")
    await watching.ready()
    await watching.notes.has("site", "site")
    server.send("NONSENSE", {"kind": "ArcGISService"})
    await heals(server, watching)
    assert watching.restarts >= 1


@pytest.mark.parametrize("which", [{}, {"kind": "ArcGISService"}])
@pytest.mark.parametrize("watching", [LAZY], indirect=True)
async def test_a_watcher_that_dies_in_its_first_second_is_missed_soon(
    server: FakeApiServer, watching: Watching, which: dict[str, str]
) -> None:
    await watching.ready()
    server.send("NONSENSE", which)
    await heals(server, watching)
    assert watching.restarts >= 1


FAULTS: dict[str, Callable[[], web.Response]] = {
    "a list answered with HTML and 200": lambda: web.Response(text="<html>", content_type="text/html"),
    "429 with a date to retry after": lambda: status(429, "wait", {"Retry-After": formatdate(usegmt=True)}),
    "429 with a number to retry after": lambda: status(429, "wait", {"Retry-After": "0"}),
    "401": lambda: status(401, "Unauthorized"),
    "403": lambda: status(403, "forbidden"),
    "503": lambda: status(503, "unavailable"),
    "an empty answer": lambda: web.Response(text=""),
    "a JSON list instead of an object": lambda: web.json_response([1]),
}


@pytest.mark.parametrize("what", FAULTS)
async def test_the_informer_comes_back_after(what: str, server: FakeApiServer, watching: Watching) -> None:
    await watching.ready()
    until = time.monotonic() + 1.0
    faulty = answering(FAULTS[what], lambda: time.monotonic() < until)
    server.fault = faulty
    server.send("STOP", {})
    await heals(server, watching)


async def test_a_401_that_lasts_is_asked_again_at_a_measured_pace(
    server: FakeApiServer, watching: Watching
) -> None:
    await watching.ready()
    before = len(server.requests)
    until = time.monotonic() + 1.0
    server.fault = answering(FAULTS["401"], lambda: time.monotonic() < until)
    server.send("STOP", {})
    await heals(server, watching)
    assert len(server.requests) - before < 150


async def test_a_kind_that_is_not_served_yet_is_found_later(
    server: FakeApiServer, watching: Watching
) -> None:
    served = time.monotonic() + 1.0
    server.fault = answering(
        lambda: web.json_response({"resources": []}), lambda: time.monotonic() < served, only="v1alpha1"
    )
    await heals(server, watching)


class Doomed(Informer):
    """An informer one of whose watchers dies alone once, as kopf's may; the rest of kopf does not notice."""

    killed: ClassVar[list[str]] = []

    def missing(self) -> set[str]:
        gone = super().missing()
        if not gone and not self.killed:
            victim = next(task for task in asyncio.all_tasks() if task.get_name() in self.watchers())
            self.killed.append(victim.get_name())
            victim.cancel()
        return gone


async def test_a_watcher_that_dies_alone_is_missed_and_replaced(
    server: FakeApiServer, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Doomed, "killed", [])
    notes, restarted = Notes(), asyncio.Event()
    access = watching.access
    supervisor = Supervisor(
        lambda sink: Doomed(sink, access, tuning=QUICK), notes, patience=EAGER, restarted=restarted.set
    )
    task = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(20):
        await restarted.wait()
    server.put("arcgisservices", "later")
    server.put("arcgissites", "later")
    await notes.has("service", "later")
    await notes.has("site", "later")
    assert len(Doomed.killed) == 1
    task.cancel()
    await asyncio.wait([task])


async def test_signals_stay_with_the_process_while_the_informer_runs(watching: Watching) -> None:
    got = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, got.set)
    await watching.ready()
    signal.raise_signal(signal.SIGTERM)
    async with asyncio.timeout(5):
        await got.wait()
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    assert watching.supervisor.stuck() is None


async def test_tasks_of_the_main_loop_survive_restarts_of_the_informer(
    server: FakeApiServer, watching: Watching
) -> None:
    await watching.ready()
    bystander = asyncio.create_task(asyncio.sleep(60))
    server.send("ERROR", {"kind": "Status", "code": 500, "message": "etcd is away"})
    await heals(server, watching)
    assert not bystander.done()
    bystander.cancel()


async def heals(server: FakeApiServer, watching: Watching) -> None:
    """An object made after the fault is seen."""
    server.put("arcgisservices", "later")
    await watching.notes.has("service", "later", seconds=20)
    assert watching.supervisor.stuck() is None


async def test_the_token_goes_nowhere_when_an_answer_points_elsewhere(
    server: FakeApiServer, watching: Watching
) -> None:
    elsewhere, asked = FakeApiServer(), asyncio.Event()
    await elsewhere.start()
    aside = {"Location": elsewhere.url + "/apis"}

    async def fault(request: web.Request) -> web.StreamResponse:
        if len(server.requests) > 3:
            asked.set()
        return web.Response(status=302, headers=aside)

    server.fault = fault
    async with asyncio.timeout(10):
        await asked.wait()
    assert elsewhere.tokens == []
    server.fault = None
    await watching.ready()
    await elsewhere.stop()
