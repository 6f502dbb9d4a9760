"""What a turn concludes, and what each conclusion means to people: one row for each reason.

The row decides everything visible: the conditions, the event, when to look again.
`docs/operations.md` explains every row; a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.record import Record


class Reason(StrEnum):
    """Why a resource is in the state it is in; the reason of its Ready condition."""

    CONVERGED = "Converged"
    SUBMITTING = "Submitting"
    JOB_RUNNING = "JobRunning"
    LOOKING_FOR_JOB = "LookingForJob"
    VERIFYING = "Verifying"
    JOB_OVERDUE = "JobOverdue"
    JOB_FAILED = "JobFailed"
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
    SERVICE_NOT_FOUND = "ServiceNotFound"
    EDIT_REFUSED = "EditRefused"
    EDIT_NOT_STICKING = "EditNotSticking"
    EDIT_BUDGET_SPENT = "EditBudgetSpent"
    OUTCOME_UNKNOWN = "OutcomeUnknown"
    CONFLICT = "Conflict"
    SPEC_INVALID = "SpecInvalid"
    SUSPENDED = "Suspended"
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


class EventType(StrEnum):
    """How a change to this reason is announced."""

    NORMAL = "Normal"
    WARNING = "Warning"
    SILENT = ""


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


_T, _F, _U = Ready.TRUE, Ready.FALSE, Ready.UNKNOWN
_NONE, _GOING, _STALLED, _RETRYING = (
    Progress.NONE,
    Progress.RECONCILING,
    Progress.STALLED,
    Progress.RETRYING,
)
_NORMAL, _WARNING, _SILENT = EventType.NORMAL, EventType.WARNING, EventType.SILENT
_POLL, _BACKOFF, _RESYNC = Look.POLL, Look.BACKOFF, Look.RESYNC

ROWS: Mapping[Reason, Row] = {
    Reason.CONVERGED: Row(_T, _NONE, _NORMAL, _RESYNC),
    Reason.SUBMITTING: Row(_F, _GOING, _SILENT, _POLL),
    Reason.JOB_RUNNING: Row(_F, _GOING, _SILENT, _POLL),
    Reason.LOOKING_FOR_JOB: Row(_F, _GOING, _NORMAL, _POLL),
    Reason.VERIFYING: Row(_F, _GOING, _SILENT, _POLL),
    Reason.JOB_OVERDUE: Row(_F, _GOING, _WARNING, _POLL),
    Reason.JOB_FAILED: Row(_F, _RETRYING, _WARNING, _RESYNC),
    Reason.QUEUED: Row(_F, _GOING, _SILENT, _BACKOFF),
    Reason.SERVICE_BUSY: Row(_F, _GOING, _NORMAL, _POLL),
    Reason.SITE_UNREACHABLE: Row(_U, _GOING, _WARNING, _BACKOFF),
    Reason.SITE_BUSY: Row(_U, _GOING, _SILENT, _BACKOFF),
    Reason.SITE_READ_ONLY: Row(_F, _GOING, _NORMAL, _BACKOFF),
    Reason.SITE_CHANGED: Row(_F, _STALLED, _WARNING, _RESYNC),
    Reason.CIRCUIT_OPEN: Row(_U, _GOING, _SILENT, _BACKOFF),
    Reason.BAD_ANSWER: Row(_U, _GOING, _WARNING, _BACKOFF),
    Reason.CREDENTIALS_REJECTED: Row(_U, _STALLED, _WARNING, _BACKOFF),
    Reason.CREDENTIALS_UNREADABLE: Row(_U, _STALLED, _WARNING, _BACKOFF),
    Reason.SITE_NOT_FOUND: Row(_F, _STALLED, _WARNING, _RESYNC),
    Reason.SITE_NOT_ALLOWED: Row(_F, _STALLED, _WARNING, _RESYNC),
    Reason.SERVICE_NOT_FOUND: Row(_F, _STALLED, _WARNING, _RESYNC),
    Reason.EDIT_REFUSED: Row(_F, _RETRYING, _WARNING, _RESYNC),
    Reason.EDIT_NOT_STICKING: Row(_F, _RETRYING, _WARNING, _RESYNC),
    Reason.EDIT_BUDGET_SPENT: Row(_F, _GOING, _WARNING, _BACKOFF),
    Reason.OUTCOME_UNKNOWN: Row(_F, _STALLED, _WARNING, _BACKOFF),
    Reason.CONFLICT: Row(_F, _STALLED, _WARNING, _RESYNC),
    Reason.SPEC_INVALID: Row(_F, _STALLED, _WARNING, _RESYNC),
    Reason.SUSPENDED: Row(_U, _NONE, _NORMAL, _RESYNC),
    Reason.INTERNAL_ERROR: Row(_U, _GOING, _WARNING, _BACKOFF),
    Reason.REACHABLE: Row(_T, _NONE, _NORMAL, _RESYNC),
}


@dataclass(frozen=True, slots=True)
class Note:
    """Something to announce besides the reason: drift found, an edit of others."""

    reason: str
    message: str
    type: EventType = EventType.WARNING


@dataclass(frozen=True, slots=True)
class Edit:
    """The one request to send, once its intent is stored."""

    service: ServiceRef
    document: Mapping[str, Json]
    intent_id: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The conclusion of one turn.

    `record` is what the status will hold; `wake` is in seconds. `keep_ready` keeps a Ready=True of this
    generation as it is; `spent` says that no further attempt is due. `aside` stands after the message in the
    event alone: what is said once.
    """

    reason: Reason
    message: str
    record: Record
    wake: float
    effect: Edit | None = None
    notes: tuple[Note, ...] = ()
    keep_ready: bool = False
    spent: bool = False
    aside: str = ""

    @property
    def progress(self) -> Progress:
        """The condition that is True beside Ready."""
        progress = ROWS[self.reason].progress
        if progress is Progress.RETRYING:
            return Progress.STALLED if self.spent else Progress.RECONCILING
        return progress
