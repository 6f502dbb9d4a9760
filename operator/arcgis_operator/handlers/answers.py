"""Answers of the API server as kopf reads them: each byte is a sign of life, and nothing nested too deeply.

kopf reads a list as JSON and a watch line by line; one object that Python cannot read would end both.
"""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from arcgis_operator.adapters.kube.depth import loads, shallow
from arcgis_operator.handlers.pulse import Pulse, Stream

FORBIDDEN = 403


def answer_class(pulse: Pulse) -> type[aiohttp.ClientResponse]:
    """The class of a session's answers."""

    class Answer(aiohttp.ClientResponse):
        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            await super().start(connection)
            if self.ok and self.url.query.get("watch") == "true":
                stream = Stream(self.url.path, self)
                pulse.opened(stream)
                self.content = _Lines(self.content, pulse, stream)  # type: ignore[assignment]
            return self

        async def json(self, **_: Any) -> Any:
            value = loads(await self.read())
            if self.ok:
                pulse.heard(self.url.path)
            elif self.status == FORBIDDEN and isinstance(value, dict) and value.get("kind") == "Status":
                pulse.refused(self.url.path, str(value.get("message", "")))
            return value

    return Answer


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
