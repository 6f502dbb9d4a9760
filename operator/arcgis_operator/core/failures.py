"""How a request to the site can fail, as values.

One kind per action it calls for. The border (adapters/admin) makes them once; everybody else only reads them.
"""

from dataclasses import dataclass
from enum import StrEnum

from arcgis_operator.core.said import Raw


class Kind(StrEnum):
    """What is known about a request that did not succeed."""

    NOT_SENT = "NotSent"  # the site cannot have seen it, or refused it before looking
    WITHHELD = "Withheld"  # our own check said no before the first byte: the site has no part in it
    UNSURE = "Unsure"  # it may have been applied: time-out, reset, 5xx, an unreadable answer
    BUSY = "Busy"  # the site says: later (lock, read-only mode, 429); not applied
    UNAUTHORISED = "Unauthorised"  # credentials or rights; not applied
    NO_CREDENTIALS = "NoCredentials"  # the Secret could not be read; nothing was sent
    MISSING = "Missing"  # no such resource
    REFUSED = "Refused"  # understood and refused; not applied
    GARBLED = "Garbled"  # an answer that is not what this API speaks


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed request.

    `detail` is printable, at most 400 characters, and never holds a URL query, a header or a body.
    `code` is the number in the site's own error body, None when the answer carried none.
    `retry_after` is in seconds, when the site asked for a pause. `read_only`: the site is in that mode; until
    its mode was asked only its words say so. `absent` and `locked`: its words say that there is nothing of
    this name, or that the account is locked.
    """

    kind: Kind
    detail: str
    code: int | None = None
    retry_after: float | None = None
    read_only: bool = False
    absent: bool = False
    locked: bool = False

    @property
    def unreachable(self) -> bool:
        """No sensible answer came back: the site, or the way to it, is away."""
        return self.kind in (Kind.NOT_SENT, Kind.UNSURE) and self.code is None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The site took the edit and named its job."""

    job_id: Raw
    status: Raw


@dataclass(frozen=True, slots=True)
class Applied:
    """The site applied the edit at once and has no job for it (releases before 10.9.1)."""


Fact = Accepted | Applied | Failure
"""What became of one request that changes the site."""
