"""Users of the site and the tokens they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from arcgis_simulator.errors import SiteError, invalid_token, token_required
from arcgis_simulator.ids import Ids
from arcgis_simulator.switches import Switches

LOCKOUT_MS = 15 * 60_000
Role = Literal["administrator", "publisher", "viewer"]


@dataclass(frozen=True, slots=True)
class User:
    """Assumed: ``viewer`` stands for a member without a content privilege; the others may do all."""

    username: str
    password: str
    role: Role = "administrator"

    @property
    def may_administer(self) -> bool:
        return self.role != "viewer"


@dataclass(frozen=True, slots=True)
class Token:
    value: str
    username: str
    expires_ms: int
    referer: str | None


class Tokens:
    """Signs users in. A token stays valid when the password changes (Assumed)."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.users: dict[str, User] = {}
        self._tokens: dict[str, Token] = {}
        self._refused: dict[str, list[int]] = {}  # times of wrong passwords in a row, by user name
        self.given: dict[str, str] = {}  # every one, also an invalid one, with the password it was given for

    def set_user(self, user: User) -> None:
        self.users[user.username] = user

    def expire_all(self) -> int:
        """Makes every token invalid and answers how many there were."""
        count = len(self._tokens)
        self._tokens.clear()
        return count

    def sign_in(self, form: Mapping[str, str], now_ms: int, switches: Switches) -> Token:
        """A new token for ``username`` and ``password``; ``expiration`` is in minutes.

        Source: Generate Token page. User names are case-sensitive (same page). Assumed: the longest life.
        """
        user = self.check(form, now_ms, switches)
        way = form.get("client", "")
        if way in ("referer", "ip") and not form.get(way):
            raise SiteError(400, "Unable to generate token.", [f"'{way}' must be specified."])
        return self.grant(
            user, form.get("expiration", ""), now_ms, switches, form["referer"] if way == "referer" else None
        )

    def check(self, form: Mapping[str, str], now_ms: int, switches: Switches) -> User:
        """The user whose name and password these are. Raises :class:`SiteError` if they are nobody's."""
        missing = [f"'{name}' must be specified." for name in ("username", "password") if not form.get(name)]
        if missing:
            raise SiteError(400, "Unable to generate token.", missing)
        if switches.logins_fail_with:
            raise SiteError(switches.logins_fail_with, "The identity store cannot be reached.")
        name = form["username"]
        if self._locked(name, now_ms, switches):
            raise SiteError(400, "Unable to generate token.", ["Too many invalid attempts: account locked."])
        user = self.users.get(name)
        if user is None or user.password != form["password"]:
            self._refused.setdefault(name, []).append(now_ms)
            raise SiteError(400, "Unable to generate token.", ["Invalid username or password."])
        self._refused.pop(name, None)
        return user

    def _locked(self, name: str, now_ms: int, switches: Switches) -> bool:
        """Source: "User account lockout policy". Assumed: the text, and that what is refused meanwhile does
        not prolong it."""
        recent = [at for at in self._refused.get(name, ()) if now_ms - at < LOCKOUT_MS]
        return 0 < switches.locks_after <= len(recent)

    def grant(
        self, user: User, expiration: str, now_ms: int, switches: Switches, referer: str | None = None
    ) -> Token:
        """A new token; ``expiration`` is in minutes, as text."""
        token = Token(
            value=self._ids.token(),
            username=user.username,
            expires_ms=now_ms + round(minutes(expiration, switches) * 60_000),
            referer=referer,
        )
        self._tokens[token.value] = token
        self.given[token.value] = user.password
        return token

    def user_of(self, value: str | None, now_ms: int) -> tuple[User, Token]:
        """The user of a token. Raises 499 without a token and 498 for an unknown or expired one."""
        if value is None:
            raise token_required()
        token = self._tokens.get(value)
        if token is None or token.expires_ms <= now_ms or token.username not in self.users:
            raise invalid_token()
        return self.users[token.username], token


def minutes(text: str, switches: Switches) -> float:
    """How long a token lives for which this was asked. Raises :class:`SiteError` for what is no number."""
    if not text:
        return switches.token_minutes_default
    if not text.isascii() or not text.isdigit() or not text.strip("0"):
        raise SiteError(
            400, "Unable to generate token.", ["'expiration' must be a positive number of minutes."]
        )
    return min(float(text), switches.token_minutes_max)
