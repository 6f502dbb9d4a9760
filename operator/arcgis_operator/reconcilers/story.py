"""What the log tells of a resource: every change once; looks that change nothing at debug only.

Each line has the resource as `namespace/name`, so that one search finds its whole story.
"""

import logging
from collections.abc import Mapping
from typing import Any

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES, Kind
from arcgis_operator.core import status
from arcgis_operator.core.failures import Accepted, Fact, Failure
from arcgis_operator.core.identity import Name
from arcgis_operator.core.record import Journal
from arcgis_operator.core.service_spec import parse_aim
from arcgis_operator.core.verdict import ROWS, EventType, Level, Reason, Verdict
from arcgis_operator.core.wake import After
from arcgis_operator.telemetry.logs import named

log = logging.getLogger(__name__)

LEVELS: Mapping[Level | EventType, int] = {
    Level.INFO: logging.INFO,
    Level.WARNING: logging.WARNING,
    Level.ERROR: logging.ERROR,
    EventType.NORMAL: logging.INFO,
    EventType.WARNING: logging.WARNING,
}


class Story:
    """Of the resources of one kind."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._hidden: dict[Name, set[Reason]] = {}  # told while Ready outlives them: no status has them

    def stored(self, name: Name, before: Object, after: Object, verdict: Verdict) -> None:
        """A conclusion, stored in the place of what `before` says."""
        lines = [(LEVELS[note.type], note.reason, note.message) for note in verdict.notes]
        new = self._is_new(name, before, after, verdict)
        level = LEVELS[ROWS[verdict.reason].level] if new else logging.DEBUG
        lines.append((level, verdict.reason.value, f"{verdict.message} {verdict.aside}".rstrip()))
        for level, reason, text in lines:
            if log.isEnabledFor(level):
                facts = {**_whose(self._kind, after), "reason": reason, **_state(verdict)}
                # no colon: after "Credentials…:" the log would mask the first word as if it were one
                log.log(level, f"{reason}. {text}", extra=named(self._kind.name, str(name), **facts))

    def over(self, name: Name) -> None:
        """There is no such resource any more."""
        self._hidden.pop(name, None)

    def _is_new(self, name: Name, before: Object, after: Object, verdict: Verdict) -> bool:
        """Not told yet of this generation, nor since its site could last be read."""
        was, now = status.condition(before), status.condition(after)
        if now.reason != verdict.reason:
            told = self._hidden.setdefault(name, set())
            new = verdict.reason not in told
            told.add(verdict.reason)
            return new
        hidden = self._hidden.pop(name, None)
        return bool(hidden) or (was.reason, was.generation) != (now.reason, now.generation)


class EditStory:
    """Of one edit: told as sent when its first byte may leave."""

    def __init__(self, body: Object, journal: Journal) -> None:
        metadata = body["metadata"]
        self._name = str(Name(metadata["namespace"], metadata["name"]))
        self._facts = {
            **_whose(ARCGIS_SERVICES, body),
            "attempt": journal.tried.attempt,
            "intent": journal.id,
        }
        self._sent = False

    def sent(self) -> None:
        """It is about to leave, perhaps for the second time, with a new token."""
        if not self._sent:
            self._sent = True
            self._tell("edit sent", {})

    def answered(self, fact: Fact) -> None:
        """What became of it."""
        answer = fact.detail if isinstance(fact, Failure) else None
        outcome = fact.kind.value if isinstance(fact, Failure) else type(fact).__name__
        job = fact.job_id if isinstance(fact, Accepted) else None
        self._tell(
            "edit answered" if self._sent else "edit not sent",
            {"outcome": outcome, "job_id": job, "answer": answer},
        )

    def _tell(self, text: str, facts: Mapping[str, Any]) -> None:
        log.info(text, extra=named(ARCGIS_SERVICES.name, self._name, **self._facts, **facts))


def _whose(kind: Kind, body: Object) -> dict[str, Any]:
    """The site, and its service, that a resource is about."""
    if kind is ARCGIS_SITES:
        return {"site": str(Name(body["metadata"]["namespace"], body["metadata"]["name"]))}
    aim = parse_aim(body)
    if aim is None:
        return {}
    return {"site": str(aim.site.resource), "service": aim.service.title}


def _state(verdict: Verdict) -> dict[str, Any]:
    journal, job = verdict.record.journal, verdict.record.job
    return {
        "phase": journal.phase.value if journal.phase else None,
        "job_id": job.id if job else None,
        "attempt": journal.tried.attempt or None,
        "wake_after": round(verdict.wake.seconds, 1) if isinstance(verdict.wake, After) else None,
    }
