"""Tokens of the site: made when needed, shared, renewed before they end and once when refused.

Source: Generate Token page; Esri's clients for the referer and the early renewal. Never in a query string.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

import httpx

from arcgis_operator.adapters.admin.accounts import Credentials
from arcgis_operator.adapters.admin.answers import Answer, error_of, number_of
from arcgis_operator.adapters.admin.logins import Logins, Trial
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.jsondoc import Json, Unreadable, loads
from arcgis_operator.core.logins import LoginNote

REFERER = "arcgis-operator"
LIFE_MINUTES = 60
_SHORTEST_LIFE_SECONDS = 30.0
_RENEW_EARLY_SECONDS = 300.0
_VAIN_SECONDS = 60.0
_LATEST_MS = 253_402_300_799_999
_ERROR_BODY_BYTES = 16 * 1024
_ESRI_CODES = (498, 499)
_NO_TOKEN_CODES = (401, *_ESRI_CODES)


CredentialSource = Callable[[], Awaitable[Credentials | Failure]]
"""Reads the credentials anew; called for every new token, so a rotated password is picked up."""
Remember = Callable[[LoginNote | None], Awaitable[Failure | None]]


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
    """A failed login as the failure of what needed it: that was not sent, so no code is about it."""
    match failure.kind:
        case Kind.UNAUTHORISED | Kind.REFUSED:
            detail = f"login refused: {failure.detail}".replace(": the site refused (", " (", 1)
            return replace(failure, kind=Kind.UNAUTHORISED, detail=detail, code=None)
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

    `logins` knows which ones may be tried. `remember(note)` stores what a restart must know, None for
    nothing, and tells why it could not: then nothing is sent that a restart would have to know of. `login`
    fails as the answer was read, and says on the trial whether it was sent. `silence` tells, without a login,
    why the site gives no answers, None when it does.
    """

    def __init__(
        self,
        source: CredentialSource,
        login: Callable[[Trial], Awaitable[Token | Failure]],
        silence: Callable[[], Awaitable[Failure | None]],
        logins: Logins,
        remember: Remember,
        clock: Callable[[], float],
    ) -> None:
        self._source, self._login, self._silence, self._clock = source, login, silence, clock
        self._logins, self._remember = logins, remember
        self._lock = asyncio.Lock()
        self._outcome: Token | Failure | None = None
        self._made = 0
        self._vain_until = float("-inf")
        self._read: Credentials | None = None
        self.username = ""

    @property
    def read(self) -> bool:
        """Credentials were read."""
        return self._read is not None

    def note(self) -> LoginNote | None:
        """What is to be remembered of the credentials that were read last, None when it is nothing."""
        return self._logins.note(self._read) if self._read else None

    def follow(self, before: "Tokens") -> None:
        """Go on with the token of another client of this site: a login whose answer is lost may count."""
        if isinstance(before._outcome, Token):
            self._outcome, self._read, self.username = before._outcome, before._read, before.username

    async def current(self, refused: Token | None = None) -> Token | Failure:
        """A token for use now; `refused` is one that the site no longer takes."""
        seen = self._made
        async with self._lock:
            last = self._outcome
            if isinstance(last, Token) and last is not refused and self._clock() < last.renew_at:
                return last
            if isinstance(last, Failure) and self._made != seen:
                return last
            self._outcome = await self._new()
            self._made += 1
            return self._outcome

    @property
    def vain(self) -> bool:
        """Of late a token that was just made was refused, too: another one would be."""
        return self._clock() < self._vain_until

    def in_vain(self) -> None:
        """A token that was just made was refused."""
        self._vain_until = self._clock() + _VAIN_SECONDS

    async def _new(self) -> Token | Failure:
        credentials = await self._source()
        if isinstance(credentials, Failure):
            return credentials_failure(credentials)
        self._read = credentials
        trial = await self._logins.enter(credentials)
        if isinstance(trial, Failure):
            return trial
        try:
            return await self._try(trial)
        finally:
            self._logins.leave(trial)

    async def _try(self, trial: Trial) -> Token | Failure:
        if trial.doubtful and (silence := await self._heard_nothing(trial)):
            return self._logins.refused(trial, silence, login_failure(silence))
        if trial.first_noted and (unstored := await self._store(trial.credentials)):
            return unstored
        outcome = await self._login(trial)
        if isinstance(outcome, Token):
            self._logins.taken(trial)
            self.username = trial.credentials.username
        else:
            outcome = self._logins.refused(trial, outcome, login_failure(outcome))
        if trial.first_noted or self._logins.note(trial.credentials):
            await self._store(trial.credentials)
        return outcome

    async def _heard_nothing(self, trial: Trial) -> Failure | None:
        """A page may be what whoever has no token is shown: it holds a login while another one counts."""
        silence = await self._silence()
        if silence is None or (silence.kind is Kind.GARBLED and trial.alone):
            return None
        return replace(silence, kind=Kind.NOT_SENT)

    async def _store(self, credentials: Credentials) -> Failure | None:
        note = self._logins.note(credentials)
        unstored = await self._remember(note)
        if note and not unstored:
            self._logins.stored(note)
        return unstored


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


def turned_away(method: str, response: httpx.Response) -> bool:
    """The site itself says 401, 498 or 499. Source: live answers of ArcGIS Server have them at HTTP 200.

    A 401 in other words is that of something in front, which no new token would please. A gateway also says
    499 to what it has passed on and waited for too long, so the bare code is enough for a read only. Source:
    traefik/traefik issue 11377.
    """
    if method == "GET" and response.status_code in _ESRI_CODES:
        return True
    if len(response.content) > _ERROR_BODY_BYTES:
        return False
    try:
        error = error_of(loads(response.content))
    except Unreadable:
        return False
    if error is None or (error.bare and error.code is None):
        return False
    return (error.code or response.status_code) in _NO_TOKEN_CODES


def _visible(text: str) -> bool:
    return all("!" <= sign <= "~" for sign in text)
