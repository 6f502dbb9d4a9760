"""Kubernetes events about our resources: built here, posted in the background.

Posting never raises and never waits: a full queue or a refused event is counted and forgotten,
because the truth is on the resource's status.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.adapters.kube.failures import KubeFailure
from arcgis_operator.adapters.kube.kinds import EVENTS
from arcgis_operator.core.jsondoc import printable

CONTROLLER = "arcgis-operator.dev/operator"
NOTE_LIMIT = 1000
WORD_LIMIT = 128

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What to tell about one resource: `reason` and `action` are CamelCase words."""

    reason: str
    action: str
    note: str
    type: Literal["Normal", "Warning"] = "Normal"


def microtime(moment: datetime) -> str:
    """A Kubernetes MicroTime: UTC, always six digits of fraction (a parser refuses fewer)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event(regarding: Object, announcement: Announcement, instance: str, moment: datetime) -> Object:
    """An `events.k8s.io/v1` Event about the object `regarding` (as read from the API).

    Source: Kubernetes API reference, Event v1 events.k8s.io: note ≤ 1 kB, reason and action ≤ 128.
    """
    metadata = regarding["metadata"]
    return {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.name,
        "metadata": {
            "name": f"{metadata['name'][:200].rstrip('-.')}.{secrets.token_hex(8)}",
            "namespace": metadata["namespace"],
        },
        "eventTime": microtime(moment),
        "reportingController": CONTROLLER,
        "reportingInstance": instance[:WORD_LIMIT],
        "action": announcement.action[:WORD_LIMIT],
        "reason": announcement.reason[:WORD_LIMIT],
        "type": announcement.type,
        "note": _within(printable(announcement.note, NOTE_LIMIT)),
        "regarding": _reference(regarding),
    }


class EventPoster:
    """Posts events one after the other. `dropped` is called once for every event that was lost.

    `size` of them, of about a KiB each, can wait: thousands of changes may go live at once.
    """

    def __init__(
        self, api: KubeApi, instance: str, *, size: int = 4096, dropped: Callable[[], None] | None = None
    ) -> None:
        self._api = api
        self._instance = instance
        self._queue: asyncio.Queue[Object] = asyncio.Queue(size)
        self._dropped = dropped or (lambda: None)

    def post(self, regarding: Object, announcement: Announcement) -> None:
        """Queue one event; when the queue is full it is dropped."""
        try:
            self._queue.put_nowait(event(regarding, announcement, self._instance, datetime.now(UTC)))
        except asyncio.QueueFull:
            self._dropped()

    async def run(self) -> None:
        """Post for ever."""
        while True:
            body = await self._queue.get()
            answer = await self._api.create(EVENTS, body["metadata"]["namespace"], body)
            if isinstance(answer, KubeFailure):
                self._dropped()
            self._queue.task_done()

    async def drain(self, seconds: float) -> None:
        """Wait until what is queued was posted, at most so long; `run` must be running."""
        try:
            async with asyncio.timeout(seconds):
                await self._queue.join()
        except TimeoutError:
            return


def _reference(regarding: Object) -> Object:
    metadata = regarding["metadata"]
    reference = {
        "apiVersion": regarding.get("apiVersion"),
        "kind": regarding.get("kind"),
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata.get("uid"),
        "resourceVersion": metadata.get("resourceVersion"),
    }
    return {key: value for key, value in reference.items() if value}


def _within(note: str) -> str:
    """At most 1024 bytes: the API server counts bytes, people count characters."""
    return note.encode()[:NOTE_LIMIT].decode(errors="ignore")
