"""Whether the watch lives: what each of its streams and lists has heard of the API server, and when.

An open stream brings a bookmark every minute; one that brings nothing for longer is dead, without a reset.
Written in the informer's thread, read in any: single values only, and a list that is copied.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import aiohttp

from arcgis_operator.adapters.kube.kinds import SERVED
from arcgis_operator.core.jsondoc import printable
from arcgis_operator.telemetry.logs import Seldom, fields

log = logging.getLogger(__name__)

KINDS = tuple(kind.plural for kind in SERVED)

SILENT_SECONDS = 70.0
"""Source: measured on kube-apiserver 1.36, which sends a bookmark at least every 60 s."""


@dataclass(eq=False)
class Stream:
    """One answer of the API server to a watch."""

    collection: str
    response: aiohttp.ClientResponse
    heard_at: float = field(default_factory=time.monotonic)
    dead: bool = False


class Pulse:
    """Of all streams of one process, whichever life of the informer they belong to. `lost()` counts."""

    def __init__(
        self, lost: Callable[[], None] = lambda: None, *, silent_seconds: float = SILENT_SECONDS
    ) -> None:
        self._lost, self._silent_seconds = lost, silent_seconds
        self._born = time.monotonic()
        self._heard: dict[str, float] = {}
        self._answered: dict[str, float] = {}  # also what was refused
        self._seldom = Seldom()
        self._streams: list[Stream] = []
        self.untrusted = ""
        """Why the last handshake failed, empty since one succeeded."""

    def heard(self, collection: str) -> None:
        """Something sensible came."""
        self._heard[collection] = self._answered[collection] = time.monotonic()
        self.untrusted = ""

    def refused(self, collection: str, words: str) -> None:
        """The API server answers, and says no: that lasts until somebody gives the right back."""
        self._answered[collection] = time.monotonic()
        if self._seldom.may_say(words):
            reason = f"{printable(words, 300)}: changes wait for the resync until the right is given back"
            log.warning("watch refused", extra=fields(collection=collection, reason=reason))

    def heard_on(self, stream: Stream) -> None:
        """Some bytes came on a stream."""
        stream.heard_at = time.monotonic()
        self.heard(stream.collection)

    def opened(self, stream: Stream) -> None:
        """A stream begins: the API server answers."""
        self._streams.append(stream)
        self.heard_on(stream)

    def closed(self, stream: Stream, error: BaseException | None) -> None:
        """A stream is over; the `error` that ended it, None when the API server did."""
        if stream in self._streams:
            self._streams.remove(stream)
        if isinstance(error, aiohttp.ClientError | OSError) and not stream.dead:
            self._tell(stream, type(error).__name__)

    def end_dead_streams(self) -> None:
        """Close what has been silent for too long: kopf opens it anew where it was. In the streams' loop."""
        for stream in list(self._streams):
            silence = time.monotonic() - stream.heard_at
            if silence > self._silent_seconds:
                stream.dead = True
                self._streams.remove(stream)
                self._tell(stream, f"silent for {silence:.0f} s")
                stream.response.close()

    def follows(self, collections: Collection[str]) -> bool:
        """Whether a stream of each is open, and was heard of late."""
        now = time.monotonic()
        alive = (one for one in list(self._streams) if now - one.heard_at <= self._silent_seconds)
        return {one.collection for one in alive}.issuperset(collections)

    def silence(self) -> float:
        """Seconds since the kind that has been silent for longest was heard of, in any namespace."""
        return self._longest(self._heard)

    def unanswered(self) -> float:
        """The same, where a refusal counts: a right that is missing is no silence."""
        return self._longest(self._answered)

    def _longest(self, times: Mapping[str, float]) -> float:
        """What kopf asks for once, when it begins, is none of the kinds."""
        latest = dict.fromkeys(KINDS, self._born)
        for collection, at in list(times.items()):
            kind = collection.rpartition("/")[2]
            if kind in latest:
                latest[kind] = max(at, latest[kind])
        return time.monotonic() - min(latest.values())

    def _tell(self, stream: Stream, reason: str) -> None:
        log.warning("watch connection lost", extra=fields(collection=stream.collection, reason=reason))
        self._lost()
