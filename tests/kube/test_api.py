"""The client against planted answers: every failure is a value, and none of them says too much."""

import asyncio
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from fake_apiserver import FakeApiServer, status

from arcgis_operator.adapters.kube.access import ConnectError, load_access
from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.adapters.kube.failures import (
    KubeFailure,
    KubeFailureKind,
    KubeListFailed,
    answered,
    seconds,
    unreachable,
)
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, LEASES, NAMESPACES, SECRETS

Kind = KubeFailureKind
CANARY = "c4n4ry-s3cret"


def always(make: Callable[[], web.StreamResponse]) -> Any:
    async def fault(request: web.Request) -> web.StreamResponse:
        return make()

    return fault


def html(code: int = 200) -> web.Response:
    return web.Response(text=f"<html>{CANARY}</html>", content_type="text/html", status=code)


ANSWERS: dict[str, tuple[Callable[[], web.Response], KubeFailureKind]] = {
    "the object moved": (lambda: status(409, "modified"), Kind.CONFLICT),
    "no such object": (lambda: status(404, "not found"), Kind.MISSING),
    "no rights": (lambda: status(403, "forbidden"), Kind.FORBIDDEN),
    "no credentials, twice": (lambda: status(401, "Unauthorized"), Kind.FORBIDDEN),
    "a refused body": (lambda: status(422, "spec.url: Invalid value"), Kind.INVALID),
    "an unreadable body": (lambda: status(400, "unknown field"), Kind.INVALID),
    "a body too large for the server": (lambda: status(413, "too large"), Kind.INVALID),
    "a body too large for etcd": (lambda: status(500, "etcdserver: request is too large"), Kind.INVALID),
    "an error of the server": (lambda: status(500, "etcd is away"), Kind.UNREACHABLE),
    "too many requests": (lambda: status(429, "slow down", {"Retry-After": "3"}), Kind.UNREACHABLE),
    "an error page": (lambda: html(502), Kind.UNREACHABLE),
    "a page that forbids": (lambda: html(403), Kind.UNREACHABLE),
    "a page that says that it moved": (lambda: html(409), Kind.UNREACHABLE),
    "a page that does not understand": (lambda: html(400), Kind.UNREACHABLE),
    "a page that takes nothing so large": (lambda: html(413), Kind.INVALID),
    "a page that asks for a login, twice": (lambda: html(401), Kind.FORBIDDEN),
    "HTML that claims to be fine": (html, Kind.UNREACHABLE),
    "JSON cut in the middle": (lambda: web.Response(text=f'{{"data": "{CANARY}'), Kind.UNREACHABLE),
    "nothing at all": (lambda: web.Response(text=""), Kind.UNREACHABLE),
    "a list instead of an object": (lambda: web.json_response([CANARY]), Kind.UNREACHABLE),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_an_answer_becomes_a_failure(what: str, server: FakeApiServer, api: KubeApi) -> None:
    make, kind = ANSWERS[what]
    server.fault = always(make)
    failure = await api.get(SECRETS, "gis", "portal")
    assert isinstance(failure, KubeFailure)
    assert failure.kind is kind
    assert CANARY not in repr(failure)
    assert len(failure.detail) <= 256
    assert failure.detail.isprintable()


async def test_a_server_that_is_not_there_is_unreachable(server: FakeApiServer, api: KubeApi) -> None:
    await server.stop()
    failure = await api.get(SECRETS, "gis", "portal")
    assert isinstance(failure, KubeFailure)
    assert (failure.kind, failure.code) == (Kind.UNREACHABLE, None)


async def test_a_silent_server_costs_no_more_than_the_time_limit(server: FakeApiServer, api: KubeApi) -> None:
    silent = asyncio.Event()

    async def fault(request: web.Request) -> web.StreamResponse:
        await silent.wait()
        return web.Response()

    server.fault = fault
    quick = KubeApi(api.access, timeout=0.1)
    started = time.monotonic()
    failure = await quick.get(SECRETS, "gis", "portal")
    silent.set()
    await quick.aclose()
    assert isinstance(failure, KubeFailure)
    assert failure.detail == "no answer within 0.1 s"
    assert time.monotonic() - started < 5


RETRY_AFTER = {
    "3": 3.0,
    "-1": 0.0,
    "1e99": 30.0,
    "nan": 0.0,
    "soon": 0.0,
    formatdate(1030, usegmt=True): 30.0,
    formatdate(1010, usegmt=True): 10.0,
}


@pytest.mark.parametrize("header", RETRY_AFTER)
def test_retry_after_is_read_as_seconds_or_a_date(header: str) -> None:
    assert seconds(header, now=1000.0) == RETRY_AFTER[header]


STATUS = b'{"kind": "Status", "message": "%s"}'
FAILURES: dict[str, tuple[Callable[[], KubeFailure], KubeFailure]] = {
    "an answer with a message": (
        lambda: answered(409, STATUS % b"it moved", "3", 0.0),
        KubeFailure(Kind.CONFLICT, "409 it moved", 409, 3.0),
    ),
    "an answer without a word": (
        lambda: answered(404, b'{"kind": "Status"}', None, 0.0),
        KubeFailure(Kind.MISSING, "404", 404),
    ),
    "a 404 of something else, or before the kind is served": (
        lambda: answered(404, b"404 page not found", None, 0.0),
        KubeFailure(Kind.UNREACHABLE, "404", 404),
    ),
    "a long answer": (
        lambda: answered(422, STATUS % (b"x" * 300), None, 0.0),
        KubeFailure(Kind.INVALID, f"422 {'x' * 251}…", 422),
    ),
    "nothing sensible": (
        lambda: unreachable("y" * 300, 502),
        KubeFailure(Kind.UNREACHABLE, "y" * 255 + "…", 502),
    ),
}


@pytest.mark.parametrize(("made", "failure"), FAILURES.values(), ids=FAILURES)
def test_a_failure_says_what_the_server_said_and_no_more(
    made: Callable[[], KubeFailure], failure: KubeFailure
) -> None:
    assert made() == failure


async def test_a_rotated_token_is_read_again_after_a_401(
    server: FakeApiServer, api: KubeApi, tmp_path: Path
) -> None:
    server.kubeconfig(tmp_path / "config", token="second")
    api.access._loaded_at -= 60

    async def fault(request: web.Request) -> web.StreamResponse:
        good = request.headers["Authorization"] == "Bearer second"
        return web.json_response({"metadata": {}}) if good else status(401, "Unauthorized")

    server.fault = fault
    assert await api.get(SECRETS, "gis", "portal") == {"metadata": {}}
    assert server.tokens == ["Bearer first", "Bearer second"]
    assert await api.get(SECRETS, "gis", "portal") == {"metadata": {}}
    assert len(server.requests) == 3


async def test_a_half_written_kubeconfig_after_a_401_is_a_failure_not_a_crash(
    server: FakeApiServer, api: KubeApi, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("users: [")
    api.access._loaded_at -= 60
    server.fault = always(lambda: status(401, "Unauthorized"))
    assert isinstance(await api.get(SECRETS, "gis", "portal"), KubeFailure)


def chunks(*answers: web.Response) -> Any:
    left = list(answers)

    async def fault(request: web.Request) -> web.StreamResponse:
        return left.pop(0)

    return fault


def chunk(names: str, token: str = "") -> web.Response:
    items = [{"metadata": {"name": name}} for name in names]
    return web.json_response({"metadata": {"continue": token}, "items": items})


async def names_of(api: KubeApi) -> str:
    pages = api.list(ARCGIS_SERVICES, None, limit=2)
    return "".join([item["metadata"]["name"] async for page in pages for item in page.items])


async def test_a_list_is_read_in_chunks(server: FakeApiServer, api: KubeApi) -> None:
    server.fault = chunks(chunk("ab", "next"), chunk("c"))
    assert await names_of(api) == "abc"
    path = "/apis/arcgis-operator.dev/v1alpha1/arcgisservices?limit=2"
    assert [line for _, line in server.requests] == [path, f"{path}&continue=next"]


async def test_a_list_that_the_server_forgot_is_read_again_from_the_beginning(
    server: FakeApiServer, api: KubeApi
) -> None:
    server.fault = chunks(chunk("ab", "next"), status(410, "expired"), chunk("ab", "new"), chunk("c"))
    assert await names_of(api) == "ababc"


@pytest.mark.parametrize(
    "second", [status(410, "expired"), status(500, "no"), html()], ids=["410", "500", "html"]
)
async def test_a_list_that_breaks_off_says_so(
    server: FakeApiServer, api: KubeApi, second: web.Response
) -> None:
    server.fault = chunks(chunk("ab", "next"), status(410, "expired"), chunk("ab", "new"), second)
    with pytest.raises(KubeListFailed):
        await names_of(api)


async def test_what_a_list_leaves_out_is_put_into_its_objects(server: FakeApiServer, api: KubeApi) -> None:
    server.fault = chunks(chunk("a"))
    (item,) = [item async for page in api.list(ARCGIS_SERVICES, "gis") for item in page.items]
    assert (item["apiVersion"], item["kind"]) == ("arcgis-operator.dev/v1alpha1", "ArcGISService")


async def test_every_answer_is_told_with_verb_and_code(server: FakeApiServer, api: KubeApi) -> None:
    told: list[tuple[str, str]] = []
    api.observe = lambda verb, code: told.append((verb, code))
    server.fault = chunks(chunk("a"), status(409, "moved"))
    await api.get(SECRETS, "gis", "portal")
    await api.replace(LEASES, "gis", "leader", {"metadata": {}})
    assert told == [("get", "2xx"), ("update", "409")]


def test_a_name_becomes_one_path_segment() -> None:
    assert SECRETS.path("gis", "a/b?c") == "/api/v1/namespaces/gis/secrets/a%2Fb%3Fc"
    assert NAMESPACES.path(None, "gis") == "/api/v1/namespaces/gis"
    with pytest.raises(ValueError, match="not a name"):
        SECRETS.path("gis", "..")


CONFIGS: dict[str, tuple[str | None, str | None, str]] = {
    "no file": (None, None, "no kubeconfig at"),
    "not YAML": ("users: [", None, "cannot be read"),
    "an empty file": ("", None, "cannot be read"),
    "no such context": (
        "{apiVersion: v1, kind: Config, current-context: a, contexts: [], clusters: [], users: []}",
        "b",
        "lacks the context 'b'",
    ),
}


@pytest.mark.parametrize("what", CONFIGS)
async def test_a_wrong_kubeconfig_says_what_to_do(what: str, tmp_path: Path) -> None:
    text, context, expected = CONFIGS[what]
    path = tmp_path / "config"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConnectError, match=expected):
        await load_access(str(path), context)


async def test_what_the_api_server_says_where_rights_are_missing_is_told(
    server: FakeApiServer, api: KubeApi
) -> None:
    """A right may be taken away while the operator runs."""
    said: list[tuple[str, str]] = []
    api.refused = lambda *what: said.append(what)

    async def refuse(request: web.Request) -> web.StreamResponse:
        return status(403, "secrets is forbidden")

    server.fault = refuse
    await api.get(SECRETS, "gis", "login")
    server.fault = None
    await api.served(ARCGIS_SERVICES)
    assert said == [("get", "403 secrets is forbidden")]


async def test_a_request_that_is_given_up_is_counted_as_one_without_an_answer(tmp_path: Path) -> None:
    server, seen = FakeApiServer(), []

    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return status(500, "late")

    server.fault = hang
    await server.start()
    access = await load_access(server.kubeconfig(tmp_path / "config"))
    async with KubeApi(access, observe=lambda verb, code: seen.append((verb, code))) as api:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await api.get(LEASES, "gis", "leader")
    await server.stop()
    assert seen == [("get", "none")]


async def test_a_connection_that_died_without_a_word_is_not_used_again_afresh(tmp_path: Path) -> None:
    """The server answers each connection once, and then takes what it is sent and says nothing."""
    server, used = FakeApiServer(), set()

    async def once(request: web.Request) -> web.StreamResponse:
        connection = id(request.transport)
        if connection in used:
            await asyncio.sleep(5)
        used.add(connection)
        return status(404, "not found")

    server.fault = once
    await server.start()
    access = await load_access(server.kubeconfig(tmp_path / "config"))
    async with KubeApi(access, timeout=0.3) as api:
        said = [await api.get(LEASES, "gis", "leader") for _ in range(2)]
        await api.get(LEASES, "gis", "leader")
        await api.afresh()
        said.append(await api.get(LEASES, "gis", "leader"))
    await server.stop()
    assert [one.code for one in said if isinstance(one, KubeFailure)] == [404, None, 404]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_nothing_is_sent_to_where_an_answer_points(
    code: int, server: FakeApiServer, api: KubeApi
) -> None:
    """A write that was redirected would come back as what a read of another address gives."""
    elsewhere = FakeApiServer()
    await elsewhere.start()
    server.fault = always(lambda: web.Response(status=code, headers={"Location": elsewhere.url + "/api"}))
    body = {"metadata": {"name": "a", "namespace": "gis"}}
    for answer in (
        await api.get(SECRETS, "gis", "portal"),
        await api.create(LEASES, "gis", body),
        await api.replace(LEASES, "gis", "a", body),
        await api.patch_status(ARCGIS_SERVICES, "gis", "roads", "1", {"status": {}}),
    ):
        assert isinstance(answer, KubeFailure)
        assert answer.kind is Kind.UNREACHABLE
    assert elsewhere.requests == []
    await elsewhere.stop()


NO_LISTS: dict[str, Any] = {
    "an empty object": {},
    "words of something in front": {"status": "ok"},
    "a text": {"items": "abc"},
    "what is no object": {"items": [7]},
}


@pytest.mark.parametrize("body", NO_LISTS.values(), ids=NO_LISTS)
async def test_what_is_no_list_is_no_empty_one(body: Any, server: FakeApiServer, api: KubeApi) -> None:
    server.fault = always(lambda: web.json_response(body))
    with pytest.raises(KubeListFailed):
        [page async for page in api.list(ARCGIS_SERVICES, None)]
