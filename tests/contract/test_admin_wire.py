"""What really goes over the socket, and what each breakage of it becomes."""

import asyncio
import gc
import socket
import ssl
from collections.abc import AsyncIterator, Iterator

import httpcore
import httpx
import pytest
import trustme
from admin_wire import (
    ACCEPTED,
    EDIT_PATH,
    LOGIN_PATH,
    PASSWORD,
    REQUEST,
    ROADS,
    TOKEN,
    Request,
    accepting,
    allowed,
    answer,
    client_context,
    token_answer,
)

from arcgis_operator.adapters.admin import (
    AdminClient,
    Hooks,
    SiteMode,
    Timeouts,
    Trust,
    dialling,
    lanes,
    network,
    transport,
)
from arcgis_operator.core.failures import Accepted, Failure, Kind
from arcgis_operator.core.identity import ServiceRef


async def test_an_edit_on_the_wire_carries_the_token_in_header_and_body_and_nothing_in_the_address(
    wire_site, client_of
):
    site = await wire_site(accepting)
    client = client_of(site.url)
    assert await client.submit(REQUEST, allowed) == Accepted("j1", "SUBMITTED")
    login, edit = site.requests
    assert (login.method, login.target) == ("POST", LOGIN_PATH)
    assert login.form == {
        "username": "gis-admin",
        "password": PASSWORD,
        "client": "referer",
        "referer": "arcgis-operator",
        "expiration": "60",
        "f": "json",
    }
    assert "authorization" not in login.headers
    assert (edit.method, edit.target) == ("POST", EDIT_PATH)
    assert edit.form == {
        "service": '{"serviceName":"Roads","type":"MapServer","description":"old"}',
        "async": "true",
        "f": "json",
        "token": TOKEN,
    }
    assert edit.headers["authorization"] == f"Bearer {TOKEN}"
    assert edit.headers["referer"] == login.headers["referer"] == "arcgis-operator"
    assert edit.headers["accept-encoding"] == "identity"
    assert client.username == "gis-admin"


async def test_a_read_carries_its_token_in_the_header_only(wire_site, client_of):
    async def mode(request: Request) -> bytes:
        return answer({"isReadOnly": False})

    site = await wire_site(mode)
    assert await client_of(site.url).mode() == SiteMode(read_only=False)
    read = site.requests[-1]
    assert read.target == "/arcgis/admin/mode?f=json"
    assert read.headers["authorization"] == f"Bearer {TOKEN}"
    assert read.body == b""


NAMES_ON_THE_WIRE = {
    "a space": "My Roads",
    "a query": "a?token=x",
    "a fragment": "a#b",
    "an escape": "%2e%2e%2fadmin",
    "a path parameter": "..;a",
    "signs beyond ASCII": "Straßen／道",
    "an ampersand and a plus": "a&b+c=d",
}


@pytest.mark.parametrize("name", NAMES_ON_THE_WIRE.values(), ids=NAMES_ON_THE_WIRE.keys())
async def test_a_name_is_one_quoted_segment_on_the_wire(wire_site, client_of, name):
    async def document(request: Request) -> bytes:
        return answer({"serviceName": name, "type": "MapServer"})

    site = await wire_site(document)
    found = await client_of(site.url).service(ServiceRef(name, "MapServer", folder=name))
    assert found == {"serviceName": name, "type": "MapServer"}
    quoted = httpx.QueryParams({"": name}).__str__()  # a second opinion, with + for a space
    quoted = quoted.partition("=")[2].replace("+", "%20")
    assert site.targets[-1] == f"/arcgis/admin/services/{quoted}/{quoted}.MapServer?f=json"


async def test_a_certificate_of_an_unknown_authority_is_refused_before_anything_is_sent(wire_site, client_of):
    site = await wire_site(accepting)
    failure = await client_of(site.url, tls=client_context(trustme.CA())).submit(REQUEST, allowed)
    assert failure.kind is Kind.NOT_SENT
    assert "certificate is not accepted" in failure.detail
    assert site.stream == b""


async def test_a_certificate_of_another_host_is_refused_before_anything_is_sent(wire_site, client_of):
    site = await wire_site(accepting, name="elsewhere.test")
    failure = await client_of(site.url).root()
    assert failure.kind is Kind.NOT_SENT
    assert "certificate is not accepted" in failure.detail
    assert site.stream == b""


async def test_a_port_that_speaks_no_tls_is_not_sent(client_of):
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    failure = await client_of(f"https://localhost:{port}/arcgis").root()
    server.close()
    assert failure == Failure(Kind.NOT_SENT, "login: no connection to the site: the TLS handshake failed")


async def test_a_port_where_nobody_listens_is_not_sent(wire_site, client_of):
    site = await wire_site(accepting)
    await site.stop()
    assert await client_of(site.url).submit(REQUEST, allowed) == Failure(
        Kind.NOT_SENT, "login: no connection to the site: refused"
    )


async def test_a_name_without_an_address_is_not_sent(client_of):
    failure = await client_of("https://site.invalid/arcgis").root()
    assert failure.kind is Kind.NOT_SENT
    assert failure.detail.startswith("login: no connection to the site: its name cannot be ")
    assert failure.detail.endswith("(DNS)")


REASONS = {
    "a silent name server": (dialling.NameSilent(), "the look-up of its name had no answer (DNS)"),
    "a name server in trouble": (
        socket.gaierror(socket.EAI_AGAIN, "x"),
        "its name cannot be looked up now (DNS)",
    ),
    "a proxy that refuses": (
        dialling.ProxyRefused("407"),
        "its proxy (spec.proxy) does not let it through (407)",
    ),
    "a proxy that is away": (dialling.ProxyAway(), "its proxy (spec.proxy) cannot be reached"),
    "no such name": (socket.gaierror(socket.EAI_NONAME, "x"), "its name cannot be resolved (DNS)"),
}


@pytest.mark.parametrize(("cause", "said"), REASONS.values(), ids=REASONS)
def test_a_failed_look_up_names_the_name(cause, said):
    error = httpcore.ConnectError()
    error.__cause__ = cause
    failure = transport.wire_failure(error, sent=False, trusted="x")
    assert failure == Failure(Kind.NOT_SENT, f"no connection to the site: {said}")


async def closing(request: Request) -> None:
    return None


async def hanging(request: Request) -> bytes:
    await asyncio.Event().wait()
    return b""


async def half_an_answer(request: Request) -> bytes:
    return ACCEPTED[:-10]


async def no_http(request: Request) -> bytes:
    return b"SSH-2.0-OpenSSH_9.2\r\n\r\n"


async def headers_without_end(request: Request) -> bytes:
    return b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000


BREAKAGES = {
    "the site closes the connection instead of answering": closing,
    "the site never answers": hanging,
    "the answer stops half-way": half_an_answer,
    "the answer is not HTTP": no_http,
    "the headers have no end": headers_without_end,
}


@pytest.mark.parametrize("respond", BREAKAGES.values(), ids=BREAKAGES.keys())
async def test_whatever_breaks_after_sending_is_unsure(wire_site, client_of, respond):
    site = await wire_site(respond)
    client = client_of(site.url, timeouts=Timeouts(read=0.2))
    for outcome in (await client.submit(REQUEST, allowed), await client.job("j1")):
        assert outcome.kind is Kind.UNSURE
        assert outcome.code is None


async def test_a_connection_that_the_site_closed_while_idle_is_not_used_again(wire_site, client_of):
    async def once(request: Request) -> bytes:
        return answer({"isReadOnly": False}, Connection="close")

    site = await wire_site(once)
    client = client_of(site.url)
    assert [await client.mode() for _ in range(3)] == [SiteMode(read_only=False)] * 3


UNASKED_SAID = "the site closed the connection or broke the rules of HTTP"
UNASKED = {"at once": False, "a moment later": True}


@pytest.mark.parametrize("later", UNASKED.values(), ids=UNASKED)
async def test_an_answer_that_comes_twice_is_not_taken_for_the_answer_to_the_next_request(
    wire_site, client_of, later
):
    mode, asked_again = answer({"isReadOnly": False}), asyncio.Event()

    async def twice() -> AsyncIterator[bytes]:
        yield mode if later else mode + mode
        await asked_again.wait()
        yield mode if later else b""

    async def respond(request: Request) -> bytes | AsyncIterator[bytes]:
        if request.target.startswith("/arcgis/admin/mode"):
            return twice()
        return ACCEPTED

    site = await wire_site(respond)
    client = client_of(site.url)
    assert await client.mode() == SiteMode(read_only=False)
    asked_again.set()
    for _ in range(100):  # what was written on this loop is read on it
        await asyncio.sleep(0)
    fact = await client.submit(REQUEST, allowed)
    assert fact == (Accepted("j1", "SUBMITTED") if later else Failure(Kind.UNSURE, UNASKED_SAID))
    assert await client.submit(REQUEST, allowed) == Accepted("j1", "SUBMITTED")


async def test_a_dripping_answer_ends_with_the_total_time_out(wire_site, client_of):
    async def drops() -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        while True:
            yield b"1\r\n[\r\n"
            await asyncio.sleep(0.01)

    async def drip(request: Request) -> AsyncIterator[bytes]:
        return drops()

    site = await wire_site(drip)
    failure = await client_of(site.url, timeouts=Timeouts(read=0.2, total=0.4)).submit(REQUEST, allowed)
    assert failure == Failure(Kind.UNSURE, "no complete answer in the time allowed")


async def test_a_total_time_out_while_connecting_is_not_sent(client_of):
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # plain TCP: the TLS handshake never ends
        writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = client_of(f"https://localhost:{port}/arcgis", timeouts=Timeouts(total=0.2))
    failure = await client.submit(REQUEST, allowed)
    assert failure == Failure(Kind.NOT_SENT, "login: no complete answer in the time allowed")
    await client.aclose()
    server.close()


async def test_an_edit_whose_time_ends_before_a_connection_is_there_is_not_sent(
    wire_site, client_of, monkeypatch
):
    async def once(request: Request) -> bytes:
        return answer({"isReadOnly": False}, Connection="close")

    async def never(*args: object, **options: object) -> None:
        await asyncio.Event().wait()

    site = await wire_site(once)
    client = client_of(site.url, timeouts=Timeouts(total=0.3))
    assert await client.mode() == SiteMode(read_only=False)  # so there is a token, and no connection
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
    fact = await client.submit(REQUEST, allowed)
    assert fact == Failure(Kind.NOT_SENT, "no complete answer in the time allowed")


async def test_a_connection_that_broke_without_notice_is_not_used_again(wire_site, client_of):
    async def answer_and_break() -> AsyncIterator[bytes]:
        yield answer({"isReadOnly": False})
        raise ConnectionResetError

    async def respond(request: Request) -> bytes | AsyncIterator[bytes]:
        return answer_and_break() if "mode" in request.target else ACCEPTED

    site = await wire_site(respond)
    client = client_of(site.url)
    await client.mode()
    await site.drained()
    for _ in range(20):  # turns of the loop, in which the client hears of it
        await asyncio.sleep(0)
    assert await client.submit(REQUEST, allowed) == Accepted("j1", "SUBMITTED")


TOO_MUCH = {
    "an answer over the size limit": answer(b"[" + b"1," * (transport.MAX_ANSWER_BYTES // 2) + b"1]"),
    "an encoded answer": answer(b"\x1f\x8b" + b"x" * 20, Content_Encoding="gzip"),
    "an answer nested too deep": answer(b"[" * 100 + b"]" * 100),
    "an answer nested far too deep": answer(b'{"a":' * 200_000),
    "a redirect": answer(b"", "302 Found", Location="https://elsewhere.test/"),
    "a redirect that keeps the method": answer(b"", "307 Temporary Redirect", Location="/arcgis/admin/jobs"),
    "a redirect to a host that is none": answer(
        b"", "307 Temporary Redirect", Location="https://0177.0.0.1/"
    ),
    "a redirect to an international name that is none": answer(b"", "302 Found", Location="https://xn--0/"),
    "a redirect to what is no address": answer(b"", "308 Permanent Redirect", Location="https://[::1"),
    "a page": answer(b"<html>Please sign in.</html>", Content_Type="text/html"),
    "nothing": answer(b""),
    "nothing, on purpose": answer(b"", "204 No Content"),
    "the same key twice": answer(b'{"jobs":["j1"],"jobs":[]}'),
    "not a number": answer(b'{"jobs":NaN}'),
    "not UTF-8": answer(b'{"jobs":["\xff"]}'),
}


@pytest.mark.parametrize("reply", TOO_MUCH.values(), ids=TOO_MUCH.keys())
async def test_an_answer_that_this_api_does_not_speak_is_garbled_or_after_an_edit_unsure(
    wire_site, client_of, reply
):
    async def respond(request: Request) -> bytes:
        return reply

    site = await wire_site(respond)
    client = client_of(site.url)
    assert (await client.jobs()).kind is Kind.GARBLED
    assert (await client.submit(REQUEST, allowed)).kind is Kind.UNSURE
    assert site.targets == [LOGIN_PATH, "/arcgis/admin/jobs?f=json", EDIT_PATH]  # nothing was followed


async def test_cookies_of_the_site_are_not_sent_back(wire_site, client_of):
    async def sticky(request: Request) -> bytes:
        return answer({"jobs": []}, Set_Cookie="AGS_ROLES=abc; Path=/")

    site = await wire_site(sticky)
    client = client_of(site.url)
    await client.jobs()
    await client.jobs()
    assert not any("cookie" in request.headers for request in site.requests)


async def test_the_environment_names_no_proxy_and_no_authority(wire_site, client_of, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    site = await wire_site(accepting)
    assert await client_of(site.url).submit(REQUEST, allowed) == Accepted("j1", "SUBMITTED")


class HangingJobs:
    """A site that never answers a list of jobs; each that came is in `came`."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[Request] = asyncio.Queue()

    async def __call__(self, request: Request) -> bytes:
        if "jobs" not in request.target:
            return answer({"isReadOnly": False})
        await self.came.put(request)
        return await hanging(request)


async def test_a_cancelled_request_leaves_no_connection_and_no_lock_behind(wire_site, client_of):
    jobs = HangingJobs()
    site = await wire_site(jobs)
    client = client_of(site.url)
    task = asyncio.create_task(client.jobs())
    await jobs.came.get()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await client.mode() == SiteMode(read_only=False)
    await client.aclose()
    await site.stop()
    gc.collect()  # an unclosed socket is a warning, which is an error here


async def test_an_edit_for_which_no_connection_becomes_free_is_not_sent(wire_site, client_of, monkeypatch):
    monkeypatch.setattr(lanes, "MOMENT", 0.01)
    jobs = HangingJobs()
    site = await wire_site(jobs)
    client = client_of(site.url, timeouts=Timeouts(pool=1.0))
    await client.mode()
    hung = [asyncio.create_task(client.jobs()) for _ in range(network.CONNECTIONS)]
    for _ in hung:
        await jobs.came.get()
    fact = await client.submit(REQUEST, allowed)
    assert fact == Failure(Kind.NOT_SENT, "no connection to the site became free in time")
    assert EDIT_PATH not in site.targets
    for task in hung:
        task.cancel()


async def test_who_waits_while_the_session_ends_is_not_sent(wire_site, client_of, monkeypatch):
    monkeypatch.setattr(lanes, "MOMENT", 60)
    jobs = HangingJobs()
    site = await wire_site(jobs)
    client = client_of(site.url)
    await client.mode()
    hung = asyncio.create_task(client.jobs())
    await jobs.came.get()
    waiting = asyncio.create_task(client.submit(REQUEST, allowed))
    await asyncio.sleep(0)
    await client.aclose()
    hung.cancel()
    assert await waiting == Failure(Kind.NOT_SENT, "no connection to the site")
    assert EDIT_PATH not in site.targets


async def test_a_cancelled_login_lets_the_next_caller_log_in(wire_site, client_of, monkeypatch):
    reached, hold = asyncio.Event(), asyncio.Event()

    async def pace() -> None:
        if not hold.is_set():
            reached.set()
            await hold.wait()

    async def mode(request: Request) -> bytes:
        return answer({"isReadOnly": False})

    site = await wire_site(mode)
    client = client_of(site.url, hooks=Hooks(pace=pace))
    first = asyncio.create_task(client.mode())
    await reached.wait()
    second = asyncio.create_task(client.mode())
    first.cancel()
    hold.set()
    assert await second == SiteMode(read_only=False)
    assert site.targets.count(LOGIN_PATH) == 1


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def test_a_site_is_reached_through_its_proxy_and_never_through_one_of_the_environment(
    wire_site, client_of, monkeypatch
):
    asked, relays = [], []

    async def accepted(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).split()[1].decode())
        host, _, port = asked[-1].rpartition(":")
        site_reader, site_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        relays.extend(
            (
                asyncio.create_task(relay(reader, site_writer)),
                asyncio.create_task(relay(site_reader, writer)),
            )
        )

    site = await wire_site(accepting)
    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert await client_of(site.url).submit(REQUEST, allowed) == Accepted("j1", "SUBMITTED")
    assert asked == []
    client = client_of(site.url, proxy=server.sockets[0].getsockname()[:2])
    assert await client.submit(REQUEST, allowed) == Accepted("j1", "SUBMITTED")
    assert asked == [site.url.removeprefix("https://").removesuffix("/arcgis")]
    await client.aclose()
    server.close()
    for task in relays:
        task.cancel()


async def test_a_tls_context_that_does_not_verify_is_refused():
    lax = ssl.create_default_context()
    lax.check_hostname = False
    with pytest.raises(ValueError, match="verify"):
        AdminClient("https://site.test/arcgis", _no_credentials, Trust(lax))


async def test_the_machine_s_authorities_are_the_default(authority, wire_site, client_of):
    site = await wire_site(accepting)
    failure = await client_of(site.url, tls=None).root()
    assert "certificate is not accepted" in failure.detail


async def _no_credentials() -> Failure:
    return Failure(Kind.UNAUTHORISED, "no Secret")


def descendants(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)


NOT_SENT = {
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
    "InvalidURL",
}
LIBRARY = [
    *descendants(httpx.TransportError),
    httpx.InvalidURL,
    *descendants(httpcore.TimeoutException),
    *descendants(httpcore.NetworkError),
    *descendants(httpcore.ProtocolError),
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
    ssl.SSLError,
    ssl.SSLEOFError,
    TimeoutError,
    ConnectionResetError,
    OSError,
    EOFError,
    RuntimeError,
]


@pytest.mark.parametrize("kind", LIBRARY, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
async def test_every_exception_of_the_library_becomes_the_right_failure(scripted, kind):
    def fail(request: httpx.Request) -> httpx.Response:
        raise kind(f"{request.url}?token={TOKEN}")

    client, _ = scripted(fail)
    wanted = Kind.NOT_SENT if kind.__name__ in NOT_SENT else Kind.UNSURE
    for failure in (await client.submit(REQUEST, allowed), await client.job("j1")):
        assert failure.kind is wanted
        assert "site.test" not in failure.detail
        assert TOKEN not in failure.detail
    assert failure.detail != ""


@pytest.mark.parametrize("kind", list(descendants(httpx.TransportError)), ids=lambda kind: kind.__name__)
def test_every_transport_error_has_a_row_of_its_own(kind):
    assert kind in transport.WIRE


async def test_what_became_of_every_call_and_login_is_told_once_and_every_request_is_paced(
    wire_site, client_of
):
    async def jobs(request: Request) -> bytes:
        first = site.targets.count("/arcgis/admin/jobs?f=json") == 1
        return answer({"error": {"code": 499, "message": "Token Required"}} if first else {"jobs": ["j1"]})

    paced = []

    async def pace() -> None:
        paced.append(1)

    site = await wire_site(jobs)
    client = client_of(site.url, hooks=Hooks(pace=pace))
    assert await client.jobs() == ("j1",)
    heard = client.exchanges()
    assert [(one.operation, one.http, one.failure) for one in heard] == [
        ("token", 200, None),
        ("token", 200, None),
        ("jobs", 200, None),
    ]
    assert all(0 < one.seconds < 30 for one in heard)
    assert len(paced) == 4
    await site.stop()
    await client.job("j1")
    assert [(one.operation, one.http) for one in client.exchanges()] == [("job", None)]


async def test_each_call_is_told_under_its_own_name(scripted):
    client, _ = scripted(httpx.Response(200, json=[]))
    calls = (client.root(), client.mode(), client.service(ROADS), client.folder("A"), client.jobs())
    told = [await call for call in (*calls, client.job("j1"), client.submit(REQUEST, allowed))]
    heard = [(one.operation, one.http, one.failure) for one in client.exchanges()]
    words = ["root", "mode", "service", "folder", "jobs", "job", "edit"]
    assert heard[0] == ("token", 200, None)
    assert heard[1:] == [(word, 200, failure) for word, failure in zip(words, told, strict=True)]


async def test_a_login_in_the_middle_of_everything_is_made_once(wire_site, client_of):
    async def jobs(request: Request) -> bytes:
        return answer({"jobs": []})

    site = await wire_site(jobs)
    client = client_of(site.url)
    assert await asyncio.gather(*(client.jobs() for _ in range(40))) == [()] * 40
    assert site.targets.count(LOGIN_PATH) == 1
    assert token_answer()
