"""What was done to a service: one entry for each operation of ours that is over, the newest first.

Who closes the journal makes the entry, and one write stores both: so it is there once, whoever that is, and
nothing is written for it alone. It is there to be read: no decision asks for it. (Whoever looks for the job
of a lost answer leaves out what it names, for that is an earlier one.)
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from arcgis_operator.core.case import Hold
from arcgis_operator.core.jobs import Signal
from arcgis_operator.core.jsondoc import Json, printable
from arcgis_operator.core.record import JobShown, Journal, PlanShown, Record, stamp

KEPT = 10
PATHS = 3
PATH_SIGNS = 96


class Outcome(StrEnum):
    """How an operation ended that did not fail; one that failed has the reason of its failure."""

    CONVERGED = "Converged"  # read back from the site
    APPLIED = "Applied"  # at once, without a job; what was read back is the next turn's conclusion
    OUTDATED = "Outdated"  # it ended when something else was wanted already: not judged
    NO_TRACE = "NoTrace"  # its answer was lost, and neither a job nor a change of it was found
    JOB_LOST = "JobLost"  # the site forgot its job
    GIVEN_UP = "GivenUp"  # by a person


OUTCOMES: Mapping[Signal, Outcome] = {
    Signal.MATCHES: Outcome.CONVERGED,
    Signal.DONE: Outcome.CONVERGED,
    Signal.APPLIED: Outcome.APPLIED,
    Signal.JOB_OUTDATED: Outcome.OUTDATED,
    Signal.DIFFERS: Outcome.NO_TRACE,
    Signal.JOB_LOST: Outcome.JOB_LOST,
    Signal.ABANDONED: Outcome.GIVEN_UP,
}
"""Of each signal that may close the journal without a failure."""


def outcome_of(signal: Signal, failure: Hold | None = None, as_intended: bool = True) -> str:
    """One word for how an operation ended; what is live though it was not meant any more proves nothing."""
    if failure:
        return failure.reason.value
    outcome = OUTCOMES.get(signal, Outcome.NO_TRACE)
    live = outcome is Outcome.CONVERGED
    return (Outcome.OUTDATED if live and not as_intended else outcome).value


def with_last(
    record: Record, outcome: str, job: JobShown | None, now: datetime
) -> tuple[Mapping[str, Json], ...]:
    """The history once the operation that is open on this record is over; `job` as last seen."""
    journal, planned, last = record.journal, record.plan or PlanShown(), job or JobShown()
    entry: dict[str, Json] = {
        "id": last.id,
        "operation": journal.operation,
        "outcome": outcome,
        "status": last.status,
        "cause": planned.cause,
        "plan": planned.hash,
        "approved": planned.approved,
        "overridden": bool(planned.override),
        "generation": journal.generation,
        "attempt": journal.tried.attempt,
        "submitTime": last.submit_time or journal.intent_time,
        "endTime": stamp(now),
        "duration": last.duration,
        "changeCount": planned.count_of(journal.operation),
        "paths": _paths(planned, journal),
        "changedBy": list(dict.fromkeys(str(one.get("username", "")) for one in planned.changers)),
    }
    newest = {name: value for name, value in entry.items() if value not in ("", 0, False, [])}
    return (newest, *record.history)[:KEPT]


def _paths(planned: PlanShown, journal: Journal) -> list[str]:
    """The first settings that it changed, without values."""
    own = (one for one in planned.changes if one.get("operation", journal.operation) == journal.operation)
    return [printable(one.get("path", ""), PATH_SIGNS) for one in own][:PATHS]
