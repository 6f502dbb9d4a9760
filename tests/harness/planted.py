"""What can be planted on the way between an operator and the API server: rules for requests and for events.

Plain values that count their own hits; `kubeproxy` carries them out.
"""

import asyncio
import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any, Literal

Json = Any
Moment = Literal["before", "after"]
PAGE = b"<!DOCTYPE html><html><body>Please sign in.</body></html>"
PLAIN = (("Content-Type", "application/json"),)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the operator. `body` is the parsed JSON, None when there is none."""

    method: str
    path: str
    body: Json = None
    watch: bool = False

    @property
    def phase(self) -> str:
        """The phase of the journal that this request stores, empty when it stores none."""
        status = self.body.get("status") or {} if isinstance(self.body, dict) else {}
        return str((status.get("journal") or {}).get("phase") or "")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in the API server's place."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = PLAIN


def refusal(code: int, reason: str = "", **headers: str) -> Answer:
    """A `Status` object as the API server sends it."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
    given = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Answer(code, json.dumps(body).encode(), (*PLAIN, *given))


def error_event(code: int, reason: str) -> bytes:
    """A watch event of type ERROR."""
    return json.dumps({"type": "ERROR", "object": json.loads(refusal(code, reason).body)}).encode()


HTML = Answer(200, PAGE, (("Content-Type", "text/html"),))


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests. `path` is searched for; what is None fits all."""

    method: str | None = None
    path: str | None = None
    phase: str | None = None
    watch: bool | None = None

    def fits(self, asked: Asked) -> bool:
        return (
            (self.method is None or self.method == asked.method)
            and (self.watch is None or self.watch == asked.watch)
            and (self.phase is None or self.phase == asked.phase)
            and (self.path is None or re.search(self.path, asked.path) is not None)
        )


@dataclass(slots=True, kw_only=True, eq=False)
class Counted:
    """Leaves the first `skip` of what it could take, then takes so many `times` (None: for ever)."""

    skip: int = 0
    times: int | None = 1
    seen: int = 0
    hits: int = 0

    def _count(self) -> bool:
        if self.times is not None and self.hits >= self.times:
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        self.hits += 1
        return True


@dataclass(slots=True, eq=False)
class Rule(Counted):
    """What happens to a request that matches.

    `when` "before": the API server never sees it, unless it is only parked; "after": it does. The request is
    parked if `hold`. In the end comes `answer`, a reset (`reset`), or what the API server says.
    """

    match: Match
    when: Moment = "before"
    answer: Answer | None = None
    reset: bool = False
    hold: bool = False
    parked: threading.Event = field(default_factory=threading.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def takes(self, asked: Asked) -> bool:
        """Whether the rule acts on this request, which is counted."""
        return self.match.fits(asked) and self._count()

    async def wait(self) -> None:
        """Parks the request if that is wanted."""
        if self.hold:
            self.parked.set()
            await self.gate.wait()


@dataclass(slots=True, eq=False)
class WatchRule(Counted):
    """What happens to an event of an open stream of this `plural`.

    It waits for `delay` seconds, and so does all that follows it. Then `instead` (a line without its end)
    stands in its place; or it is left out (`swallow`); or only `cut_at` bytes come; or it comes twice.
    Then the stream goes on, ends, is reset, or stays open and never says anything again (`then`).
    """

    plural: str
    delay: float = 0.0
    instead: bytes | None = None
    swallow: bool = False
    twice: bool = False
    cut_at: int | None = None
    then: Literal["on", "end", "reset", "silence"] = "on"
    came: list[bytes] = field(default_factory=list)

    def takes(self, plural: str) -> bool:
        """Whether the rule acts on this event, which is counted."""
        return plural == self.plural and self._count()

    def sent(self, line: bytes) -> bytes:
        """What the operator gets for the event, which is kept."""
        self.came.append(line)
        if self.instead is not None:
            return self.instead + b"\n"
        if self.swallow:
            return b""
        if self.cut_at is not None:
            return line[: self.cut_at]
        return line * 2 if self.twice else line
