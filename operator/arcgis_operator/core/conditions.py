"""The conditions of a status: what they say, since when, and how long a wait for others lasts."""

from collections.abc import Mapping
from datetime import datetime

from arcgis_operator.core.jsondoc import Json, printable
from arcgis_operator.core.record import Condition, moment, stamp
from arcgis_operator.core.verdict import ROWS, Progress, Ready, Verdict
from arcgis_operator.core.wake import BACKOFF, RESYNC, Wake

MAX_MESSAGE = 512
PATIENCE_SECONDS = 300.0
TYPES = ("Ready", Progress.RECONCILING.value, Progress.STALLED.value)


def said(
    body: Mapping[str, Json], verdict: Verdict, now: datetime, patience_seconds: float
) -> dict[str, Json]:
    """The conditions, and since when it waits for others."""
    before, generation = body.get("status") or {}, body["metadata"]["generation"]
    since = _waiting_since(before, verdict, generation, now)
    progress = verdict.progress
    if progress is Progress.WAITING:
        over = (now - (moment(since) or now)).total_seconds() >= patience_seconds
        progress = Progress.STALLED if over else Progress.RECONCILING
    return {
        "conditions": _conditions(conditions_of(before), verdict, progress, generation, now),
        "waitingSince": since,
    }


def _waiting_since(before: Mapping[str, Json], verdict: Verdict, generation: int, now: datetime) -> str:
    """One wait may have several reasons, one after the other; a look that tells nothing does not end it."""
    row, since = ROWS[verdict.reason], moment(str(before.get("waitingSince", "")))
    same = since is not None and since <= now and before.get("observedGeneration") == generation
    tells_nothing = row.ready is Ready.UNKNOWN and row.progress is Progress.RECONCILING
    if same and (row.progress is Progress.WAITING or tells_nothing):
        return str(before["waitingSince"])
    return stamp(now) if row.progress is Progress.WAITING else ""


def _conditions(
    old: Mapping[Json, Mapping[str, Json]],
    verdict: Verdict,
    progress: Progress,
    generation: int,
    now: datetime,
) -> list[dict[str, Json]]:
    wanted: dict[str, Ready] = {"Ready": ROWS[verdict.reason].ready}
    if progress is not Progress.NONE:
        wanted[progress.value] = Ready.TRUE
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


def next_look(body: Mapping[str, Json], wake: Wake) -> Wake:
    """The same `wake`, but what waits for others is not left to the resync, and ends Stalled."""
    status = body.get("status") or {}
    waits = "waitingSince" in status and Progress.STALLED.value not in conditions_of(status)
    return BACKOFF if waits and wake is RESYNC else wake


def ready_of(status: Mapping[str, Json]) -> Condition:
    """The Ready condition as stored, empty when there is none."""
    ready = conditions_of(status).get("Ready", {})
    return Condition(
        str(ready.get("status", "")),
        str(ready.get("reason", "")),
        str(ready.get("message", "")),
        ready.get("observedGeneration", -1),
    )


def conditions_of(status: Mapping[str, Json]) -> dict[Json, Mapping[str, Json]]:
    """The stored conditions by type."""
    listed = status.get("conditions")
    items = listed if isinstance(listed, list) else []
    return {str(item.get("type")): item for item in items if isinstance(item, Mapping)}
