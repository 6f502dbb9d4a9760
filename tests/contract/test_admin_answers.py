"""What each answer of the site means, row by row."""

from email.utils import formatdate

import httpx
import pytest
from admin_wire import REQUEST, ROADS, allowed
from hypothesis import example, given
from hypothesis import strategies as st

from arcgis_operator.adapters.admin.answers import (
    ROWS,
    Answer,
    error_of,
    failure_of,
    read_answer,
)
from arcgis_operator.core.failures import Failure, Kind


def a(code: object, *messages: str) -> dict:
    return {"status": "error", "messages": list(messages), "code": code}


def b(code: object, message: str = "", details: object = None) -> dict:
    return {"error": {"code": code, "message": message, "details": details}}


NOW = 1_700_000_000.0
READ_ONLY = "The site is in read-only mode."
BUSY_TEXT = "Service 'x' is currently being configured by another administrative operation."
STORE_TEXT = "Another administrative operation is currently accessing the store. Please try again later."
PAGE = b"<html>502 Bad Gateway</html>"

# sentence: HTTP status, body, meaning for a read, meaning for an edit, the code that is kept
MEANINGS: dict[str, tuple[int, object, Kind, Kind, int | None]] = {
    "words of read-only mode do not decide": (200, a(500, READ_ONLY), Kind.UNSURE, Kind.UNSURE, 500),
    "nor where the code does": (200, b(400, "'provider' is read-only"), Kind.REFUSED, Kind.REFUSED, 400),
    "a lock in a value that was refused": (200, b(400, f"'{STORE_TEXT}'"), Kind.REFUSED, Kind.REFUSED, 400),
    "503 in the site's words": (200, b(503, "The service is unavailable."), Kind.BUSY, Kind.BUSY, 503),
    "503 as form A": (503, a(503, "Please try again later."), Kind.BUSY, Kind.BUSY, 503),
    "503 without such words": (503, b(503, "Could not save."), Kind.UNSURE, Kind.UNSURE, 503),
    "a service that is being configured": (200, a(500, BUSY_TEXT), Kind.BUSY, Kind.BUSY, 500),
    "a store that is being accessed": (500, b(500, STORE_TEXT), Kind.BUSY, Kind.BUSY, 500),
    "a lock without a code": (200, {"status": "failed", "messages": STORE_TEXT}, Kind.BUSY, Kind.BUSY, None),
    "429": (429, PAGE, Kind.BUSY, Kind.BUSY, None),
    "429 in the body": (200, b(429, "Slow down"), Kind.BUSY, Kind.BUSY, 429),
    "409": (409, b(409, "Conflict"), Kind.BUSY, Kind.BUSY, 409),
    "423 in the body": (200, a(423, "Locked"), Kind.BUSY, Kind.BUSY, 423),
    "a 401 page": (401, PAGE, Kind.GARBLED, Kind.UNSURE, None),
    "401 of a gateway, in JSON": (401, {"error": "unauthorized"}, Kind.GARBLED, Kind.UNSURE, None),
    "401 of a gateway, as a message": (401, {"message": "Unauthorized"}, Kind.GARBLED, Kind.UNSURE, None),
    "401 in the site's words": (401, b(None, "No."), Kind.UNAUTHORISED, Kind.UNAUTHORISED, 401),
    "498 at HTTP 200": (200, b(498, "Invalid Token."), Kind.UNAUTHORISED, Kind.UNAUTHORISED, 498),
    "499 as form A": (200, a(499, "Token not found."), Kind.UNAUTHORISED, Kind.UNAUTHORISED, 499),
    "499 as HTTP": (499, b"", Kind.UNAUTHORISED, Kind.UNSURE, None),
    "499 as HTTP, in the site's words": (499, b(None, "No."), Kind.UNAUTHORISED, Kind.UNAUTHORISED, 499),
    "403 without words": (403, b"", Kind.GARBLED, Kind.UNSURE, None),
    "a 403 page": (403, PAGE, Kind.GARBLED, Kind.UNSURE, None),
    "403 in the body": (200, b(403, "Not allowed"), Kind.UNAUTHORISED, Kind.UNAUTHORISED, 403),
    "a 404 page": (404, PAGE, Kind.GARBLED, Kind.UNSURE, None),
    "404 in the body": (200, b(404, "Service not found."), Kind.MISSING, Kind.MISSING, 404),
    "404 of a gateway, with a word for a code": (404, b("NotFound", "x"), Kind.GARBLED, Kind.UNSURE, None),
    "403 of a gateway, with a word for a code": (403, b("Denied", "x"), Kind.GARBLED, Kind.UNSURE, None),
    "404 with an error without a code": (404, a(None, "gone"), Kind.MISSING, Kind.MISSING, 404),
    "413 of a proxy": (413, PAGE, Kind.REFUSED, Kind.REFUSED, None),
    "408": (408, b"", Kind.UNSURE, Kind.UNSURE, None),
    "500": (500, PAGE, Kind.UNSURE, Kind.UNSURE, None),
    "500 in the body": (200, a(500, "Could not save."), Kind.UNSURE, Kind.UNSURE, 500),
    "502": (502, PAGE, Kind.UNSURE, Kind.UNSURE, None),
    "503": (503, PAGE, Kind.UNSURE, Kind.UNSURE, None),
    "a redirect": (303, b"", Kind.GARBLED, Kind.UNSURE, None),
    "400": (400, b(400, "Bad JSON"), Kind.REFUSED, Kind.REFUSED, 400),
    "400 at HTTP 200": (200, b("400", "Bad JSON", ["at 7"]), Kind.REFUSED, Kind.REFUSED, 400),
    "422 with an error without a code": (422, b(None, "No."), Kind.REFUSED, Kind.REFUSED, 422),
    "400 at HTTP 500": (500, b(400, "Bad JSON"), Kind.REFUSED, Kind.REFUSED, 400),
    "an error without a code": (200, a(None, "No."), Kind.UNSURE, Kind.UNSURE, None),
    "an error with a code that is none": (200, b(200, "No."), Kind.UNSURE, Kind.UNSURE, 200),
    "an error that is only a word": (200, {"status": "error"}, Kind.UNSURE, Kind.UNSURE, None),
    "an error of the sign-in pages": (200, {"error": "invalid_request"}, Kind.UNSURE, Kind.UNSURE, None),
    "400 that is no JSON": (400, PAGE, Kind.GARBLED, Kind.UNSURE, None),
    "418 with JSON that is no error": (418, {"ok": True}, Kind.GARBLED, Kind.UNSURE, None),
    "a page": (200, PAGE, Kind.GARBLED, Kind.UNSURE, None),
}


def response(http: int, body: object, **headers: str) -> httpx.Response:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, bytes):
        return httpx.Response(http, content=body, headers=fields)
    return httpx.Response(http, json=body, headers=fields)


@pytest.mark.parametrize("row", MEANINGS.values(), ids=MEANINGS.keys())
async def test_an_answer_means_what_the_table_says(scripted, row):
    http, body, read, edit, code = row
    client, _ = scripted(lambda request: response(http, body))
    looked = await client.jobs()
    edited = await client.submit(REQUEST, allowed)
    assert (looked.kind, looked.code) == (read, code)
    assert (edited.kind, edited.code) == (edit, code)


@pytest.mark.parametrize("code", [400, 403, 500, 503])
async def test_words_of_read_only_mode_are_marked_in_what_was_refused(scripted, code):
    client, _ = scripted(lambda request: response(200, a(code, READ_ONLY)))
    assert (await client.submit(REQUEST, allowed)).read_only
    assert not (await client.jobs()).read_only


async def test_a_page_of_something_in_front_is_said_to_be_one(scripted):
    client, _ = scripted(lambda request: response(403, b"\n<html>Administrative access is disabled"))
    failure = await client.jobs()
    assert failure.detail == "something in front of the Administrator API refuses (403, a web page)"


async def test_a_404_page_at_the_root_is_no_administrator_api_and_elsewhere_says_nothing_of_a_service(
    scripted,
):
    client, _ = scripted(lambda request: response(404, PAGE))
    assert (await client.root()).kind is Kind.MISSING
    assert (await client.service(ROADS)).kind is Kind.GARBLED


@pytest.mark.parametrize(("seconds", "kind"), [(1.0, Kind.BUSY), (6.0, Kind.UNSURE)])
async def test_unavailable_means_not_applied_only_when_it_is_said_at_once(scripted, seconds, kind):
    now = [0.0]

    def respond(request):
        now[0] += seconds
        return response(200, b(503, "Temporarily unavailable"))

    client, _ = scripted(respond, clock=lambda: now[0])
    assert (await client.submit(REQUEST, allowed)).kind is kind


HINTS = {
    "there is none": (200, b(500, "Service 'x' does not exist"), (True, False)),
    "not found": (200, b(400, "Service 'x' not found."), (True, False)),
    "something else": (200, b(500, "Could not save."), (False, False)),
    "a page": (404, b"<html>not found, locked", (False, False)),
    "of a gateway": (401, {"error": "account locked, not found"}, (False, False)),
    "locked": (200, b(400, "No.", ["The account is locked."]), (False, True)),
    "locked out": (200, b(400, "You are locked out."), (False, True)),
    "too many": (200, b(400, "Too many attempts."), (False, True)),
    "of a lock that is none": (200, b(400, "a blocked clock"), (False, False)),
}


@pytest.mark.parametrize(("http", "body", "hints"), HINTS.values(), ids=HINTS)
def test_words_of_the_site_hint_at_what_its_code_does_not_say(http, body, hints):
    failure = failure_of(read_answer(response(http, body), NOW), edit=False)
    assert (failure.absent, failure.locked) == hints


def test_every_row_is_reached_by_an_example():
    examples = [response(http, body) for http, body, *_ in MEANINGS.values()]
    examples.append(response(503, b"", Retry_After="1"))
    said = {failure_of(read_answer(example, NOW), edit=False).detail for example in examples}
    assert [row.says for row in ROWS if not any(text.startswith(row.says) for text in said)] == []


PAUSES = {
    "seconds": ("7", 7.0),
    "a part of a second": ("0.5", 0.5),
    "none at all": ("0", 0.0),
    "a date": (formatdate(NOW + 90, usegmt=True), 90.0),
    "a date far away": (formatdate(NOW + 90_000, usegmt=True), 300.0),
    "a date gone by": (formatdate(NOW - 90, usegmt=True), None),
    "absurdly long": ("9" * 400, 300.0),
    "negative": ("-5", None),
    "not a number": ("nan", None),
    "infinite": ("inf", None),
    "words": ("soon", None),
    "nothing": ("", None),
    "digits of another script": ("٣", None),
}


@pytest.mark.parametrize(("header", "pause"), PAUSES.values(), ids=PAUSES.keys())
async def test_the_site_s_wish_for_a_pause_is_read_and_bounded(scripted, header, pause):
    headers = [(b"retry-after", header.encode())]
    client, _ = scripted(lambda request: httpx.Response(429, headers=headers), wall=lambda: NOW)
    assert (await client.jobs()).retry_after == pause


async def test_a_pause_until_a_date_is_measured_on_the_site_s_clock(scripted):
    later, site_now = formatdate(NOW + 7200 + 60, usegmt=True), formatdate(NOW + 7200, usegmt=True)
    client, _ = scripted(lambda request: response(429, b"", Retry_After=later, Date=site_now))
    assert (await client.jobs()).retry_after == 60.0


async def test_unavailable_with_a_pause_is_busy_for_a_read_and_unsure_for_an_edit(scripted):
    client, _ = scripted(lambda request: response(503, b"", Retry_After="3"))
    assert await client.jobs() == Failure(
        Kind.BUSY, "the site asks to come back later (503)", retry_after=3.0
    )
    fact = await client.submit(REQUEST, allowed)
    assert (fact.kind, fact.retry_after) == (Kind.UNSURE, 3.0)


NO_ERRORS = {
    "a job that failed": {"jobid": "j1", "status": "FAILED", "messages": ["x"], "code": 500},
    "a job with an error beside it": {"jobID": "j1", "status": "FAILED", "error": {"code": 500}},
    "a job without an id": {"operationURI": "/arcgis/admin/x", "status": "ERROR"},
    "a submit reply of form 1": {"jobsUrl": "https://x/jobs/j1", "jobID": "j1", "jobStatus": "SUBMITTED"},
    "a submit reply of form 2": {"jobsUrl": "https://x/jobs/j1", "jobid": "j1", "status": "SUBMITTED"},
    "success": {"status": "success", "messages": []},
    "a service": {"serviceName": "Roads", "type": "MapServer", "error": None},
    "a list": [],
    "nothing": None,
}


@pytest.mark.parametrize("body", NO_ERRORS.values(), ids=NO_ERRORS.keys())
def test_this_is_no_error_body(body):
    assert error_of(body) is None


@pytest.mark.parametrize(
    "details", [None, "why", ["why", None, {"x": 1}], {"x": "why"}, 7, [["why"]]], ids=repr
)
async def test_the_details_of_an_error_may_be_anything(scripted, details):
    client, _ = scripted(lambda request: response(200, b(400, "What", details)))
    text = (await client.jobs()).detail
    wanted = "What; why" if details in ("why", ["why", None, {"x": 1}]) else "What"
    assert text == f"the site refused (400): {wanted}"


def test_texts_of_an_error_are_joined_as_sentences() -> None:
    joined = {
        ("Unable to generate token.", "Invalid username."): "Unable to generate token. Invalid username.",
        ("What", "why", " "): "What; why",
        ("", "why"): "why",
    }
    for (message, *details), text in joined.items():
        error = error_of(b(400, message, details))
        assert error
        assert error.text == text


SITE_WORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "status", "code", "message", "messages", "details", "jobid"]), inner
        )
    ),
    max_leaves=12,
)


@given(
    http=st.integers(100, 599),
    body=SITE_WORDS,
    readable=st.booleans(),
    pause=st.none() | st.floats(0, 300),
    edit=st.booleans(),
)
def test_any_answer_has_a_meaning_and_a_doubtful_one_is_never_taken_for_not_applied(
    http, body, readable, pause, edit
):
    failure = failure_of(Answer(http, body if readable else None, readable, pause), edit=edit)
    if failure is None:
        assert 200 <= http < 300
        assert readable
    elif edit:
        assert failure.kind is not Kind.GARBLED
        if http >= 500 and error_of(body if readable else None) is None:
            assert failure.kind is Kind.UNSURE


@given(
    st.binary(max_size=200), st.dictionaries(st.sampled_from(["Date", "Retry-After"]), st.text(max_size=40))
)
@example(b"", {"Retry-After": "0\x1f"})
def test_any_bytes_and_headers_are_an_answer(content, headers):
    raw = [(name.encode(), value.encode("utf-8", "replace")) for name, value in headers.items()]
    read = read_answer(httpx.Response(200, content=content, headers=raw), NOW)
    assert read.retry_after is None or 0 <= read.retry_after <= 300
