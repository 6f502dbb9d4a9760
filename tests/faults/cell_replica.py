"""One operator in process: the real wiring of `app.parts.Parts`, all but its informer."""

import asyncio
from collections.abc import Callable
from typing import Any

from kubernetes.aio.client.configuration import Configuration

from arcgis_operator.adapters.kube.access import Access
from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.app.parts import Parts
from arcgis_operator.config import Config
from harness.bench import FAST

SETTINGS: dict[str, Any] = {**FAST, "retry_seconds": 5, "backoff_seconds": 5}


class Replica:
    """One operator at work, all but its informer. `call_api` stands in for the way to the API server."""

    def __init__(self, call_api: Callable[..., Any]) -> None:
        configuration = Configuration()
        configuration.host = "http://kube.test"

        async def load() -> Configuration:
            return configuration

        self._api = KubeApi(Access(configuration, load))
        self._api._client.call_api = call_api
        config = Config(namespaces=("gis",), lease_namespace="gis", **SETTINGS)
        self.parts = parts = Parts(config, self._api)
        self.seen = parts.dispatch.seen
        self._electing = asyncio.create_task(parts.elector.run(parts.begin, parts.end))
        others = (parts.events.run(), parts.leading.watch())
        self.tasks = [self._electing, *(asyncio.create_task(part) for part in others)]

    async def stop(self) -> None:
        """In the order of `Operator`'s own end."""
        settled = await self.parts.leading.stop()
        self._electing.cancel()
        await asyncio.gather(self._electing, return_exceptions=True)
        await self.parts.elector.release(settled=settled)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.parts.sessions.aclose()
        await self._api.aclose()
