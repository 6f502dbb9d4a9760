"""A watch that does not live is seen, and what kills it stops itself only."""

import asyncio
import getpass
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from fake_apiserver import FakeApiServer, status
from notes import Notes
from test_informer_faults import EAGER, QUICK, answering

from arcgis_operator.adapters.kube.access import load_access
from arcgis_operator.adapters.kube.depth import CUT
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, SERVED, Kind
from arcgis_operator.app.supervisor import Patience, Supervisor
from arcgis_operator.core.backoff import Backoff
from arcgis_operator.handlers.informer import Informer
from arcgis_operator.handlers.pulse import Pulse, Stream
from arcgis_operator.handlers.starts import FRESH_SECONDS, Starts

DEEP = '{"a":' * 3_000 + "1" + "}" * 3_000


class Bodies(Notes):
    """Keeps the objects as well."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: dict[str, dict[str, Any]] = {}

    def seen(self, kind: Kind, event_type: str, body: dict[str, Any]) -> None:
        self.bodies[body["metadata"]["name"]] = body
        super().seen(kind, event_type, body)


class Living:
    """A running supervisor with a pulse that loses patience soon."""

    def __init__(self, kubeconfig: str, silent_seconds: float, patience: Patience) -> None:
        self.lost, self.restarts = 0, 0
        self.notes = Bodies()
        self.pulse, self.starts = Pulse(self._lose, silent_seconds=silent_seconds), Starts()
        self.supervisor = Supervisor(
            lambda sink: Informer(
                sink,
                lambda: load_access(kubeconfig),
                tuning=QUICK,
                pulse=self.pulse,
                starts=self.starts,
            ),
            self.notes,
            patience=patience,
            restarted=self._restart,
            pulse=self.pulse,
        )

    def _lose(self) -> None:
        self.lost += 1

    def _restart(self) -> None:
        self.restarts += 1


@pytest.fixture
async def living(
    server: FakeApiServer, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Living]:
    silent_seconds, patience = getattr(request, "param", (60.0, EAGER))
    made = Living(server.kubeconfig(tmp_path / "config"), silent_seconds, patience)
    task = asyncio.create_task(made.supervisor.run())
    yield made
    task.cancel()
    await asyncio.wait([task])


async def test_the_watch_needs_no_name_of_its_user(
    server: FakeApiServer, living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a pod a uid has none, and kopf asks for one unless it is given an identity."""

    def nameless() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nameless)
    for variable in ("POD_ID", "USER", "LOGNAME"):
        monkeypatch.delenv(variable, raising=False)
    async with asyncio.timeout(10):
        await server.watched()
    server.put("arcgisservices", "roads")
    await living.notes.has("service", "CHANGED", "roads")
    assert living.restarts == 0


@pytest.mark.parametrize("living", [(0.3, EAGER)], indirect=True)
async def test_a_stream_that_is_silent_is_opened_anew_where_it_was_and_said(
    server: FakeApiServer, living: Living, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is lost, and the rest of the watch does not begin anew."""
    await server.watched()
    with caplog.at_level(logging.WARNING):
        await until(lambda: living.lost >= 2)
    server.put("arcgisservices", "roads")
    await living.notes.has("service", "CHANGED", "roads")
    assert living.restarts == 0
    reasons = [record.__dict__["fields"]["reason"] for record in caplog.records if "lost" in record.msg]
    assert reasons
    assert all(reason.startswith("silent for") for reason in reasons)


async def until(good: Callable[[], bool]) -> None:
    """Looks again and again, for ten seconds."""
    for _ in range(500):
        if good():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


IMPATIENT = Patience(Backoff(0.02, 0.05), watchers_missing=0.2, look=0.02, unheard=0.4)


@pytest.mark.parametrize("living", [(60.0, IMPATIENT)], indirect=True)
async def test_a_watch_that_never_hears_anything_is_seen_though_it_tries_again_and_again(
    server: FakeApiServer, living: Living
) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return status(500, "etcd is away")

    server.fault = refuse
    assert living.supervisor.stuck() is None, "it has just begun"
    await until(lambda: living.supervisor.stuck() is not None)
    assert "has heard nothing for" in str(living.supervisor.stuck())
    server.fault = None
    await until(lambda: living.supervisor.stuck() is None)


BLIND = replace(IMPATIENT, unheard=2.0)


@pytest.mark.parametrize("living", [(60.0, BLIND)], indirect=True)
async def test_a_watch_that_is_refused_is_said_and_is_nothing_that_a_restart_heals(
    server: FakeApiServer, living: Living, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse | None:
        watches = request.query.get("watch") == "true"
        return status(403, "arcgissites is forbidden: cannot watch") if watches else None

    server.fault = refuse
    with caplog.at_level(logging.WARNING):
        await until(lambda: living.supervisor.unheard() > BLIND.unheard + 0.5)
    assert living.supervisor.stuck() is None
    reasons = [record.__dict__["fields"]["reason"] for record in caplog.records if "refused" in record.msg]
    assert len(reasons) == 1, "once in ten minutes"
    assert "cannot watch" in reasons[0]
    server.fault = None
    await server.watched()
    await until(lambda: living.supervisor.unheard() < BLIND.unheard)


async def test_what_is_asked_for_only_once_is_no_silence(server: FakeApiServer, living: Living) -> None:
    """kopf reads what the API server serves when it begins, and never again."""
    await server.watched()
    assert {path for _, path in server.requests} >= {"/api", "/apis"}
    began = time.monotonic()
    while time.monotonic() - began < 1:
        server.put("arcgisservices", "roads")
        server.put("arcgissites", "prod")
        await asyncio.sleep(0.05)
    assert living.pulse.silence() < 0.8


async def test_one_kind_that_is_not_heard_of_is_seen_beside_one_that_is() -> None:
    pulse = Pulse()
    started = time.monotonic()
    pulse.heard("/apis/arcgis-operator.dev/v1alpha1/namespaces/gis/arcgissites")
    await asyncio.sleep(0.05)
    assert pulse.silence() >= 0.05
    pulse.heard("/apis/arcgis-operator.dev/v1alpha1/namespaces/team/arcgissites")
    pulse.heard("/apis/arcgis-operator.dev/v1alpha1/namespaces/team/arcgisservices")
    assert pulse.silence() < time.monotonic() - started, "a namespace alone does not count"


async def test_an_object_that_is_nested_too_deeply_does_not_stop_the_watch_of_others(
    server: FakeApiServer, living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the list that the watch begins with, and in its stream."""
    real = json.dumps

    def dumps(value: Any, **more: Any) -> str:
        return real(value, **more).replace('"DEEP"', DEEP)

    monkeypatch.setattr(json, "dumps", dumps)
    monkeypatch.setitem(web.json_response.__kwdefaults__, "dumps", dumps)
    await server.watched()
    server.put("arcgisservices", "later", settings={"jsonProperties": "DEEP"})
    server.put("arcgisservices", "roads")
    await living.notes.has("service", "CHANGED", "later")
    await living.notes.has("service", "CHANGED", "roads")
    assert living.restarts == 0
    living.supervisor.again("for the test")
    await living.notes.has("service", "LISTED", "later")
    await living.notes.has("service", "LISTED", "roads")
    assert living.notes.bodies["later"]["spec"] == {"settings": CUT}


async def test_when_told_to_begin_anew_the_watch_lists_anew_and_old_words_are_not_told(
    server: FakeApiServer, living: Living
) -> None:
    server.put("arcgisservices", "roads")
    await living.notes.has("service", "roads")
    living.notes.calls.clear()
    living.supervisor.again("the list is older than what was known before")
    await living.notes.has("service", "LISTED", "roads")
    assert living.restarts == 1


async def test_what_was_just_listed_is_not_listed_again_and_nothing_since_then_is_missed(
    server: FakeApiServer, living: Living
) -> None:
    """A leader's first list: each object once at a start, and the watch begins where that list ended."""
    await server.watched()
    server.put("arcgisservices", "before")
    version = server.put("arcgisservices", "listed")["metadata"]["resourceVersion"]
    server.put("arcgisservices", "meanwhile")
    await living.notes.has("service", "meanwhile")
    living.notes.calls.clear()
    living.starts.note(ARCGIS_SERVICES.path(None), version)
    living.supervisor.again("for the test")
    await living.notes.has("service", "CHANGED", "meanwhile")
    assert [name for _, _, name in living.notes.calls] == ["meanwhile"]


async def test_a_version_to_begin_at_is_taken_once_and_only_while_it_is_fresh() -> None:
    now = 0.0
    starts = Starts(lambda: now)
    starts.note("a", "5")
    assert (starts.take("a"), starts.take("a"), starts.take("b")) == ("5", None, None)
    starts.note("a", "5")
    now += FRESH_SECONDS + 1
    assert starts.take("a") is None
    starts.note("a", "6")
    assert starts.take("a") == "6"


async def test_a_watch_says_whether_it_follows_all_there_is(server: FakeApiServer, living: Living) -> None:
    """A standby that knows so takes over without a list."""
    assert not await living.supervisor.caught_up(), "it has only begun"
    both = [kind.path(None) for kind in SERVED]
    await until(lambda: living.pulse.follows(both))
    server.put("arcgisservices", "roads")
    assert await living.supervisor.caught_up()
    server.fault = answering(lambda: status(403, "not today"), lambda: True, only="arcgissites?")
    server.send("CUT", {"kind": "ArcGISSite"})
    await until(lambda: not living.pulse.follows(both))
    assert not await living.supervisor.caught_up()


async def test_a_stream_that_was_silent_for_long_follows_nothing() -> None:
    pulse = Pulse(silent_seconds=0.0)
    pulse.opened(Stream("services", cast("Any", None)))
    assert not pulse.follows(["services"])
    assert Pulse().follows([])
