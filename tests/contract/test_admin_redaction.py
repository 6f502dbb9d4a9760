"""No secret and no address in a text or a log."""

import io
import json
import logging
import urllib.parse

import httpx
import pytest
from admin_wire import DOCUMENT, PASSWORD, ROADS, TOKEN, Request, allowed, answer
from hypothesis import given
from hypothesis import strategies as st

from arcgis_operator.adapters.admin import Credentials, silence
from arcgis_operator.adapters.admin.redaction import Redactor, show

FORMS = {
    "as it is": PASSWORD,
    "quoted": urllib.parse.quote(PASSWORD, safe=""),
    "quoted with plus": urllib.parse.quote_plus(PASSWORD),
    "as JSON": json.dumps(PASSWORD)[1:-1],
    "as HTML": PASSWORD.replace("&", "&amp;"),
}


def forms_of(secret: str) -> set[str]:
    return {
        secret,
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
        json.dumps(secret)[1:-1],
    }


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
async def test_a_password_that_the_site_echoes_is_masked(scripted, form):
    body = {"error": {"code": 400, "message": f"<{form}> is wrong", "details": [f"x{TOKEN}-1y"]}}
    client, _ = scripted(httpx.Response(200, json=body))
    failure = await client.edit(ROADS, DOCUMENT, allowed)
    assert failure.detail == "the site refused (400): <***> is wrong; x***y"


async def test_secrets_that_a_job_echoes_are_masked_everywhere_in_it(scripted):
    body = {
        "jobid": "j1",
        "status": "FAILED",
        "username": f"u{PASSWORD}",
        "operationURI": f"/arcgis/admin/x?token={TOKEN}-1",
        "messages": [f"with {TOKEN}-1", {"message": PASSWORD}],
        "result": {"a": [{PASSWORD: f"{TOKEN}-1"}], "error": {"message": TOKEN + "-1"}},
    }
    client, _ = scripted(httpx.Response(200, json=body))
    job = await client.job("j1")
    assert PASSWORD not in repr(job)
    assert TOKEN not in repr(job)
    assert job.result["a"] == [{"***": "***"}]


async def test_what_the_site_says_of_itself_is_masked(scripted):
    body = {"isReadOnly": True, "message": f"closed, try {PASSWORD}", "currentVersion": f"11 {TOKEN}-1"}
    client, _ = scripted(httpx.Response(200, json=body))
    assert (await client.root()).version == "11 ***"
    assert (await client.mode()).message == "closed, try ***"


async def test_the_document_of_a_service_is_never_touched(scripted):
    body = {"serviceName": "Roads", "type": "MapServer", "description": f"see {PASSWORD}"}
    client, _ = scripted(httpx.Response(200, json=body))
    assert await client.service(ROADS) == body


async def test_a_refused_login_that_echoes_the_password_is_masked(scripted):
    client, site = scripted(httpx.Response(200, json={}))
    site.login = lambda request: httpx.Response(
        200, json={"error": {"code": 400, "message": f"no user with password={PASSWORD}"}}
    )
    assert PASSWORD not in (await client.jobs()).detail
    assert "s3cret" not in (await client.jobs()).detail


SHOWN = {
    "an address": ("see https://a.b:1/c?token=x#y now", "see (address) now"),
    "an address in quotes": ('at "http://in.side/x"', 'at "(address)"'),
    "an assigned token": ("failed with token=abc&f=json", "failed with token=***&f=json"),
    "a header": ("Authorization: Bearer abc.def", "Authorization: ***"),
    "the word alone": ("Token not found", "Token not found"),
    "control signs": ("a\r\n\x1b[31mb\u202ec", "a [31mb c"),
}


@pytest.mark.parametrize(("text", "wanted"), SHOWN.values(), ids=SHOWN.keys())
def test_a_text_of_the_site_is_shown_as(text, wanted):
    assert show(text, 256) == wanted


SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=4, max_size=30)


@given(SECRETS)
def test_no_form_of_a_known_secret_survives(secret):
    redactor = Redactor()
    redactor.learn(secret)
    assert {redactor.mask(form) for form in forms_of(secret)} == {"***"}


def test_a_password_that_is_no_longer_used_is_masked_for_a_day_of_tokens():
    redactor = Redactor()
    for text in ("password-1", "password-2", *(f"token-{hour:04}" for hour in range(24))):
        redactor.learn(text)
    assert redactor.mask("password-1 token-0000") == "*** ***"


def test_a_password_is_still_masked_after_many_tokens():
    redactor = Redactor()
    for hour in range(50):
        redactor.learn("password-1")
        redactor.learn(f"token-{hour:04}")
    assert redactor.mask("password-1 token-0049 token-0048") == "*** *** ***"


@given(st.text(max_size=6000))
def test_every_line_is_printable_and_short(text):
    line = Redactor().line(text)
    assert len(line) <= 256
    assert line.isprintable()


def test_credentials_do_not_show_their_password():
    assert repr(Credentials("admin", PASSWORD)) == "Credentials(username='admin')"


@pytest.fixture
def everything_logged():
    """A root logger that writes all it gets, and library loggers that somebody set to DEBUG."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    names = ["", "httpx", "httpcore", "httpcore.http11", "httpcore.connection"]
    levels = {name: logging.getLogger(name).level for name in names}
    silence()
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


async def test_nothing_of_a_request_is_logged_even_at_debug(wire_site, client_of, everything_logged):
    async def respond(request: Request) -> bytes:
        return answer({"jobid": "j1", "status": "SUBMITTED"}, Set_Cookie="AGS=secret-cookie")

    site = await wire_site(respond)
    client = client_of(site.url)
    await client.edit(ROADS, DOCUMENT, allowed)
    await client.job("j1")
    logged = everything_logged.getvalue()
    for secret in (TOKEN, PASSWORD, "secret-cookie", "/arcgis", "authorization"):
        assert secret not in logged


def test_nothing_is_learned_from_an_empty_secret() -> None:
    redactor = Redactor()
    redactor.learn("")
    assert redactor.mask("as it was") == "as it was"


@pytest.fixture
def as_new():
    """A logger of the library as it is before anybody asked for silence."""
    logger = logging.getLogger("httpcore.http2")
    before = (logger.filters[:], logger.handlers[:], logger.propagate)
    logger.filters, logger.handlers, logger.propagate = [], [], True
    yield logger
    logger.filters, logger.handlers, logger.propagate = before


def test_a_silent_logger_drops_its_records_and_has_nobody_to_pass_them_to(as_new):
    silence()
    assert not as_new.filter(logging.makeLogRecord({"msg": "GET https://in.side"}))
    assert not as_new.propagate
    assert [type(handler) for handler in as_new.handlers] == [logging.NullHandler]


def test_silence_may_be_asked_for_twice() -> None:
    silence()
    before = list(logging.getLogger("httpx").handlers)
    silence()
    assert logging.getLogger("httpx").handlers == before
