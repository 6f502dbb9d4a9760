"""The plan of one turn: made whenever the service was read, whatever then keeps the edit from being sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from arcgis_operator.core import plan
from arcgis_operator.core.case import Case
from arcgis_operator.core.change import shown
from arcgis_operator.core.changers import changers
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.misfit import misfit
from arcgis_operator.core.model import Leaf
from arcgis_operator.core.operations import SERVICE, Documents, due, owners
from arcgis_operator.core.record import PlanShown, stamp
from arcgis_operator.core.rest import is_approved, rest_after, whole_of

SHOWN_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Target:
    """The declared settings that count, and the live document they differ from."""

    service: ServiceRef
    leaves: tuple[Leaf, ...]
    document: Mapping[str, Json]

    @property
    def documents(self) -> Documents:
        """What was read, by name."""
        return {SERVICE: self.document}


def plan_of(case: Case, target: Target) -> plan.Plan:
    """What an edit would change now, and because of what."""
    changes = plan.changes(target.leaves, target.document)
    cause = plan.DRIFT if is_drift(case) else plan.SPEC
    next_one = due(target.leaves, target.documents).name
    service_id = str(target.document.get("id") or "")
    return plan.Plan(case.site_url, service_id, changes, cause, next_one).named(case.show)


def show_plan(case: Case, made: plan.Plan) -> PlanShown:
    """The plan for the status. The same plan keeps the time when it was first made."""
    before, name = case.record.plan, made.name
    owner, same = owners(case.leaves), before if before and before.hash == name else None
    return PlanShown(
        hash=name,
        digest=case.digest,
        cause=made.cause,
        since_time=same.since_time if same else stamp(case.now),
        change_count=len(made.changes),
        changes=tuple(
            shown(change, case.show).entry(owner[change.path]) for change in made.changes[:SHOWN_CHANGES]
        ),
        approved=is_approved(case, made),
        changers=changers(case, made),
        rest=rest_after(case, made),
        rest_of=whole_of(case, name),
        override=same.override if same and case.record.known else "",
    )


def plan_while_waiting(case: Case) -> PlanShown | None:
    """The plan to show while nothing is sent.

    That of an edit under way stays until it is verified. So does the last one made where the service was not
    read, or so early that the document may be from before the last operation.
    """
    desired, document, before = case.desired, case.document, case.record.plan
    if desired is None or document is None or case.stranger or case.record.journal.open:
        return before
    if case.too_old_for > 0:
        return before
    if case.matches:
        return before if before and before.digest == case.digest else None
    if misfit(case.leaves, document):
        return None
    return show_plan(case, plan_of(case, Target(desired.service, case.leaves, document)))


def is_drift(case: Case) -> bool:
    """Somebody else changed what had been proved live; the attempts at mending that are one story."""
    planned, document = case.record.plan, case.document or {}
    if planned and case.names(planned.digest, str(document.get("id") or "")):
        return planned.cause == plan.DRIFT
    return case.was_proved
