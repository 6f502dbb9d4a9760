"""The judge of a long run. It reads the site's journal as it grows and keeps of each edit what is judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.bench import RUNNING
from harness.site import SiteControl

Json = Any
READS = ("GET", "HEAD")
TOKENS = "token"


@dataclass(slots=True)
class Edit:
    """One edit that the site accepted. `wanted` is the description it asked for, `end` how its job ended."""

    wanted: str
    job: str
    at: float
    end: str = ""


@dataclass(slots=True)
class Ledger:
    """All edits so far by service, and what no reading of them can excuse."""

    site: SiteControl
    edits: dict[str, list[Edit]] = field(default_factory=dict)
    overlaps: list[str] = field(default_factory=list)
    writes: list[tuple[float, str]] = field(default_factory=list)
    """The requests that change something, processed or not: when, and what as text."""
    _seen: int = 0
    _running: dict[str, set[str]] = field(default_factory=dict)
    _by_job: dict[str, Edit] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(len(edits) for edits in self.edits.values())

    def read_on(self) -> None:
        """Takes in what has happened since."""
        while page := self.site.page(self._seen):
            self._seen = page[-1]["seq"]
            for record in page:
                self._take(record)

    def breaches(self, declared: Mapping[str, Sequence[str]]) -> list[str]:
        """What must not be, given the descriptions that were declared for each service, in their order.

        Each is put live by one edit; more than one was sent only if the job of the one before had failed;
        nothing else was sent, and nothing older after something newer.
        """
        found = list(self.overlaps)
        found += [f"{service}: nobody asked for an edit" for service in self.edits.keys() - declared.keys()]
        for service, wanted in declared.items():
            found += _breaches(service, wanted, self.edits.get(service, []))
        return found

    def _take(self, record: Json) -> None:
        if record["kind"] == "request" and record["method"] not in READS:
            if record["operation"] != TOKENS:
                self.writes.append((record["time_ms"] / 1000, f"{record['method']} {record['path']}"))
        elif record["kind"] == "accepted":
            edit = Edit(record["document"]["description"], record["job"], record["time_ms"] / 1000)
            self.edits.setdefault(record["service"], []).append(edit)
            self._by_job[edit.job] = edit
        elif record["kind"] == "job":
            self._follow(record)

    def _follow(self, record: Json) -> None:
        running = self._running.setdefault(record["service"], set())
        if record["status"] in RUNNING:
            running.add(record["job"])
            if len(running) > 1:
                self.overlaps.append(f"{record['service']}: {sorted(running)} ran at the same time")
            return
        running.discard(record["job"])
        edit = self._by_job.get(record["job"])
        if edit and not edit.end:  # a job that has ended is forgotten later
            edit.end = record["status"]


def _breaches(service: str, wanted: Sequence[str], edits: Sequence[Edit]) -> list[str]:
    found = []
    for description in wanted:
        ends = [edit.end for edit in edits if edit.wanted == description]
        if ends.count("COMPLETED") != 1 or ends[-1] != "COMPLETED":
            found.append(f"{service}: {description!r} was sent {len(ends)} times, with the ends {ends}")
    unknown = [edit.wanted for edit in edits if edit.wanted not in wanted]
    found += [f"{service}: nobody declared {description!r}" for description in unknown]
    order = [wanted.index(edit.wanted) for edit in edits if edit.wanted in wanted]
    if order != sorted(order):
        found.append(f"{service}: an older state was sent after a newer one: {order}")
    return found
