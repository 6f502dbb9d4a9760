"""The way of one ArcGISSite to its site: the client, whom it trusts, and every question that goes there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from arcgis_operator.adapters.admin import (
    ENDED,
    AdminClient,
    CredentialSource,
    Guard,
    Hooks,
    Logins,
    Redactor,
    Remember,
    Timeouts,
    Trust,
)
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.logins import render_login
from arcgis_operator.core.said import Raw
from arcgis_operator.sites.availability import Availability
from arcgis_operator.telemetry.happenings import SiteAnswered, Tell

T = TypeVar("T")
TRUST_AGAIN = 3  # failures in a row after which the CA bundle is read anew


@dataclass(frozen=True, slots=True)
class Account:
    """Who one ArcGISSite is at its site, and whom it trusts there.

    `trust` reads the CA bundle. `redactor` outlives the session: the site may still echo what the last one
    used. `logins` are those of the address, shared with its other sessions; `remember` notes them on the
    ArcGISSite.
    """

    credentials: CredentialSource
    trust: Callable[[], Awaitable[Trust | Failure]]
    redactor: Redactor
    logins: Logins
    remember: Remember


class Link:
    """A client is made when the first question comes, retired when the CA bundle is read anew, and closed.

    `met` hears whom it trusts as soon as that is known.
    """

    def __init__(
        self,
        account: Account,
        availability: Availability,
        met: Callable[[Trust], None],
        tell: Tell,
        timeouts: Timeouts,
    ) -> None:
        self._account, self._availability, self._met = account, availability, met
        self._tell, self._timeouts = tell, timeouts
        self._client: AdminClient | None = None
        self._retired: AdminClient | None = None
        self._ended = ""

    @property
    def username(self) -> Raw:
        """Who we are there, empty until a token was made."""
        return Raw(self._client.username if self._client else "")

    def login(self) -> Mapping[str, Json] | None:
        """What to remember of refused logins, empty when nothing; None when no login is known."""
        if not self._client or not self._client.logged_in:
            return None
        note = self._client.login_note()
        return render_login(note) if note else {}

    async def connected(self) -> AdminClient | Failure:
        """The client, or why there is none."""
        if self._client is None:
            trust = await self._account.trust()
            if isinstance(trust, Failure):
                return trust
            if self._ended:
                return Failure(Kind.NOT_SENT, self._ended)
            try:
                self._client = self._client or self._make_client(trust)
            except ValueError as error:
                return Failure(Kind.NOT_SENT, str(error))
            self._met(trust)
        return self._client

    async def ask(self, what: str, question: Callable[[AdminClient], Awaitable[T | Failure]]) -> T | Failure:
        """The site's answer; not asked while a pause holds that it asked for, for this or for all."""
        client = await self.connected()
        if isinstance(client, Failure):
            return client
        if later := self._availability.held(what):
            return later
        answer = await self.told(client, question(client))
        return self._availability.put_off(what, answer) if isinstance(answer, Failure) else answer

    async def told(self, client: AdminClient, call: Awaitable[T]) -> T:
        """What a call gives, once it is known here what became of its requests."""
        try:
            return await call
        finally:
            for one in client.exchanges():
                self._tell(SiteAnswered(one.operation, one.http))
                self._availability.answered(one)

    def guarded(self, guard: Guard) -> Guard:
        """The guard, which lets nothing through either once this way is closed."""
        return lambda: self._ended or guard()

    async def renew(self) -> None:
        """After failures in a row: the next request reads the CA bundle again, those under way just end."""
        if not self._availability.take_silence(TRUST_AGAIN):
            return
        before, self._retired, self._client = self._retired, self._client, None
        if before:
            await before.aclose()

    async def aclose(self) -> None:
        """Close all connections; who still holds the session is told, and opens none again."""
        self._ended = ENDED
        clients, self._client, self._retired = (self._client, self._retired), None, None
        for client in clients:
            if client:
                await client.aclose()

    def _make_client(self, trust: Trust) -> AdminClient:
        account, wanted = self._account, self._availability.wanted
        return AdminClient(
            wanted.url,
            account.credentials,
            trust,
            redactor=account.redactor,
            logins=account.logins,
            before=self._retired,
            hooks=Hooks(pace=self._requested, remember=account.remember),
            timeouts=self._timeouts,
            proxy=wanted.proxy,
        )

    async def _requested(self) -> None:
        self._availability.requested()
