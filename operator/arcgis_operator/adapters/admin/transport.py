"""The way to the site: guard, caps, total time-out, and what every breakage of it means.

Every request passes here, logins and re-sends as well. Must not read what an answer says.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

import httpcore
import httpx

from arcgis_operator.adapters.admin.dialling import NameSilent, ProxyAway, ProxyRefused
from arcgis_operator.adapters.admin.network import LargeUntaken, Network, SmallUntaken
from arcgis_operator.adapters.admin.trust import Trust
from arcgis_operator.core.failures import Failure, Kind

Guard = Callable[[], str | None]
"""None when a request that changes the site may be written now, else why not."""

ENDED = "the session with the site has ended"
MAX_ANSWER_BYTES = 8 * 1024 * 1024
_ATTEMPT = "arcgis_attempt"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `total` bounds one request from the wait for a connection to the last byte of its answer."""

    connect: float = 5.0
    read: float = 15.0
    write: float = 15.0
    pool: float = 15.0
    total: float = 30.0

    def extensions(self, patience: float = 0.0) -> dict[str, object]:
        """To be given to a request, as httpx's own client does; `patience` as of an `Attempt`."""
        return {
            "timeout": {
                "connect": self.connect,
                "read": max(self.read, patience),
                "write": self.write,
                "pool": self.pool,
            }
        }


_HEARD = ("date", "retry-after")
"""The headers that are read: of the others nothing goes further, above all no address."""


class Stopped(Exception):
    """Carries a failure through what sends; never leaves this package."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind)
        self.failure = failure


@dataclass(slots=True)
class Attempt:
    """One call of ours on its way; `seconds` on the wire, re-send included. `guard` marks a change.

    `patience`: its answer may take so many seconds, if that is longer than answers may take otherwise.
    """

    guard: Guard | None = None
    patience: float = 0.0
    sent: bool = False
    http: int | None = None
    seconds: float = 0.0

    def check(self) -> None:
        """Raises `Stopped` (WITHHELD) when the guard says no."""
        why = self.guard() if self.guard else None
        if why is not None:
            raise Stopped(Failure(Kind.WITHHELD, why))

    async def trace(self, event: str, info: Mapping[str, object]) -> None:
        """httpcore calls this when pool and connection are done; nothing suspends until the write."""
        if event == "http11.send_request_headers.started":
            self.check()
            self.sent = True
        elif event == "http11.send_request_body.started":
            self.check()

    @property
    def extensions(self) -> dict[str, object]:
        """To be given to the request."""
        return {_ATTEMPT: self, "trace": self.trace}


class SiteTransport(httpx.AsyncBaseTransport):
    """Raises `Stopped` and nothing else, and answers with whole, plain, bounded bodies.

    The context of `trust` must verify, else `ValueError`. `inner` replaces the network in tests.
    """

    def __init__(
        self,
        trust: Trust,
        timeouts: Timeouts,
        pace: Callable[[], Awaitable[None]],
        clock: Callable[[], float],
        inner: httpx.AsyncBaseTransport | None = None,
        proxy: tuple[str, int] | None = None,
    ) -> None:
        self._traced = inner is None
        self._inner = inner or (Network(trust.context, proxy) if proxy else Network(trust.context))
        self._total, self._pace, self._clock = timeouts.total, pace, clock
        self._source = trust.source
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        attempt: Attempt = request.extensions[_ATTEMPT]
        await self._pace()
        attempt.check()
        if self._closed:
            raise Stopped(Failure(Kind.NOT_SENT, ENDED))
        attempt.sent, attempt.http = not self._traced, None
        began = self._clock()
        try:
            return await self._exchange(request, attempt)
        except Stopped:
            raise
        except Exception as error:  # whatever a library raises here, the request may be on its way
            raise Stopped(wire_failure(error, sent=attempt.sent, trusted=self._source)) from None
        finally:
            attempt.seconds += self._clock() - began

    async def _exchange(self, request: httpx.Request, attempt: Attempt) -> httpx.Response:
        async with asyncio.timeout(max(self._total, attempt.patience)):
            response = await self._inner.handle_async_request(request)
            attempt.http = response.status_code
            try:
                body = await _body(response, changes=attempt.guard is not None)
            finally:
                await response.aclose()
        heard = [(name, response.headers[name]) for name in _HEARD if name in response.headers]
        return httpx.Response(response.status_code, headers=heard, content=body)

    async def aclose(self) -> None:
        """Closes all connections, and opens none again."""
        self._closed = True
        await self._inner.aclose()


# What each breakage means; a sub-class without a row takes its parent's.
_HTTPX: Mapping[type[Exception], tuple[Kind, str]] = {
    httpx.ConnectError: (Kind.NOT_SENT, "no connection to the site"),
    httpx.ConnectTimeout: (Kind.NOT_SENT, "no connection to the site in time"),
    httpx.PoolTimeout: (Kind.NOT_SENT, "no connection to the site became free in time"),
    httpx.ProxyError: (Kind.NOT_SENT, "no way through the proxy"),
    httpx.UnsupportedProtocol: (Kind.NOT_SENT, "the address is not one of HTTP"),
    httpx.InvalidURL: (Kind.NOT_SENT, "the address cannot be used"),
    httpx.ReadError: (Kind.UNSURE, "the connection broke before the answer was complete"),
    httpx.ReadTimeout: (Kind.UNSURE, "the site stopped answering"),
    httpx.WriteError: (Kind.UNSURE, "the connection broke while sending"),
    httpx.WriteTimeout: (Kind.UNSURE, "the site stopped taking the request"),
    httpx.CloseError: (Kind.UNSURE, "the connection broke while closing"),
    httpx.NetworkError: (Kind.UNSURE, "the connection broke"),
    httpx.TimeoutException: (Kind.UNSURE, "the site took too long"),
    httpx.LocalProtocolError: (Kind.UNSURE, "the exchange broke the rules of HTTP on our side"),
    httpx.RemoteProtocolError: (Kind.UNSURE, "the site closed the connection or broke the rules of HTTP"),
    httpx.ProtocolError: (Kind.UNSURE, "the exchange broke the rules of HTTP"),
    httpx.TransportError: (Kind.UNSURE, "the exchange broke off"),
}
WIRE: Mapping[type[Exception], tuple[Kind, str]] = {
    **_HTTPX,
    **{
        getattr(httpcore, kind.__name__): row
        for kind, row in _HTTPX.items()
        if hasattr(httpcore, kind.__name__)
    },
    LargeUntaken: (
        Kind.UNSURE,
        "the site did not take all of a large request: does something on the way drop large packets (MTU)?",
    ),
    SmallUntaken: (Kind.UNSURE, "nothing on the way acknowledged the request: the connection is dead"),
    ssl.SSLError: (Kind.UNSURE, "the encrypted connection broke"),
    TimeoutError: (Kind.UNSURE, "no complete answer in the time allowed"),
    Exception: (Kind.UNSURE, "the exchange broke off"),
}


def wire_failure(error: Exception, *, sent: bool, trusted: str) -> Failure:
    """The breakage as a value; `sent` False says that no byte of the request was written.

    `trusted` names the authorities that a certificate is verified against.
    """
    kind, says = next(WIRE[parent] for parent in type(error).__mro__ if parent in WIRE)
    connecting = isinstance(error, (httpx.ConnectError, httpcore.ConnectError))
    reasons = (_reason(cause, trusted) for cause in _causes(error))
    reason = next(filter(None, reasons), "") if connecting else ""
    detail = f"{says}: {reason}" if reason else says
    return Failure(kind if sent else Kind.NOT_SENT, detail)


# By OpenSSL's codes. Source: openssl-verification-options, "Verification errors".
_MISMATCH = 62
_NO_ISSUER = (2, 18, 19, 20, 21, 27)
_ADVICE = {
    **dict.fromkeys(
        _NO_ISSUER, "it is verified against {}: see that the CA of the site is in tls.caCertificateRef"
    ),
    **dict.fromkeys((9, 10), "renew it, or check the clocks"),
    _MISMATCH: "spec.url must have a name that stands in the certificate",
}


_PLAIN: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLError, "the TLS handshake failed"),
    (ProxyAway, "its proxy (spec.proxy) cannot be reached"),
    (NameSilent, "the look-up of its name had no answer (DNS)"),
    (socket.gaierror, "its name cannot be resolved (DNS)"),
    (ConnectionRefusedError, "refused"),
)


def _reason(error: BaseException, trusted: str) -> str:
    """Only texts that cannot hold an address: those of the other errors do."""
    match error:
        case ssl.SSLCertVerificationError():
            advice = _ADVICE.get(error.verify_code, "it is verified against {}").format(trusted)
            return f"its certificate is not accepted, {_without_name(error)}; {advice}"
        case ProxyRefused():
            return f"its proxy (spec.proxy) does not let it through ({error})"
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return "its name cannot be looked up now (DNS)"
        case _:
            return next((says for kind, says in _PLAIN if isinstance(error, kind)), "")


def _without_name(error: ssl.SSLCertVerificationError) -> str:
    """Python puts the host into the message of a mismatch."""
    return "it is for another name" if error.verify_code == _MISMATCH else error.verify_message


def _causes(error: BaseException | None, depth: int = 10) -> Iterator[BaseException]:
    while error is not None and depth:
        yield error
        error, depth = error.__cause__ or error.__context__, depth - 1


async def _body(response: httpx.Response, *, changes: bool) -> bytes:
    unreadable = Kind.UNSURE if changes else Kind.GARBLED
    if response.headers.get("content-encoding", "identity").strip().casefold() != "identity":
        raise Stopped(Failure(unreadable, "the answer is encoded, which was not asked for"))
    body = bytearray()
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - an async transport gives no other
    async for chunk in response.stream:
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise Stopped(Failure(unreadable, f"the answer is longer than {MAX_ANSWER_BYTES} bytes"))
    return bytes(body)
