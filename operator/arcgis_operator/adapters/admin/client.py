"""One site's Administrator API: build the request, send it, interpret the answer."""

import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
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
    Tokens,
    login_failure,
    login_form,
    signed,
    token_of,
    turned_away,
)
from arcgis_operator.adapters.admin.transport import Attempt, Guard, SiteTransport, Stopped, Timeouts
from arcgis_operator.core.failures import Accepted, Fact, Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.job import Job
from arcgis_operator.core.jsondoc import Json, dumps

T = TypeVar("T")
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
        self._timeouts = timeouts or Timeouts()
        self._hooks = hooks or Hooks()
        self._clock, self._wall = clock, wall
        self._addresses = Addresses(url)
        self._redactor = redactor or Redactor()
        self._tokens = Tokens(credentials, self._login, clock)
        self._transport = SiteTransport(tls, self._timeouts, self._hooks.pace, clock, transport)

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
        request = self._request("POST", url, attempt, form)
        fact: Fact = await self._call("edit", request, attempt, _edit_fact, self._send_signed)
        if isinstance(fact, Accepted):
            return replace(fact, status=self._redactor.line(fact.status))
        return fact if not isinstance(fact, Failure) or fact.kind is not Kind.GARBLED else _not_sent(fact)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._transport.aclose()

    async def _get(
        self, operation: str, url: httpx.URL | None, parse: Callable[[Json], T | Failure]
    ) -> T | Failure:
        if url is None:
            return _no_address()
        attempt = Attempt()
        request = self._request("GET", url.copy_with(query=b"f=json"), attempt)

        def interpret(answer: Answer) -> T | Failure:
            return failure_of(answer, edit=False) or parse(answer.body)

        return await self._call(operation, request, attempt, interpret, self._send_signed)

    def _masked(self, parse: Callable[[Json], T]) -> Callable[[Json], T]:
        """Parses a body in which our secrets are masked."""
        return lambda body: parse(self._redactor.tree(body))

    async def _login(self, credentials: Credentials) -> Token | Failure:
        self._redactor.learn(credentials.password)
        attempt, asked_at = Attempt(), self._clock()
        request = self._request("POST", self._addresses.token, attempt, login_form(credentials))

        def interpret(answer: Answer) -> Token | Failure:
            return failure_of(answer, edit=False) or token_of(answer, asked_at, self._wall())

        outcome = await self._call("token", request, attempt, interpret, self._send)
        if isinstance(outcome, Failure):
            return login_failure(outcome)
        self._redactor.learn(outcome.value)
        return outcome

    def _request(
        self, method: str, url: httpx.URL, attempt: Attempt, form: dict[str, str] | None = None
    ) -> httpx.Request:
        extensions = {**attempt.extensions, **self._timeouts.extensions}
        return httpx.Request(method, url, headers=_HEADERS, data=form, extensions=extensions)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)

    async def _send_signed(self, request: httpx.Request) -> httpx.Response:
        """With a token, and once more with a new one when the site turns the first one away."""
        token = await self._token()
        response = await self._send(signed(request, token))
        if turned_away(response):
            response = await self._send(signed(request, await self._token(refused=token)))
        return response

    async def _token(self, refused: Token | None = None) -> Token:
        token = await self._tokens.current(refused)
        if isinstance(token, Failure):
            raise Stopped(token)
        return token

    async def _call(
        self,
        operation: str,
        request: httpx.Request,
        attempt: Attempt,
        interpret: Callable[[Answer], T | Failure],
        send: Callable[[httpx.Request], Awaitable[httpx.Response]],
    ) -> T | Failure:
        """Sends and interprets; the only way out, so the only place where texts are made safe."""
        outcome: T | Failure
        try:
            outcome = interpret(read_answer(await send(request), self._wall()))
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
