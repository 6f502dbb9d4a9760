"""A job of the site and its resource.

Statuses and fields. Source: Job page: SUBMITTED, EXECUTING, CANCELLING, CANCELLED, FAILED, COMPLETED,
UNAVAILABLE; times in epoch milliseconds, ``endtime`` 0 until the end; ``operationURI`` a path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from arcgis_simulator.errors import SiteError, form_a, form_b
from arcgis_simulator.switches import Switches


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a job will go. ``outcome`` None hangs; ``None`` elsewhere means what the switches say."""

    outcome: str | None = "COMPLETED"
    seconds: float | None = None
    submitted_seconds: float | None = None
    unavailable_reads: int | None = None
    messages: list[Any] | None = None
    result: Any = None


@dataclass(frozen=True, slots=True)
class Work:
    """What an operation is to change on a service: ``payload`` is the submitted document or scaling."""

    operation: str
    payload: Any = None


@dataclass(slots=True)
class Job:
    """One asynchronous operation on the service of that key; ``title`` is what people call it."""

    jobid: str
    service: str
    service_name: str
    title: str
    uri: str
    username: str
    work: Work
    plan: Plan
    start_ms: int
    updated_ms: int
    unavailable: int = 0
    status: str = "SUBMITTED"
    end_ms: int = 0
    result: Any = None
    messages: list[Any] | None = None
    applied: bool = False
    listed_from_ms: int = 0
    followers: list[Job] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.end_ms != 0


def resource(job: Job, switches: Switches, status: str | None = None) -> dict[str, Any]:
    """The job as ``GET /jobs/<id>`` shows it."""
    skew = round(switches.clock_skew_seconds * 1000)
    shown: dict[str, Any] = {
        "updatedtime": job.updated_ms + skew,
        "jobid": job.jobid,
        "endtime": job.end_ms + skew if job.ended else 0,
        "starttime": job.start_ms + skew,
        "operationURI": job.uri,
        "status": status or job.status,
        "username": job.username,
    }
    if job.result is not None:
        shown = {"result": job.result, **shown}
    if job.messages is not None:
        shown["messages"] = job.messages
    if switches.job_resource != "absent":
        shown["resource"] = _resource_of(job, switches)
    return shown


def _resource_of(job: Job, switches: Switches) -> dict[str, Any]:
    # Source: Esri's published sample reads resource.name. Assumed: the other fields.
    if switches.job_resource == "name":
        return {"name": job.service_name}
    return {"name": job.service_name, "type": "service", "operation": job.work.operation}


def failure(job: Job, outcome: str, switches: Switches) -> tuple[Any, list[Any] | None]:
    """Result and messages of a job that did not complete. Source: Job page: details are in ``result``."""
    text = f"The operation '{job.work.operation}' of the service '{job.service_name}' ended: {outcome}."
    return error_result(text, switches.failed_result), job_messages(text, switches)


def error_result(text: str, form: str) -> dict[str, Any] | None:
    """An error as the result of a job, in form A or B, or none. Assumed: both forms."""
    error = SiteError(500, text)
    return {"A": form_a(error), "B": form_b(error)}.get(form)


def job_messages(text: str, switches: Switches) -> list[Any] | None:
    """Assumed: strings; the item type of ``messages`` is documented nowhere."""
    shapes: dict[str, list[Any]] = {"strings": [text], "objects": [{"type": "ERROR", "description": text}]}
    return shapes.get(switches.job_messages)
