"""A job of the site as the status shows it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from arcgis_operator.core import jsondoc, plan
from arcgis_operator.core.durations import duration
from arcgis_operator.core.job import Job
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.masking import masked
from arcgis_operator.core.model import Desired
from arcgis_operator.core.places import spec_path
from arcgis_operator.core.record import JobShown, stamp
from arcgis_operator.core.said import ID_LEAST, cut, kept

MAX_RESULT = 16 * 1024
LAST_MOMENT_MS = 253402300799000  # the end of the year 9999


def shown(job: Job, before: JobShown, desired: Desired | None, quiet: bool = False) -> JobShown:
    """`before` with what the site says of the job now; the same value while only its times move.

    `quiet`: also while it only steps from SUBMITTED to EXECUTING.
    """
    result, truncated = _result(job, desired)
    now = replace(
        before,
        id=kept(job.id, job.show, ID_LEAST),
        status=cut(job.shown_status, 64),
        operation_uri=cut(job.shown_uri, 512),
        username=cut(job.show(job.username) or before.username, 256),
        start_time=time_of(job.start_ms),
        end_time=time_of(job.end_ms),
        duration=_duration(job),
        messages=tuple(cut(text, 192) for text in job.messages[:10]),
        result=result,
        result_truncated=truncated,
    )
    unseen = quiet and (before.status, now.status) == ("SUBMITTED", "EXECUTING")
    stepped = now.status != before.status and not unseen
    moved = stepped or (now.id, now.messages) != (before.id, before.messages)
    now = now.expected() if job.ended else now
    if now == before or not (moved or job.ended):
        return before
    return replace(now, update_time=time_of(job.update_ms))


def _result(job: Job, desired: Desired | None) -> tuple[Mapping[str, Json], bool]:
    if not job.ended or not job.result:
        return {}, False
    whole = jsondoc.plain(masked(job.result))
    if len(jsondoc.dumps(whole).encode()) <= MAX_RESULT:
        return whole, False
    service = job.result.get("service")
    document: Mapping[str, Json] = service if isinstance(service, Mapping) else {}
    values: dict[str, Json] = {}
    room = MAX_RESULT // 2
    for leaf in desired.leaves if desired else ():
        path, text = spec_path(leaf.path), plan.live_text(document, leaf)
        room -= len(jsondoc.dumps({path: text}))
        if room < 0:
            break
        values[path] = text
    return {"owned": values}, True


def time_of(milliseconds: int) -> str:
    """A time of the site as the status has it, empty for none."""
    if not 0 < milliseconds <= LAST_MOMENT_MS:
        return ""
    return stamp(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _duration(job: Job) -> str:
    if not 0 < job.start_ms <= job.end_ms:
        return ""
    return duration(round((job.end_ms - job.start_ms) / 1000))
