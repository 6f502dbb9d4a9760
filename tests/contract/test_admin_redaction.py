"""No secret and no address in a text or a log."""

import base64
import html
import io
import json
import logging
import time
import urllib.parse

import httpx
import pytest
from admin_wire import PASSWORD, REQUEST, ROADS, TOKEN, Request, allowed, answer
from hypothesis import given
from hypothesis import strategies as st

from arcgis_operator.adapters.admin import Credentials, silence
from arcgis_operator.adapters.admin.redaction import Redactor, show
from arcgis_operator.core.record import JobShown
from arcgis_operator.core.shown import shown

TWICE = urllib.parse.quote(urllib.parse.quote(PASSWORD, safe=""), safe="")
FORMS = {
    "as it is": PASSWORD,
    "in another case": PASSWORD.swapcase(),
    "quoted": urllib.parse.quote(PASSWORD, safe=""),
    "quoted in lower case": urllib.parse.quote(PASSWORD, safe="").lower(),
    "quoted with plus": urllib.parse.quote_plus(PASSWORD),
    "quoted twice": TWICE,
    "as JSON": json.dumps(PASSWORD)[1:-1],
    "as JSON with codes": "".join(f"\\u{ord(sign):04x}" if not sign.isalnum() else sign for sign in PASSWORD),
    "as JSON within JSON": json.dumps(json.dumps(PASSWORD)[1:-1])[1:-1].replace("/", "\\/"),
    "as HTML": html.escape(PASSWORD),
    "as HTML in numbers": "".join(sign if sign.isalnum() else f"&#{ord(sign)};" for sign in PASSWORD),
    "as HTML in hexadecimal": "".join(sign if sign.isalnum() else f"&#x0{ord(sign):X};" for sign in PASSWORD),
    "as HTML twice": html.escape(html.escape(PASSWORD)),
    "in base64": base64.b64encode(PASSWORD.encode()).decode(),
    "in base64 for addresses": base64.urlsafe_b64encode(PASSWORD.encode()).decode(),
    "in base64 with a name": base64.b64encode(f"ab:{PASSWORD}".encode()).decode(),
    "in hexadecimal": PASSWORD.encode().hex(),
}
HARD = """Pa/ss+w=rd&9'"<é€𝄞>\\ ü\t~#"""


def forms_of(secret: str) -> set[str]:
    return {
        secret,
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
        "".join(f"&#x{ord(sign):x};" if not sign.isalnum() else sign for sign in secret),
    }


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
async def test_a_password_that_the_site_echoes_is_masked(scripted, form):
    body = {"error": {"code": 400, "message": f"<{form}> is wrong", "details": [f"x{TOKEN}-1y"]}}
    client, _ = scripted(httpx.Response(200, json=body))
    failure = await client.submit(REQUEST, allowed)
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
    told = repr((shown(job, JobShown(), None), job.messages, job.error, job.result))
    assert PASSWORD not in told
    assert TOKEN not in told
    assert job.result["a"] == [{"***": "***"}]


async def test_what_the_site_says_of_itself_is_masked(scripted):
    body = {"isReadOnly": True, "message": f"closed, try {PASSWORD}", "currentVersion": f"11 {TOKEN}-1"}
    client, _ = scripted(httpx.Response(200, json=body))
    assert (await client.root()).shown == "11 ***"
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
    "a header": ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
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


def test_no_code_of_a_hard_password_survives():
    redactor = Redactor()
    redactor.learn(HARD)
    percent = urllib.parse.quote(HARD, safe="")
    codes = {
        *forms_of(HARD),
        percent.lower(),
        html.escape(HARD, quote=False),
        json.dumps(json.dumps(HARD)[1:-1])[1:-1],
    }
    assert {redactor.mask(f"[{code}]") for code in codes} == {"[***]"}


def test_a_password_from_a_file_is_masked_without_its_line_end():
    redactor = Redactor()
    redactor.learn("hunter2\r\n")
    assert redactor.line("bad password hunter2 for gitops") == "bad password *** for gitops"


@pytest.mark.parametrize("before", range(4))
def test_a_secret_within_base64_is_masked_wherever_it_begins(before):
    redactor = Redactor()
    redactor.learn(HARD)
    text = base64.b64encode(b"a" * before + HARD.encode() + b"zz").decode()
    assert redactor.mask(f"[{text}]") == "[***]"


def test_no_half_of_a_secret_is_left_where_a_long_text_is_cut():
    redactor = Redactor()
    redactor.learn("correct-horse-battery-staple-correct-horse-battery-staple")
    text = "correct-horse-battery-staple-correct-horse-battery-staple " * 100
    assert "correct" not in redactor.line(text)


LONG_TOKEN = "".join(f"aB{number:04}-" for number in range(1100))
AROUND = {
    "many times": LONG_TOKEN * 200,
    "many times with words between": f"{LONG_TOKEN} and again " * 200,
    "in percent codes": LONG_TOKEN.replace("-", "%2D") * 200,
    "over the place where it is cut": "x" * (65_000 - 3_000) + LONG_TOKEN * 4,
    "again and again up to there": f"{LONG_TOKEN} " * 10 + LONG_TOKEN[:4000] + LONG_TOKEN * 20,
}


@pytest.mark.parametrize("text", AROUND.values(), ids=AROUND)
def test_no_half_of_a_long_token_is_left_where_a_very_long_text_is_cut(text):
    redactor = Redactor()
    redactor.learn(LONG_TOKEN)
    line = redactor.line(text, 4096)
    assert not [at for at in range(0, len(LONG_TOKEN) - 12, 4) if LONG_TOKEN[at : at + 12] in line]


@pytest.mark.parametrize("length", [300, 4000, 5000, 70_000, 200_000])
def test_a_message_begins_as_it_does_however_long_it_is(length):
    redactor = Redactor()
    redactor.learn(LONG_TOKEN)
    text = ("The job failed: layer 17 cannot be read from the data store. " * 5000)[:length]
    assert redactor.line(text, 256)[:250] == text[:250]


@pytest.mark.parametrize(
    "text", ["a" * 60_000, "%2" * 30_000, "\\" * 60_000, "&amp;" * 12_000, "x=" * 30_000]
)
def test_a_long_text_is_masked_in_a_moment(text):
    redactor = Redactor()
    for number in range(40):
        redactor.learn(f"{HARD}{number}")
        redactor.learn(f"{number}" + "aB3" * 90)
    began = time.process_time()
    redactor.line(text)
    assert time.process_time() - began < 1.0


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
    await client.submit(REQUEST, allowed)
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


@pytest.mark.parametrize("before", [2040, 4090, 65_525])
async def test_no_half_of_a_secret_is_left_where_a_long_error_is_cut(scripted, before):
    """What stands before it shrinks to a few signs: it is an address, or is cut out itself."""
    client, site = scripted(httpx.Response(200, json={}))
    text = f"https://in.side/{'x' * (before - 17)} {PASSWORD}"
    site.login = lambda request: httpx.Response(200, json={"error": {"code": 400, "message": text}})
    detail = (await client.jobs()).detail
    assert PASSWORD[:5] not in detail
    assert "login refused (400): (address)" in detail
