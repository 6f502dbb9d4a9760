"""The life of one operation, as a table: phase x signal -> next phase and reason.

Everything that moves an operation is here. `decide` turns what a turn saw into one signal and looks it up;
a missing cell is a bug. `docs/explanation/architecture.md` shows this table, and a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from arcgis_operator.core.record import Phase
from arcgis_operator.core.verdict import Reason


class Signal(StrEnum):
    """What a turn saw, or what became of a request."""

    HINDERED = "hindered"  # a gate, or the site could not be read
    OTHERS_RUN = "others run"  # a job runs on the service that is not known to be ours
    UNSETTLED = "unsettled"  # a request of ours may still arrive
    LIVE = "live"  # a request without answer has had its job, and its settings are live
    BLIND = "blind"  # settled and different, but the site's jobs cannot be listed
    MATCHES = "matches"
    DONE = "done"  # what the open operation is about is live, and something else is due
    DIFFERS = "differs"
    HELD = "held"  # different, but a bound, a pause or a full site holds the edit back
    ABANDONED = "abandoned"  # a person says: give this intent up
    JOB_RUNS = "job runs"
    JOB_OVERDUE = "job overdue"
    JOB_UNSEEN = "job unseen"  # 404 or unreadable: presumed to run until its deadline
    JOB_LOST = "job lost"  # 404 beyond its deadline
    JOB_ENDED = "job ended"  # completed, different, still within the grace of re-reading
    JOB_FAILED = "job failed"
    JOB_NOT_STICKING = "job not sticking"  # completed, and different after the grace
    JOB_OUTDATED = "job outdated"  # ended; the spec has moved on
    ACCEPTED = "accepted"
    APPLIED = "applied"
    NOT_SENT = "not sent"
    REJECTED = "rejected"  # busy, refused or unauthorised: seen and not applied
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a signal leads. `reason` None: the signal brings its own; `again`: decide anew from Idle."""

    phase: Phase
    reason: Reason | None = None
    again: bool = False


_IDLE, _INTENDED, _RUNNING = Phase.IDLE, Phase.INTENDED, Phase.RUNNING

MACHINE: Mapping[tuple[Phase, Signal], Cell] = {
    (_IDLE, Signal.HINDERED): Cell(_IDLE),
    (_IDLE, Signal.OTHERS_RUN): Cell(_IDLE, Reason.SERVICE_BUSY),
    (_IDLE, Signal.UNSETTLED): Cell(_IDLE, Reason.LOOKING_FOR_JOB),
    (_IDLE, Signal.MATCHES): Cell(_IDLE, Reason.CONVERGED),
    (_IDLE, Signal.HELD): Cell(_IDLE),
    (_IDLE, Signal.DIFFERS): Cell(_INTENDED, Reason.SUBMITTING),
    (_INTENDED, Signal.HINDERED): Cell(_INTENDED),
    (_INTENDED, Signal.OTHERS_RUN): Cell(_INTENDED, Reason.LOOKING_FOR_JOB),
    (_INTENDED, Signal.UNSETTLED): Cell(_INTENDED, Reason.LOOKING_FOR_JOB),
    (_INTENDED, Signal.LIVE): Cell(_INTENDED, Reason.CONVERGED),
    (_INTENDED, Signal.BLIND): Cell(_INTENDED, Reason.OUTCOME_UNKNOWN),
    (_INTENDED, Signal.MATCHES): Cell(_IDLE, Reason.CONVERGED),
    (_INTENDED, Signal.DONE): Cell(_IDLE, again=True),
    (_INTENDED, Signal.JOB_ENDED): Cell(_INTENDED, Reason.VERIFYING),
    (_INTENDED, Signal.DIFFERS): Cell(_IDLE, again=True),
    (_INTENDED, Signal.ABANDONED): Cell(_IDLE, again=True),
    (_INTENDED, Signal.ACCEPTED): Cell(_RUNNING, Reason.JOB_RUNNING),
    (_INTENDED, Signal.APPLIED): Cell(_IDLE, Reason.VERIFYING),
    (_INTENDED, Signal.NOT_SENT): Cell(_IDLE),
    (_INTENDED, Signal.REJECTED): Cell(_IDLE),
    (_INTENDED, Signal.UNSURE): Cell(_INTENDED, Reason.LOOKING_FOR_JOB),
    (_RUNNING, Signal.HINDERED): Cell(_RUNNING),
    (_RUNNING, Signal.JOB_RUNS): Cell(_RUNNING, Reason.JOB_RUNNING),
    (_RUNNING, Signal.JOB_OVERDUE): Cell(_RUNNING, Reason.JOB_OVERDUE),
    (_RUNNING, Signal.JOB_UNSEEN): Cell(_RUNNING, Reason.LOOKING_FOR_JOB),
    (_RUNNING, Signal.JOB_ENDED): Cell(_RUNNING, Reason.VERIFYING),
    (_RUNNING, Signal.OTHERS_RUN): Cell(_RUNNING, Reason.SERVICE_BUSY),
    (_RUNNING, Signal.MATCHES): Cell(_IDLE, Reason.CONVERGED),
    (_RUNNING, Signal.DONE): Cell(_IDLE, again=True),
    (_RUNNING, Signal.JOB_FAILED): Cell(_IDLE, again=True),
    (_RUNNING, Signal.JOB_NOT_STICKING): Cell(_IDLE, again=True),
    (_RUNNING, Signal.JOB_OUTDATED): Cell(_IDLE, again=True),
    (_RUNNING, Signal.JOB_LOST): Cell(_IDLE, again=True),
    (_RUNNING, Signal.ABANDONED): Cell(_IDLE, again=True),
}
