"""One job of the site, as last read.

Source: Job page (statuses and fields). Two spellings of a timed-out job and `ERROR` are not documented,
but Esri's own clients look for them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from arcgis_operator.core.failures import Failure
from arcgis_operator.core.identity import path_of, service_key_of
from arcgis_operator.core.said import EMPTY, ID_LEAST, UNSAID, Raw, Show, Shown, cut, plainly


class JobState(StrEnum):
    """What a status word means for us."""

    RUNNING = "running"
    COMPLETED = "completed"  # not success: only the read-back proves that
    FAILED = "failed"
    UNKNOWN = "unknown"  # UNAVAILABLE or a word we do not know: presumed to run


STATES = {
    "SUBMITTED": JobState.RUNNING,
    "EXECUTING": JobState.RUNNING,
    "CANCELLING": JobState.RUNNING,
    "COMPLETED": JobState.COMPLETED,
    "CANCELLED": JobState.FAILED,
    "FAILED": JobState.FAILED,
    "TIMED OUT": JobState.FAILED,
    "TIME OUT": JobState.FAILED,
    "ERROR": JobState.FAILED,
    "UNAVAILABLE": JobState.UNKNOWN,
}


_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)
UNAVAILABLE = Raw("UNAVAILABLE")
"""What a job is called that cannot be seen."""


@lru_cache(maxsize=64)
def state_of(word: Raw) -> JobState:
    """The meaning of a status word, whatever its case, spaces, underscores or hyphens."""
    return STATES.get(re.sub(r"[\s_-]+", " ", word).strip().upper(), JobState.UNKNOWN)


def api_word(word: Raw) -> Shown:
    """The word as people see it if the API knows it, for then it holds no secret; else nothing."""
    known = state_of(word) is not JobState.UNKNOWN or word == UNAVAILABLE
    return cut(plainly(word), 64) if known else EMPTY


@dataclass(frozen=True, slots=True)
class Job:
    """A job resource. Times are epoch milliseconds on the site's clock, 0 when not given.

    Its words are the site's own, to decide by; `show` makes them fit for people. `messages`, `error` (the
    text of an error body found inside `result`) and `result` are only shown, and made fit already.
    """

    id: Raw
    status: Raw
    operation_uri: Raw = UNSAID
    username: Raw = UNSAID
    start_ms: int = 0
    update_ms: int = 0
    end_ms: int = 0
    messages: tuple[Shown, ...] = ()
    result: Mapping[str, Any] = field(default_factory=dict)
    error: Shown = EMPTY
    show: Show = field(default=plainly, compare=False, repr=False)

    @property
    def state(self) -> JobState:
        """What the job says of itself.

        A COMPLETED job with an error inside has failed (Source: ArcGIS Server's Job page shows one). A job
        with an end time has ended, whatever its word (Source: Job page, `endtime` is 0 until then).
        """
        meaning = state_of(self.status)
        if self.end_ms > 0 and meaning in (JobState.RUNNING, JobState.UNKNOWN):
            meaning = JobState.COMPLETED
        return JobState.FAILED if meaning is JobState.COMPLETED and self.error else meaning

    @property
    def ended(self) -> bool:
        """The site says that nothing more comes of it."""
        return self.state in (JobState.COMPLETED, JobState.FAILED)

    @property
    def service_key(self) -> str | None:
        """The service it works on, None when it works on something else."""
        return service_key_of(self.operation_uri)

    @property
    def path(self) -> tuple[str, ...]:
        """What it does to the service: what stands behind that in its operationURI, in small letters."""
        return path_of(self.operation_uri)

    @property
    def shown_id(self) -> Shown:
        """The id as people see it."""
        return cut(self.show(self.id, ID_LEAST), 128)

    @property
    def shown_status(self) -> Shown:
        """The status as people see it: a word of the API holds no secret."""
        return api_word(self.status) or cut(self.show(self.status), 64)

    @property
    def shown_uri(self) -> Shown:
        """The path of the operation as people see it, without the host that the site may write before it."""
        return cut(self.show(Raw(_HOST.sub("", self.operation_uri).partition("?")[0])), 512)

    @property
    def shown_user(self) -> Shown:
        """The user as people see it."""
        return cut(self.show(self.username), 256) or Shown("somebody")


@dataclass(frozen=True, slots=True)
class JobsOn:
    """The jobs on one service that the site lists. `listed` False: the site does not let them be listed.

    `old` had ended long before they were read: no news, but one may be what an unanswered request became.
    """

    jobs: tuple[Job, ...] = ()
    old: tuple[Job, ...] = ()
    failure: Failure | None = None
    listed: bool = True
