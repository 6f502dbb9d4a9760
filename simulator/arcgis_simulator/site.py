"""The thin shell between HTTP and the world: reads a request, lets faults act, asks, records, answers.

Every request goes the same way: journal, faults before, the world, faults after, journal, answer.
Serve ``Site.app``; the control port is ``control.create_control(site)``.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from arcgis_simulator import jsontext, pages
from arcgis_simulator.api import table
from arcgis_simulator.api.addresses import resolve
from arcgis_simulator.api.call import COOKIE, Call, Reply, parse_fields
from arcgis_simulator.clock import Clock
from arcgis_simulator.echo import Echo
from arcgis_simulator.errors import SiteError
from arcgis_simulator.faults import Answer, Faults, Holds
from arcgis_simulator.journal import Journal
from arcgis_simulator.world import World

_LOGINS = ("token", "login", "oauth2/signin")
BIGGEST_BODY = 16 * 1024 * 1024  # of a longer body the rest is dropped, so that its JSON is none


class ConnectionDropped(ConnectionError):
    """In process there is no connection to close: the client gets this exception instead."""


class Site:
    """A world with a clock, and all that is around it: journal, faults, holds, what it echoes."""

    def __init__(self, world: World, clock: Clock, *, journal: Journal | None = None) -> None:
        self.world = world
        self.clock = clock
        self.journal = journal or Journal(clock.now_ms)
        self.faults = Faults()
        self.holds = Holds()
        self.echo = Echo()
        world.emit = self.journal.add
        world.advance(clock.now_ms())

    def tick(self) -> None:
        """Lets the world catch up with the clock."""
        self.world.advance(self.clock.now_ms())

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The served site, an ASGI application."""
        if scope["type"] != "http":
            return
        body = await _read_body(receive)
        if body is None:
            return
        call = self._call(scope, body)
        record = self._received(call)
        connection = _Connection(scope, receive)
        try:
            response, reply, fault = await self._through_faults(call, record)
        except _Ended as ended:
            self.journal.add("answer", request=record, status=None, fault=ended.rule, **_named(call))
            await connection.end(ended.how)
            return
        facts = _named(call)
        if reply is not None and reply.job:
            facts["job"] = reply.job
        self.journal.add("answer", request=record, status=response.status_code, fault=fault, **facts)
        self.echo.add(call, response)
        await response(scope, receive, send)

    async def _through_faults(self, call: Call, record: int) -> tuple[Response, Reply | None, int | None]:
        """The response, the site's own reply if it was asked, and the rule that acted last."""
        instead, rule = await self._fault("before", call, record)
        if instead is not None:
            return instead, None, rule
        response, reply = self._process(call, record)
        await self._until(reply.not_before_ms if reply else 0)
        instead, later = await self._fault("after", call, record)
        return instead or response, reply, later if later is not None else rule

    async def _fault(self, moment: str, call: Call, record: int) -> tuple[Response | None, int | None]:
        address = call.address
        rule = self.faults.take(moment, call.method, call.raw_path, address.operation, address.title)
        if rule is None:
            return None, None
        deed = rule.deed
        if deed.delay:
            await asyncio.sleep(deed.delay)
        if deed.hold:
            facts = {
                "request": record,
                "rule": rule.id,
                "moment": moment,
                "method": call.method,
                **_named(call),
            }
            if await self.holds.park(deed.hold, facts):
                raise _Ended("drop", rule.id)
        if isinstance(deed.ending, str):
            raise _Ended(deed.ending, rule.id)
        return _response_of(deed.ending), rule.id

    async def _until(self, moment_ms: int) -> None:
        """Waits for a moment of site time; where the time stands still, nobody waits."""
        left_ms = 0 if self.clock.manual else moment_ms - self.clock.now_ms()
        if left_ms > 0:
            await asyncio.sleep(left_ms / 1000)

    def _process(self, call: Call, record: int) -> tuple[Response, Reply | None]:
        self.tick()
        self.journal.cause = record
        try:
            reply = table.answer(call)
            return self._respond(call, reply), reply
        except SiteError as error:
            if call.address.operation in _LOGINS:
                self.journal.add("refused", username=call.form.get("username"), code=error.code)
            return self._refuse(call, error), None
        finally:
            self.journal.cause = None

    def _respond(self, call: Call, reply: Reply) -> Response:
        if reply.location is not None and reply.cookie is not None:
            redirect = RedirectResponse(reply.location, status_code=303)
            redirect.set_cookie(
                COOKIE, reply.cookie, httponly=True, samesite="strict", path=f"/{self.world.context}"
            )
            return redirect
        if reply.location is not None:
            return RedirectResponse(reply.location, status_code=302)
        if call.format == "html" or reply.page in pages.ALWAYS_HTML:
            return _page(pages.render(call, reply))
        return _json(reply.body, call.format)

    def _refuse(self, call: Call, error: SiteError) -> Response:
        status = error.http_status(self.world.switches)
        if call.format == "html":
            return _page(pages.render_error(call, error), status)
        return _json(error.body(self.world.switches), call.format, status)

    def _call(self, scope: Scope, body: bytes) -> Call:
        # In process some clients give no raw path.
        raw = scope.get("raw_path") or scope["path"].encode()
        raw_path = raw.partition(b"?")[0].decode("ascii", "replace")
        headers = Headers(scope=scope)
        host = headers.get("host", "localhost")
        address = f"{scope['scheme']}://{host}/{self.world.context}"
        self.world.own_name = self.world.own_name or address
        return Call(
            method=scope["method"],
            raw_path=raw_path,
            headers=headers,
            query=parse_fields(scope["query_string"]),
            form=parse_fields(body),
            address=resolve(raw_path, self.world.context),
            world=self.world,
            base_url=self.world.own_name if self.world.switches.names == "own" else address,
        )

    def _received(self, call: Call) -> int:
        facts = {"fields": call.plain_fields(), "token": call.presented, "username": self._username(call)}
        return self.journal.add("request", method=call.method, path=call.raw_path, **facts, **_named(call))

    def _username(self, call: Call) -> str | None:
        if call.address.operation in _LOGINS:
            return call.form.get("username")
        try:
            return self.world.tokens.user_of(call.token, self.world.now_ms)[0].username
        except SiteError:
            return None


class _Ended(Exception):  # not an error: a fault ends the request without an answer
    def __init__(self, how: str, rule: int) -> None:
        self.how = how
        self.rule = rule


class _Connection:
    """The client's connection; the server puts ``end_connection`` into the state of the scope."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._end = scope.get("state", {}).get("end_connection")
        self._receive = receive

    async def end(self, how: str) -> None:
        """Closes it (``drop``), resets it (``reset``), or waits until the client goes (``hang``)."""
        if how != "hang":
            if self._end is None:
                raise ConnectionDropped("the site closed the connection without an answer")
            self._end(reset=how == "reset")
        # The server would answer 500 for an application that returns before the connection is gone.
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _named(call: Call) -> dict[str, Any]:
    address = call.address
    named: dict[str, Any] = {"operation": address.operation}
    if address.service:
        known = call.world.catalogue.find(address.folder, address.service)
        named["service"] = known.title if known else address.title
    if address.job:
        named["job"] = address.job
    return named


def _json(body: Any, form: str, status: int = 200) -> Response:
    # Source: What's new of ArcGIS Server's API: this content type. Assumed: the same here.
    data = jsontext.encode(body, pretty=form == "pjson")
    return Response(data, status_code=status, headers={"content-type": "application/json;charset=utf-8"})


def _page(text: str, status: int = 200) -> Response:
    # UTF-8 cannot carry half a sign, which JSON can.
    return HTMLResponse(text.encode("utf-8", "replace"), status_code=status)


def _response_of(answer: Answer | None) -> Response | None:
    return None if answer is None else Response(answer.body, answer.status, answer.headers)


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None if the client went away in the middle of it."""
    chunks, size, more = [], 0, True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return None
        size += len(message.get("body", b""))
        if size <= BIGGEST_BODY:
            chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)
