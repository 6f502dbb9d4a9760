"""An HTTP proxy before the kube-apiserver, for one operator process: every fault on the way there is here.

Plain HTTP on loopback towards the operator, TLS upstream. The operator's own bearer token is passed on, so
rights and audit log stay real. Rules of `planted` act on requests and on the events of open streams. What is
parked or under way goes on even if its client is dead.
"""

import asyncio
import base64
import json
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import yaml
from aiohttp import web

from harness.planted import Asked, Match, Moment, Rule, WatchRule
from harness.proxyloop import HOP, RESET, background, called, there


class KubeProxy:
    """Before the cluster of an administrator's `kubeconfig`. Use it as a context manager."""

    def __init__(self, kubeconfig: Path) -> None:
        cluster = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._server = str(cluster["server"])
        self._trust = ssl.create_default_context(cadata=authority)
        self._loop = background()
        self._rules: list[Rule] = []
        self._watch_rules: list[WatchRule] = []
        self._streams: list[tuple[web.Request, str]] = []  # with the plural each is about
        self._tasks: set[asyncio.Task[web.StreamResponse]] = set()
        self._asked: list[Asked] = []
        self._bugs: list[str] = []

    def __enter__(self) -> Self:
        there(self._start())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        there(self._stop())
        assert not self._bugs, f"the proxy itself failed: {self._bugs}"

    # -- for a test ------------------------------------------------------------------

    def rule(self, match: Match, **deed: Any) -> Rule:
        """Plants a rule for requests. The oldest rule that takes a request at a moment acts, and no other."""
        made = Rule(match, **deed)
        called(lambda: self._rules.append(made))
        return made

    def watch_rule(self, plural: str, **deed: Any) -> WatchRule:
        """Plants a rule for the events of streams, of those that are already open as well."""
        made = WatchRule(plural, **deed)
        called(lambda: self._watch_rules.append(made))
        return made

    def clear(self) -> None:
        """Takes all rules away. What is parked stays parked."""
        called(self._rules.clear)
        called(self._watch_rules.clear)

    def release(self, rule: Rule, *, drop: bool = False) -> None:
        """Lets a parked request go on. `drop`: it is never forwarded, or its answer never delivered."""

        def let_go() -> None:
            rule.reset = rule.reset or drop
            rule.gate.set()

        called(let_go)

    def cut_streams(self) -> None:
        """Resets all open streams."""
        called(lambda: [_reset(request) for request, _ in self._streams])

    def streams(self) -> list[str]:
        """The kinds that are being watched."""
        return called(lambda: [plural for _, plural in self._streams])

    def requests(self, match: Match) -> list[Asked]:
        """What was asked so far."""
        return [asked for asked in called(lambda: list(self._asked)) if match.fits(asked)]

    def detour(self, kubeconfig: Path) -> None:
        """Makes a kubeconfig lead through this proxy."""
        document = yaml.safe_load(kubeconfig.read_text())
        document["clusters"][0]["cluster"] = {"server": self.url}
        kubeconfig.write_text(yaml.safe_dump(document))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    # -- requests ----------------------------------------------------------------------

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """The work goes on when the client dies: a request that is under way arrives."""
        raw = await request.read()
        asked = _asked(request, raw)
        self._asked.append(asked)
        if asked.watch:
            return await self._guarded(request, asked, raw)
        task = self._loop.create_task(self._guarded(request, asked, raw))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _guarded(self, request: web.Request, asked: Asked, raw: bytes) -> web.StreamResponse:
        try:
            return await self._pass(request, asked, raw)
        except Exception as error:
            self._bugs.append(f"{asked.method} {asked.path}: {error!r}")
            raise

    async def _pass(self, request: web.Request, asked: Asked, raw: bytes) -> web.StreamResponse:
        if rule := self._taking("before", asked):
            await rule.wait()
            if ended := _ending(request, rule):
                return ended
        try:
            async with self._upstream(request, raw) as answer:
                if asked.watch and answer.status == 200:
                    return await self._stream(request, asked, answer)
                body = await answer.read()
        except aiohttp.ClientError:
            return _reset(request)
        if rule := self._taking("after", asked):
            await rule.wait()
            if ended := _ending(request, rule):
                return ended
        return web.Response(status=answer.status, body=body, headers=_passed(answer.headers))

    def _taking(self, when: Moment, asked: Asked) -> Rule | None:
        return next((rule for rule in self._rules if rule.when == when and rule.takes(asked)), None)

    def _upstream(self, request: web.Request, raw: bytes) -> Any:
        return self._client.request(
            request.method,
            f"{self._server}{request.raw_path}",
            headers=_passed(request.headers),
            data=raw or None,
            allow_redirects=False,
        )

    # -- streams -----------------------------------------------------------------------

    async def _stream(
        self, request: web.Request, asked: Asked, answer: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers=_passed(answer.headers))
        await response.prepare(request)
        plural = asked.path.rpartition("/")[2]
        stream = (request, plural)
        self._streams.append(stream)
        try:
            return await self._events(request, response, answer, plural)
        except aiohttp.ClientError:
            return _reset(request)
        finally:
            self._streams.remove(stream)

    async def _events(
        self, request: web.Request, response: web.StreamResponse, answer: aiohttp.ClientResponse, plural: str
    ) -> web.StreamResponse:
        async for line in _lines(answer):
            rule = next((one for one in self._watch_rules if one.takes(plural)), None)
            if rule is None:
                await response.write(line)
                continue
            await asyncio.sleep(rule.delay)
            await response.write(rule.sent(line))
            if rule.then == "end":
                return response
            if rule.then == "reset":
                return _reset(request)
            if rule.then == "silence":
                await asyncio.Event().wait()  # until the client or the proxy goes
        return response

    # -- start and stop --------------------------------------------------------------------

    async def _start(self) -> None:
        connector = aiohttp.TCPConnector(ssl=self._trust, limit=0)
        self._client = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
            read_bufsize=2**20,
        )
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()

    async def _stop(self) -> None:
        for request, _ in self._streams:
            _reset(request)
        for task in self._tasks:
            task.cancel()
        await self._runner.cleanup()
        await self._client.close()


def _asked(request: web.Request, raw: bytes) -> Asked:
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = None
    return Asked(request.method, request.path, body, watch=request.query.get("watch") in ("1", "true"))


def _ending(request: web.Request, rule: Rule) -> web.StreamResponse | None:
    if rule.reset:
        return _reset(request)
    if rule.answer is None:
        return None
    return web.Response(status=rule.answer.status, body=rule.answer.body, headers=list(rule.answer.headers))


def _reset(request: web.Request) -> web.StreamResponse:
    """Breaks the client's connection; what is returned reaches nobody."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        request.transport.abort()
    return web.Response()


def _passed(headers: Any) -> list[tuple[str, str]]:
    return [(name, text) for name, text in headers.items() if name.lower() not in HOP]


async def _lines(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Whole lines; a rest without an end is passed on as it is."""
    rest = b""
    async for chunk in answer.content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest
