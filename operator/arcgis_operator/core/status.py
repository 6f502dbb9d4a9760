"""The status subresource: `parse` reads it, `render` writes it.

With `conditions` the only place that knows its spelling.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, get_args, get_origin

from arcgis_operator.core.annotations import unheard
from arcgis_operator.core.authorship import is_put_back
from arcgis_operator.core.conditions import PATIENCE_SECONDS, TYPES, conditions_of, ready_of, said
from arcgis_operator.core.identity import service_key_of
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.operations import EDIT
from arcgis_operator.core.record import (
    Condition,
    JobShown,
    Journal,
    LineShown,
    Observed,
    Phase,
    PlanShown,
    Record,
    Tried,
)
from arcgis_operator.core.said import Raw
from arcgis_operator.core.size import within
from arcgis_operator.core.verdict import Ready, Reason, Verdict

RELIED_ON = ("observedGeneration", "lastHandledReconcileAt", "lastHandledOverride", "conditions", "journal")
ALONE = (
    "observedGeneration", "lastHandledReconcileAt", "lastHandledOverride", "nextWindowTime", "conditions",
    "waitingSince", "history",
)  # fmt: skip
"""What `render` may write beside the blocks of `written_fields`."""
LONGEST: Mapping[str, int] = {
    "operation": 32, "operationURI": 512, "siteURL": 512, "serviceId": 64, "username": 256, "digest": 71,
    "failure": 512, "answer": 512, "status": 64, "duration": 32, "hash": 71, "provider": 32,
    "configuredState": 32, "newSettings": 192, "path": 192, "from": 96, "to": 96, "reason": 64, "text": 512,
    "outcome": 32, "plan": 71, "paths": 96, "changedBy": 64, "rest": 71, "restOf": 71, "override": 256,
}  # fmt: skip
"""Most characters that the schema takes: one field with more, and nothing of the status could be stored.

Names of jobs and intents are not here, for a part of one names nothing: longer ones are not taken in.
"""
MOST: Mapping[str, int] = {
    "newSettings": 5, "history": 10, "messages": 10, "changes": 20, "sends": 12, "paths": 3,
    "changers": 5, "changedBy": 5,
}  # fmt: skip
OLDER = ("digest", "attempt", "ended", "failure", "retryTime")
"""What an older version wrote on the journal itself: read, so that an upgrade forgives nothing."""
MAX_HANDLED = 256
_SPELLING = {"operation_uri": "operationURI", "site_url": "siteURL"}


def parse(body: Mapping[str, Json]) -> Record:
    """Read an object's status; anything that cannot be read counts as no status.

    A journal without a phase does not say what is open, nor does one that was put back; what it counts still
    counts.
    """
    status = body.get("status")
    status = status if isinstance(status, Mapping) else {}
    generation, journal = status.get("observedGeneration"), _block(status, "journal")
    if not isinstance(generation, int) or generation < 0:
        return Record(ready=ready_of(status))
    try:
        if not journal.get("phase") or is_put_back(body):
            return _uncertain(status)
        return _parsed(status)
    except (TypeError, ValueError):
        return Record(ready=ready_of(status))


def render(
    body: Mapping[str, Json], verdict: Verdict, now: datetime, patience_seconds: float = PATIENCE_SECONDS
) -> dict[str, Json]:
    """The whole new status for the object that was read; Stalled after so long a wait for others."""
    before = body.get("status") or {}
    record, generation = verdict.record, body["metadata"]["generation"]
    kept = verdict.keep_ready and _is_ready(before, generation)
    status: dict[str, Json] = {
        "observedGeneration": before.get("observedGeneration", generation) if kept else generation,
        "lastHandledReconcileAt": record.handled[:MAX_HANDLED],
        "lastHandledOverride": record.overridden[:MAX_HANDLED],
        "nextWindowTime": record.next_window,
        **({"conditions": before["conditions"]} if kept else said(body, verdict, now, patience_seconds)),
        "journal": _journal(record),
        "job": _written(record.job) if record.job else None,
        "history": _fitted("history", [dict(entry) for entry in record.history]),
        "plan": _written(record.plan) if record.plan else None,
        "line": _written(record.line) if record.line and verdict.reason is Reason.QUEUED else None,
        "observed": _written(live) if (live := record.observed or record.proved) else None,
    }
    return within({key: value for key, value in status.items() if value not in (None, "", [])})


def render_site(
    body: Mapping[str, Json],
    verdict: Verdict,
    facts: Mapping[str, Json],
    now: datetime,
    patience_seconds: float = PATIENCE_SECONDS,
) -> dict[str, Json]:
    """The whole new status of an ArcGISSite.

    `facts` are `version`, `mode`, `login`, `divergence` and `services` as known now; what is not among them
    stays, and one that is empty goes.
    """
    before, generation = body.get("status") or {}, body["metadata"]["generation"]
    known = {**{name: before.get(name) for name in ("version", "mode", "login", "divergence")}, **facts}
    whole = {**known, "observedGeneration": generation, **said(body, verdict, now, patience_seconds)}
    return {name: value for name, value in whole.items() if value}


def _journal(record: Record) -> dict[str, Json] | None:
    journal = _written(record.journal)
    if not record.known:
        del journal["phase"]
    return journal or None


def lost(wanted: Mapping[str, Json], stored: Mapping[str, Json]) -> tuple[str, ...]:
    """The fields that decide what is sent, and are in `stored` otherwise than in `wanted`."""
    return tuple(name for name in RELIED_ON if _relied_on(wanted, name) != _relied_on(stored, name))


def _relied_on(status: Mapping[str, Json], name: str) -> Json:
    """Somebody else may add a condition of another type."""
    if name != "conditions":
        return status.get(name)
    return {kind: one for kind, one in conditions_of(status).items() if kind in TYPES}


def is_written(body: Mapping[str, Json]) -> bool:
    """Whether the operator has said something: not of what is new, and not once the status was wiped.

    Without a journal, as nothing was ever sent for it, a service is not Ready.
    """
    status = body.get("status") or {}
    generation = status.get("observedGeneration")
    said = isinstance(generation, int) and generation >= 0
    return said and ("journal" in status or ready(body)[0] != Ready.TRUE.value)


def condition(body: Mapping[str, Json]) -> Condition:
    """The stored Ready condition, empty when there is none."""
    return ready_of(body.get("status") or {})


def ready(body: Mapping[str, Json]) -> tuple[str, str]:
    """Status and reason of the stored Ready condition, empty when there is none."""
    stored = condition(body)
    return stored.status, stored.reason


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a status says that the service is: `<normalised site URL>|<folder/name.type>`, and its id there.

    Both are empty where nothing was ever sent for the resource.
    """

    address: str = ""
    service_id: str = ""


def whereabouts(body: Mapping[str, Json]) -> Whereabouts:
    """What the status knows of the service, whatever the spec says now."""
    status = body.get("status")
    status = status if isinstance(status, Mapping) else {}
    journal, observed = _block(status, "journal"), _block(status, "observed")
    url, service = journal.get("siteURL"), service_key_of(Raw(str(journal.get("operationURI", ""))))
    if not service or not url:
        return Whereabouts()
    seen = journal.get("phase") == Phase.IDLE and bool(observed.get("serviceId"))
    newer = seen and str(observed.get("verifiedTime", "")) >= str(journal.get("intentTime", ""))
    service_id = (observed if newer else journal).get("serviceId")
    return Whereabouts(f"{url}|{service}", str(service_id or ""))


def at_rest(body: Mapping[str, Json], asked: str) -> bool:
    """Whether the object says of itself that nothing is to be done for it: Ready, and nothing open.

    `asked` is what a person asks for (`case.requests_in`), empty for nothing.
    """
    status = body.get("status") or {}
    closed = _block(status, "journal").get("phase") == Phase.IDLE
    heard = not unheard(asked, str(status.get("lastHandledReconcileAt", "")))
    return closed and heard and _is_ready(status, body["metadata"].get("generation", 0))


def _parsed(status: Mapping[str, Json]) -> Record:
    journal = _read(Journal, _counting(_block(status, "journal")))
    return Record(
        known=True,
        handled=str(status.get("lastHandledReconcileAt", "")),
        overridden=str(status.get("lastHandledOverride", "")),
        ready=ready_of(status),
        journal=journal,
        job=_read(JobShown, _block(status, "job")) if status.get("job") else None,
        history=_history(status),
        plan=_plan(status),
        line=_line(status),
        observed=_proved(status),
    )


def _uncertain(status: Mapping[str, Json]) -> Record:
    return Record(
        handled=str(status.get("lastHandledReconcileAt", "")),
        overridden=str(status.get("lastHandledOverride", "")),
        ready=ready_of(status),
        journal=_read(Journal, _counting(_block(status, "journal"))).closed(),
        history=_history(status),
        plan=_plan(status),
        line=_line(status),
        proved=_proved(status),
    )


def _history(status: Mapping[str, Json]) -> tuple[Mapping[str, Json], ...]:
    """What of it can be read: it decides nothing, so what cannot be read of it is no harm."""
    listed = status.get("history")
    return tuple(one for one in listed if isinstance(one, Mapping)) if isinstance(listed, list) else ()


def _line(status: Mapping[str, Json]) -> LineShown | None:
    block = _block(status, "line")
    return _read(LineShown, block) if block else None


def _proved(status: Mapping[str, Json]) -> Observed | None:
    block = _block(status, "observed")
    return _read(Observed, block) if block else None


def _counting(journal: Mapping[str, Json]) -> Mapping[str, Json]:
    """In an older status, there was one operation: what it counts is on the journal itself."""
    if "attempts" in journal or "digest" not in journal:
        return journal
    reason, _, text = str(journal.get("failure", "")).partition(": ")
    counted = {name: journal[name] for name in OLDER if name in journal}
    return {**journal, "attempts": {EDIT.name: {**counted, "reason": reason, "text": text}}}


def _plan(status: Mapping[str, Json]) -> PlanShown | None:
    """In an older status, without a digest, the hash is that of the wanted state."""
    block = _block(status, "plan")
    return _read(PlanShown, {"digest": block.get("hash"), **block}) if block else None


def _block(status: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    block = status.get(name)
    return block if isinstance(block, Mapping) else {}


def _is_ready(status: Mapping[str, Json], generation: int) -> bool:
    ready = ready_of(status)
    return ready.status == "True" and ready.generation == generation


@functools.cache
def _key(attribute: str) -> str:
    return _SPELLING.get(attribute) or re.sub("_([a-z])", lambda found: found[1].upper(), attribute)


@functools.cache
def _spelled(kind: Any) -> tuple[tuple[str, str, Any], ...]:
    """Each field of a block: its name, its name in the status, and its type."""
    return tuple((field.name, _key(field.name), field.type) for field in fields(kind))


def written_fields() -> dict[str, list[str]]:
    """The names that `render` may write into each block of an ArcGISService's status."""
    blocks = {"journal": Journal, "job": JobShown, "plan": PlanShown, "line": LineShown, "observed": Observed}
    return {block: [_key(field.name) for field in fields(kind)] for block, kind in blocks.items()}


def _written(value: Any) -> dict[str, Json]:
    items = {_key(field.name): getattr(value, field.name) for field in fields(value)}
    empty: tuple[Json, ...] = ("", 0, (), {}, False)
    return {
        key: _fitted(key, list(item) if isinstance(item, tuple) else item)
        for key, item in items.items()
        if item not in empty
    }


def _fitted(key: str, item: Json) -> Json:
    """Within the bounds of the schema; the result of a job has none but its size."""
    if isinstance(item, str):
        return item[: LONGEST.get(key)]
    if isinstance(item, list):
        return [_fitted(key, part) for part in item[: MOST.get(key)]]
    if is_dataclass(item):
        return _written(item)
    if isinstance(item, Mapping) and key != "result":
        return {name: _fitted(name, part) for name, part in item.items()}
    return item


def _read(kind: Any, block: Mapping[str, Json]) -> Any:
    values: dict[str, Any] = {}
    for name, key, part in _spelled(kind):
        if (item := block.get(key)) is not None:
            values[name] = _typed(part, item)
    return kind(**values)


def _typed(kind: Any, item: Json) -> Any:
    kind = getattr(kind, "__supertype__", kind)
    if kind is Phase:
        return Phase(item)
    if kind == Mapping[str, Tried]:
        return {str(name): _read(Tried, block) for name, block in item.items()}
    if get_origin(kind) is tuple:
        part = getattr(get_args(kind)[0], "__supertype__", get_args(kind)[0])
        return _all(get_origin(part) or part, item)
    if not isinstance(item, get_origin(kind) or kind):
        raise TypeError
    return item


def _all(kind: Any, items: Json) -> tuple[Any, ...]:
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, kind) for item in items):
        raise TypeError
    return tuple(items)
