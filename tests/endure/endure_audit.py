"""The operator's writes as kube-apiserver wrote them down, read as the log grows and is rotated."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.apiserver import written_at
from harness.bench import OPERATOR, SERVICES

Json = Any
WRITES = ("create", "update", "patch", "delete")


@dataclass(slots=True)
class Trail:
    """All but the renewals of the Lease, which go on for ever.

    `writes`: when, and what as text. `intents`: of each resource, id → when it was stored. `newest`: each
    resource with the last status that was stored, which spares the API server from being asked.
    """

    log: Path
    writes: list[tuple[float, str]] = field(default_factory=list)
    intents: dict[str, dict[str, float]] = field(default_factory=dict)
    newest: dict[str, Json] = field(default_factory=dict)
    _inode: int = 0
    _position: int = 0

    def read_on(self) -> None:
        """Takes in what was written since."""
        for line in self._lines():
            if entry := _parsed(line):
                self._take(entry)

    def stored(self, name: str, at: float) -> int:
        """How many intents of a resource had been stored at a time."""
        return sum(when <= at for when in self.intents.get(name, {}).values())

    def _take(self, entry: Json) -> None:
        about = entry.get("objectRef") or {}
        if entry["user"].get("username") != OPERATOR or entry["verb"] not in WRITES:
            return
        if about.get("resource") == "leases":
            return
        code = entry.get("responseStatus", {}).get("code", 0)
        text = f"{entry['verb']} {about.get('resource')} {about.get('name')} {code}"
        self.writes.append((written_at(entry), text))
        if code == 200 and (about.get("resource"), about.get("subresource")) == (SERVICES, "status"):
            self._note(about["name"], entry)

    def _note(self, name: str, entry: Json) -> None:
        self.newest[name] = entry["responseObject"]
        journal = (entry["responseObject"].get("status") or {}).get("journal") or {}
        if journal.get("phase") == "Intended":
            self.intents.setdefault(name, {}).setdefault(journal["id"], written_at(entry))

    def _lines(self) -> Iterator[bytes]:
        """Whole lines; after a rotation the rest of the old file comes first."""
        if self._inode not in (0, self.log.stat().st_ino):
            for old in self.log.parent.glob(f"{self.log.stem}-*"):
                if old.stat().st_ino == self._inode:
                    yield from self._rest(old)
            self._position = 0
        self._inode = self.log.stat().st_ino
        yield from self._rest(self.log)

    def _rest(self, path: Path) -> list[bytes]:
        with path.open("rb") as file:
            file.seek(self._position)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._position += len(whole) + len(newline)
        return whole.splitlines()


def _parsed(line: bytes) -> Json:
    """None for a line that was cut when kube-apiserver was killed."""
    try:
        return json.loads(line)
    except ValueError:
        return None
