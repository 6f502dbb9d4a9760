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

NOBODY_LISTENS = "https://127.0.0.1:1/arcgis"


class Forbidding:
    """An API server that lets nothing be read."""

    async def get(self, *_: object) -> KubeFailure:
        return KubeFailure(KubeFailureKind.FORBIDDEN, "forbidden")


WANTED = SiteWanted(NOBODY_LISTENS, "account", ca=None, access=(), max_jobs=1, requests_per_second=10)


def without_rights(clock: Callable[[], float]) -> tuple[Sessions, Registry]:
    registry, no_rights = Registry(lambda _: None), cast("Any", Forbidding())
    return Sessions(no_rights, registry, clock, lambda _: None, Metrics(), Timeouts(), 60.0, 10.0), registry


async def test_the_roots_of_the_system_are_read_once_for_all_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are so many that all else stands still meanwhile."""
    reads, read = [], ssl.create_default_context

    def counted(*args: Any, **kwargs: Any) -> ssl.SSLContext:
        reads.append(args)
        return read(*args, **kwargs)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    sessions, _ = without_rights(time.monotonic)
    for name in ("one", "another"):
        session = await sessions.session(Name("gis", name), WANTED)
        await session.root()
    await sessions.aclose()
    assert len(reads) <= 1


async def test_a_service_that_was_refused_counts_as_long_as_somebody_declares_it() -> None:
    sessions, registry = without_rights(time.monotonic)
    metadata = {"namespace": "sites", "name": "prod"}
    registry.site_seen(
        {"metadata": metadata, "spec": {"url": NOBODY_LISTENS, "credentials": {"secretRef": {"name": "s"}}}}
    )
    where = {
        "siteRef": {"namespace": "sites", "name": "prod"},
        "service": {"name": "Roads", "type": "MapServer"},
    }
    body = {
        "metadata": {"namespace": "tenant", "name": "roads", "uid": "u", "creationTimestamp": ""},
        "spec": {**where, "settings": {"description": "wanted"}},
    }
    registry.service_seen(body)
    hold = await sessions.resolve(cast("Desired", parse_service(body)), "tenant")
    assert isinstance(hold, Hold)
    assert sessions.refused(Name("sites", "prod")) == 1
    registry.service_gone(Name("tenant", "roads"))
    assert sessions.refused(Name("sites", "prod")) == 0


def test_what_has_time_waits_until_a_suspended_site_goes_on() -> None:
    async def scene() -> None:
        sessions, _ = without_rights(asyncio.get_running_loop().time)
        session = await sessions.session(Name("gis", "prod"), replace(WANTED, suspend=True))
        spare = asyncio.create_task(session._spare())
        await asyncio.sleep(3600)
        assert not spare.done()
        session.adjust(WANTED)
        await asyncio.sleep(2)
        assert spare.done()

    virtual_time.run(scene())


ANOTHER = "https://127.0.0.1:2/arcgis"
PROD = Name("gis", "prod")


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


def made(api: object, registry: Registry) -> Sessions:
    """The sessions of a process."""
    return Sessions(
        cast("Any", api), registry, time.monotonic, lambda _: None, Metrics(), Timeouts(), 60.0, 10.0
    )


def site(url: str, secret: str = "account") -> dict[str, Any]:
    """An ArcGISSite that is open to all namespaces of a team."""
    namespaces = {"from": "Selector", "selector": {"matchLabels": {"team": "gis"}}}
    return {
        "metadata": {"namespace": PROD.namespace, "name": PROD.name},
        "spec": {
            "url": url,
            "credentials": {"secretRef": {"name": secret}},
            "access": [{"namespaces": namespaces}],
        },
    }


def roads() -> Desired:
    """A resource of that team."""
    spec = {
        "siteRef": {"namespace": PROD.namespace, "name": PROD.name},
        "service": {"name": "Roads", "type": "MapServer"},
    }
    return cast("Desired", parse_service({"metadata": {"namespace": "tenant"}, "spec": spec}))


async def test_a_site_that_moves_while_the_rights_are_read_is_not_asked_at_its_former_address() -> None:
    """What was known before the labels were read does not bring the former session back."""
    api, registry = Slow(NAMESPACES), Registry(lambda _: None)
    sessions = made(api, registry)
    registry.site_seen(site(NOBODY_LISTENS))
    resolving = asyncio.create_task(sessions.resolve(roads(), "tenant"))
    await api.asked.wait()
    registry.site_seen(site(ANOTHER))
    api.answer.set()
    session = await resolving
    assert isinstance(session, SiteSession)
    assert session.url == ANOTHER
    assert sessions.at(NOBODY_LISTENS) is None


async def test_a_site_that_is_deleted_while_the_rights_are_read_gets_no_session() -> None:
    api, registry = Slow(NAMESPACES), Registry(lambda _: None)
    sessions = made(api, registry)
    registry.site_seen(site(NOBODY_LISTENS))
    resolving = asyncio.create_task(sessions.resolve(roads(), "tenant"))
    await api.asked.wait()
    registry.site_gone(PROD)
    api.answer.set()
    assert isinstance(await resolving, Hold)
    assert sessions.all() == {}


async def test_two_turns_that_find_a_site_changed_get_the_same_new_session() -> None:
    """Of two sessions one would be forgotten, with its connections and the slots that it gave."""
    registry = Registry(lambda _: None)
    sessions = made(Slow(NAMESPACES), registry)
    old = await sessions.session(PROD, wanted("account"))
    closing = asyncio.Event()

    async def slowly() -> None:
        await closing.wait()

    old.aclose = slowly  # type: ignore[method-assign]
    both = [asyncio.create_task(sessions.session(PROD, wanted("rotated"))) for _ in range(2)]
    await asyncio.sleep(0)
    closing.set()
    one, other = await asyncio.gather(*both)
    assert one is other
    assert sessions.all() == {PROD: one}


def wanted(secret: str) -> SiteWanted:
    """The site with one of its Secrets."""
    return SiteWanted(NOBODY_LISTENS, secret, ca=None, access=(), max_jobs=1, requests_per_second=10)


async def test_a_session_that_ends_during_a_login_fails_the_request_and_opens_no_connection_again() -> None:
    """Who still holds it is told; nothing goes to a site that the session was closed for."""
    api = Slow(SECRETS)
    sessions = made(api, Registry(lambda _: None))
    session = await sessions.session(PROD, wanted("account"))
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
    sessions = made(Slow(NAMESPACES), Registry(lambda _: None))
    for name in ("one", "other"):
        session = await sessions.session(Name("gis", name), wanted(name))
        session.occupy("roads", busy=name == "other")
    sessions.left("roads")
    assert [session.jobs_in_flight for session in sessions.all().values()] == [0, 0]


async def test_a_site_that_is_suspended_while_a_turn_waits_for_it_is_sent_nothing() -> None:
    sessions = made(Slow(NAMESPACES), Registry(lambda _: None))
    session = await sessions.session(PROD, wanted("account"))
    assert session.sending("roads") is None
    await sessions.session(PROD, replace(wanted("account"), suspend=True))
    hold = session.sending("roads")
    assert hold
    assert hold == session.gate()


async def test_an_edit_under_the_key_of_another_address_takes_one_slot_and_its_service_leads_the_line() -> (
    None
):
    """Two ArcGISSites reach one site by two addresses: the key names the first, the job only the service."""
    sessions = made(Slow(NAMESPACES), Registry(lambda _: None))
    session = await sessions.session(PROD, replace(wanted("account"), max_jobs=2))
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
    await session.jobs_on("rivers.mapserver", fresh=True)
    assert looked == [""]
    await sessions.aclose()


async def test_a_namespace_that_cannot_be_read_is_not_asked_for_again_at_once() -> None:
    """A resync would ask once for each of thousands of services."""

    class Counting(Forbidding):
        asked = 0

        async def get(self, *_: object) -> KubeFailure:
            self.asked += 1
            return await super().get()

    api, registry = Counting(), Registry(lambda _: None)
    registry.site_seen(site(NOBODY_LISTENS))
    sessions = made(api, registry)
    for _ in range(3):
        assert isinstance(await sessions.resolve(roads(), "tenant"), Hold)
    assert api.asked == 1


async def test_a_ca_bundle_under_a_key_that_is_not_there_is_no_reason_to_trust_the_systems_roots() -> None:
    class Other(Forbidding):
        async def get(self, *_: object) -> Any:
            return {"data": {"other.crt": "PEM"}}

    sessions = made(Other(), Registry(lambda _: None))
    session = await sessions.session(PROD, replace(WANTED, ca=("ConfigMap", "prod-ca", "ca.crt")))
    answer = await session.root()
    assert isinstance(answer, Failure)
    assert "holds no PEM certificates under ca.crt" in answer.detail
    await sessions.aclose()
