"""What a session makes of refusals: where a resource of the site tells, a word in a text never decides."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from arcgis_operator.adapters.admin import (
    Credentials,
    Exchange,
    Logins,
    Redactor,
    Timeouts,
    Trust,
    system_roots,
    transport,
)
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.logins import LoginNote
from arcgis_operator.core.look import hold_of
from arcgis_operator.core.model import SiteWanted
from arcgis_operator.core.operations import EDIT, Request
from arcgis_operator.core.verdict import Reason
from arcgis_operator.sites.link import Account
from arcgis_operator.sites.livesite import LiveSite
from arcgis_operator.sites.session import Patience, SiteSession

ROADS = ServiceRef("Roads", "MapServer", "Transport")
WANTED = SiteWanted("https://site.test/arcgis", "account", None, (), 1, 1000)
READ_ONLY, WRITABLE = {"isReadOnly": True, "message": "Upgrade"}, {"isReadOnly": False}
NO_MODE = {"error": {"code": 404, "message": "Not found."}}
Answers = Mapping[str, Any]


def error(code: int, text: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": text}}


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeSite:
    """Answers by the end of the path with JSON or a response, and keeps what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "generateToken": {"token": "tok-0123456789", "expires": 4_102_444_800_000},
            "admin": {"fullVersion": "12.0"},
            "mode": WRITABLE,
        }
        self.asked: list[str] = []
        self.told: list[bool] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        last = request.url.path.rpartition("/")[2]
        self.asked.append(last)
        answer = self.answers[last]
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


async def _credentials() -> Credentials:
    return Credentials("gitops", "word")


async def _trust() -> Trust:
    return system_roots()


async def _forget(note: LoginNote | None) -> None:
    return None


@pytest.fixture
def site() -> FakeSite:
    return FakeSite()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def session(
    site: FakeSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SiteSession]:
    """A session with the fake site."""
    monkeypatch.setattr(transport, "Network", lambda tls: httpx.MockTransport(site))
    live = LiveSite(clock, lambda key: None, 60.0)
    made = SiteSession(
        WANTED,
        Account(_credentials, _trust, Redactor(), Logins(clock, clock), _forget),
        lambda trust: live,
        lambda: site.told.append(made.circuit_open),
        clock,
        lambda key: None,
        lambda _: None,
        Patience(Timeouts(), 60.0, 10.0, 60.0),
    )
    yield made
    await made.aclose()


async def edited(session: SiteSession) -> Failure:
    fact = await session.submit(Request(EDIT, ROADS, {"service": "{}"}, "i1"), lambda: None)
    assert isinstance(fact, Failure)
    return fact


async def test_a_pause_for_an_edit_is_told_in_the_same_words_while_it_lasts(
    session: SiteSession, site: FakeSite, clock: Clock
) -> None:
    site.answers["edit"] = httpx.Response(429, headers={"Retry-After": "2"}, json=error(429, "Later"))
    first = (await edited(session)).detail
    held, *_ = session.unsent("https://site.test/arcgis|transport/roads.mapserver")
    assert isinstance(held, Hold)
    assert held.message == first == (await edited(session)).detail
    assert site.asked.count("edit") == 1
    clock.now += 2
    assert not session.unsent("https://site.test/arcgis|transport/roads.mapserver")


MODES: dict[str, tuple[dict[str, Any], Any, Kind, bool]] = {  # refusal, mode, meaning, read-only
    "a property that is read-only": (error(400, "'provider' is read-only."), WRITABLE, Kind.REFUSED, False),
    "a data source that is": (error(500, "the data source is read only"), WRITABLE, Kind.UNSURE, False),
    "the mode": (error(500, "The site is in read-only mode."), READ_ONLY, Kind.BUSY, True),
    "the mode, in the administrator's words": (error(500, "Until six"), READ_ONLY, Kind.BUSY, True),
    "an outage in that mode": (error(504, "Time-out"), READ_ONLY, Kind.UNSURE, False),
    "the mode, in a 503": (error(503, "In read-only mode"), READ_ONLY, Kind.BUSY, True),
    "a mode that is not told, with words": (error(500, "In read-only mode"), NO_MODE, Kind.BUSY, True),
    "a mode that is not told, without": (error(400, "No."), NO_MODE, Kind.REFUSED, False),
}


@pytest.mark.parametrize(("refusal", "mode", "kind", "read_only"), MODES.values(), ids=MODES)
async def test_whether_the_site_is_in_read_only_mode_its_mode_tells(
    session: SiteSession, site: FakeSite, refusal: object, mode: object, kind: Kind, read_only: bool
) -> None:
    site.answers |= {"edit": refusal, "mode": mode}
    fact = await edited(session)
    assert (fact.kind, fact.read_only) == (kind, read_only)
    reasons = [hold.reason for hold in session.unsent("roads")]
    assert (Reason.SITE_READ_ONLY in reasons) is (mode == READ_ONLY or read_only)


ABSENT: dict[str, tuple[Answers, Kind]] = {
    "the folder lists no such service": ({"Transport": {"services": []}}, Kind.MISSING),
    "there is no such folder": (
        {"Transport": error(500, "Folder not found"), "services": {"folders": ["Maps"]}},
        Kind.MISSING,
    ),
    "the folder lists it": (
        {"Transport": {"services": [{"serviceName": "roads", "type": "MapServer"}]}},
        Kind.UNSURE,
    ),
    "the folder is there": (
        {"Transport": error(500, "No."), "services": {"folders": ["transport"]}},
        Kind.UNSURE,
    ),
    "nobody can tell": ({"Transport": error(500, "No."), "services": error(500, "No.")}, Kind.UNSURE),
}


@pytest.mark.parametrize(("answers", "kind"), ABSENT.values(), ids=ABSENT)
async def test_a_service_that_does_not_exist_is_missing_when_the_site_lists_none(
    session: SiteSession, site: FakeSite, answers: Answers, kind: Kind
) -> None:
    site.answers |= {"Roads.MapServer": error(500, "Service 'Roads' does not exist."), **answers}
    document = await session.document(ROADS)
    assert isinstance(document, Failure)
    assert document.kind is kind


async def test_a_site_that_fails_otherwise_is_not_asked_for_its_lists(
    session: SiteSession, site: FakeSite
) -> None:
    site.answers["Roads.MapServer"] = error(500, "Out of memory.")
    assert isinstance(await session.document(ROADS), Failure)
    assert site.asked == ["generateToken", "Roads.MapServer"]


LATER = httpx.Response(429, headers={"retry-after": "10"})


async def test_a_read_that_is_put_off_is_not_repeated_before_its_time(
    session: SiteSession, site: FakeSite, clock: Clock
) -> None:
    site.answers |= {"Roads.MapServer": LATER, "j1": LATER}
    for _ in range(3):
        for answer in (await session.document(ROADS), await session.job("j1")):
            assert isinstance(answer, Failure)
            assert answer.kind is Kind.BUSY
        clock.now += 3
    assert site.asked == ["generateToken", "Roads.MapServer", "j1"]
    assert session.gate() is None
    clock.now += 2
    await session.job("j1")
    assert site.asked[-1] == "j1"


async def test_an_edit_that_is_put_off_is_not_sent_before_its_time_and_the_mode_not_asked(
    session: SiteSession, site: FakeSite, clock: Clock
) -> None:
    site.answers["edit"] = LATER
    key = f"{WANTED.url}|{ROADS.key}"
    assert not session.unsent(key)
    assert (await edited(session)).kind is Kind.BUSY
    hold, *_ = session.unsent(key)
    assert hold
    assert hold.reason is Reason.SERVICE_BUSY
    assert (await edited(session)).kind is Kind.BUSY
    assert site.asked == ["generateToken", "edit"]
    clock.now += 10
    assert not session.unsent(key)


async def test_a_pause_for_the_whole_site_holds_jobs_under_way_too(
    session: SiteSession, site: FakeSite, clock: Clock
) -> None:
    site.answers |= {"admin": LATER, "j1": {"status": "EXECUTING"}}
    assert isinstance(await session.root(), Failure)
    hold = session.gate()
    assert hold
    assert hold.reason is Reason.SITE_BUSY
    assert isinstance(await session.job("j1"), Failure)
    assert "j1" not in site.asked
    clock.now += 10
    assert session.gate() is None
    assert not isinstance(await session.job("j1"), Failure)


async def test_read_only_mode_is_not_over_because_the_site_asks_to_be_asked_later(
    session: SiteSession, site: FakeSite, clock: Clock
) -> None:
    site.answers["mode"] = READ_ONLY
    await session.mode()
    site.answers["mode"] = LATER
    clock.now += 6
    await session.pace()
    assert session.unsent("roads")
    site.answers["mode"] = NO_MODE
    clock.now += 16
    await session.pace()
    assert not session.unsent("roads")


async def test_who_asks_whether_the_site_is_closed_does_not_use_up_its_probe(
    session: SiteSession, site: FakeSite, clock: Clock
) -> None:
    site.answers["admin"] = httpx.Response(502)
    for _ in range(5):
        await session.root()
    assert session.gate()
    clock.now += 5
    assert [session.gate() for _ in range(20)] == [None] * 20
    await session.pace()
    assert session.gate(), "the one that goes on is alone"
    assert await session.folder("", []) is None
    assert session.gate() is None, "it asked for nothing"
    site.answers["admin"] = {"fullVersion": "12.0"}
    await session.pace()
    await session.root()
    assert session.gate() is None
    assert site.told == [True, False]


def away(site: FakeSite, code: int) -> None:
    """Nothing of it answers, nor what makes tokens."""
    site.answers = defaultdict(lambda: httpx.Response(code, text="<html>"))


async def told(session: SiteSession) -> Hold:
    """What a resource shows after a look: the gate where it is shut, what was read otherwise."""
    if shut := session.gate():
        return shut
    await session.pace()
    document = await session.document(ROADS)
    assert isinstance(document, Failure)
    return hold_of(document, document.detail, session.trouble())


async def test_who_tries_a_site_that_is_left_alone_shows_what_those_show_who_wait(
    session: SiteSession, site: FakeSite, clock: Clock
) -> None:
    away(site, 502)
    for _ in range(9):
        before = await told(session)
    assert before.reason is Reason.CIRCUIT_OPEN
    tries = len(site.asked)
    for _ in range(100):
        clock.now += 5
        assert await told(session) == before
    assert len(site.asked) >= tries + 5


async def test_an_open_circuit_shows_the_failure_of_the_last_try(
    session: SiteSession, site: FakeSite, clock: Clock
) -> None:
    away(site, 502)
    for _ in range(9):
        await told(session)
    session._availability.answered(
        Exchange("job", None, Failure(Kind.UNSURE, "no answer"), 9.0)
    )  # it was under way before
    assert "502" in (await told(session)).message
    away(site, 504)
    clock.now += 60
    assert "504" in (await told(session)).message


async def test_a_pause_that_a_service_asks_for_is_shown_alike_by_the_look_that_met_it(
    session: SiteSession, site: FakeSite, clock: Clock
) -> None:
    site.answers["Roads.MapServer"] = httpx.Response(429, headers={"Retry-After": "20"})
    first = await told(session)
    assert first.reason is Reason.SITE_BUSY
    for _ in range(10):
        clock.now += 15
        assert await told(session) == first


async def test_to_ask_why_a_site_is_closed_leaves_the_try_to_the_first_look(
    session: SiteSession, site: FakeSite, clock: Clock
) -> None:
    there = site.answers | {"Roads.MapServer": {"serviceName": "Roads", "type": "MapServer"}}
    away(site, 502)
    for _ in range(9):
        await told(session)
    assert session.circuit_open
    site.answers = there
    clock.now += 60
    assert [session.gate() for _ in range(20)] == [None] * 20
    await session.pace()
    assert not isinstance(await session.document(ROADS), Failure)
    assert not session.circuit_open
