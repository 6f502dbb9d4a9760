"""Tokens of the site: made when needed, shared, renewed before they end and once when refused.

Source: Generate Token page; Esri's clients for the referer and the early renewal. Never in a query string.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

import httpx

from arcgis_operator.adapters.admin.answers import Answer, error_of, number_of
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.jsondoc import Json, Unreadable, loads

REFERER = "arcgis-operator"
LIFE_MINUTES = 60
_SHORTEST_LIFE_SECONDS = 30.0
_RENEW_EARLY_SECONDS = 300.0
_REFUSED_PAUSE_SECONDS = 30.0
_LATEST_MS = 253_402_300_799_999
_ERROR_BODY_BYTES = 16 * 1024
_NO_TOKEN_CODES = (401, 498, 499)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user of the site. User names are case-sensitive. Source: Generate Token page."""

    username: str
    password: str = field(repr=False)


CredentialSource = Callable[[], Awaitable[Credentials | Failure]]
"""Reads the credentials anew; called for every new token, so a rotated password is picked up."""


@dataclass(frozen=True, slots=True)
class Token:
    """`renew_at` is in seconds of our own monotonic clock."""

    value: str = field(repr=False)
    renew_at: float


def login_form(credentials: Credentials) -> dict[str, str]:
    """The body of the POST to `sharing/rest/generateToken`."""
    return {
        "username": credentials.username,
        "password": credentials.password,
        "client": "referer",
        "referer": REFERER,
        "expiration": str(LIFE_MINUTES),
        "f": "json",
    }


def token_of(answer: Answer, asked_at: float, wall: float) -> Token | Failure:
    """`{token, expires}`, `expires` in epoch ms as number or text, on the site's clock.

    Clocks may differ, so the life is taken from the answer's own Date where it has one (else from `wall`),
    is never longer than asked for, and counts from `asked_at` on our monotonic clock.
    """
    body: Json = answer.body if isinstance(answer.body, dict) else {}
    value = body.get("token")
    if not isinstance(value, str) or not 0 < len(value) <= 8192 or not value.isascii() or not _visible(value):
        return Failure(Kind.GARBLED, "the answer to the login holds no token")
    asked_for = LIFE_MINUTES * 60.0
    expires = number_of(body.get("expires"), _LATEST_MS)
    site_now = wall if answer.date is None else answer.date
    given = asked_for if expires is None else expires / 1000 - site_now
    life = min(max(given, _SHORTEST_LIFE_SECONDS), asked_for)
    return Token(value, asked_at + life - min(_RENEW_EARLY_SECONDS, life / 4))


def login_failure(failure: Failure) -> Failure:
    """A failed login as the failure of what needed it: that was not sent."""
    match failure.kind:
        case Kind.UNAUTHORISED | Kind.REFUSED:
            return replace(failure, kind=Kind.UNAUTHORISED, detail=f"login refused: {failure.detail}")
        case Kind.BUSY:
            return failure
        case Kind.MISSING | Kind.GARBLED:
            return replace(failure, kind=Kind.GARBLED, detail=f"no login at this address: {failure.detail}")
        case _:
            return replace(failure, kind=Kind.NOT_SENT, detail=f"login: {failure.detail}")


def credentials_failure(failure: Failure) -> Failure:
    """Unread credentials as the failure of what needed them: nothing was sent or is missing on the site."""
    match failure.kind:
        case Kind.UNSURE:
            return replace(failure, kind=Kind.NOT_SENT)
        case Kind.MISSING | Kind.REFUSED | Kind.GARBLED:
            return replace(failure, kind=Kind.UNAUTHORISED)
        case _:
            return failure


class Tokens:
    """One login at a time; who waited for it shares its outcome, so a wrong password is not tried in a row.

    Refused credentials are not sent again for half a minute unless they changed: sites lock users out.
    """

    def __init__(
        self,
        source: CredentialSource,
        login: Callable[[Credentials], Awaitable[Token | Failure]],
        clock: Callable[[], float],
    ) -> None:
        self._source, self._login, self._clock = source, login, clock
        self._lock = asyncio.Lock()
        self._outcome: Token | Failure | None = None
        self._logins = 0
        self._refused: tuple[Credentials, Failure, float] | None = None
        self.username = ""

    async def current(self, refused: Token | None = None) -> Token | Failure:
        """A token for use now; `refused` is one that the site no longer takes."""
        seen = self._logins
        async with self._lock:
            last = self._outcome
            if isinstance(last, Token) and last is not refused and self._clock() < last.renew_at:
                return last
            if isinstance(last, Failure) and self._logins != seen:
                return last
            self._outcome = await self._new()
            self._logins += 1
            return self._outcome

    async def _new(self) -> Token | Failure:
        credentials = await self._source()
        if isinstance(credentials, Failure):
            return credentials_failure(credentials)
        if self._refused and self._refused[0] == credentials and self._clock() < self._refused[2]:
            return self._refused[1]
        outcome = await self._login(credentials)
        if isinstance(outcome, Token):
            self._refused, self.username = None, credentials.username
        elif outcome.kind is Kind.UNAUTHORISED:
            self._refused = (credentials, outcome, self._clock() + _REFUSED_PAUSE_SECONDS)
        return outcome


def signed(request: httpx.Request, token: Token) -> httpx.Request:
    """The request with the token in its header and, when it has a form, in that as well.

    Source: Overview page asks for the body field, Esri's command line sends the header only.
    """
    headers = request.headers.copy()
    headers["Authorization"] = f"Bearer {token.value}"
    content = request.content
    if request.method == "POST":
        content += b"&" + urlencode({"token": token.value}).encode()
        headers["Content-Length"] = str(len(content))
    return httpx.Request(
        request.method, request.url, headers=headers, content=content, extensions=request.extensions
    )


def turned_away(response: httpx.Response) -> bool:
    """HTTP or body code 401, 498 or 499. Source: live answers of ArcGIS Server have them at HTTP 200."""
    if response.status_code in _NO_TOKEN_CODES:
        return True
    if len(response.content) > _ERROR_BODY_BYTES:
        return False
    try:
        error = error_of(loads(response.content))
    except Unreadable:
        return False
    return error is not None and error.code in _NO_TOKEN_CODES


def _visible(text: str) -> bool:
    return all("!" <= sign <= "~" for sign in text)
