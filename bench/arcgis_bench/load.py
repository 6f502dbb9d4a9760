"""The load: ArcGISService objects, created and changed in parallel with the administrator's certificate.

One kubectl for each object would cost more than all that is measured.
"""

import asyncio
import base64
import json
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from arcgis_devcluster import Cluster, kubeconfig

NAMESPACE = "bench"
PARALLEL = 16
IN_A_PAGE = 500
IN_A_FOLDER = 1000  # as `arcgis-simulator --services` makes them
_PATH = f"/apis/arcgis-operator.dev/v1alpha1/namespaces/{NAMESPACE}/arcgisservices"


@dataclass(frozen=True, slots=True)
class Target:
    """One resource and the service it speaks for; `door` is the ArcGISSite that it goes through."""

    site: str
    number: int
    door: str

    @property
    def name(self) -> str:
        """Of the resource."""
        return f"{self.site}-{self.number:05}"

    @property
    def leaf(self) -> str:
        """Of the service, without its folder."""
        return f"Layer{self.number:04}.MapServer"

    @property
    def title(self) -> str:
        """Of the service, as the journal of the site writes it."""
        return f"{self.folder}/{self.leaf}"

    @property
    def folder(self) -> str:
        """Of the service: `Generated`, `Generated1`, …"""
        return "Generated" + (str((self.number - 1) // IN_A_FOLDER) if self.number > IN_A_FOLDER else "")

    def body(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The whole object."""
        name, _, kind = self.title.rpartition("/")[2].rpartition(".")
        return {
            "apiVersion": "arcgis-operator.dev/v1alpha1",
            "kind": "ArcGISService",
            "metadata": {"name": self.name},
            "spec": {
                "siteRef": {"name": self.door},
                "service": {"folder": self.folder, "name": name, "type": kind},
                "settings": settings,
            },
        }


LIVE: dict[str, Any] = {"properties": {"maxRecordCount": 1000}}
"""What a generated service of the simulated site has anyway: nothing to do."""


def new_value(text: str) -> dict[str, Any]:
    """Settings that no service has yet."""
    return {"description": text}


class Load:
    """Sends to the API server of one cluster; each call returns when all is answered."""

    def __init__(self, cluster: Cluster) -> None:
        document = kubeconfig.read(cluster.kubeconfig)
        self._url = cluster.url
        self._tls = _tls(document, cluster.directory)

    def create(self, targets: Iterable[Target], settings: dict[str, Any]) -> None:
        """New resources, as fast as it goes."""
        asyncio.run(self._all([("POST", _PATH, target.body(settings)) for target in targets]))

    def change(self, targets: Iterable[Target], settings: dict[str, Any]) -> None:
        """Other settings for resources that exist."""
        patch = {"spec": {"settings": settings}}
        asyncio.run(self._all([("PATCH", f"{_PATH}/{target.name}", patch) for target in targets]))

    def list_all(self) -> float:
        """Seconds for a bare list of all resources, page by page, each read as JSON and forgotten."""
        began = time.monotonic()
        asyncio.run(self._pages(lambda _: None))
        return time.monotonic() - began

    def not_ready(self) -> set[str]:
        """The names of the resources that are not Ready as they are now, whoever wrote that."""
        found: set[str] = set()
        asyncio.run(self._pages(lambda items: found.update(map(_name, filter(_is_waiting, items)))))
        return found

    def reasons(self) -> dict[str, str]:
        """Why each resource is Ready or not, by its name; empty while nothing was said of it."""
        found: dict[str, str] = {}
        asyncio.run(self._pages(lambda items: found.update({_name(one): _reason(one) for one in items})))
        return found

    async def _pages(self, take: Callable[[list[dict[str, Any]]], None]) -> None:
        connector, token = aiohttp.TCPConnector(ssl=self._tls), ""
        async with aiohttp.ClientSession(self._url, connector=connector) as session:
            while True:
                query = {"limit": str(IN_A_PAGE), **({"continue": token} if token else {})}
                async with session.get(_PATH, params=query) as answer:
                    page = json.loads(await answer.read())
                take(page["items"])
                if not (token := page["metadata"].get("continue", "")):
                    return

    async def _all(self, requests: list[tuple[str, str, dict[str, Any]]]) -> None:
        waiting = iter(requests)
        connector = aiohttp.TCPConnector(limit=PARALLEL, ssl=self._tls)
        async with aiohttp.ClientSession(self._url, connector=connector) as session:

            async def send() -> None:
                for method, path, body in waiting:
                    await _once(session, method, path, body)

            async with asyncio.TaskGroup() as group:
                for _ in range(min(PARALLEL, len(requests))):
                    group.create_task(send())


def _name(body: dict[str, Any]) -> str:
    return str(body["metadata"]["name"])


def _ready(body: dict[str, Any]) -> dict[str, Any]:
    found = (body.get("status") or {}).get("conditions") or []
    return next((one for one in found if one["type"] == "Ready"), {})


def _reason(body: dict[str, Any]) -> str:
    return str(_ready(body).get("reason", ""))


def _is_waiting(body: dict[str, Any]) -> bool:
    ready = _ready(body)
    return (ready.get("status"), ready.get("observedGeneration")) != ("True", body["metadata"]["generation"])


async def _once(session: aiohttp.ClientSession, method: str, path: str, body: dict[str, Any]) -> None:
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    async with session.request(method, path, json=body, headers={"Content-Type": kind}) as answer:
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {await answer.text()}")
        await answer.read()


def _tls(document: dict[str, Any], directory: Path) -> ssl.SSLContext:
    cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    pair = directory / "bench-admin.pem"
    pair.touch(mode=0o600)
    pair.write_bytes(
        base64.b64decode(user["client-key-data"]) + base64.b64decode(user["client-certificate-data"])
    )
    context.load_cert_chain(pair)
    return context
