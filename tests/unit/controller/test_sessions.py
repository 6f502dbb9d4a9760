"""What the sessions of several sites share."""

import asyncio
import base64
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from arcgis_operator.adapters.admin import Timeouts
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import NAMESPACES, SECRETS, Kind
from arcgis_operator.controller.registry import Registry
from arcgis_operator.controller.session import SiteSession
from arcgis_operator.controller.sessions import Sessions
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure
from arcgis_operator.core.failures import Kind as FailureKind
from arcgis_operator.core.job import Job
from arcgis_operator.core.model import Desired, SiteWanted
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.reconcilers.ports import Name
from arcgis_operator.telemetry.metrics import Metrics
from harness import virtual_time

NOBODY_LISTENS, ANOTHER = "https://127.0.0.1:1/arcgis", "https://127.0.0.1:2/arcgis"
PROD = Name("gis", "prod")
WANTED = SiteWanted(NOBODY_LISTENS, "account", ca=None, access=(), max_jobs=1, requests_per_second=10)
ROADS: dict[str, Any] = {
    "metadata": {"namespace": "tenant", "name": "roads", "uid": "u", "creationTimestamp": ""},
    "spec": {
        "siteRef": {"namespace": PROD.namespace, "name": PROD.name},
        "service": {"name": "Roads", "type": "MapServer"},
    },
}


class Forbidding:
    """An API server that lets nothing be read, and counts how often it is asked."""

    asked = 0

    async def get(self, *_: object) -> KubeFailure:
        self.asked += 1
        return KubeFailure(KubeFailureKind.FORBIDDEN, "forbidden")


class Slow:
    """An API server that answers for one kind only when it is told to; every Secret is an account."""

    def __init__(self, slow: Kind) -> None:
        self.slow = slow
        self.asked, self.answer = asyncio.Event(), asyncio.Event()

    async def get(self, kind: Kind, *_: object) -> Any:
        if kind is self.slow:
            self.asked.set()
            await self.answer.wait()
        word = base64.b64encode(b"word").decode()
        return {"metadata": {"labels": {"team": "gis"}}, "data": {"username": word, "password": word}}


def made(
    api: object, registry: Registry | None = None, clock: Callable[[], float] = time.monotonic
) -> Sessions:
    """The sessions of a process."""
    known = registry or Registry(lambda _: None)
    return Sessions(cast("Any", api), known, clock, lambda _: None, Metrics(), Timeouts(), 60.0, 10.0)


def site(url: str) -> dict[str, Any]:
    """An ArcGISSite that is open to all namespaces of a team."""
    namespaces = {"from": "Selector", "selector": {"matchLabels": {"team": "gis"}}}
    return {
        "metadata": {"namespace": PROD.namespace, "name": PROD.name},
        "spec": {
            "url": url,
            "credentials": {"secretRef": {"name": "account"}},
            "access": [{"namespaces": namespaces}],
        },
    }


def roads() -> Desired:
    """A resource of that team."""
    return cast("Desired", parse_service(ROADS))


async def test_the_roots_of_the_system_are_read_once_for_all_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are so many that all else stands still meanwhile."""
    reads, read = [], ssl.create_default_context

    def counted(*args: Any, **kwargs: Any) -> ssl.SSLContext:
        reads.append(args)
        return read(*args, **kwargs)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    sessions = made(Forbidding())
    for name in ("one", "another"):
        session = await sessions.session(Name("gis", name), WANTED)
        await session.root()
    await sessions.aclose()
    assert len(reads) <= 1


async def test_a_service_that_was_refused_counts_as_long_as_somebody_declares_it() -> None:
    registry = Registry(lambda _: None)
    sessions = made(Forbidding(), registry)
    registry.site_seen(site(NOBODY_LISTENS))
    registry.service_seen(ROADS)
    assert isinstance(await sessions.resolve(roads(), "tenant"), Hold)
    assert sessions.refused(PROD) == 1
    registry.service_gone(Name("tenant", "roads"))
    assert sessions.refused(PROD) == 0


def test_what_has_time_waits_until_a_suspended_site_goes_on() -> None:
    async def scene() -> None:
        sessions = made(Forbidding(), clock=asyncio.get_running_loop().time)
        session = await sessions.session(PROD, replace(WANTED, suspend=True))
        spare = asyncio.create_task(session._spare())
        await asyncio.sleep(3600)
        assert not spare.done()
        session.adjust(WANTED)
        await asyncio.sleep(2)
        assert spare.done()

    virtual_time.run(scene())


async def resolved_after(change: Callable[[Registry], object]) -> tuple[Sessions, object]:
    """What a turn gets when the site changes while the labels of its namespace are read."""
    api, registry = Slow(NAMESPACES), Registry(lambda _: None)
    sessions = made(api, registry)
    registry.site_seen(site(NOBODY_LISTENS))
    resolving = asyncio.create_task(sessions.resolve(roads(), "tenant"))
    await api.asked.wait()
    change(registry)
    api.answer.set()
    return sessions, await resolving


async def test_a_site_that_moves_while_the_rights_are_read_is_not_asked_at_its_former_address() -> None:
    """What was known before the labels were read does not bring the former session back."""
    sessions, session = await resolved_after(lambda registry: registry.site_seen(site(ANOTHER)))
    assert isinstance(session, SiteSession)
    assert session.url == ANOTHER
    assert sessions.at(NOBODY_LISTENS) is None


async def test_a_site_that_is_deleted_while_the_rights_are_read_gets_no_session() -> None:
    sessions, session = await resolved_after(lambda registry: registry.site_gone(PROD))
    assert isinstance(session, Hold)
    assert sessions.all() == {}


async def test_two_turns_that_find_a_site_changed_get_the_same_new_session() -> None:
    """Of two sessions one would be forgotten, with its connections and the slots that it gave."""
    sessions = made(Slow(NAMESPACES))
    old = await sessions.session(PROD, WANTED)
    closing = asyncio.Event()

    async def slowly() -> None:
        await closing.wait()

    old.aclose = slowly  # type: ignore[method-assign]
    both = [asyncio.create_task(sessions.session(PROD, replace(WANTED, secret="rotated"))) for _ in range(2)]
    await asyncio.sleep(0)
    closing.set()
    one, other = await asyncio.gather(*both)
    assert one is other
    assert sessions.all() == {PROD: one}


async def test_a_session_that_ends_during_a_login_fails_the_request_and_opens_no_connection_again() -> None:
    """Who still holds it is told; nothing goes to a site that the session was closed for."""
    api = Slow(SECRETS)
    sessions = made(api)
    session = await sessions.session(PROD, WANTED)
    asking = asyncio.create_task(session.root())
    await api.asked.wait()
    await sessions.close(PROD)
    api.answer.set()
    for answer in (await asking, await session.root()):
        assert isinstance(answer, Failure)
        assert answer.kind is FailureKind.NOT_SENT
        assert "ended" in answer.detail


async def test_a_service_gives_back_its_slot_at_whichever_site_it_took_it() -> None:
    """Two ArcGISSites may name one address; a resource goes, or changes from one to the other."""
    sessions = made(Slow(NAMESPACES))
    for name in ("one", "other"):
        session = await sessions.session(Name("gis", name), replace(WANTED, secret=name))
        session.occupy("roads", busy=name == "other")
    sessions.left("roads")
    assert [session.jobs_in_flight for session in sessions.all().values()] == [0, 0]


async def test_a_site_that_is_suspended_while_a_turn_waits_for_it_is_sent_nothing() -> None:
    sessions = made(Slow(NAMESPACES))
    session = await sessions.session(PROD, WANTED)
    assert session.sending("roads") is None
    await sessions.session(PROD, replace(WANTED, suspend=True))
    hold = session.sending("roads")
    assert hold
    assert hold == session.gate()


async def test_an_edit_under_the_key_of_another_address_takes_one_slot_and_its_service_leads_the_line() -> (
    None
):
    """Two ArcGISSites reach one site by two addresses: the key names the first, the job only the service."""
    sessions = made(Slow(NAMESPACES))
    session = await sessions.session(PROD, replace(WANTED, max_jobs=2))
    key, uri = f"{ANOTHER}|roads.mapserver", "/arcgis/admin/services/Roads.MapServer/edit"
    session.occupy(key, busy=True)
    session._index.noted(Job("j1", "EXECUTING", uri))
    assert session.sending(f"{ANOTHER}|rivers.mapserver") is None
    assert session.sending(key) is None
    looked: list[str] = []

    async def look(username: str, followed: object) -> None:
        looked.append(username)

    session._index.look_at_running = look  # type: ignore[method-assign, assignment]
    assert session.call_when_free(f"{ANOTHER}|rivers.mapserver")
    await session.jobs_on("rivers.mapserver", 0.0)
    assert looked == [""]
    await sessions.aclose()


async def test_a_namespace_that_cannot_be_read_is_not_asked_for_again_at_once() -> None:
    """A resync would ask once for each of thousands of services."""

    api, registry = Forbidding(), Registry(lambda _: None)
    registry.site_seen(site(NOBODY_LISTENS))
    sessions = made(api, registry)
    for _ in range(3):
        assert isinstance(await sessions.resolve(roads(), "tenant"), Hold)
    assert api.asked == 1


async def test_a_ca_bundle_under_a_key_that_is_not_there_is_no_reason_to_trust_the_systems_roots() -> None:
    class Other:
        async def get(self, *_: object) -> Any:
            return {"data": {"other.crt": "PEM"}}

    sessions = made(Other())
    session = await sessions.session(PROD, replace(WANTED, ca=("ConfigMap", "prod-ca", "ca.crt")))
    answer = await session.root()
    assert isinstance(answer, Failure)
    assert "holds no PEM certificates under ca.crt" in answer.detail
    await sessions.aclose()
