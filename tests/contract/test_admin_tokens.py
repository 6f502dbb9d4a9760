"""Tokens: made once, shared, renewed early and once when refused; a wrong password is not tried in a row."""

import asyncio
from email.utils import formatdate

import httpx
import pytest
from admin_wire import REQUEST, ROADS, TOKEN, allowed

from arcgis_operator.adapters.admin import Credentials, Hooks, SiteMode
from arcgis_operator.adapters.admin.tokens import login_failure
from arcgis_operator.core.failures import Accepted, Failure, Kind

NOW = 1_700_000_000.0
WRITABLE = httpx.Response(200, json={"isReadOnly": False})
ACCEPTED = httpx.Response(200, json={"jobid": "j1", "status": "SUBMITTED"})
INVALID = {"error": {"code": 498, "message": "Invalid Token.", "details": []}}


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def login_answer(body: object, date: float | None = None, http: int = 200):
    headers = {} if date is None else {"Date": formatdate(date, usegmt=True)}

    def login(request: httpx.Request) -> httpx.Response:
        return httpx.Response(http, json=body, headers=headers)

    return login


LIVES = {  # seconds after which the next request makes a new token
    "an hour is renewed five minutes early": (3600, NOW, 3300),
    "longer than asked for is not believed": (14 * 86400, NOW, 3300),
    "ten minutes are renewed a quarter early": (600, NOW, 450),
    "a site whose clock is an hour ahead": (3600 + 3600, NOW + 3600, 3300),
    "a site whose clock is an hour behind": (3600 - 3600, NOW - 3600, 3300),
    "a site without a Date, measured on our clock": (600, None, 450),
    "a token that is over already lives half a minute": (-600, NOW, 22.5),
}


@pytest.mark.parametrize(("expires", "date", "renewed"), LIVES.values(), ids=LIVES.keys())
@pytest.mark.parametrize("spelled", [int, str])
async def test_a_token_is_renewed_before_it_ends(scripted, expires, date, renewed, spelled):
    clock = Clock()
    client, site = scripted(WRITABLE, clock=clock, wall=lambda: NOW)
    site.login = login_answer({"token": TOKEN, "expires": spelled(int((NOW + expires) * 1000))}, date)
    await client.mode()
    clock.now = 1000 + renewed - 0.1
    await client.mode()
    assert site.logins == 1
    clock.now = 1000 + renewed
    await client.mode()
    assert site.logins == 2


async def test_a_token_without_an_end_is_taken_for_as_long_as_was_asked(scripted):
    clock = Clock()
    client, site = scripted(WRITABLE, clock=clock)
    site.login = login_answer({"token": TOKEN})
    await client.mode()
    clock.now += 3299
    await client.mode()
    assert site.logins == 1


TURNED_AWAY = {
    "498 in the body": httpx.Response(200, json=INVALID),
    "499 in the body of form A": httpx.Response(
        200, json={"status": "error", "code": 499, "messages": ["x"]}
    ),
    "498 as HTTP": httpx.Response(498, json={"error": {"message": "Invalid Token."}}),
    "499 as HTTP": httpx.Response(499, json={"error": {"code": 499, "message": "Token Required"}}),
    "401 as HTTP, in the site's words": httpx.Response(401, json={"error": {"message": "No."}}),
}


@pytest.mark.parametrize("refusal", TURNED_AWAY.values(), ids=TURNED_AWAY.keys())
async def test_a_refused_token_is_renewed_once_and_the_request_sent_again(scripted, refusal):
    def respond(request: httpx.Request) -> httpx.Response:
        return refusal if request.headers["authorization"].endswith("-1") else ACCEPTED

    client, site = scripted(respond)
    assert await client.submit(REQUEST, allowed) == Accepted("j1", "SUBMITTED")
    first, second = site.others
    assert httpx.QueryParams(first.content.decode()).get_list("token") == [f"{TOKEN}-1"]
    assert httpx.QueryParams(second.content.decode()).get_list("token") == [f"{TOKEN}-2"]
    assert second.headers["content-length"] == str(len(second.content))
    assert second.headers["authorization"] == f"Bearer {TOKEN}-2"


@pytest.mark.parametrize("refusal", TURNED_AWAY.values(), ids=TURNED_AWAY.keys())
async def test_a_token_refused_twice_is_unauthorised(scripted, refusal):
    client, site = scripted(refusal)
    assert (await client.submit(REQUEST, allowed)).kind is Kind.UNAUTHORISED
    assert (site.logins, len(site.others)) == (2, 2)


@pytest.mark.parametrize("http", [498, 499])
async def test_a_bare_code_of_a_token_lets_a_read_be_sent_again_and_never_an_edit(scripted, http):
    """Traefik says 499 when it has passed a request on and the answer takes too long."""
    client, site = scripted(httpx.Response(http, content=b"Client Closed Request"))
    assert (await client.submit(REQUEST, allowed)).kind is Kind.UNSURE
    assert len(site.others) == 1
    assert (await client.jobs()).kind is Kind.UNAUTHORISED
    assert (site.logins, len(site.others)) == (2, 3)


async def test_tokens_that_are_refused_as_soon_as_they_are_made_are_not_asked_for_again_and_again(scripted):
    clock = Clock()
    client, site = scripted(httpx.Response(200, json=INVALID), clock=clock)
    failures = [await client.jobs() for _ in range(20)]
    assert {(failure.kind, failure.code) for failure in failures} == {(Kind.UNAUTHORISED, 498)}
    assert site.logins == 2
    clock.now += 60
    await client.jobs()
    assert site.logins == 3


async def test_a_401_of_a_gateway_in_json_makes_no_new_token_either(scripted):
    client, site = scripted(httpx.Response(401, json={"error": "unauthorized"}))
    await client.jobs()
    assert (site.logins, len(site.others)) == (1, 1)


async def test_a_401_page_of_something_in_front_makes_no_new_token(scripted):
    client, site = scripted(httpx.Response(401, content=b"<html>Sign in</html>"))
    await client.jobs()
    assert (site.logins, len(site.others)) == (1, 1)


async def test_a_missing_right_does_not_renew_the_token(scripted):
    client, site = scripted(httpx.Response(403, json={"error": {"code": 403, "message": "No."}}))
    assert (await client.jobs()).kind is Kind.UNAUTHORISED
    assert (site.logins, len(site.others)) == (1, 1)


async def test_many_requests_with_a_refused_token_make_one_new_login(scripted):
    def respond(request: httpx.Request) -> httpx.Response:
        return (
            httpx.Response(200, json=INVALID) if request.headers["authorization"][-2:] == "-1" else WRITABLE
        )

    client, site = scripted(respond)
    outcomes = await asyncio.gather(*(client.mode() for _ in range(30)))
    assert set(outcomes) == {SiteMode(read_only=False)}
    assert site.logins == 2


WRONG = {
    "error": {
        "code": 400,
        "message": "Unable to generate token.",
        "details": ["Invalid username or password."],
    }
}


@pytest.mark.parametrize("http", [200, 400, 401, 403])
async def test_a_refused_login_is_unauthorised_and_says_why(scripted, http):
    client, site = scripted(ACCEPTED)
    site.login = login_answer(WRONG, http=http)
    fact = await client.submit(REQUEST, allowed)
    assert fact.kind is Kind.UNAUTHORISED
    assert "login refused" in fact.detail
    assert "Invalid username or password." in fact.detail
    assert (site.logins, len(site.others), client.username) == (1, 0, "")


async def test_a_wrong_password_is_tried_once_however_many_wait_for_it(scripted):
    client, site = scripted(WRITABLE)
    site.login = login_answer(WRONG)
    outcomes = await asyncio.gather(*(client.mode() for _ in range(30)))
    assert {outcome.kind for outcome in outcomes} == {Kind.UNAUTHORISED}
    assert site.logins == 1


async def test_a_login_that_breaks_is_not_repeated_by_everyone_who_waited_for_it(scripted):
    async def pace() -> None:
        await asyncio.sleep(0)  # lets the others come and wait

    client, site = scripted(WRITABLE, hooks=Hooks(pace=pace))
    site.login = login_answer({}, http=502)
    outcomes = await asyncio.gather(*(client.mode() for _ in range(30)))
    assert {outcome.kind for outcome in outcomes} == {Kind.NOT_SENT}
    assert site.logins == 1
    await client.mode()
    assert site.logins == 2


async def test_refused_credentials_rest_for_five_minutes_unless_they_change(scripted):
    clock, password = Clock(), "old"

    async def credentials() -> Credentials:
        return Credentials("admin", password)

    client, site = scripted(WRITABLE, clock=clock, credentials=credentials)
    good, site.login = site.login, login_answer(WRONG)
    first = await client.mode()
    assert await client.mode() == first
    assert site.logins == 1
    clock.now += 300
    await client.mode()
    assert site.logins == 2
    site.login, password = good, "new"
    assert await client.mode() == SiteMode(read_only=False)
    assert (site.logins, client.username) == (3, "admin")
    assert httpx.QueryParams(site.requests[-2].content.decode())["password"] == "new"


async def test_a_client_that_follows_another_goes_on_with_its_token(scripted):
    first, before = scripted(WRITABLE)
    assert await first.mode() == SiteMode(read_only=False)
    second, after = scripted(WRITABLE, before=first)
    assert await second.mode() == SiteMode(read_only=False)
    assert (before.logins, after.logins) == (1, 0)
    assert (second.username, second.logged_in) == (first.username, True)
    third, asked = scripted(WRITABLE, before=scripted(WRITABLE)[0])
    assert await third.mode() == SiteMode(read_only=False)
    assert asked.logins == 1


LOGINS: dict[str, tuple[object, int, Kind, Kind]] = {  # body, HTTP, for a read, for an edit
    "no login at this address": ({"error": {"code": 404, "message": "x"}}, 404, Kind.GARBLED, Kind.NOT_SENT),
    "something that is no token": ({"token": "a b"}, 200, Kind.GARBLED, Kind.NOT_SENT),
    "a token with a line break": ({"token": "a\r\nX: y"}, 200, Kind.GARBLED, Kind.NOT_SENT),
    "a token that is no text": ({"token": 7}, 200, Kind.GARBLED, Kind.NOT_SENT),
    "an endless token": ({"token": "x" * 9000}, 200, Kind.GARBLED, Kind.NOT_SENT),
    "a list": ([], 200, Kind.GARBLED, Kind.NOT_SENT),
    "a redirect": ({}, 302, Kind.GARBLED, Kind.NOT_SENT),
    "a failing site": ({"error": {"code": 500, "message": "x"}}, 200, Kind.NOT_SENT, Kind.NOT_SENT),
    "a gateway": ({}, 502, Kind.NOT_SENT, Kind.NOT_SENT),
    "too many logins": ({}, 429, Kind.BUSY, Kind.BUSY),
}


@pytest.mark.parametrize(("body", "http", "read", "edit"), LOGINS.values(), ids=LOGINS.keys())
async def test_a_login_that_fails_otherwise_says_that_nothing_was_sent(scripted, body, http, read, edit):
    clock = Clock()
    client, site = scripted(ACCEPTED, clock=clock)
    site.login = login_answer(body, http=http)
    assert (await client.job("j1")).kind is read
    clock.now += 15
    assert (await client.submit(REQUEST, allowed)).kind is edit
    assert site.logins == 2
    assert {(one.method, one.url.path) for one in site.others} <= {("GET", "/arcgis/admin")}


FAILED_LOGINS = {
    Kind.UNAUTHORISED: Failure(Kind.UNAUTHORISED, "login refused: no"),
    Kind.REFUSED: Failure(Kind.UNAUTHORISED, "login refused: no"),
    Kind.BUSY: Failure(Kind.BUSY, "no"),
    Kind.MISSING: Failure(Kind.GARBLED, "no login at this address: no"),
    Kind.GARBLED: Failure(Kind.GARBLED, "no login at this address: no"),
    Kind.UNSURE: Failure(Kind.NOT_SENT, "login: no"),
    Kind.NOT_SENT: Failure(Kind.NOT_SENT, "login: no"),
}


@pytest.mark.parametrize("kind", FAILED_LOGINS)
def test_a_failed_login_says_that_it_was_the_login(kind):
    assert login_failure(Failure(kind, "no")) == FAILED_LOGINS[kind]


UNREAD = {
    "a Secret that is not there is no missing service": (Kind.MISSING, Kind.UNAUTHORISED),
    "a Secret without the keys": (Kind.GARBLED, Kind.UNAUTHORISED),
    "a Secret that may not be read": (Kind.REFUSED, Kind.UNAUTHORISED),
    "a Kubernetes API that is away": (Kind.UNSURE, Kind.NOT_SENT),
    "unauthorised": (Kind.UNAUTHORISED, Kind.UNAUTHORISED),
}


@pytest.mark.parametrize(("kind", "wanted"), UNREAD.values(), ids=UNREAD.keys())
async def test_credentials_that_cannot_be_read_are_a_failure_of_the_call(scripted, kind, wanted):
    async def credentials() -> Failure:
        return Failure(kind, "the Secret site-login")

    client, site = scripted(ACCEPTED, credentials=credentials)
    assert await client.service(ROADS) == Failure(wanted, "the Secret site-login")
    assert await client.submit(REQUEST, allowed) == Failure(wanted, "the Secret site-login")
    assert site.requests == []


async def test_a_renewal_that_fails_in_the_middle_of_an_edit_means_that_it_was_not_applied(scripted):
    client, site = scripted(httpx.Response(200, json=INVALID))
    good = site.login
    site.login = lambda request: good(request) if site.logins == 1 else httpx.Response(500)
    fact = await client.submit(REQUEST, allowed)
    assert fact.kind is Kind.NOT_SENT
    assert len(site.others) == 1


async def test_a_large_answer_that_only_mentions_499_is_not_a_refused_token(scripted):
    body = {"serviceName": "Roads", "type": "MapServer", "text": '"code":499 ' * 3000}
    client, site = scripted(httpx.Response(200, json=body))
    assert await client.service(ROADS) == body
    assert site.logins == 1
