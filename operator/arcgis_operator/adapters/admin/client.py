"""One site's Administrator API: build the request, send it, interpret the answer."""

import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TypeVar

import httpx

from arcgis_operator.adapters.admin import resources
from arcgis_operator.adapters.admin.addresses import Addresses
from arcgis_operator.adapters.admin.answers import Answer, failure_of, read_answer
from arcgis_operator.adapters.admin.redaction import Redactor
from arcgis_operator.adapters.admin.resources import SiteInfo, SiteMode
from arcgis_operator.adapters.admin.tokens import (
    REFERER,
    Credentials,
    CredentialSource,
    Token,
    TokenAuth,
    Tokens,
    login_failure,
    login_form,
    token_of,
)
from arcgis_operator.adapters.admin.transport import Attempt, Guard, SiteTransport, Stopped, Timeouts
from arcgis_operator.core.failures import Accepted, Fact, Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.job import Job
from arcgis_operator.core.jsondoc import Json, dumps

T = TypeVar("T")
ENDED = "the session with the site has ended"
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Referer": REFERER,
    "User-Agent": "arcgis-operator",
}


async def _no_pace() -> None:
    return None


def _no_ear(operation: str, http: int | None, failure: Failure | None, seconds: float) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Hooks:
    """`pace` is awaited before each request, re-sends and logins included.

    `answered(operation, http code or None, failure or None, seconds on the wire)` is called once for
    each call of the client (root, mode, service, jobs, job, edit) and for each login (token).
    """

    pace: Callable[[], Awaitable[None]] = _no_pace
    answered: Callable[[str, int | None, Failure | None, float], None] = _no_ear


class AdminClient:
    """A client of the site at `url` (`https://<host>/<context>`), to be closed with `aclose`.

    `tls` None takes the machine's certificate authorities. Raises `ValueError` for a URL that is not plain
    https and for a TLS context that does not verify. `redactor` remembers secrets beyond this client's life.
    `transport` stands in for the network in tests.
    Every method returns a `Failure` instead of raising; its detail is safe to show.
    """

    def __init__(
        self,
        url: str,
        credentials: CredentialSource,
        tls: ssl.SSLContext | None,
        *,
        redactor: Redactor | None = None,
        hooks: Hooks | None = None,
        timeouts: Timeouts | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        limits = timeouts or Timeouts()
        self._hooks = hooks or Hooks()
        self._clock, self._wall = clock, wall
        self._addresses = Addresses(url)
        self._redactor = redactor or Redactor()
        self._tokens = Tokens(credentials, self._login, clock)
        self._auth = TokenAuth(self._tokens)
        self._http = httpx.AsyncClient(
            transport=SiteTransport(tls, limits, self._hooks.pace, clock, transport),
            headers=_HEADERS,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(
                connect=limits.connect, read=limits.read, write=limits.write, pool=limits.pool
            ),
            follow_redirects=False,
            trust_env=False,
        )

    @property
    def username(self) -> str:
        """Who the site knows us as; empty until a token was made."""
        return self._tokens.username

    async def root(self) -> SiteInfo | Failure:
        """The release of the site."""
        return await self._get("root", self._addresses.root, self._masked(resources.site_info))

    async def mode(self) -> SiteMode | Failure:
        """Whether the site takes changes at the moment."""
        return await self._get("mode", self._addresses.mode, self._masked(resources.site_mode))

    async def service(self, ref: ServiceRef) -> dict[str, Json] | Failure:
        """The service's whole document as the site wrote it; MISSING when there is no such service."""
        return await self._get(
            "service", self._addresses.service(ref), lambda body: resources.service_document(body, ref)
        )

    async def folder(self, name: str) -> dict[str, dict[str, Json]] | Failure:
        """What the site says of all services of a folder in one answer, by `name.type` in lower case."""
        return await self._get("folder", self._addresses.folder(name), resources.folder_documents)

    async def jobs(self) -> tuple[str, ...] | Failure:
        """The ids of all jobs that the site lists, in its order."""
        return await self._get("jobs", self._addresses.jobs, resources.job_ids)

    async def job(self, job_id: str) -> Job | Failure:
        """One job; MISSING when the site does not know it, which does not say that it is over."""
        return await self._get(
            "job",
            self._addresses.job(job_id),
            self._masked(lambda body: resources.job_of(body, job_id)),
        )

    async def edit(self, ref: ServiceRef, document: Mapping[str, Json], guard: Guard) -> Fact:
        """Replaces the service's document by this one, asynchronously. Source: Edit Service page.

        The guard is asked before every write, that of a re-send after a token renewal included: after pool,
        connection and token, before the first byte of the headers and again before the body.
        NOT_SENT, BUSY, UNAUTHORISED, MISSING and REFUSED mean not applied, UNSURE means perhaps.
        """
        url = self._addresses.edit(ref)
        if url is None:
            return _no_address()
        form = {"service": dumps(document), "async": "true", "f": "json"}
        attempt = Attempt(guard)
        request = self._http.build_request("POST", url, data=form, extensions=attempt.extensions)
        fact: Fact = await self._call("edit", request, attempt, _edit_fact, self._auth)
        if isinstance(fact, Accepted):
            return replace(fact, status=self._redactor.line(fact.status))
        return fact if not isinstance(fact, Failure) or fact.kind is not Kind.GARBLED else _not_sent(fact)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._http.aclose()

    async def _get(
        self, operation: str, url: httpx.URL | None, parse: Callable[[Json], T | Failure]
    ) -> T | Failure:
        if url is None:
            return _no_address()
        attempt = Attempt()
        address = url.copy_with(query=b"f=json")
        request = self._http.build_request("GET", address, extensions=attempt.extensions)

        def interpret(answer: Answer) -> T | Failure:
            return failure_of(answer, edit=False) or parse(answer.body)

        return await self._call(operation, request, attempt, interpret, self._auth)

    def _masked(self, parse: Callable[[Json], T]) -> Callable[[Json], T]:
        """Parses a body in which our secrets are masked."""
        return lambda body: parse(self._redactor.tree(body))

    async def _login(self, credentials: Credentials) -> Token | Failure:
        self._redactor.learn(credentials.password)
        if self._http.is_closed:  # while the credentials were read
            return Failure(Kind.NOT_SENT, ENDED)
        attempt, asked_at = Attempt(), self._clock()
        request = self._http.build_request(
            "POST", self._addresses.token, data=login_form(credentials), extensions=attempt.extensions
        )

        def interpret(answer: Answer) -> Token | Failure:
            return failure_of(answer, edit=False) or token_of(answer, asked_at, self._wall())

        outcome = await self._call("token", request, attempt, interpret, None)
        if isinstance(outcome, Failure):
            return login_failure(outcome)
        self._redactor.learn(outcome.value)
        return outcome

    async def _call(
        self,
        operation: str,
        request: httpx.Request,
        attempt: Attempt,
        interpret: Callable[[Answer], T | Failure],
        auth: httpx.Auth | None,
    ) -> T | Failure:
        """Sends and interprets; the only way out, so the only place where texts are made safe."""
        outcome: T | Failure
        try:
            response = await self._http.send(request, auth=auth)
            outcome = interpret(read_answer(response, self._wall()))
        except Stopped as stop:
            outcome = stop.failure
        failure = None
        if isinstance(outcome, Failure):
            outcome = failure = replace(outcome, detail=self._redactor.line(outcome.detail))
        self._hooks.answered(operation, attempt.http, failure, attempt.seconds)
        return outcome


def _edit_fact(answer: Answer) -> Fact:
    return failure_of(answer, edit=True) or resources.submit_reply(answer.body)


def _no_address() -> Failure:
    return Failure(Kind.REFUSED, "the name cannot be part of an address")


def _not_sent(failure: Failure) -> Failure:
    """Only the login before an edit can be GARBLED: the edit itself was not sent then."""
    return replace(failure, kind=Kind.NOT_SENT)
