"""The guard of an edit has the last word: nothing comes between its yes and the write."""

import asyncio

import pytest
from admin_wire import (
    ACCEPTED,
    EDIT_PATH,
    LOGIN_PATH,
    REQUEST,
    Request,
    accepting,
    allowed,
    answer,
    objecting_at,
)

from arcgis_operator.core.failures import Accepted, Failure, Kind

GUARDED = {  # the ask at which the guard objects: before connecting, before the headers, before the body
    "nothing is written when the guard objects before the connection": (1, 0, 0),
    "nothing is written when the guard objects before the headers": (2, 0, 0),
    "no byte of the body is written when the guard objects before it": (3, 1, 0),
    "everything is written when the guard never objects": (4, 1, 1),
}


@pytest.mark.parametrize(("ask", "heads", "bodies"), GUARDED.values(), ids=GUARDED.keys())
async def test_the_guard_stops_the_request(wire_site, client_of, ask, heads, bodies):
    site = await wire_site(accepting)
    client = client_of(site.url)
    fact = await client.submit(REQUEST, objecting_at(ask))
    await client.aclose()
    await site.drained()
    assert site.stream.count(f"POST {EDIT_PATH}".encode()) == heads
    assert site.stream.count(b"service=") == bodies
    if not bodies:
        assert fact == Failure(Kind.WITHHELD, "the lease term is over")


RE_SENT = {
    "the guard objects when the new token is there": (4, 1, 1),
    "the guard objects before the headers of the re-send": (5, 1, 1),
    "the guard objects before the body of the re-send": (6, 2, 1),
    "the guard does not object": (7, 2, 2),
}


@pytest.mark.parametrize(("ask", "heads", "bodies"), RE_SENT.values(), ids=RE_SENT.keys())
async def test_the_guard_is_asked_again_for_the_re_send_with_a_new_token(
    wire_site, client_of, ask, heads, bodies
):
    async def refusing_once(request: Request) -> bytes:
        edits = site.targets.count(EDIT_PATH)
        return answer({"error": {"code": 498, "message": "Invalid Token."}}) if edits == 1 else ACCEPTED

    site = await wire_site(refusing_once)
    client = client_of(site.url)
    fact = await client.submit(REQUEST, objecting_at(ask))
    await client.aclose()
    await site.drained()
    assert site.stream.count(f"POST {EDIT_PATH}".encode()) == heads
    assert site.stream.count(b"service=") == bodies
    wanted = Accepted("j1", "SUBMITTED") if bodies == 2 else Failure(Kind.WITHHELD, "the lease term is over")
    assert fact == wanted


async def test_the_event_loop_does_not_turn_between_the_guard_s_yes_and_the_write(
    wire_site, client_of, monkeypatch
):
    events, write = [], asyncio.StreamWriter.write

    def noted_write(self: asyncio.StreamWriter, data: bytes) -> None:
        if b"/edit HTTP" in data or data.startswith(b"service="):
            events.append("write")
        write(self, data)

    def guard() -> None:
        events.append("guard")
        asyncio.get_running_loop().call_soon(events.append, "turn")

    monkeypatch.setattr(asyncio.StreamWriter, "write", noted_write)
    site = await wire_site(accepting)
    await client_of(site.url).submit(REQUEST, guard)
    before_connecting, before_headers, before_body = (i for i, event in enumerate(events) if event == "guard")
    assert events[before_connecting + 1] == "turn"
    assert events[before_headers + 1] == events[before_body + 1] == "write"


async def test_a_reused_connection_is_guarded_like_a_new_one(wire_site, client_of):
    site = await wire_site(accepting)
    client = client_of(site.url)
    await client.submit(REQUEST, allowed)
    fact = await client.submit(REQUEST, objecting_at(2))
    await client.aclose()
    await site.drained()
    assert fact == Failure(Kind.WITHHELD, "the lease term is over")
    assert site.targets == [LOGIN_PATH, EDIT_PATH]


async def test_a_site_that_goes_on_after_a_refused_guard_gets_a_whole_request_next(wire_site, client_of):
    site = await wire_site(accepting)
    client = client_of(site.url)
    await client.submit(REQUEST, objecting_at(3))
    assert await client.submit(REQUEST, allowed) == Accepted("j1", "SUBMITTED")
