"""Rules that break requests, and the holds at which requests wait.

A rule says which request (``match``, ``skip``, ``times``), at which moment (``when``), and what to ``do``.

* ``before``: when the request has come in. With an ending the site never processes it.
* ``instead``: the same, for a rule that must have an ending.
* ``after``: the site processes the request first; an ending then replaces its answer.

``do`` first waits (``delay`` seconds, then at a ``hold``). Then comes at most one ending: ``drop`` (the
connection is closed without an answer), ``reset`` (by a TCP reset), ``hang`` (never answers), or an answer
(``json``, ``body`` or ``html``, with ``status`` and ``headers``). Without an ending it goes on normally.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from arcgis_simulator import jsontext

MOMENTS = ("before", "instead", "after")
PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that a fault gives in the site's place."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Deed:
    """The waits of a rule, then a way to end (``drop``, ``reset``, ``hang``), an answer, or nothing."""

    delay: float = 0.0
    hold: str | None = None
    ending: str | Answer | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests; what is None fits all. ``path`` is searched for in the raw path."""

    method: str | None = None
    path: re.Pattern[str] | None = None
    operation: str | None = None
    service: str | None = None

    def fits(self, method: str, path: str, operation: str, service: str | None) -> bool:
        return (
            (self.method is None or self.method == method)
            and (self.operation is None or self.operation == operation)
            and (self.service is None or self.service == (service or "").casefold())
            and (self.path is None or self.path.search(path) is not None)
        )


@dataclass(slots=True)
class Rule:
    id: int
    spec: Mapping[str, Any]
    match: Match
    when: str
    deed: Deed
    skip: int
    times: int | None
    seen: int = 0
    hits: int = 0

    def takes(self) -> bool:
        """Counts a matching request and says whether the rule acts on it."""
        if self.times is not None and self.hits >= self.times:
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        self.hits += 1
        return True


class Faults:
    """The rules in force. At each moment the oldest rule that takes a request acts, and no other."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._count = 0

    def add(self, spec: Mapping[str, Any]) -> Rule:
        """Adds a rule. Raises ``ValueError`` for one that makes no sense."""
        _only(spec, {"match", "skip", "times", "when", "do"}, "a rule")
        when = spec.get("when", "before")
        deed = _deed(spec.get("do", {}))
        if when not in MOMENTS:
            raise ValueError(f"'when' is one of {', '.join(MOMENTS)}")
        if when == "instead" and deed.ending is None:
            raise ValueError("'instead' needs an ending: drop, reset, hang, json, body, html or status")
        self._count += 1
        times = spec.get("times", 1)
        rule = Rule(self._count, spec, _match(spec.get("match", {})), when, deed, spec.get("skip", 0), times)
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        self.rules.clear()

    def take(self, moment: str, method: str, path: str, operation: str, service: str | None) -> Rule | None:
        """The rule that acts on this request now; ``moment`` is ``before`` or ``after``."""
        for rule in self.rules:
            fits_moment = (rule.when == "after") == (moment == "after")
            if fits_moment and rule.match.fits(method, path, operation, service) and rule.takes():
                return rule
        return None


@dataclass(slots=True, eq=False)
class Parked:
    """A request that waits at a hold."""

    hold: str
    facts: dict[str, Any]
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    drop: bool = False


class Holds:
    """The requests that wait until somebody lets them go. They go on even if their client has gone."""

    def __init__(self) -> None:
        self._parked: list[Parked] = []

    def __iter__(self) -> Iterator[Parked]:
        return iter(self._parked)

    async def park(self, hold: str, facts: dict[str, Any]) -> bool:
        """Waits at a hold; answers whether the request is to be dropped now."""
        parked = Parked(hold, facts)
        self._parked.append(parked)
        try:
            await parked.gate.wait()
        finally:
            self._parked.remove(parked)
        return parked.drop

    def release(self, hold: str, *, drop: bool = False) -> int:
        """Lets all that wait at a hold go on, or drops them; answers how many."""
        waiting = [parked for parked in self._parked if parked.hold == hold and not parked.gate.is_set()]
        for parked in waiting:
            parked.drop = drop
            parked.gate.set()
        return len(waiting)


def _match(spec: Mapping[str, Any]) -> Match:
    _only(spec, {"method", "path", "operation", "service"}, "'match'")
    path, service = spec.get("path"), spec.get("service")
    try:
        pattern = None if path is None else re.compile(path)
    except re.error as error:
        raise ValueError(f"'path' is no regular expression: {error}") from error
    return Match(spec.get("method"), pattern, spec.get("operation"), service.casefold() if service else None)


def _deed(spec: Mapping[str, Any]) -> Deed:
    known = {"delay", "hold", "drop", "reset", "hang", "status", "headers", "json", "body", "html"}
    _only(spec, known, "'do'")
    ends = [name for name in ("drop", "reset", "hang") if spec.get(name)]
    answers = any(name in spec for name in ("status", "json", "body", "html", "headers"))
    if len(ends) + answers > 1:
        raise ValueError("'do' takes one ending")
    ending = ends[0] if ends else _answer(spec) if answers else None
    return Deed(float(spec.get("delay", 0)), spec.get("hold"), ending)


def _answer(spec: Mapping[str, Any]) -> Answer:
    kind, body = "text/plain; charset=utf-8", str(spec.get("body", "")).encode()
    if "json" in spec:
        kind, body = "application/json;charset=utf-8", jsontext.encode(spec["json"])
    elif spec.get("html"):
        kind, body = "text/html; charset=utf-8", PAGE.encode()
    headers = {
        "content-type": kind,
        **{name.lower(): str(text) for name, text in spec.get("headers", {}).items()},
    }
    return Answer(int(spec.get("status", 200)), headers, body)


def _only(spec: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = set(spec) - known
    if unknown:
        raise ValueError(f"{what} has no {', '.join(sorted(unknown))}; it takes {', '.join(sorted(known))}")
