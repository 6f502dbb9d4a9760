"""The judges of the long runs catch what they are there for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from endure_audit import Trail
from endure_growth import Diary, Sample
from endure_ledger import Ledger

from harness.bench import OPERATOR

Json = Any
SERVICE = "Generated/Layer0001.MapServer"
DECLARED = {SERVICE: ["one", "two"]}


@dataclass
class Pages:
    """A site that has written these records, and nothing since."""

    records: Sequence[Json]

    def page(self, after: int) -> list[Json]:
        numbered = [{"seq": number, **record} for number, record in enumerate(self.records, 1)]
        return [record for record in numbered if record["seq"] > after]


def accepted(wanted: str, job: str, service: str = SERVICE) -> Json:
    document = {"description": wanted}
    return {"kind": "accepted", "service": service, "document": document, "job": job, "time_ms": 0}


def job(name: str, status: str) -> Json:
    return {"kind": "job", "service": SERVICE, "job": name, "status": status}


def edit(wanted: str, name: str, end: str = "COMPLETED") -> list[Json]:
    """One edit from its acceptance to the end of its job."""
    return [accepted(wanted, name), job(name, "EXECUTING"), job(name, end)]


def judged(records: Sequence[Json]) -> list[str]:
    ledger = Ledger(Pages(records))  # type: ignore[arg-type]
    ledger.read_on()
    return ledger.breaches(DECLARED)


GOOD: Mapping[str, list[Json]] = {
    "each once": [*edit("one", "a"), *edit("two", "b")],
    "forgotten after its end": [*edit("one", "a"), job("a", "FORGOTTEN"), *edit("two", "b")],
    "again after a failed job": [*edit("one", "a", "FAILED"), *edit("one", "b"), *edit("two", "c")],
}
BAD: Mapping[str, list[Json]] = {
    "one is sent twice": [*edit("one", "a"), *edit("one", "b"), *edit("two", "c")],
    "one is never sent": edit("two", "a"),
    "a job is forgotten before its end": [*edit("one", "a"), *edit("two", "b", "FORGOTTEN")],
    "a job failed and nobody tried again": [*edit("one", "a"), *edit("two", "b", "FAILED")],
    "sent again after it was right, and failed": [
        *edit("one", "a"),
        *edit("two", "b"),
        *edit("two", "c", "FAILED"),
    ],
    "an older one comes after a newer one": [*edit("two", "a"), *edit("one", "b")],
    "nobody declared it": [*edit("one", "a"), *edit("two", "b"), *edit("three", "c")],
    "nobody declared anything there": [
        *edit("one", "a"),
        *edit("two", "b"),
        accepted("one", "c", "Other.MapServer"),
    ],
    "two jobs at the same time": [
        accepted("one", "a"),
        job("a", "EXECUTING"),
        accepted("two", "b"),
        job("b", "SUBMITTED"),
        job("a", "COMPLETED"),
        job("b", "COMPLETED"),
    ],
    "a job never ends": [*edit("one", "a"), accepted("two", "b"), job("b", "EXECUTING")],
}


@pytest.mark.parametrize("history", GOOD)
def test_a_good_history_passes(history: str) -> None:
    assert judged(GOOD[history]) == []


@pytest.mark.parametrize("history", BAD)
def test_a_bad_history_is_caught(history: str) -> None:
    assert judged(BAD[history]) != []


def entry(name: str, intent: str, at: str, resource: str = "arcgisservices", user: str = OPERATOR) -> bytes:
    journal = {"phase": "Intended", "id": intent}
    body = {
        "verb": "patch",
        "user": {"username": user},
        "objectRef": {"resource": resource, "name": name, "subresource": "status"},
        "responseStatus": {"code": 200},
        "responseObject": {"status": {"journal": journal}},
        "stageTimestamp": at,
    }
    return json.dumps(body).encode() + b"\n"


def test_the_trail_follows_a_log_through_its_rotation_and_a_cut_line(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    trail = Trail(log)
    log.write_bytes(entry("a", "1", "1970-01-01T00:00:01Z") + b'{"verb": "pat\n')
    trail.read_on()
    with log.open("ab") as file:
        file.write(entry("a", "2", "1970-01-01T00:00:02Z"))
    log.rename(tmp_path / "audit-2026.jsonl")
    log.write_bytes(entry("a", "3", "1970-01-01T00:00:03Z"))
    trail.read_on()
    assert [trail.stored("a", at) for at in (0.5, 1, 2, 3)] == [0, 1, 2, 3]


def test_the_trail_leaves_out_the_lease_and_what_others_write(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    at = "1970-01-01T00:00:01Z"
    log.write_bytes(entry("a", "1", at, resource="leases") + entry("a", "2", at, user="somebody"))
    trail = Trail(log)
    trail.read_on()
    assert trail.writes == []


def test_the_trail_keeps_a_refused_write_and_takes_no_intent_from_it(tmp_path: Path) -> None:
    refused = json.loads(entry("a", "1", "1970-01-01T00:00:01Z"))
    refused |= {"responseStatus": {"code": 409}, "responseObject": {"kind": "Status", "status": "Failure"}}
    log = tmp_path / "audit.jsonl"
    log.write_text(json.dumps(refused) + "\n")
    trail = Trail(log)
    trail.read_on()
    assert trail.writes == [(1.0, "patch arcgisservices a 409")]
    assert trail.intents == {}


def test_growth_compares_the_last_third_with_the_first() -> None:
    diary = Diary(1, [Sample(float(at), 100 + at, 20, 2) for at in range(90)])
    growth = diary.growth(0)
    assert growth["memory"] == pytest.approx(100 * (174.5 / 114.5 - 1))
    assert (growth["files"], growth["threads"]) == (0, 0)
