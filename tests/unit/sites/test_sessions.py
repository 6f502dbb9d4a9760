"""What the sessions of several sites share."""

import asyncio
import base64
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
import trustme

from arcgis_operator.adapters.admin import Exchange, Timeouts, Trust
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import NAMESPACES, SECRETS, Kind
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure
from arcgis_operator.core.failures import Kind as FailureKind
from arcgis_operator.core.identity import Name
from arcgis_operator.core.job import Job
from arcgis_operator.core.line import Standing
from arcgis_operator.core.model import Desired, SiteRef, SiteWanted
from arcgis_operator.core.said import Raw
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.core.usual import Usual
from arcgis_operator.core.verdict import Reason
from arcgis_operator.reconcilers.ports import RIGHTS_SECONDS
from arcgis_operator.reconcilers.registry import Registry
from arcgis_operator.sites.session import SiteSession
from arcgis_operator.sites.sessions import UNREAD_SECONDS, Sessions
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
    """An API server that answers for one kind only when it is told to; every Secret is an account.

    It keeps the status that was patched last.
    """

    def __init__(self, slow: Kind) -> None:
        self.slow = slow
        self.asked, self.answer = asyncio.Event(), asyncio.Event()
        self.status: dict[str, Any] = {}

    async def get(self, kind: Kind, *_: object) -> Any:
        if kind is self.slow:
            self.asked.set()
            await self.answer.wait()
        word = base64.b64encode(b"word").decode()
        account = {"username": word, "password": word}
        metadata = {"labels": {"team": "gis"}, "resourceVersion": "1"}
        return {"metadata": metadata, "data": account, "status": self.status}

    async def patch_status(self, *request: Any) -> Any:
        self.status = request[-1]["status"]
        return {"status": {name: value for name, value in self.status.items() if value is not None}}


def made(
    api: object,
    registry: Registry | None = None,
    clock: Callable[[], float] = time.monotonic,
    wake: Callable[[str], None] = lambda key: None,
) -> Sessions:
    """The sessions of a process."""
    known = registry or Registry(lambda _: None)

    def turned(name: Name) -> None:
        wake(f"site {name}")

    return Sessions(
        cast("Any", api), known.specs, clock, wake, turned, lambda _: None, Timeouts(), 60.0, 10.0, 10.0
    )


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
    registry, closed = Registry(lambda _: None), site(NOBODY_LISTENS)
    sessions = made(Forbidding(), registry)
    closed["spec"]["access"] = []
    registry.site_seen(closed)
    registry.service_seen(ROADS)
    assert isinstance(await sessions.resolve(roads().aim, "tenant", RIGHTS_SECONDS), Hold)
    assert sessions.refused(PROD, registry.declared(PROD)) == 1
    registry.service_gone(Name("tenant", "roads"))
    assert sessions.refused(PROD, registry.declared(PROD)) == 0


def test_what_has_time_waits_until_a_suspended_site_goes_on() -> None:
    async def scene() -> None:
        sessions = made(Forbidding(), clock=asyncio.get_running_loop().time)
        session = await sessions.session(PROD, replace(WANTED, suspend=True))
        spare = asyncio.create_task(session._availability.spare())
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
    resolving = asyncio.create_task(sessions.resolve(roads().aim, "tenant", RIGHTS_SECONDS))
    await api.asked.wait()
    change(registry)
    api.answer.set()
    return sessions, await resolving


async def test_a_site_that_moves_while_the_rights_are_read_is_not_asked_at_its_former_address() -> None:
    """What was known before the labels were read does not bring the former session back."""
    sessions, session = await resolved_after(lambda registry: registry.site_seen(site(ANOTHER)))
    assert isinstance(session, SiteSession)
    assert session.url == ANOTHER
    assert sessions.at(SiteRef("gis", "prod"), NOBODY_LISTENS) is None


async def test_a_site_that_is_deleted_while_the_rights_are_read_gets_no_session() -> None:
    sessions, session = await resolved_after(lambda registry: registry.site_gone(PROD))
    assert isinstance(session, Hold)
    assert sessions.all() == {}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (KubeFailure(KubeFailureKind.MISSING, "404", 404), Reason.SITE_NOT_FOUND),
        ({"metadata": {"deletionTimestamp": "2026-11-27T14:00:00Z"}}, Reason.SITE_NOT_FOUND),
        (KubeFailure(KubeFailureKind.FORBIDDEN, "forbidden", 403), Reason.ACCESS_UNKNOWN),
        ({"metadata": {}}, Reason.ACCESS_UNKNOWN),
    ],
)
async def test_a_site_that_no_list_has_shown_is_missing_only_when_the_api_server_says_so(
    answer: object, reason: Reason
) -> None:
    """Its namespace may be one that cannot be listed: then who speaks for its services keeps them."""

    class Told:
        async def get(self, *_: object) -> object:
            return answer

    hold = await made(Told()).resolve(roads().aim, "tenant", RIGHTS_SECONDS)
    assert isinstance(hold, Hold)
    assert hold.reason is reason


async def test_a_site_whose_spec_cannot_be_read_refuses_nobody() -> None:
    registry, mistyped = Registry(lambda _: None), site("https://gis.example.com:99999/arcgis")
    registry.site_seen(mistyped)
    hold = await made(Forbidding(), registry).resolve(roads().aim, "tenant", RIGHTS_SECONDS)
    assert isinstance(hold, Hold)
    assert hold.reason is Reason.ACCESS_UNKNOWN
    assert "is invalid" in hold.message


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
    assert not session.unsent("roads")
    await sessions.session(PROD, replace(WANTED, suspend=True))
    hold, *_ = session.unsent("roads")
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
    session._jobs._index.noted(Job("j1", "EXECUTING", uri))
    assert not session.unsent(f"{ANOTHER}|rivers.mapserver")
    assert not session.unsent(key)
    looked: list[str] = []

    async def look(username: str, followed: object) -> None:
        looked.append(username)

    session._jobs._index.look_at_running = look  # type: ignore[method-assign, assignment]
    assert session.call_when_free(f"{ANOTHER}|rivers.mapserver")
    await session.jobs_on("rivers.mapserver", 0.0)
    assert looked == [""]
    await sessions.aclose()


async def test_labels_that_cannot_be_read_are_no_refusal_and_not_asked_for_again_at_once() -> None:
    """A resync would ask once for each of thousands of services; a moment later they are asked for again."""
    now = [0.0]
    api, registry = Forbidding(), Registry(lambda _: None)
    registry.site_seen(site(NOBODY_LISTENS))
    sessions = made(api, registry, lambda: now[0])
    for _ in range(3):
        hold = await sessions.resolve(roads().aim, "tenant", RIGHTS_SECONDS)
        assert isinstance(hold, Hold)
        assert hold.reason is Reason.ACCESS_UNKNOWN
    assert api.asked == 1
    assert sessions.refused(PROD, registry.declared(PROD)) == 0
    now[0] += UNREAD_SECONDS
    await sessions.resolve(roads().aim, "tenant", RIGHTS_SECONDS)
    assert api.asked == 2


async def test_rights_are_read_anew_for_whom_older_ones_will_not_do() -> None:
    """Before an edit is sent: its label may have been taken away a moment ago."""
    labels = {"team": "gis"}

    class Labelled:
        async def get(self, *_: object) -> Any:
            return {"metadata": {"labels": dict(labels)}}

    registry = Registry(lambda _: None)
    registry.site_seen(site(NOBODY_LISTENS))
    sessions = made(Labelled(), registry, lambda: 100.0)
    assert isinstance(await sessions.resolve(roads().aim, "tenant", RIGHTS_SECONDS), SiteSession)
    labels.clear()
    assert isinstance(await sessions.resolve(roads().aim, "tenant", RIGHTS_SECONDS), SiteSession)
    hold = await sessions.resolve(roads().aim, "tenant", 0.0)
    assert isinstance(hold, Hold)
    assert hold.reason is Reason.SITE_NOT_ALLOWED


async def test_the_session_of_another_owner_does_not_follow_an_edit() -> None:
    """Two ArcGISSites may name one address, each with an account of its own."""
    sessions = made(Slow(NAMESPACES))
    session = await sessions.session(PROD, WANTED)
    assert sessions.at(SiteRef("gis", "prod"), NOBODY_LISTENS) is session
    assert sessions.at(SiteRef("gis", "other"), NOBODY_LISTENS) is None
    await sessions.aclose()


async def test_a_ca_bundle_under_a_key_that_is_not_there_is_no_reason_to_trust_the_systems_roots() -> None:
    class Other:
        async def get(self, *_: object) -> Any:
            return {"data": {"other.crt": "PEM"}}

    sessions = made(Other())
    session = await sessions.session(PROD, replace(WANTED, ca=("ConfigMap", "prod-ca", "ca.crt")))
    answer = await session.root()
    assert isinstance(answer, Failure)
    assert answer.detail == (
        "ConfigMap gis/prod-ca has no key ca.crt: it has other.crt. Fix spec.tls.caCertificateRef.key."
    )
    await sessions.aclose()


PEM = trustme.CA().cert_pem.bytes().decode()
BASE64 = base64.b64encode(PEM.encode()).decode()
BUNDLES: dict[str, tuple[str, Any, str]] = {  # kind, object, what is said; empty: the bundle is taken
    "PEM in a ConfigMap": ("ConfigMap", {"data": {"ca.crt": PEM}}, ""),
    "binary data of a ConfigMap": ("ConfigMap", {"binaryData": {"ca.crt": BASE64}}, ""),
    "PEM in a Secret": ("Secret", {"data": {"ca.crt": BASE64}}, ""),
    "nothing at all": ("ConfigMap", {}, "ConfigMap gis/ca has no key ca.crt: it is empty."),
    "another key of a Secret": ("Secret", {"data": {"tls.crt": BASE64}}, "Secret gis/ca has no key ca.crt"),
    "an empty text": ("ConfigMap", {"data": {"ca.crt": " "}}, "Key ca.crt of ConfigMap gis/ca is empty."),
    "what is no base64": ("Secret", {"data": {"ca.crt": "%"}}, "Key ca.crt of Secret gis/ca is empty."),
    "words": ("ConfigMap", {"data": {"ca.crt": "PEM"}}, "holds neither PEM nor DER certificates. Put"),
}


@pytest.mark.parametrize(("kind", "body", "said"), BUNDLES.values(), ids=BUNDLES)
async def test_a_ca_bundle_is_read_or_the_message_says_what_is_wrong_with_it(
    kind: str, body: dict[str, Any], said: str
) -> None:
    class Holding:
        async def get(self, *_: object) -> Any:
            return body

    trust = await made(Holding())._trust(PROD, (kind, "ca", "ca.crt"))
    if said:
        assert isinstance(trust, Failure)
        assert said in trust.detail
    else:
        assert isinstance(trust, Trust)
        assert trust.source == f"{kind} gis/ca, key ca.crt"


ACCOUNTS: dict[str, tuple[Any, str]] = {
    "no password": ({"username": "YQ=="}, "it has none under password."),
    "neither": ({}, "it has none under username and password."),
    "an empty user name": ({"username": "", "password": "YQ=="}, "it has none under username."),
    "what is no text": ({"username": "/w==", "password": "YQ=="}, "it has none under username."),
}


@pytest.mark.parametrize(("data", "said"), ACCOUNTS.values(), ids=ACCOUNTS)
async def test_a_secret_that_lacks_a_key_is_named_with_the_key(data: dict[str, Any], said: str) -> None:
    class Holding:
        async def get(self, *_: object) -> Any:
            return {"data": data}

    failure = await made(Holding())._credentials(PROD, "login")
    assert isinstance(failure, Failure)
    assert failure.detail.startswith("Secret gis/login needs a text under the keys username and password")
    assert failure.detail.endswith(said)


async def views(sessions: Sessions, *wanted: SiteWanted) -> list[SiteSession]:
    """Sessions that have read whom they trust, as all have that asked their site for something."""
    opened = [await sessions.session(Name("gis", f"view-{number}"), one) for number, one in enumerate(wanted)]
    for session in opened:
        await session._link.connected()
    return opened


async def test_sites_of_one_address_stand_in_one_line_each_with_its_own_limit() -> None:
    sessions = made(Slow(NAMESPACES))
    one, other = await views(
        sessions, replace(WANTED, max_jobs=1), replace(WANTED, secret="other", max_jobs=2)
    )
    one.occupy("https://a|roads.mapserver", busy=True)
    assert [one.jobs_in_flight, other.jobs_in_flight] == [1, 0]
    hold, *_ = one.unsent("https://a|rivers.mapserver")
    assert hold
    assert hold.reason is Reason.QUEUED
    assert not other.unsent("https://a|lakes.mapserver")
    other.occupy("https://a|lakes.mapserver", busy=True)
    assert other.unsent("https://a|hills.mapserver")
    sessions.left("https://a|roads.mapserver")
    assert [one._jobs.room(), other._jobs.room()] == [0, 1]


async def test_sites_of_one_address_have_one_breaker_and_each_is_told_when_it_opens() -> None:
    woken: list[str] = []
    sessions = made(Slow(NAMESPACES), wake=woken.append)
    one, other = await views(sessions, WANTED, replace(WANTED, secret="other"))
    for _ in range(5):
        one._availability.answered(
            Exchange("root", None, Failure(FailureKind.NOT_SENT, "no connection"), 0.1)
        )
    assert one.circuit_open
    assert other.circuit_open
    hold = other.gate()
    assert hold
    assert "No connection" in hold.message
    assert sorted(woken) == ["site gis/view-0", "site gis/view-1"]
    other._availability.answered(Exchange("root", 200, None, 0.1))
    assert not one.circuit_open


async def test_what_is_told_by_another_way_says_nothing_of_a_site() -> None:
    """Whoever may write an ArcGISSite could lead its address to a machine of his own."""
    sessions = made(Slow(NAMESPACES))
    one, other = await views(sessions, WANTED, replace(WANTED, proxy=("proxy", 3128)))
    for _ in range(5):
        other._availability.answered(
            Exchange("root", None, Failure(FailureKind.NOT_SENT, "no connection"), 0.1)
        )
    other._availability.answered(
        Exchange("mode", 429, Failure(FailureKind.BUSY, "later", code=429, retry_after=60.0), 0.1)
    )
    other.occupy("https://a|roads.mapserver", busy=True)
    assert one.gate() is None
    assert one._jobs.room() == WANTED.max_jobs


async def test_that_a_job_has_ended_is_known_to_all_who_counted_it() -> None:
    sessions = made(Slow(NAMESPACES))
    one, other = await views(sessions, WANTED, replace(WANTED, secret="other"))
    uri = Raw("/arcgis/admin/services/Roads.MapServer/edit")
    for session in (one, other):
        session._jobs._index.noted(Job(Raw("j1"), Raw("EXECUTING"), uri))
    ended = Job(Raw("j1"), Raw("COMPLETED"), uri, start_ms=1, end_ms=3001)
    one._jobs._index.noted(ended)
    one._jobs._place.live.tell(ended, one._jobs)
    one._jobs._place.live.tell(Job(Raw("j2"), Raw("COMPLETED"), uri), one._jobs)
    assert other._jobs.running() == set()
    assert other.usual_job_seconds("any") == 3.0
    assert other.usual("edit").count == 0, "one job is too few"
    for number in range(3):
        other._jobs._index.noted(replace(ended, id=Raw(f"k{number}")))
    assert one.usual("edit") == other.usual("edit") == Usual(4, 3.0, 3.0)


async def test_the_place_in_the_line_is_that_among_all_views_and_the_wait_by_the_own_limit() -> None:
    sessions = made(Slow(NAMESPACES))
    one, other = await views(sessions, replace(WANTED, max_jobs=1), replace(WANTED, secret="o", max_jobs=2))
    for number in range(2):
        one.occupy(f"https://a|busy{number}.mapserver", busy=True)
    one.call_when_free("https://a|roads.mapserver")
    assert other.standing("https://a|rivers.mapserver") == Standing(2, 2)
    ended = Job(Raw("j1"), Raw("COMPLETED"), Raw("/arcgis/admin/services/Roads.MapServer/edit"), start_ms=1)
    for number in range(3):
        other._jobs._index.noted(replace(ended, id=Raw(f"j{number}"), end_ms=30_001))
    assert other.standing("https://a|rivers.mapserver") == Standing(2, 2, 30.0)
    assert one.standing("https://a|roads.mapserver") == Standing(1, 1, 30.0)


async def test_a_session_that_is_closed_leaves_the_line() -> None:
    sessions = made(Slow(NAMESPACES))
    one, other = await views(sessions, replace(WANTED, max_jobs=1), replace(WANTED, secret="o", max_jobs=1))
    one.occupy("https://a|roads.mapserver", busy=True)
    await sessions.close(Name("gis", "view-0"))
    assert other._jobs.room() == 1
