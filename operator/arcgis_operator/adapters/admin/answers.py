"""What an answer of the site means: one table, read from the top.

Unknown is the default: an answer to an edit that nothing below explains may have been applied.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from email.utils import parsedate_to_datetime

import httpx

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.jsondoc import Json, Unreadable, loads

LONGEST_PAUSE_SECONDS = 300.0
_TEXT_LIMIT = 64 * 1024  # of the words that hint at what is wrong
_FAILED_WORDS = {"error", "failed", "failure"}
_JOB_MARKS = {"jobid", "jobsurl", "operationuri"}
_READ_ONLY = re.compile(r"\bread[-\s]?only\b(?!\s+(?:file|propert|field|attribute))", re.IGNORECASE)
_NOT_THERE = re.compile(
    r"\bnot (?:found|exist)|\bno such\b|\bcannot find\b|\bcould not find\b", re.IGNORECASE
)
_LOCKED_OUT = re.compile(r"\block(?:ed)?(?:[ -]?out)?\b|\btoo many\b", re.IGNORECASE)  # Assumed: of accounts
_LATER = re.compile(r"\b(?:unavailable|not available|busy|later|overloaded)\b", re.IGNORECASE)
_LOCKED = re.compile(
    r"another administrative operation|currently being configured|currently accessing the store",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as read. `date` is the site's clock in epoch seconds, `retry_after` in seconds.

    `page`: it is a web page, as something in front of the site answers.
    """

    http: int
    body: Json = None
    readable: bool = True
    retry_after: float | None = None
    date: float | None = None
    page: bool = False


@dataclass(frozen=True, slots=True)
class SiteError:
    """An error body; the text is the site's own and not yet safe to show.

    `bare`: only a word, or a word for a code, as sign-in pages and gateways write it, too. `listed`: in the
    form that has messages.
    """

    code: int | None
    text: str
    bare: bool = False
    listed: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    http: int
    code: int  # of the body, else of HTTP when that is no success, else 0
    told: bool  # an error body says so
    own: bool  # in the site's own form
    text: str
    readable: bool
    page: bool
    pause: bool
    refusal: bool  # of a change that has no job, in its own form and at once


@dataclass(frozen=True, slots=True)
class Row:
    """`read` and `edit`: what it means for a request that only looks, and for one that changes the site."""

    says: str
    when: Callable[[_Case], bool]
    read: Kind
    edit: Kind


# The code decides, and a word only where the code leaves it open. Whether the site is in read-only mode its
# mode resource tells, not a text. What is not in the site's own JSON is not about our account or service.
# Source: Esri's clients and reports of ArcGIS Server for codes and texts. Assumed: the same on Kubernetes.
ROWS = (
    Row("another operation holds the lock", lambda c: _vague(c) and _has(_LOCKED, c), Kind.BUSY, Kind.BUSY),
    Row("the site asks for fewer requests", lambda c: c.code == 429, Kind.BUSY, Kind.BUSY),
    Row("it is locked at the moment", lambda c: c.code in (409, 423), Kind.BUSY, Kind.BUSY),
    Row(
        "the site is not available at the moment",
        lambda c: c.own and c.code == 503 and _has(_LATER, c),
        Kind.BUSY,
        Kind.BUSY,
    ),
    Row(
        "the site does not accept the token",
        lambda c: c.own and c.code in (401, 498, 499),
        Kind.UNAUTHORISED,
        Kind.UNAUTHORISED,
    ),
    Row(
        "no words, but the code of a token that is not accepted",  # a gateway's, too: see `turned_away`
        lambda c: c.code in (498, 499),
        Kind.UNAUTHORISED,
        Kind.UNSURE,
    ),
    Row(
        "the user has no right to do this",
        lambda c: c.own and c.code == 403,
        Kind.UNAUTHORISED,
        Kind.UNAUTHORISED,
    ),
    Row("the site knows no such resource", lambda c: c.own and c.code == 404, Kind.MISSING, Kind.MISSING),
    Row("the request is too large", lambda c: c.code == 413, Kind.REFUSED, Kind.REFUSED),
    Row("the site waited too long for the request", lambda c: c.code == 408, Kind.UNSURE, Kind.UNSURE),
    Row("the site asks to come back later", lambda c: c.code == 503 and c.pause, Kind.BUSY, Kind.UNSURE),
    Row(  # Source: Change Provider page, whose refusal has this code. Assumed: it takes no time.
        "the site refused", lambda c: c.refusal and c.code == 500, Kind.REFUSED, Kind.REFUSED
    ),
    Row("the site failed", lambda c: c.code >= 500, Kind.UNSURE, Kind.UNSURE),
    Row("the site points elsewhere", lambda c: 300 <= c.http < 400, Kind.GARBLED, Kind.UNSURE),
    Row("the site refused", lambda c: c.own and 400 <= c.code < 500, Kind.REFUSED, Kind.REFUSED),
    Row(
        "something in front of the Administrator API knows no such address",
        lambda c: c.http == 404,
        Kind.GARBLED,
        Kind.UNSURE,
    ),
    Row(
        "something in front of the Administrator API refuses",
        lambda c: not _fine(c.http),
        Kind.GARBLED,
        Kind.UNSURE,
    ),
    Row("the site reports an error without a usable code", lambda c: c.told, Kind.UNSURE, Kind.UNSURE),
    Row("the answer is not JSON", lambda c: not c.readable, Kind.GARBLED, Kind.UNSURE),
)


def read_answer(response: httpx.Response, now: float) -> Answer:
    """The answer as values; `now` in epoch seconds stands in for a missing Date header."""
    date = _moment(response.headers.get("date", ""))
    pause = _pause(response.headers.get("retry-after", ""), now if date is None else date)
    try:
        return Answer(response.status_code, loads(response.content), True, pause, date)
    except Unreadable:
        page = response.content.lstrip()[:1] == b"<"
        return Answer(response.status_code, None, False, pause, date, page)


def failure_of(answer: Answer, *, edit: bool, refusable: bool = False) -> Failure | None:
    """What went wrong by the first row that fits, None when the answer is a success to be parsed.

    The detail still holds the site's own words: the client makes them safe. What the words hint at is read
    here, before they are masked: `read_only`, `absent`, `locked`. Whoever can ask the site itself does.
    `refusable`: the request asked for a change that has no job, and was answered at once.
    """
    error = error_of(answer.body)
    case = _case_of(answer, error, refusable)
    row = next((row for row in ROWS if row.when(case)), None)
    if row is None:
        return None
    code = case.code or None if case.own else None
    about = ", ".join(filter(None, (str(case.code) if case.code else "", "a web page" if case.page else "")))
    number = f" ({about})" if about else ""
    detail = f"{row.says}{number}: {case.text}" if case.text else f"{row.says}{number}"
    return Failure(
        row.edit if edit else row.read,
        detail,
        code,
        answer.retry_after,
        read_only=edit and _has(_READ_ONLY, case),
        absent=case.own and _has(_NOT_THERE, case),
        locked=case.own and _has(_LOCKED_OUT, case),
    )


def error_of(body: Json) -> SiteError | None:
    """The error that a body is, None when it is none. A job resource and a submit reply are none."""
    if not isinstance(body, dict) or _JOB_MARKS & {key.casefold() for key in body}:
        return None
    return envelope_of(body)


def envelope_of(body: Json) -> SiteError | None:
    """Form B `{error: {code, message, details}}` or form A `{status, messages, code}`.

    Source: Create Folder page (B), Change Provider page (A).
    """
    if not isinstance(body, dict):
        return None
    error, word = body.get("error"), body.get("status")
    if isinstance(error, dict):
        code, text = error.get("code"), _words((error.get("message"), error.get("details")))
        return SiteError(number_of(code), text, bare=isinstance(code, str) and number_of(code) is None)
    if isinstance(error, str) and error:
        return SiteError(
            number_of(body.get("code")), _words((error, body.get("error_description"))), bare=True
        )
    if isinstance(word, str) and word.strip().casefold() in _FAILED_WORDS:
        listed = isinstance(body.get("messages"), list)
        text = _words((body.get("messages"), body.get("message")))
        return SiteError(number_of(body.get("code")), text, listed=listed)
    return None


def number_of(value: Json, most: int = 99_999) -> int | None:
    """A whole number from 0 to `most`, also when it is written as text."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,20}", value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not 0 <= value <= most:
        return None
    return int(value)


def _case_of(answer: Answer, error: SiteError | None, refusable: bool) -> _Case:
    spoken = error.code if error else None
    unsuccessful = 0 if _fine(answer.http) else answer.http
    return _Case(
        http=answer.http,
        code=unsuccessful if spoken is None else spoken,
        told=error is not None,
        own=error is not None and (not error.bare or error.code is not None),
        text=error.text if error else "",
        readable=answer.readable,
        page=answer.page,
        pause=answer.retry_after is not None,
        refusal=refusable and error is not None and error.listed,
    )


def _vague(case: _Case) -> bool:
    """The site speaks, but its code does not say what is wrong."""
    return case.own and (case.code < 400 or case.code >= 500)


def _fine(http: int) -> bool:
    return 200 <= http < 300


def _has(pattern: re.Pattern[str], case: _Case) -> bool:
    return bool(pattern.search(case.text[:_TEXT_LIMIT]))


def _words(values: Iterable[Json]) -> str:
    """All texts in the values and in lists among them, in one line; whole, for half a secret has no mask."""
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    texts = [item.strip() for item in flat[:20] if isinstance(item, str) and item.strip()]
    return "".join(f"{text}{_between(text)}" for text in texts[:-1]) + "".join(texts[-1:])


def _between(text: str) -> str:
    """What stands between a text and the next one."""
    return " " if text.endswith((".", "!", "?", ":", ";")) else "; "


def _moment(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _pause(text: str, now: float) -> float | None:
    """Seconds of a Retry-After header, as a number or a date. None when it is neither, or past."""
    if number := re.fullmatch(r"\s*([0-9]+(\.[0-9]+)?)\s*", text):
        return min(float(number[1]), LONGEST_PAUSE_SECONDS)
    moment = _moment(text)
    if moment is None or moment < now:
        return None
    return min(moment - now, LONGEST_PAUSE_SECONDS)
