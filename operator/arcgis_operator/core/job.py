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

from arcgis_operator.core.identity import service_key_of


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


@lru_cache(maxsize=64)
def state_of(word: str) -> JobState:
    """The meaning of a status word, whatever its case, spaces, underscores or hyphens."""
    return STATES.get(re.sub(r"[\s_-]+", " ", word).strip().upper(), JobState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Job:
    """A job resource. Times are epoch milliseconds on the site's clock, 0 when not given.

    `error` is the text of an error body found inside `result`; `messages` are printable.
    """

    id: str
    status: str
    operation_uri: str = ""
    username: str = ""
    start_ms: int = 0
    update_ms: int = 0
    end_ms: int = 0
    messages: tuple[str, ...] = ()
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def state(self) -> JobState:
        """A COMPLETED job with an error inside has failed. Source: ArcGIS Server's Job page shows one."""
        meaning = state_of(self.status)
        return JobState.FAILED if meaning is JobState.COMPLETED and self.error else meaning

    @property
    def ended(self) -> bool:
        """The site says that nothing more comes of it."""
        return self.state in (JobState.COMPLETED, JobState.FAILED)

    @property
    def service_key(self) -> str | None:
        """The service it works on, None when it works on something else."""
        return service_key_of(self.operation_uri)
