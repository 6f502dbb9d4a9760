"""A small API server for one group: discovery, lists, watches, and one planted fault at a time.

For faults that a real API server cannot be made to show; the tests without faults use a real one.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

GROUP, VERSION = "arcgis-operator.dev", "v1alpha1"
PLURALS = {"arcgisservices": "ArcGISService", "arcgissites": "ArcGISSite"}
Object = dict[str, Any]
Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


class FakeApiServer:
    """`fault` sees every request first; what it returns is the answer, None lets the request pass."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Object]] = {plural: {} for plural in PLURALS}
        self.fault: Fault | None = None
        self.requests: list[tuple[str, str]] = []
        self.tokens: list[str | None] = []
        self.streams = 0
        self._opened = asyncio.Event()
        self._version = 100
        self._news: list[asyncio.Queue[tuple[str, Object]]] = []
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()

    async def stop(self) -> None:
        for news in self._news:
            news.put_nowait(("STOP", {}))
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    def kubeconfig(self, path: Path, token: str = "first") -> str:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "users": [{"name": "fake", "user": {"token": token}}],
        }
        path.write_text(json.dumps(config))
        return str(path)

    async def watched(self, streams: int = len(PLURALS)) -> None:
        """Both kinds are being watched, or there are so many streams."""
        while self.streams < streams:
            self._opened.clear()
            await self._opened.wait()

    def put(self, plural: str, name: str, **spec: Any) -> Object:
        self._version += 1
        word = "MODIFIED" if name in self.objects[plural] else "ADDED"
        metadata = {"name": name, "namespace": "gis", "uid": name, "resourceVersion": str(self._version)}
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": PLURALS[plural],
            "metadata": metadata,
            "spec": spec,
        }
        self.objects[plural][name] = body
        self._tell(word, body)
        return body

    def delete(self, plural: str, name: str) -> None:
        self._tell("DELETED", self.objects[plural].pop(name))

    def send(self, word: str, body: Object) -> None:
        """An event of any kind into all open streams."""
        self._tell(word, body)

    def _tell(self, word: str, body: Object) -> None:
        for news in self._news:
            news.put_nowait((word, body))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path_qs))
        self.tokens.append(request.headers.get("Authorization"))
        planted = await self.fault(request) if self.fault else None
        return planted if planted is not None else await self._well(request)

    async def _well(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/api":
            return web.json_response({"versions": ["v1"]})
        if request.path == "/api/v1":
            return web.json_response({"resources": [resource("namespaces", "Namespace", namespaced=False)]})
        if request.path == "/apis":
            version = {"groupVersion": f"{GROUP}/{VERSION}", "version": VERSION}
            return web.json_response(
                {"groups": [{"name": GROUP, "versions": [version], "preferredVersion": version}]}
            )
        if request.path == f"/apis/{GROUP}/{VERSION}":
            return web.json_response({"resources": [resource(*names) for names in PLURALS.items()]})
        plural = request.path.rpartition("/")[2]
        if plural not in PLURALS:
            return status(404, "not found")
        if request.query.get("watch"):
            return await self._stream(request, PLURALS[plural])
        items = list(self.objects[plural].values())
        return web.json_response(
            {
                "kind": f"{PLURALS[plural]}List",
                "metadata": {"resourceVersion": str(self._version)},
                "items": items,
            }
        )

    async def _stream(self, request: web.Request, kind: str) -> web.StreamResponse:
        news: asyncio.Queue[tuple[str, Object]] = asyncio.Queue()
        since = int(request.query.get("resourceVersion", "0"))
        for body in self.objects[next(p for p, k in PLURALS.items() if k == kind)].values():
            if int(body["metadata"]["resourceVersion"]) > since:
                news.put_nowait(("MODIFIED", body))
        self._news.append(news)
        self.streams += 1
        self._opened.set()
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        try:
            await response.prepare(request)
            while True:
                word, body = await news.get()
                if word == "STOP":
                    return response
                if word == "CUT" and body.get("kind", kind) == kind:
                    await response.write(b'{"type": "MODIFIED", "obj')
                    return response
                if word == "NONSENSE" and body.get("kind", kind) == kind:
                    await response.write(b'{"type": MODIFIED}\n')
                if word == "ERROR" or (word not in ("CUT", "NONSENSE") and body["kind"] == kind):
                    await response.write(json.dumps({"type": word, "object": body}).encode() + b"\n")
        finally:
            self._news.remove(news)
            self.streams -= 1


def resource(plural: str, kind: str, *, namespaced: bool = True) -> Object:
    """A row of discovery."""
    verbs = ["get", "list", "watch", "patch"]
    return {"name": plural, "kind": kind, "singularName": "", "namespaced": namespaced, "verbs": verbs}


def status(code: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """A `Status` object as the API server sends it."""
    body = {"kind": "Status", "apiVersion": "v1", "code": code, "message": message}
    return web.json_response(body, status=code, headers=headers)
