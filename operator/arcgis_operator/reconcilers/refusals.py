"""Statuses that the API server does not store: what was said of each, and when it is tried again.

Such a status is older than it looks, so it is said where people look: in the log and as an event, once for
each resource and reason, and in the metrics each time.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from arcgis_operator.adapters.kube.events import Announcement
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import Kind
from arcgis_operator.core import sentences
from arcgis_operator.core.backoff import Backoff
from arcgis_operator.core.identity import Name
from arcgis_operator.telemetry.logs import named

log = logging.getLogger(__name__)

PAUSES = Backoff(5.0, 300.0)
REFUSED = (KubeFailureKind.INVALID, KubeFailureKind.FORBIDDEN, KubeFailureKind.NOT_KEPT)
"""A person, or a change of the resource, has to come before it is stored."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last one of a resource: how many there were in a row, and when (monotonic) it is tried again."""

    failure: KubeFailure
    tries: int
    until: float


class Refusals:
    """By resource of one kind, until its status is stored again or it is gone. `clock` is monotonic."""

    def __init__(self, kind: Kind, clock: Callable[[], float]) -> None:
        self._kind, self._clock = kind, clock
        self._last: dict[Name, Refusal] = {}

    def unkept(self, name: Name) -> str:
        """What the last status lost on its way, for people; empty when nothing was lost."""
        last = self._last.get(name)
        if last is None or last.failure.kind is not KubeFailureKind.NOT_KEPT:
            return ""
        return sentences.status_not_kept(last.failure.detail, self._kind.plural)

    def waiting(self, name: Name) -> KubeFailure | None:
        """What is not tried yet: a write that is not kept may come back as news, and call for another."""
        last = self._last.get(name)
        if last is None or not self.unkept(name) or (rest := last.until - self._clock()) <= 0:
            return None
        return replace(last.failure, retry_after=rest)

    def refused(self, name: Name, failure: KubeFailure) -> tuple[KubeFailure, Announcement | None]:
        """The failure with the pause until the next try; and what to tell, when there is something new."""
        if failure.kind not in REFUSED or failure.code == 401:
            return failure, None
        last = self._last.get(name)
        tries = last.tries + 1 if last else 1
        pause = max(PAUSES.pause(tries), failure.retry_after or 0.0)
        self._last[name] = Refusal(failure, tries, self._clock() + pause)
        told = None if last and last.failure == failure else self._told(name, failure)
        return replace(failure, retry_after=pause), told

    def over(self, name: Name) -> None:
        """It was stored, or there is no such resource any more."""
        if self._last.pop(name, None):
            log.info("status stored again", extra=named(self._kind.name, str(name)))

    def _told(self, name: Name, failure: KubeFailure) -> Announcement:
        told = named(self._kind.name, str(name), answer=failure.detail)
        if failure.kind is KubeFailureKind.NOT_KEPT:
            log.warning("status not kept", extra=told)
            return Announcement("StatusNotKept", "Reconcile", self.unkept(name), "Warning")
        log.warning("status refused", extra=told)
        return Announcement("StatusRefused", "Reconcile", sentences.status_refused(failure.detail), "Warning")
