"""One service with one wanted description; every part of a decision has a default in which all is well."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from arcgis_operator.core import plan
from arcgis_operator.core.case import Case, Policy, Seen
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.job import Job
from arcgis_operator.core.model import RUN_STATE, Desired, Leaf, LeafKind, SiteRef
from arcgis_operator.core.record import Condition, JobShown, Journal, Observed, Phase, Record, Tried, stamp
from arcgis_operator.core.said import plainly

NOW = datetime(2026, 11, 23, 19, 45, 14, tzinfo=UTC)
URL = "https://gis.example.com/arcgis"
PATH = "/arcgis/admin/services/Roads.MapServer/edit"
POLICY = Policy()
TRIED = [one.name for one in fields(Tried)]


def wanting(description: str = "new", state: str = "", **others: Any) -> Desired:
    """A spec that declares the description (and other texts), and perhaps whether the service should run."""
    leaves = [
        Leaf((name,), LeafKind.TEXT, value) for name, value in {"description": description, **others}.items()
    ]
    leaves += [Leaf(RUN_STATE, LeafKind.TEXT, state)] if state else []
    return Desired(SiteRef("gis", "prod"), ServiceRef("Roads", "MapServer"), tuple(leaves))


def live(description: str = "old", **others: Any) -> dict[str, Any]:
    """The document the site shows."""
    return {
        "serviceName": "Roads",
        "type": "MapServer",
        "id": "s1",
        "description": description,
        "provider": "ArcObjects11",
        "configuredState": "STARTED",
        "properties": {"maxRecordCount": "1000"},
        **others,
    }


def digest(desired: Desired | None = None, service_id: str = "s1") -> str:
    return plan.digest((desired or wanting()).leaves, URL, service_id)


def plan_hash(desired: Desired | None = None, document: dict[str, Any] | None = None) -> str:
    """The name of what the wanted settings change."""
    changes = plan.changes((desired or wanting()).leaves, document or live())
    return plan.Plan(URL, "s1", changes, "Spec").hash(plainly)


def journal(phase: Phase = Phase.IDLE, **changed: Any) -> Journal:
    """A journal that has seen one attempt at the wanted description; what was tried may be given flat."""
    changed["reason"], _, changed["text"] = changed.pop("failure", "").partition(": ")
    tried = {name: changed.pop(name) for name in TRIED if name in changed}
    attempt = replace(Tried(digest=digest(), attempt=1), **tried)
    base = Journal(
        phase=phase,
        id="intent-1",
        operation="edit",
        operation_uri=PATH,
        site_url=URL,
        service_id="s1",
        username="gitops",
        generation=1,
        intent_time=stamp(NOW - timedelta(minutes=2)),
        job_id="j1" if phase is Phase.RUNNING else "",
        sends=(stamp(NOW - timedelta(minutes=2)),),
        attempts={"edit": attempt},
    )
    return replace(base, **changed)


def record(phase: Phase = Phase.IDLE, ready: str = "", **changed: Any) -> Record:
    """A known record; `ready` is the status of its Ready condition."""
    shown = JobShown(id="j1", status="SUBMITTED", operation="edit", generation=1, attempt=1)
    base = Record(
        known=True,
        ready=Condition(ready, "Converged" if ready == "True" else "JobRunning", "", 1),
        journal=journal(phase),
        job=shown if phase is Phase.RUNNING else None,
    )
    return replace(base, **changed)


def proved(desired: Desired | None = None) -> Record:
    """A record that says the wanted settings were seen live."""
    seen = Observed("s1", "ArcObjects11", "STARTED", digest(desired), stamp(NOW - timedelta(hours=2)))
    calm = journal(digest=digest(desired)).forgiven()
    return record(ready="True", journal=calm, observed=seen)


def job(status: str = "EXECUTING", job_id: str = "j1", **changed: Any) -> Job:
    """A job on the service, ours unless said otherwise."""
    base = Job(id=job_id, status=status, operation_uri=PATH, username="gitops", start_ms=1_795_463_000_000)
    return replace(base, **changed)


def seen(**changed: Any) -> Seen:
    """The site shows the old description and no job; a `candidate` is no guess unless that is said."""
    base = Seen(document=live(), listed_ids=frozenset(), traceable="candidate" in changed)
    return replace(base, **changed)


def case(**changed: Any) -> Case:
    """A new resource whose description differs from the site's, in a settled term."""
    base = Case(
        desired=wanting(),
        generation=1,
        record=Record(),
        seen=seen(),
        now=NOW,
        policy=POLICY,
        site_url=URL,
        username="gitops",
        fresh_id="intent-2",
    )
    return replace(base, **changed)
