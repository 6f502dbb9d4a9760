"""A sink of the informer for tests."""

import asyncio
import threading
from typing import Any

from arcgis_operator.adapters.kube.kinds import Kind


class Notes:
    """A sink that remembers, and lets a test wait for a name."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []
        self.threads: set[str] = set()
        self._changed = asyncio.Event()

    def seen(self, kind: Kind, event_type: str, body: dict[str, Any]) -> None:
        self.calls.append((kind.name.removeprefix("ArcGIS").lower(), event_type, body["metadata"]["name"]))
        self.threads.add(threading.current_thread().name)
        self._changed.set()

    async def taken(self) -> None:
        """It takes in at once what it is told."""

    async def has(self, *call: str, seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not any(all(word in one for word in call) for one in self.calls):
                self._changed.clear()
                await self._changed.wait()
