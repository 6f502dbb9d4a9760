"""Change control: whether a person let this plan through, and whether it is the time for it.

Approval is for new settings: what was approved once is put back without asking, unless the site has moved
since, and may be another one. Windows are for restarts, which hurt the same whatever an edit is for, so they
hold back repairs as well.
"""

import math
from dataclasses import dataclass

from arcgis_operator.core import sentences
from arcgis_operator.core.annotations import BETWEEN, approve_command, override_command, unheard
from arcgis_operator.core.case import Case, Hold, Shut
from arcgis_operator.core.change import shown
from arcgis_operator.core.model import Approval
from arcgis_operator.core.operations import EDIT
from arcgis_operator.core.plan import DRIFT, Plan
from arcgis_operator.core.record import stamp
from arcgis_operator.core.rest import is_approved, lets_through, whole_of
from arcgis_operator.core.restarts import restarts
from arcgis_operator.core.verdict import EventType, Note, Reason
from arcgis_operator.core.wake import BACKOFF, After
from arcgis_operator.core.windows import Windows, are_open, next_opening

LONGEST_WAIT = 86400.0
"""Seconds until the clock is looked at again, which somebody may have set."""


def unapproved(case: Case, plan: Plan) -> Shut | None:
    """A person has to approve this plan first."""
    put_back = plan.cause == DRIFT and case.record.known and case.was_proved_here
    if case.desired is None or put_back or not _asks(case.desired.approval, case, plan):
        return None
    if is_approved(case, plan):
        return None
    approved = case.desired.approved_plan
    changes = [str(shown(change, case.show)) for change in plan.changes]
    command = approve_command(case.whose, plan.name)
    hold = Hold(Reason.AWAITING_APPROVAL, sentences.awaiting_approval(changes, bool(approved), command))
    unsure = case.desired.approval is Approval.WHEN_RESTARTING and restarts(case.site_version) is None
    return Shut(hold, wake=BACKOFF if unsure else None)


def _asks(approval: Approval, case: Case, plan: Plan) -> bool:
    """Where it is not known whether an edit restarts the service, it is asked for. A stop or start is one."""
    if approval is Approval.WHEN_RESTARTING:
        return plan.due != EDIT.name or restarts(case.site_version) is not False
    return approval is Approval.MANUAL


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose windows they are: `what` as kubectl takes it, `override` as it stands in its annotation."""

    what: str
    windows: Windows
    override: str


def outside_window(case: Case, plan: Plan) -> Shut | None:
    """It is not the time for a change, by the windows of the resource or of its ArcGISSite."""
    closed = [one for one in _in_force(case, plan) if not are_open([one.windows], case.now)]
    if not closed:
        return None
    opening = next_opening(windows_in_force(case, plan), case.now)
    commands = [override_command(one.what, plan.name) for one in closed]
    message = sentences.outside_window(
        len(plan.changes), stamp(opening.time), opening.local, opening.sure, commands
    )
    wait = math.ceil((opening.time - case.now).total_seconds())
    return Shut(
        Hold(Reason.OUTSIDE_WINDOW, message),
        wake=After(min(max(1.0, wait), LONGEST_WAIT)),
        opens=stamp(opening.time) if opening.sure else "",
    )


def windows_in_force(case: Case, plan: Plan) -> tuple[Windows, ...]:
    """Those that have to be open when this plan is sent."""
    return tuple(one.windows for one in _in_force(case, plan) if one.windows)


def heard(case: Case, plan: Plan) -> str:
    """The overrides that count no more once this plan is sent: they are heard once."""
    return BETWEEN.join(
        one.override
        for one in _owners(case)
        if one.override and (_names(one, plan, case) or not unheard(one.override, case.record.overridden))
    )


def override_used(case: Case, plan: Plan) -> str:
    """The overrides that let this plan through; they hold for its rest as well."""
    return BETWEEN.join(one.override for one in _owners(case) if _overridden(one, plan, case))


def override_notes(case: Case, plan: Plan) -> tuple[Note, ...]:
    """That this plan is sent outside a window, because a person said so."""
    return tuple(
        Note("WindowOverridden", sentences.window_overridden(one.what, one.override), EventType.NORMAL)
        for one in _owners(case)
        if _overridden(one, plan, case) and not are_open([one.windows], case.now)
    )


def _owners(case: Case) -> tuple[Owner, ...]:
    wanted = case.desired
    return (
        (
            Owner(f"agsvc {case.whose}", wanted.windows, case.override),
            Owner(
                f"agsite {wanted.site.name} -n {wanted.site.namespace}", case.site_windows, case.site_override
            ),
        )
        if wanted
        else ()
    )


def _in_force(case: Case, plan: Plan) -> list[Owner]:
    return [one for one in _owners(case) if not _overridden(one, plan, case)]


def _overridden(owner: Owner, plan: Plan, case: Case) -> bool:
    fresh = _names(owner, plan, case) and unheard(owner.override, case.record.overridden)
    return fresh or lets_through(case, plan, owner.override)


def _names(owner: Owner, plan: Plan, case: Case) -> bool:
    """Whoever overrides a window names the plan, or that of which it is the rest: no other slips through."""
    return owner.override.partition(" ")[0] in {plan.name, whole_of(case, plan.name)} - {""}
