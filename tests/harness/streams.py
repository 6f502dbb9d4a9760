"""What can be done to one event of a stream of services: `BROKEN` breaks it, `LYING` tells what is not so.

Each gives the deed of a `WatchRule`; some name the service of the case that they are for.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from harness.bench import resource
from harness.planted import error_event

Json = Any
Deed = Mapping[str, Json]
ELSEWHERE = "Elsewhere/Other.MapServer"


def event(word: str, kind: str, service: str) -> bytes:
    """A watch event about an object that is not there, the oldest of all."""
    body = {**resource("a-ghost", service, {"description": "never wanted"}), "kind": kind}
    old = {"resourceVersion": "1", "uid": "u-1", "generation": 1, "creationTimestamp": "2020-01-01T00:00:00Z"}
    body["metadata"] = {"name": "a-ghost", "namespace": "default", **old}
    return json.dumps({"type": word, "object": body}).encode()


def instead(line: bytes) -> Callable[[str], Deed]:
    """This line in the place of the event, then the end of the stream."""
    return lambda service: {"instead": line, "then": "end"}


def ghost(word: str, kind: str = "ArcGISService", service: str = "") -> Callable[[str], Deed]:
    """An object that is not there, for the service of the case if no other is named."""
    return lambda own: {"instead": event(word, kind, service or own), "then": "end"}


BROKEN: Mapping[str, Deed] = {
    "S4 an ERROR 500": {"instead": error_event(500, "InternalError"), "then": "end"},
    "S4 an ERROR 504": {"instead": error_event(504, "Timeout"), "then": "end"},
    "an ERROR 429": {"instead": error_event(429, "TooManyRequests"), "then": "end"},
    "S4b an ERROR 410": {"instead": error_event(410, "Expired"), "then": "end"},
    "S5 cut in the middle, a clean end": {"cut_at": 40, "then": "end"},
    "S5b cut in the middle, a reset": {"cut_at": 40, "then": "reset"},
    "an end before the event": {"swallow": True, "then": "end"},
    "a reset before the event": {"swallow": True, "then": "reset"},
    "an HTML page in the stream": {"instead": b"<html><body>", "then": "end"},
    "an event of an unknown type": {"instead": b'{"type": "RUMOUR", "object": {}}', "then": "end"},
    "every event twice": {"twice": True, "times": None},
}

LYING: Mapping[str, Callable[[str], Deed]] = {
    "a line that is no JSON": instead(b'{"type": "MODIFIED", "object": {'),
    "an empty line": instead(b""),
    "bytes that are no text": instead(b"\xff\xfe\x00"),
    "a line of 2 MiB": instead(b'{"type": "' + b"X" * 2**21 + b'"}'),
    "an event without an object": instead(b'{"type": "MODIFIED"}'),
    "an object that is none": instead(b'{"type": "MODIFIED", "object": 7}'),
    "a bookmark alone": ghost("BOOKMARK"),
    "an object of another kind": ghost("MODIFIED", "ConfigMap", ELSEWHERE),
    "an object that is not there": ghost("ADDED", service=ELSEWHERE),
    "an elder that is not there": ghost("ADDED"),
    "a deletion of what is not there": ghost("DELETED"),
}


def deed(kind: str, service: str) -> Deed:
    """The deed of a kind in either table, for a case with this service."""
    return BROKEN[kind] if kind in BROKEN else LYING[kind](service)
