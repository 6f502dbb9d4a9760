"""What may keep a service from being looked at, or an edit from being sent, in the order in which it counts.

The first gate that is shut gives the reason. To ask a gate changes nothing, and an operation that is open is
followed to its end whichever is shut. `docs/reference/gates.md` is printed from this table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from arcgis_operator.core import bounds, changers, control, sentences
from arcgis_operator.core.case import Case, Hold, Shut
from arcgis_operator.core.change import shown
from arcgis_operator.core.plan import DRIFT, Plan
from arcgis_operator.core.verdict import Reason
from arcgis_operator.core.wake import BACKOFF, RESYNC


class Closes(StrEnum):
    """What a shut gate keeps from happening."""

    LOOK = "reading the service"
    SEND = "sending an edit"


@dataclass(frozen=True, slots=True)
class Gate:
    """One row: the question it asks in words for people, and the reasons it may give.

    `shut` is asked with the plan where it closes sending, and with None before the service is read.
    """

    asks: str
    closes: Closes
    reasons: tuple[Reason, ...]
    shut: Callable[[Case, Plan | None], Shut | None]


def to_look(case: Case) -> Hold | None:
    """Why the service is not read now, None when it may be. A hold that no gate knows counts, too."""
    shut = _first(Closes.LOOK, case, None)
    return shut.hold if shut else next(iter(case.unlooked), None)


def to_send(case: Case, plan: Plan) -> Shut | None:
    """Why this plan is not carried out now, None when it may be. A hold that no gate knows counts, too."""
    return _first(Closes.SEND, case, plan) or next((Shut(hold) for hold in case.unsent), None)


def _first(closes: Closes, case: Case, plan: Plan | None) -> Shut | None:
    rows = (gate.shut(case, plan) for gate in GATES if gate.closes is closes)
    return next((shut for shut in rows if shut), None)


def observing(case: Case, plan: Plan) -> Shut | None:
    """Nothing is ever sent: what would be sent is shown."""
    told = _told(case.unsent, (Reason.OBSERVING,))
    if told is None:
        return None
    who = changers.told(case, plan)
    return Shut(Hold(Reason.OBSERVING, sentences.observing(told.hold.message, _texts(case, plan), who)))


def drift_reported(case: Case, plan: Plan) -> Shut | None:
    """Somebody else changed what had been live, and that is only to be said."""
    if plan.cause != DRIFT or case.desired is None or not case.desired.drift.report:
        return None
    told = sentences.drift_reported(_texts(case, plan), changers.told(case, plan))
    return Shut(Hold(Reason.DRIFT_REPORTED, told))


def many_drifts(case: Case, plan: Plan) -> Shut | None:
    """Drifts are counted first, and many of them are restored only after a person says so."""
    if plan.cause != DRIFT:
        return None
    told = _told(case.drifts, (Reason.VERIFYING, Reason.SITE_DIVERGED))
    return Shut(told.hold, wake=RESYNC) if told else None


def _texts(case: Case, plan: Plan) -> list[str]:
    return [str(shown(change, case.show)) for change in plan.changes]


def _unlooked(asks: str, *reasons: Reason) -> Gate:
    """A gate that another room has read: whether the service may be looked at."""
    return Gate(asks, Closes.LOOK, reasons, lambda case, _: _told(case.unlooked, reasons))


def _unsent(asks: str, *reasons: Reason) -> Gate:
    """A gate that another room has read: whether an edit may be sent."""
    return Gate(asks, Closes.SEND, reasons, lambda case, _: _told(case.unsent, reasons))


def _told(holds: tuple[Hold, ...], reasons: tuple[Reason, ...]) -> Shut | None:
    """A site that asks for a pause again and again is tried less and less often: by the queue's backoff."""
    hold = next((one for one in holds if one.reason in reasons), None)
    return Shut(hold, wake=BACKOFF if hold.reason is Reason.SERVICE_BUSY else None) if hold else None


def _bound(asks: str, shut: Callable[[Case], Shut | None], *reasons: Reason) -> Gate:
    return Gate(asks, Closes.SEND, reasons, lambda case, _: shut(case))


def _planned(asks: str, shut: Callable[[Case, Plan], Shut | None], *reasons: Reason) -> Gate:
    """A gate for this very plan."""
    return Gate(asks, Closes.SEND, reasons, lambda case, plan: shut(case, plan) if plan else None)


GATES = (
    _unlooked("Can the spec be read?", Reason.SPEC_INVALID),
    _unlooked("Does its ArcGISSite exist?", Reason.SITE_NOT_FOUND),
    _unlooked("Does the ArcGISSite allow this namespace and folder?", Reason.SITE_NOT_ALLOWED),
    _unlooked("Can the ArcGISSite and its rules be read?", Reason.ACCESS_UNKNOWN),
    _unlooked("Is neither the resource nor its ArcGISSite suspended?", Reason.SUSPENDED),
    _unlooked("Does the site want to be asked now?", Reason.SITE_BUSY),
    _unlooked("Does the site answer?", Reason.CIRCUIT_OPEN),
    _unsent("Is it still not suspended?", Reason.SUSPENDED),
    _unsent("Can all resources that name this service be read?", Reason.ACCESS_UNKNOWN),
    _unsent("Does no other resource come first?", Reason.CONFLICT),
    Gate(
        "Did the last attempts at these settings not fail?",
        Closes.SEND,
        (Reason.JOB_FAILED, Reason.EDIT_REFUSED, Reason.EDIT_NOT_STICKING, Reason.SUBMITTING),
        bounds.attempts,
    ),
    _bound("Is the document from after the last operation?", bounds.too_early, Reason.VERIFYING),
    _planned("May anything be sent for it at all (`managementPolicy`)?", observing, Reason.OBSERVING),
    _planned("May a drift be restored (`drift.policy`)?", drift_reported, Reason.DRIFT_REPORTED),
    _planned(
        "Is a drift one of few on this site (`drift.massRepair` of the ArcGISSite)?",
        many_drifts,
        Reason.SITE_DIVERGED,
        Reason.VERIFYING,
    ),
    _bound("Were few edits sent within the last hour?", bounds.budget, Reason.EDIT_BUDGET_SPENT),
    _planned("Is the plan approved?", control.unapproved, Reason.AWAITING_APPROVAL),
    _planned("Are the windows for changes open?", control.outside_window, Reason.OUTSIDE_WINDOW),
    _unsent("Does the site take changes?", Reason.SITE_READ_ONLY),
    _unsent("Does the site want edits of this service now?", Reason.SERVICE_BUSY),
    _unsent("Is one of the site's job slots free?", Reason.QUEUED),
)
