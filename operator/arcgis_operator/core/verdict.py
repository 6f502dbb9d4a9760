"""What a turn concludes, and what each conclusion means to people: one row for each reason.

The row decides everything visible: the conditions, the event, when to look again.
`docs/reference/reasons.md` explains every row; a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from arcgis_operator.core.operations import Request
from arcgis_operator.core.record import Record
from arcgis_operator.core.wake import Wake


class Reason(StrEnum):
    """Why a resource is in the state it is in; the reason of its Ready condition."""

    CONVERGED = "Converged"
    SUBMITTING = "Submitting"
    JOB_RUNNING = "JobRunning"
    LOOKING_FOR_JOB = "LookingForJob"
    VERIFYING = "Verifying"
    JOB_OVERDUE = "JobOverdue"
    JOB_FAILED = "JobFailed"
    AWAITING_APPROVAL = "AwaitingApproval"
    OUTSIDE_WINDOW = "OutsideWindow"
    QUEUED = "Queued"
    SERVICE_BUSY = "ServiceBusy"
    SITE_UNREACHABLE = "SiteUnreachable"
    SITE_BUSY = "SiteBusy"
    SITE_READ_ONLY = "SiteReadOnly"
    SITE_CHANGED = "SiteChanged"
    CIRCUIT_OPEN = "CircuitOpen"
    BAD_ANSWER = "BadAnswer"
    CREDENTIALS_REJECTED = "CredentialsRejected"
    CREDENTIALS_UNREADABLE = "CredentialsUnreadable"
    SITE_NOT_FOUND = "SiteNotFound"
    SITE_NOT_ALLOWED = "SiteNotAllowed"
    ACCESS_UNKNOWN = "AccessUnknown"
    SERVICE_NOT_FOUND = "ServiceNotFound"
    IDENTITY_MISMATCH = "IdentityMismatch"
    SHAPE_MISMATCH = "ShapeMismatch"
    EDIT_REFUSED = "EditRefused"
    EDIT_NOT_STICKING = "EditNotSticking"
    EDIT_BUDGET_SPENT = "EditBudgetSpent"
    OUTCOME_UNKNOWN = "OutcomeUnknown"
    CONFLICT = "Conflict"
    OBSERVING = "Observing"
    DRIFT_REPORTED = "DriftReported"
    SITE_DIVERGED = "SiteDiverged"
    SPEC_INVALID = "SpecInvalid"
    SUSPENDED = "Suspended"
    STATUS_NOT_KEPT = "StatusNotKept"
    INTERNAL_ERROR = "InternalError"
    REACHABLE = "Reachable"


class Ready(StrEnum):
    """The status of the Ready condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Progress(StrEnum):
    """Which of the two other conditions is True beside Ready (kstatus: never both)."""

    NONE = ""
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    RETRYING = "Reconciling, then Stalled"  # Stalled once no further attempt is due
    WAITING = "Reconciling for a while, then Stalled"  # for what others may bring: a Secret, a site, a right


class EventType(StrEnum):
    """How a change to this reason is announced."""

    NORMAL = "Normal"
    WARNING = "Warning"
    SILENT = ""


class Level(StrEnum):
    """How loudly the log tells of a change to this reason."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Look(StrEnum):
    """When to look again if nothing else wakes the key."""

    POLL = "poll"
    BACKOFF = "backoff"
    RESYNC = "resync"


@dataclass(frozen=True, slots=True)
class Row:
    """Everything visible that follows from a reason."""

    ready: Ready
    progress: Progress
    event: EventType
    look: Look
    level: Level


_T, _F, _U = Ready.TRUE, Ready.FALSE, Ready.UNKNOWN
_NONE, _GOING, _STALLED, _RETRYING, _WAITING = (
    Progress.NONE,
    Progress.RECONCILING,
    Progress.STALLED,
    Progress.RETRYING,
    Progress.WAITING,
)
_NORMAL, _WARNING, _SILENT = EventType.NORMAL, EventType.WARNING, EventType.SILENT
_POLL, _BACKOFF, _RESYNC = Look.POLL, Look.BACKOFF, Look.RESYNC
_INFO, _WARN, _ERROR = Level.INFO, Level.WARNING, Level.ERROR

ROWS: Mapping[Reason, Row] = {
    Reason.CONVERGED: Row(_T, _NONE, _NORMAL, _RESYNC, _INFO),
    Reason.SUBMITTING: Row(_F, _GOING, _SILENT, _POLL, _INFO),
    Reason.JOB_RUNNING: Row(_F, _GOING, _SILENT, _POLL, _INFO),
    Reason.LOOKING_FOR_JOB: Row(_F, _GOING, _NORMAL, _POLL, _INFO),
    Reason.VERIFYING: Row(_F, _GOING, _SILENT, _POLL, _INFO),
    Reason.JOB_OVERDUE: Row(_F, _RETRYING, _WARNING, _POLL, _WARN),
    Reason.JOB_FAILED: Row(_F, _RETRYING, _WARNING, _RESYNC, _WARN),
    Reason.AWAITING_APPROVAL: Row(_F, _NONE, _NORMAL, _RESYNC, _INFO),
    Reason.OUTSIDE_WINDOW: Row(_F, _GOING, _NORMAL, _RESYNC, _INFO),
    Reason.QUEUED: Row(_F, _GOING, _SILENT, _BACKOFF, _INFO),
    Reason.SERVICE_BUSY: Row(_F, _GOING, _NORMAL, _POLL, _INFO),
    Reason.SITE_UNREACHABLE: Row(_U, _GOING, _WARNING, _BACKOFF, _WARN),
    Reason.SITE_BUSY: Row(_U, _GOING, _SILENT, _BACKOFF, _INFO),
    Reason.SITE_READ_ONLY: Row(_F, _GOING, _NORMAL, _BACKOFF, _INFO),
    Reason.SITE_CHANGED: Row(_F, _STALLED, _WARNING, _RESYNC, _WARN),
    Reason.CIRCUIT_OPEN: Row(_U, _GOING, _SILENT, _BACKOFF, _WARN),
    Reason.BAD_ANSWER: Row(_U, _GOING, _WARNING, _BACKOFF, _WARN),
    Reason.CREDENTIALS_REJECTED: Row(_U, _WAITING, _WARNING, _BACKOFF, _WARN),
    Reason.CREDENTIALS_UNREADABLE: Row(_U, _WAITING, _WARNING, _BACKOFF, _WARN),
    Reason.SITE_NOT_FOUND: Row(_F, _WAITING, _WARNING, _RESYNC, _WARN),
    Reason.SITE_NOT_ALLOWED: Row(_F, _WAITING, _WARNING, _RESYNC, _WARN),
    Reason.ACCESS_UNKNOWN: Row(_U, _GOING, _WARNING, _BACKOFF, _WARN),
    Reason.SERVICE_NOT_FOUND: Row(_F, _WAITING, _WARNING, _RESYNC, _WARN),
    Reason.IDENTITY_MISMATCH: Row(_F, _STALLED, _WARNING, _RESYNC, _WARN),
    Reason.SHAPE_MISMATCH: Row(_F, _STALLED, _WARNING, _RESYNC, _WARN),
    Reason.EDIT_REFUSED: Row(_F, _RETRYING, _WARNING, _RESYNC, _WARN),
    Reason.EDIT_NOT_STICKING: Row(_F, _RETRYING, _WARNING, _RESYNC, _WARN),
    Reason.EDIT_BUDGET_SPENT: Row(_F, _GOING, _WARNING, _BACKOFF, _WARN),
    Reason.OUTCOME_UNKNOWN: Row(_F, _STALLED, _WARNING, _BACKOFF, _WARN),
    Reason.CONFLICT: Row(_F, _STALLED, _WARNING, _RESYNC, _WARN),
    Reason.OBSERVING: Row(_F, _NONE, _NORMAL, _RESYNC, _INFO),
    Reason.DRIFT_REPORTED: Row(_F, _NONE, _WARNING, _RESYNC, _WARN),
    Reason.SITE_DIVERGED: Row(_F, _NONE, _WARNING, _RESYNC, _WARN),
    Reason.SPEC_INVALID: Row(_F, _STALLED, _WARNING, _RESYNC, _WARN),
    Reason.SUSPENDED: Row(_U, _NONE, _NORMAL, _RESYNC, _INFO),
    Reason.STATUS_NOT_KEPT: Row(_F, _STALLED, _WARNING, _BACKOFF, _WARN),
    Reason.INTERNAL_ERROR: Row(_U, _GOING, _WARNING, _BACKOFF, _ERROR),
    Reason.REACHABLE: Row(_T, _NONE, _NORMAL, _RESYNC, _INFO),
}


@dataclass(frozen=True, slots=True)
class Note:
    """Something to announce besides the reason: drift found, an edit of others."""

    reason: str
    message: str
    type: EventType = EventType.WARNING


@dataclass(frozen=True, slots=True)
class Verdict:
    """The conclusion of one turn.

    `record` is what the status will hold. `keep_ready` keeps a Ready=True of this
    generation as it is; `spent` says that no further attempt is due. `aside` stands after the message in the
    event alone: what is said once.
    """

    reason: Reason
    message: str
    record: Record
    wake: Wake
    effect: Request | None = None
    notes: tuple[Note, ...] = ()
    keep_ready: bool = False
    spent: bool = False
    aside: str = ""

    @property
    def progress(self) -> Progress:
        """The condition that is True beside Ready; how long a wait has lasted is for the status to say."""
        progress = ROWS[self.reason].progress
        if progress is Progress.RETRYING:
            return Progress.STALLED if self.spent else Progress.RECONCILING
        return progress
