"""The audit log of kube-apiserver, read while it grows: who asked for what, and when a resource was Ready.

The policy keeps the body of status writes only, so that the log costs the API server little. Times are
seconds of the wall clock.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

SERVICES = "arcgisservices"
WRITES = frozenset({"create", "update", "patch", "delete"})
_GROUP = "arcgis-operator.dev"
_POLICY: dict[str, Any] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [
        {"level": "None", "users": ["system:apiserver"]},
        {"level": "None", "nonResourceURLs": ["/*"]},
        {"level": "Request", "resources": [{"group": _GROUP, "resources": ["*/status"]}]},
        {"level": "Metadata"},
    ],
}


@dataclass(frozen=True, slots=True)
class Request:
    """One answered request. `ready` is the generation for which a status write set Ready=True, else None."""

    received: float
    answered: float
    user: str
    verb: str
    resource: str
    subresource: str
    name: str
    code: int
    ready: int | None

    @property
    def wrote(self) -> bool:
        """It changed something."""
        return self.verb in WRITES and self.code < 300


class Audit:
    """All requests so far; `read` takes up what was written since."""

    def __init__(self, log: Path) -> None:
        self._file = log.open("rb")
        self._rest = b""
        self.requests: list[Request] = []
        self.ready: dict[str, tuple[int, float]] = {}

    def read(self) -> None:
        """Also notes in `ready`, by name, the newest generation that was said to be Ready, and since when."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for request in _requests(lines):
            self.requests.append(request)
            if request.ready is not None and request.ready > self.ready.get(request.name, (-1, 0.0))[0]:
                self.ready[request.name] = (request.ready, request.answered)

    def since(self, mark: float, user: str) -> Iterator[Request]:
        """The requests of one user that were received at `mark` or later."""
        return (one for one in self.requests if one.received >= mark and one.user == user)

    def work(self, user: str, mark: float = 0.0) -> Iterator[Request]:
        """What one user wrote since then, without the heartbeat of an election."""
        return (one for one in self.since(mark, user) if one.wrote and one.resource != "leases")

    def close(self) -> None:
        """Nothing more is read."""
        self._file.close()


def write_policy(path: Path) -> Path:
    """For `--audit-policy-file`."""
    path.write_text(yaml.safe_dump(_POLICY, sort_keys=False))
    return path


def _requests(lines: Iterable[bytes]) -> Iterator[Request]:
    for line in lines:
        entry = json.loads(line)
        target = entry.get("objectRef") or {}
        code = (entry.get("responseStatus") or {}).get("code", 0)
        yield Request(
            received=_seconds(entry["requestReceivedTimestamp"]),
            answered=_seconds(entry["stageTimestamp"]),
            user=entry["user"].get("username", ""),
            verb=entry["verb"],
            resource=target.get("resource", ""),
            subresource=target.get("subresource", ""),
            name=target.get("name", ""),
            code=code,
            ready=_ready(entry.get("requestObject"), target) if code == 200 else None,
        )


def _ready(body: Any, target: dict[str, Any]) -> int | None:
    if not isinstance(body, dict) or target.get("resource") != SERVICES:
        return None
    for condition in (body.get("status") or {}).get("conditions") or []:
        if condition.get("type") == "Ready" and condition.get("status") == "True":
            return int(condition.get("observedGeneration", 0))
    return None


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
