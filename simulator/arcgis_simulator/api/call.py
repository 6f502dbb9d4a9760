"""One request to the site, with what a handler asks of it, and the reply a handler gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

from arcgis_simulator import jsontext
from arcgis_simulator.api.addresses import Address
from arcgis_simulator.catalogue import Service
from arcgis_simulator.errors import SiteError, invalid_token, service_not_found, token_required
from arcgis_simulator.tokens import User
from arcgis_simulator.world import World

COOKIE = "agsadmin"
_SECRET = ("token", "password", "code", "oauth_state", "refresh_token")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers: JSON, and which page shows it; ``job`` is the id of a job just submitted."""

    body: Any
    page: str = "resource"
    job: str | None = None
    location: str | None = None  # for the browser: where to go next
    cookie: str | None = None
    not_before_ms: int = 0  # site time at which the answer goes out


@dataclass(slots=True)
class Call:
    """A request. ``query`` and ``form`` hold the last value of each field."""

    method: str
    raw_path: str
    headers: Mapping[str, str]
    query: dict[str, str]
    form: dict[str, str]
    address: Address
    world: World
    base_url: str
    presented: str | None = None  # in which way a token came: never the token itself
    token: str | None = None
    user: User | None = None
    fields: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.fields = {**self.query, **self.form}
        self.presented, self.token = self._token()

    @property
    def format(self) -> str:
        """``html``, ``json`` or ``pjson``. Source: every page: html is the default. Assumed: for all else.

        Source: RFC 6749, section 5: a token for a code is JSON. Esri's Python client asks without ``f``.
        """
        wanted = self.fields.get("f", "json" if self.address.operation == "oauth2/token" else "html")
        return wanted if wanted in ("json", "pjson") else "html"

    @property
    def username(self) -> str:
        return self.user.username if self.user else ""

    def member(self) -> User:
        """The user, whatever rights he has. Raises 499 or 498."""
        self.user, _ = self.world.tokens.user_of(self.token, self.world.now_ms)
        return self.user

    def sign_in(self) -> None:
        """Finds the user. Raises 499 or 498, and 403 for one without the right."""
        world = self.world
        if (
            self.method == "POST"
            and world.switches.post_auth == "body"
            and not (self.form.get("token") or self.presented == "cookie")
        ):
            raise token_required()
        user, token = world.tokens.user_of(self.token, world.now_ms)
        referer = self.headers.get("referer")
        if world.switches.referer_checked and token.referer not in (None, referer):
            raise invalid_token()
        self.user = user
        if not user.may_administer:
            # Source: page on access to the Administrator API: others get an error. Assumed: which.
            raise SiteError(
                world.switches.forbidden_code, "You do not have permissions to access this resource."
            )

    def service(self) -> Service:
        """The service that the address names; raises :class:`SiteError` if there is none."""
        found = self.world.catalogue.find(self.address.folder, self.address.service)
        if found is None:
            raise service_not_found(self.address.title or "", self.world.switches)
        return found

    def folder(self) -> str:
        """The folder that the address names, as the site spells it; raises :class:`SiteError` for none."""
        found = self.world.catalogue.folder(self.address.folder)
        if found is None:
            raise SiteError(
                self.world.switches.unknown_service_code, f"Folder '{self.address.folder}' not found."
            )
        return found

    def json_field(self, name: str) -> Any:
        """A required form field that holds JSON text."""
        text = self.fields.get(name)
        if not text:
            raise SiteError(400, f"The parameter '{name}' is required.")
        try:
            return jsontext.loads(text)
        except jsontext.BadJson as error:
            raise SiteError(400, f"The parameter '{name}' is not valid JSON.", [str(error)]) from error

    def flag(self, name: str) -> bool:
        """A boolean field. Source: the pages say true/false. Assumed: case does not matter."""
        return self.fields.get(name, "").strip().casefold() == "true"

    def plain_fields(self) -> dict[str, str]:
        """The fields for the journal: without secrets, and without the documents it keeps elsewhere."""
        hidden = (*_SECRET, "service", "serviceScalingSpec", "servicejson")
        return {name: text for name, text in self.fields.items() if name.casefold() not in hidden}

    def _token(self) -> tuple[str | None, str | None]:
        """Where a token is, and the token. Source: Esri's clients use all but the cookie."""
        headers = self.headers
        for way in ("authorization", "x-esri-authorization"):
            scheme, _, value = headers.get(way, "").partition(" ")
            if scheme.casefold() == "bearer" and value:
                return way, value.strip()
        for way, fields in (("body", self.form), ("query", self.query)):
            if fields.get("token"):
                return way, fields["token"]
        cookie = _cookie(headers["cookie"]) if "cookie" in headers else None
        return ("cookie", cookie) if cookie else (None, None)


def parse_fields(data: bytes) -> dict[str, str]:
    """Form-encoded fields, the last value of each; bytes that are no UTF-8 are replaced (Assumed)."""
    if not data:
        return {}
    return dict(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))


def _cookie(header: str) -> str | None:
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None
