"""One site's Administrator API: build the request, send it, interpret the answer."""

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import httpx

from arcgis_operator.adapters.admin import resources
from arcgis_operator.adapters.admin.addresses import Addresses
from arcgis_operator.adapters.admin.answers import Answer, failure_of, read_answer
from arcgis_operator.adapters.admin.logins import Logins, Trial
from arcgis_operator.adapters.admin.redaction import Redactor
from arcgis_operator.adapters.admin.resources import FolderAnswer, SiteInfo, SiteMode
from arcgis_operator.adapters.admin.tokens import (
    REFERER,
    CredentialSource,
    Remember,
    Token,
    Tokens,
    login_form,
    signed,
    token_of,
    turned_away,
)
from arcgis_operator.adapters.admin.transport import Attempt, Guard, SiteTransport, Stopped, Timeouts
from arcgis_operator.adapters.admin.trust import Trust, system_roots
from arcgis_operator.core.failures import Fact, Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.job import Job
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.likely import Listing
from arcgis_operator.core.logins import LoginNote
from arcgis_operator.core.operations import Request

_DETAIL_LENGTH = 400
_AT_ONCE_SECONDS = 5.0
_DONE_SECONDS = 60.0
"""For the answer to a change that has no job, which the site gives once it is done. Gateways wait no longer
(Source: nginx, proxy_read_timeout), and a worker of the operator waits with it."""
_NO_ANSWER = (Kind.NOT_SENT, Kind.UNSURE, Kind.BUSY, Kind.GARBLED)
T = TypeVar("T")
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Referer": REFERER,
    "User-Agent": "arcgis-operator",
}


async def _no_pace() -> None:
    return None


def _failure_of_read(answer: Answer) -> Failure | None:
    return failure_of(answer, edit=False)


async def _no_memory(note: LoginNote | None) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Hooks:
    """`pace` is awaited before each request, re-sends and logins included.

    `remember` is awaited before a login that may be refused and after one that was: see `Tokens`.
    """

    pace: Callable[[], Awaitable[None]] = _no_pace
    remember: Remember = _no_memory


@dataclass(frozen=True, slots=True)
class Exchange:
    """What became of a call (root, mode, service, folder, folders, jobs, job, edit) or a login (token).

    `http` is None without an answer; `seconds` were spent on the wire.
    """

    operation: str
    http: int | None
    failure: Failure | None
    seconds: float


class AdminClient:
    """A client of the site at `url` (`https://<host>/<context>`), to be closed with `aclose`.

    `trust` None takes the machine's certificate authorities. Raises `ValueError` for a URL that is not plain
    https and for a TLS context that does not verify. `redactor` remembers secrets beyond this client's life.
    `before` is a client of the same site whose token goes on being used.
    `logins` is shared by all clients of one address; `proxy` is host and port of one that tunnels. In tests
    `transport` stands in for the network.
    Every method returns a `Failure` instead of raising; its detail is safe to show.
    """

    def __init__(
        self,
        url: str,
        credentials: CredentialSource,
        trust: Trust | None,
        *,
        redactor: Redactor | None = None,
        logins: Logins | None = None,
        before: "AdminClient | None" = None,
        hooks: Hooks | None = None,
        timeouts: Timeouts | None = None,
        proxy: tuple[str, int] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._timeouts = timeouts or Timeouts()
        self._hooks = hooks or Hooks()
        self._clock, self._wall = clock, wall
        self._exchanges: list[Exchange] = []
        self._addresses = Addresses(url)
        self._redactor = redactor or Redactor()
        self._logins = logins or Logins(clock, wall)
        self._tokens = Tokens(
            credentials, self._login, self._silence, self._logins, self._hooks.remember, clock
        )
        if before:
            self._tokens.follow(before._tokens)
        self._transport = SiteTransport(
            trust or system_roots(), self._timeouts, self._hooks.pace, clock, transport, proxy
        )

    @property
    def username(self) -> str:
        """Who the site knows us as; empty until a token was made."""
        return self._tokens.username

    @property
    def logged_in(self) -> bool:
        """Credentials were read, whatever became of the login."""
        return self._tokens.read

    def login_note(self) -> LoginNote | None:
        """What is to be remembered of refused logins with the present credentials."""
        return self._tokens.note()

    def exchanges(self) -> list[Exchange]:
        """Those that ended since this was asked last, the oldest first."""
        ended, self._exchanges = self._exchanges, []
        return ended

    async def root(self) -> SiteInfo | Failure:
        """The release of the site."""
        url = self._addresses.root
        return await self._get("root", url, self._shown(resources.site_info), _failure_of_root)

    async def mode(self) -> SiteMode | Failure:
        """Whether the site takes changes at the moment."""
        return await self._get("mode", self._addresses.mode, self._shown(resources.site_mode))

    async def service(self, ref: ServiceRef) -> dict[str, Json] | Failure:
        """The service's whole document as the site wrote it; MISSING when there is no such service."""
        return await self._get(
            "service", self._addresses.service(ref), lambda body: resources.service_document(body, ref)
        )

    async def folder(self, name: str, known: str = "") -> FolderAnswer | Failure:
        """What the site says of all services of a folder in one answer.

        One that is the same to the last byte as that with the digest `known` is not read once more.
        """
        url = self._addresses.folder(name)

        def read(response: httpx.Response) -> FolderAnswer | Failure:
            found = hashlib.blake2b(response.content, digest_size=16).hexdigest()
            if known and found == known:
                return FolderAnswer(found, None)
            answer = read_answer(response, self._wall())
            documents = _failure_of_read(answer) or resources.folder_documents(answer.body)
            return documents if isinstance(documents, Failure) else FolderAnswer(found, documents)

        return _no_address() if url is None else await self._read("folder", url, read)

    async def folders(self) -> frozenset[str] | Failure:
        """The names of all folders, without regard to case."""
        return await self._get("folders", self._addresses.services, resources.folder_names)

    async def listing(self, name: str) -> Listing | Failure:
        """What a folder lists, in the site's own words; of the root the folders too."""
        url = self._addresses.folder(name)
        return await self._get("folder", url, lambda body: resources.listing(body, name))

    async def jobs(self) -> tuple[str, ...] | Failure:
        """The ids of all jobs that the site lists, in its order."""
        return await self._get("jobs", self._addresses.jobs, resources.job_ids)

    async def job(self, job_id: str) -> Job | Failure:
        """One job; MISSING when the site does not know it, which does not say that it is over."""
        return await self._get(
            "job",
            self._addresses.job(job_id),
            lambda body: resources.job_of(body, job_id, self._redactor),
        )

    async def submit(self, request: Request, guard: Guard) -> Fact:
        """Asks for an operation on a service.

        The guard is asked before every write, that of a re-send after a token renewal included: after pool,
        connection and token, before the first byte of the headers and again before the body.
        NOT_SENT, WITHHELD, BUSY, UNAUTHORISED, MISSING and REFUSED mean not applied, UNSURE means perhaps.
        """
        url = self._addresses.operation(request.service, request.operation.path)
        if url is None:
            return _no_address()
        jobless = not request.operation.asynchronous
        job = {} if jobless else {"async": "true"}
        attempt = Attempt(guard, _DONE_SECONDS if jobless else 0.0)
        post = self._request("POST", url, attempt, {**request.form, **job, "f": "json"})
        began = self._clock()

        def interpret(response: httpx.Response) -> Fact:
            answer = read_answer(response, self._wall())
            at_once = self._clock() - began < _AT_ONCE_SECONDS
            return _edit_fact(answer, self._redactor, at_once=at_once, jobless=jobless)

        fact: Fact = await self._call(request.operation.name, post, attempt, interpret, self._send_signed)
        return fact if not isinstance(fact, Failure) or fact.kind is not Kind.GARBLED else _not_sent(fact)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._transport.aclose()

    async def _get(
        self,
        operation: str,
        url: httpx.URL | None,
        parse: Callable[[Json], T | Failure],
        failure: Callable[[Answer], Failure | None] = _failure_of_read,
    ) -> T | Failure:
        def read(response: httpx.Response) -> T | Failure:
            answer = read_answer(response, self._wall())
            return failure(answer) or parse(answer.body)

        return _no_address() if url is None else await self._read(operation, url, read)

    async def _read(
        self, operation: str, url: httpx.URL, read: Callable[[httpx.Response], T | Failure]
    ) -> T | Failure:
        attempt = Attempt()
        request = self._request("GET", url.copy_with(query=b"f=json"), attempt)
        return await self._call(operation, request, attempt, read, self._send_signed)

    def _shown(self, parse: Callable[[Json, Redactor], T]) -> Callable[[Json], T]:
        """Parses a body as the site wrote it, and makes fit what is only shown of it."""
        return lambda body: parse(body, self._redactor)

    async def _login(self, trial: Trial) -> Token | Failure:
        self._redactor.learn(trial.credentials.password)
        attempt, asked_at = Attempt(), self._clock()
        request = self._request("POST", self._addresses.token, attempt, login_form(trial.credentials))

        def interpret(response: httpx.Response) -> Token | Failure:
            answer = read_answer(response, self._wall())
            return failure_of(answer, edit=False) or token_of(answer, asked_at, self._wall())

        try:
            outcome = await self._call("token", request, attempt, interpret, self._send)
        finally:
            trial.sent = attempt.sent
        if isinstance(outcome, Failure):
            return _unjudged(outcome, attempt.http)
        self._redactor.learn(outcome.value)
        return outcome

    async def _silence(self) -> Failure | None:
        """Why the site gives no answer: its root, asked for without a token, has no words of its own."""
        attempt = Attempt()
        request = self._request("GET", self._addresses.root.copy_with(query=b"f=json"), attempt)

        def interpret(response: httpx.Response) -> Failure | None:
            answer = read_answer(response, self._wall())
            failure = failure_of(answer, edit=False)
            return failure if failure and failure.kind in _NO_ANSWER else None

        return await self._call("root", request, attempt, interpret, self._send)

    def _request(
        self, method: str, url: httpx.URL, attempt: Attempt, form: dict[str, str] | None = None
    ) -> httpx.Request:
        extensions = {**attempt.extensions, **self._timeouts.extensions(attempt.patience)}
        return httpx.Request(method, url, headers=_HEADERS, data=form, extensions=extensions)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)

    async def _send_signed(self, request: httpx.Request) -> httpx.Response:
        """With a token, and once more with a new one when the site turns the first one away."""
        token = await self._token()
        response = await self._send(signed(request, token))
        if turned_away(request.method, response) and not self._tokens.vain:
            response = await self._send(signed(request, await self._token(refused=token)))
            if turned_away(request.method, response):
                self._tokens.in_vain()
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
        read: Callable[[httpx.Response], T | Failure],
        send: Callable[[httpx.Request], Awaitable[httpx.Response]],
    ) -> T | Failure:
        """Sends and interprets; the only way out, so the only place where texts are made safe."""
        outcome: T | Failure
        try:
            outcome = read(await send(request))
        except Stopped as stop:
            outcome = stop.failure
        failure = None
        if isinstance(outcome, Failure):
            outcome = failure = replace(outcome, detail=self._redactor.line(outcome.detail, _DETAIL_LENGTH))
        self._exchanges.append(Exchange(operation, attempt.http, failure, attempt.seconds))
        return outcome


def _unjudged(failure: Failure, http: int | None) -> Failure:
    """A failed login; its kind says so where the site has not judged it.

    A gateway that answers for a site that is away says 502 or 503, and where there is no login is no page of
    one. Of every other answer that is not the site's own nobody knows what the site had said.
    """
    if failure.kind is Kind.UNSURE and failure.code is None and http in (502, 503):
        return replace(failure, kind=Kind.NOT_SENT)
    if failure.kind is Kind.GARBLED and http is not None and (http == 404 or 300 <= http < 400):
        return replace(failure, kind=Kind.MISSING)
    return failure


def _failure_of_root(answer: Answer) -> Failure | None:
    """A page that says 404 here means that the url is wrong: there is no Administrator API below it."""
    failure = _failure_of_read(answer)
    return replace(failure, kind=Kind.MISSING) if failure and answer.http == 404 else failure


def _edit_fact(answer: Answer, redactor: Redactor, *, at_once: bool, jobless: bool) -> Fact:
    """What has taken a while may have been applied, whatever a 503 says afterwards."""
    failure = failure_of(answer, edit=True, refusable=jobless and at_once)
    if failure and failure.code == 503 and not at_once:
        return replace(failure, kind=Kind.UNSURE)
    return failure or resources.submit_reply(answer.body, redactor)


def _no_address() -> Failure:
    return Failure(Kind.REFUSED, "the name cannot be part of an address")


def _not_sent(failure: Failure) -> Failure:
    """Only the login before an edit can be GARBLED: the edit itself was not sent then."""
    return replace(failure, kind=Kind.NOT_SENT)
