"""Room to grow: 100,000 resources on 200 sites, listed and watched in process; nothing holds the event loop.

What is counted is the processor time of the thread in one round of its loop, which no other work of the
machine lengthens by much.
"""

import asyncio
import gc
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from kubernetes.aio.client.configuration import Configuration

from arcgis_operator.adapters.kube.access import Access
from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES
from arcgis_operator.app.parts import Parts
from arcgis_operator.app.supervisor import _Relay
from arcgis_operator.config import Config
from arcgis_operator.core.identity import Name

pytestmark = pytest.mark.timeout(900)  # a quarter of a minute of the processor, of which others take most

SITES, ON_A_SITE = 200, 500
LONGEST_SECONDS = 0.1
SINCE = "2026-11-28T00:00:00Z"


class Rounds(asyncio.SelectorEventLoop):
    """Knows the processor time that its longest round took."""

    def __init__(self) -> None:
        super().__init__()
        self.longest = 0.0

    def _run_once(self) -> None:
        began = time.thread_time()
        super()._run_once()  # type: ignore[misc]
        self.longest = max(self.longest, time.thread_time() - began)


def site(number: int, version: int = 1) -> dict[str, Any]:
    """One that was reached."""
    ready = {"type": "Ready", "status": "True", "reason": "Reachable", "observedGeneration": 1}
    return {
        "metadata": {**_metadata(f"s{number}"), "resourceVersion": str(version)},
        "spec": {"url": _url(number), "credentials": {"secretRef": {"name": "login"}}},
        "status": {"observedGeneration": 1, "conditions": [ready], "services": {"attached": version}},
    }


def service(number: int) -> dict[str, Any]:
    """One at rest, as the operator leaves it when nothing was ever sent."""
    on, name = number % SITES, f"Layer{number // SITES:04}"
    ready = {"type": "Ready", "status": "True", "reason": "Converged", "observedGeneration": 1}
    return {
        "metadata": _metadata(f"s{on}-{number}"),
        "spec": {
            "siteRef": {"name": f"s{on}"},
            "service": {"folder": "Generated", "name": name, "type": "MapServer"},
            "settings": {"properties": {"maxRecordCount": 1000}},
        },
        "status": {
            "observedGeneration": 1,
            "conditions": [{**ready, "lastTransitionTime": SINCE, "message": f"As declared on {_url(on)}."}],
            "observed": {"serviceId": f"id-{number}", "digest": "0" * 64, "verifiedTime": SINCE},
            "journal": {"phase": "Idle"},
        },
    }


def _metadata(name: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "gis", "uid": f"u-{name}", "generation": 1}
    return {**metadata, "creationTimestamp": SINCE, "resourceVersion": "1"}


def _url(number: int) -> str:
    return f"https://s{number}.example.com/arcgis"


class Answer:
    """Of the API server."""

    status, headers = 200, dict[str, str]()

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def read(self) -> bytes:
        return self._content


class Lists:
    """An API server that answers lists, page by page; written out before anything is measured."""

    def __init__(self) -> None:
        services = [json.dumps(service(number)) for number in range(SITES * ON_A_SITE)]
        sites = [json.dumps(site(number)) for number in range(SITES)]
        self._pages = {
            "arcgisservices": [services[at : at + 500] for at in range(0, len(services), 500)],
            "arcgissites": [sites],
        }

    async def call_api(self, method: str, url: str, *_: object, **__: object) -> Answer:
        parts = urlsplit(url)
        pages = self._pages[parts.path.rpartition("/")[2]]
        at = int(parse_qs(parts.query).get("continue", ["0"])[0])
        more = f',"continue":"{at + 1}"' if at + 1 < len(pages) else ""
        await asyncio.sleep(0)
        text = f'{{"metadata":{{"resourceVersion":"1"{more}}},"items":[{",".join(pages[at])}]}}'
        return Answer(text.encode())


@pytest.fixture
def loop() -> Iterator[Rounds]:
    made = Rounds()
    yield made
    made.close()
    gc.unfreeze()


async def _parts(lists: Lists) -> Parts:
    configuration = Configuration()
    configuration.host = "http://kube.test"

    async def load() -> Configuration:
        return configuration

    api = KubeApi(Access(configuration, load))
    api._client.call_api = lists.call_api
    return Parts(Config(lease_namespace="gis"), api)


async def _everything(parts: Parts, lists: Lists) -> None:
    """A first list, the echoes of a status write on each site, what each of their turns counts, a resync."""
    resync = parts._resync
    await resync.first()
    relay = _Relay(asyncio.get_running_loop(), parts.dispatch, parts._breath)
    for number in range(SITES):
        relay.seen(ARCGIS_SITES, "CHANGED", site(number, version=2))
        relay.seen(ARCGIS_SERVICES, "CHANGED", service(number))
    await relay.taken()
    for number in range(SITES):
        assert parts._counts(Name("gis", f"s{number}"))["attached"] == ON_A_SITE
        await asyncio.sleep(0)
    await resync._complete()
    await parts.dispatch.look_at_everything(within=60.0)
    assert parts.queue.due()


def test_with_100_000_resources_on_200_sites_nothing_holds_the_event_loop(loop: Rounds) -> None:
    lists = Lists()
    gc.collect()
    gc.freeze()
    parts = loop.run_until_complete(_parts(lists))
    loop.longest = 0.0
    loop.run_until_complete(_everything(parts, lists))
    assert len(parts.dispatch.standings.counts()) == 2, "all are as they say"
    assert loop.longest <= LONGEST_SECONDS
