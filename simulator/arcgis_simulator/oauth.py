"""Signing in at the portal's page: what was asked for at ``authorize``, until ``signin`` answers it.

Source: Esri's Python package ``arcgis`` 2.4.4 run against it (what it asks and reads).
Assumed: how long a code lives, and what stands on the page beside the object that the client reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from arcgis_simulator.errors import SiteError
from arcgis_simulator.ids import Ids
from arcgis_simulator.switches import Switches
from arcgis_simulator.tokens import Token, Tokens, minutes

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_KEPT = 1000  # pages that nobody signed in at
_CODE_MS = 600_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One page that was handed out; ``wants`` is ``token`` or ``code``."""

    wants: str
    redirect: str
    state: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The answer to a good password: an address to go to, or a code to show."""

    location: str | None = None
    code: str | None = None


class OAuth:
    """Hands out tokens of ``tokens`` for passwords typed at a page, and for codes."""

    def __init__(self, ids: Ids, tokens: Tokens) -> None:
        self._ids = ids
        self._tokens = tokens
        self._asked: dict[str, Asked] = {}
        self._codes: dict[str, tuple[str, int]] = {}  # the user, and the end of the code

    def authorize(self, query: Mapping[str, str], origin: str) -> str:
        """The ``oauth_state`` of a new page. Only addresses of the site itself are gone back to."""
        wants, redirect = query.get("response_type", ""), query.get("redirect_uri", "")
        if redirect != OUT_OF_BAND and _origin(redirect) != _origin(origin):
            raise SiteError(400, "Invalid redirect_uri")
        if wants not in ("token", "code"):
            raise SiteError(400, "Invalid response_type")
        state = self._ids.token()
        self._asked[state] = Asked(wants, redirect, query.get("state", ""))
        for oldest in list(self._asked)[:-_KEPT]:
            del self._asked[oldest]
        return state

    def sign_in(self, form: Mapping[str, str], now_ms: int, switches: Switches) -> SignedIn:
        """Takes user and password. A refusal leaves the page open for another attempt."""
        asked = self._asked.get(form.get("oauth_state", ""))
        if asked is None:
            raise SiteError(400, "Invalid oauth_state")
        user = self._tokens.check(form, now_ms, switches)
        minutes(form.get("expiration", ""), switches)
        if asked.wants == "code":
            code = self._ids.token()
            self._codes[code] = (user.username, now_ms + _CODE_MS)
            return SignedIn(code=code)
        token = self._tokens.grant(user, form.get("expiration", ""), now_ms, switches)
        said = {**granted(token, now_ms), "state": asked.state, "ssl": "true"}
        return SignedIn(location=f"{asked.redirect}#{urlencode(said)}")

    def redeem(self, form: Mapping[str, str], now_ms: int, switches: Switches) -> Token:
        """A token for a code, which is good once."""
        if form.get("grant_type") != "authorization_code":
            raise SiteError(400, "Invalid grant_type")
        username, ends_ms = self._codes.pop(form.get("code", ""), ("", 0))
        user = self._tokens.users.get(username)
        if user is None or ends_ms <= now_ms:
            raise SiteError(400, "Invalid code")
        return self._tokens.grant(user, form.get("expiration", ""), now_ms, switches)


def granted(token: Token, now_ms: int) -> dict[str, object]:
    """What the client reads; it signs in again for every request if ``expires_in`` is not over 300."""
    seconds = (token.expires_ms - now_ms) // 1000
    return {"access_token": token.value, "expires_in": seconds, "username": token.username}


def _origin(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc
