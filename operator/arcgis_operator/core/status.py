"""The status subresource: `parse` reads it, `render` writes it. The only place that knows its spelling."""

import functools
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, get_args, get_origin

from arcgis_operator.core.jsondoc import Json, printable
from arcgis_operator.core.record import Condition, JobShown, Journal, Observed, Phase, Plan, Record, stamp
from arcgis_operator.core.verdict import ROWS, Progress, Ready, Verdict

MAX_MESSAGE = 512
_SPELLING = {"operation_uri": "operationURI", "site_url": "siteURL"}


def parse(body: Mapping[str, Json]) -> Record:
    """Read an object's status; anything that cannot be read counts as no status."""
    status = body.get("status")
    status = status if isinstance(status, Mapping) else {}
    generation = status.get("observedGeneration")
    if not isinstance(generation, int) or generation < 0 or not _block(status, "journal").get("phase"):
        return Record(ready=_ready(status))
    try:
        return _parsed(status)
    except (TypeError, ValueError):
        return Record(ready=_ready(status))


def render(body: Mapping[str, Json], verdict: Verdict, now: datetime) -> dict[str, Json]:
    """The whole new status for the object that was read."""
    before = body.get("status") or {}
    record, generation = verdict.record, body["metadata"]["generation"]
    kept = verdict.keep_ready and _is_ready(before, generation)
    status: dict[str, Json] = {
        "observedGeneration": before.get("observedGeneration", generation) if kept else generation,
        "lastHandledReconcileAt": record.handled,
        "conditions": before["conditions"] if kept else _conditions(before, verdict, generation, now),
        "journal": _written(record.journal) if record.known else None,
        "job": _written(record.job) if record.job else None,
        "history": [dict(entry) for entry in record.history],
        "plan": _written(record.plan) if record.plan else None,
        "observed": _written(record.observed) if record.observed else None,
    }
    return {key: value for key, value in status.items() if value not in (None, "", [])}


def render_site(
    body: Mapping[str, Json], verdict: Verdict, facts: Mapping[str, Json], now: datetime
) -> dict[str, Json]:
    """The whole new status of an ArcGISSite; `facts` are `version`, `mode` and `services` as known now."""
    before, generation = body.get("status") or {}, body["metadata"]["generation"]
    kept = {name: before[name] for name in ("version", "mode") if before.get(name)}
    return {
        **kept,
        **facts,
        "observedGeneration": generation,
        "conditions": _conditions(before, verdict, generation, now),
    }


def is_written(body: Mapping[str, Json]) -> bool:
    """Whether the operator has said something: not of what is new, and not once the status was wiped.

    Without a journal, as nothing was ever sent for it, a service is not Ready.
    """
    status = body.get("status") or {}
    generation = status.get("observedGeneration")
    said = isinstance(generation, int) and generation >= 0
    return said and ("journal" in status or ready(body)[0] != Ready.TRUE.value)


def ready(body: Mapping[str, Json]) -> tuple[str, str]:
    """Status and reason of the stored Ready condition, empty when there is none."""
    stored = _ready(body.get("status") or {})
    return stored.status, stored.reason


def at_rest(body: Mapping[str, Json], asked: str) -> bool:
    """Whether the object says of itself that nothing is to be done for it: Ready, and nothing open.

    `asked` is the newest request of a person for another try, empty when there is none.
    """
    status = body.get("status") or {}
    closed = _block(status, "journal").get("phase") == Phase.IDLE
    heard = not asked or asked == status.get("lastHandledReconcileAt")
    return closed and heard and _is_ready(status, body["metadata"].get("generation", 0))


def _parsed(status: Mapping[str, Json]) -> Record:
    journal = _read(Journal, _block(status, "journal"))
    return Record(
        known=True,
        handled=str(status.get("lastHandledReconcileAt", "")),
        ready=_ready(status),
        journal=journal,
        job=_read(JobShown, _block(status, "job")) if status.get("job") else None,
        history=_all(Mapping, status.get("history") or []),
        plan=_read(Plan, _block(status, "plan")) if status.get("plan") else None,
        observed=_read(Observed, _block(status, "observed")) if status.get("observed") else None,
    )


def _block(status: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    block = status.get(name)
    return block if isinstance(block, Mapping) else {}


def _ready(status: Mapping[str, Json]) -> Condition:
    ready = _conditions_of(status).get("Ready", {})
    return Condition(
        str(ready.get("status", "")),
        str(ready.get("reason", "")),
        str(ready.get("message", "")),
        ready.get("observedGeneration", -1),
    )


def _conditions_of(status: Mapping[str, Json]) -> dict[Json, Mapping[str, Json]]:
    listed = status.get("conditions")
    items = listed if isinstance(listed, list) else []
    return {str(item.get("type")): item for item in items if isinstance(item, Mapping)}


def _is_ready(status: Mapping[str, Json], generation: int) -> bool:
    ready = _ready(status)
    return ready.status == "True" and ready.generation == generation


def _conditions(
    before: Mapping[str, Json], verdict: Verdict, generation: int, now: datetime
) -> list[dict[str, Json]]:
    wanted: dict[str, Ready] = {"Ready": ROWS[verdict.reason].ready}
    if verdict.progress is not Progress.NONE:
        wanted[verdict.progress.value] = Ready.TRUE
    old = _conditions_of(before)
    return [
        {
            "type": name,
            "status": value.value,
            "reason": verdict.reason.value,
            "message": printable(verdict.message, MAX_MESSAGE),
            "observedGeneration": generation,
            "lastTransitionTime": _since(old.get(name), value, now),
        }
        for name, value in wanted.items()
    ]


def _since(old: Mapping[str, Json] | None, value: Ready, now: datetime) -> str:
    same = old is not None and old.get("status") == value.value
    return str(old["lastTransitionTime"]) if same and old and "lastTransitionTime" in old else stamp(now)


@functools.cache
def _key(attribute: str) -> str:
    return _SPELLING.get(attribute) or re.sub("_([a-z])", lambda found: found[1].upper(), attribute)


def _written(value: Any) -> dict[str, Json]:
    items = {_key(field.name): getattr(value, field.name) for field in fields(value)}
    empty: tuple[Json, ...] = ("", 0, (), {}, False)
    return {
        key: list(item) if isinstance(item, tuple) else item
        for key, item in items.items()
        if item not in empty
    }


def _read(kind: type[Any], block: Mapping[str, Json]) -> Any:
    values: dict[str, Any] = {}
    for field in fields(kind):
        if (item := block.get(_key(field.name))) is not None:
            values[field.name] = _typed(field.type, item)
    return kind(**values)


def _typed(kind: Any, item: Json) -> Any:
    if kind is Phase:
        return Phase(item)
    if get_origin(kind) is tuple:
        part = get_args(kind)[0]
        return _all(get_origin(part) or part, item)
    if not isinstance(item, get_origin(kind) or kind):
        raise TypeError
    return item


def _all(kind: Any, items: Json) -> tuple[Any, ...]:
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, kind) for item in items):
        raise TypeError
    return tuple(items)
