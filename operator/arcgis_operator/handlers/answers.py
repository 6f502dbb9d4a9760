"""Answers of the API server as kopf reads them: each byte is a sign of life, and nothing nested too deeply.

kopf reads a list as JSON and a watch line by line; one object that Python cannot read would end both. The
objects of a list are told here: kopf makes a task and a queue for each, which takes twenty times as long as
its JSON. It gets the version, from which it watches.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from arcgis_operator.adapters.kube.depth import loads, shallow
from arcgis_operator.adapters.kube.kinds import SERVED, Kind
from arcgis_operator.handlers.pulse import Pulse, Stream
from arcgis_operator.handlers.starts import Starts

FORBIDDEN = 403
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lists:
    """What becomes of a list. `listed` is told each object, `taken` returns when all of them are taken in."""

    starts: Starts
    listed: Callable[[Kind, Body], None]
    taken: Callable[[], Awaitable[None]]

    async def emptied(self, path: str, page: str, value: Any) -> Any:
        """As kopf gets it: without the objects, and over at once where a watch may begin without them."""
        kind = next((one for one in SERVED if path.endswith(f"/{one.plural}")), None)
        if kind is None or not isinstance(value, dict) or "items" not in value:
            return value
        if not page and (version := self.starts.take(path)):
            return {"metadata": {"resourceVersion": version}, "items": []}
        for one in value["items"] or ():
            self.listed(kind, {"apiVersion": kind.api_version, "kind": kind.name, **one})
        await self.taken()
        return {**value, "items": []}


def answer_class(pulse: Pulse, lists: Lists) -> type[aiohttp.ClientResponse]:
    """The class of a session's answers."""

    class Answer(aiohttp.ClientResponse):
        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            await super().start(connection)
            if self.ok and self.url.query.get("watch") == "true":
                stream = Stream(_collection(self), self)
                pulse.opened(stream)
                self.content = _Lines(self.content, pulse, stream)  # type: ignore[assignment]
            return self

        async def json(self, **_: Any) -> Any:
            value = loads(await self.read())
            if self.ok:
                pulse.heard(_collection(self))
                return await lists.emptied(_collection(self), self.url.query.get("continue", ""), value)
            if self.status == FORBIDDEN and isinstance(value, dict) and value.get("kind") == "Status":
                pulse.refused(_collection(self), str(value.get("message", "")))
            return value

    return Answer


def _collection(answer: aiohttp.ClientResponse) -> str:
    """What was asked for, wherever the API server has its paths."""
    before, apis, path = answer.url.path.partition("/apis/")
    return apis + path if apis else before


class _Lines:
    """Stands before the content of a watch: whole lines, as kopf asks for chunks."""

    def __init__(self, content: aiohttp.StreamReader, pulse: Pulse, stream: Stream) -> None:
        self._content, self._pulse, self._stream = content, pulse, stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        error: BaseException | None = None
        rest = b""
        try:
            async for chunk in self._content.iter_chunked(size):
                self._pulse.heard_on(self._stream)
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield shallow(line) + b"\n"
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._pulse.closed(self._stream, error)
