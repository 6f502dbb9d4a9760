"""How a request to the Kubernetes API can fail, as values. Made once here; everybody else only reads them."""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from arcgis_operator.adapters.kube.depth import loads
from arcgis_operator.core.jsondoc import printable

LIMIT = 256
LONGEST_PAUSE = 30.0  # seconds; whatever the API server asks for, the operator looks again


class KubeFailureKind(StrEnum):
    """What a failed request calls for."""

    CONFLICT = "Conflict"  # the object moved: read again, decide again
    MISSING = "Missing"  # no such object, or no such kind
    FORBIDDEN = "Forbidden"  # credentials or rights
    INVALID = "Invalid"  # refused as it is; sending it again will not help
    NOT_KEPT = "StatusNotKept"  # answered as done, and yet not stored as sent
    UNREACHABLE = "Unreachable"  # network, time-out, 5xx, 429, an unreadable answer: unknown whether applied


@dataclass(frozen=True, slots=True)
class KubeFailure:
    """A failed request.

    `detail` is printable, at most 256 characters, and holds no header and no body but the API server's
    own `Status.message`. `code` is the HTTP status, None when no answer came.
    `retry_after` is in seconds, when the API server asked for a pause.
    """

    kind: KubeFailureKind
    detail: str
    code: int | None = None
    retry_after: float | None = None

    @property
    def expired(self) -> bool:
        """The `continue` token or resource version is too old (410 Gone). Source: Kubernetes API concepts."""
        return self.code == 410


class KubeListFailed(Exception):
    """A list broke off; what was yielded before is not the whole. `failure` says why."""

    def __init__(self, failure: KubeFailure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


KINDS = {
    400: KubeFailureKind.INVALID,
    401: KubeFailureKind.FORBIDDEN,
    403: KubeFailureKind.FORBIDDEN,
    404: KubeFailureKind.MISSING,
    409: KubeFailureKind.CONFLICT,
    413: KubeFailureKind.INVALID,
    415: KubeFailureKind.INVALID,
    422: KubeFailureKind.INVALID,
}

FROM_ANYBODY = (401, 413)
"""What these say is so whoever says it; all else of `KINDS` is the API server's to say, in a `Status`."""


def answered(code: int, body: bytes, retry_after: str | None, now: float) -> KubeFailure:
    """The failure that an answer other than 2xx speaks of; `now` is epoch seconds."""
    message = status_message(body)
    kind = KINDS.get(code, KubeFailureKind.UNREACHABLE)
    if code == 500 and "request is too large" in message:
        kind = KubeFailureKind.INVALID  # etcd's limit comes as a 500; it is permanent
    if code not in FROM_ANYBODY and not _is_status(parsed(body)):
        kind = KubeFailureKind.UNREACHABLE  # a proxy, or an API server that does not serve the kind yet
    detail = printable(f"{code} {message}", LIMIT)
    return KubeFailure(kind, detail, code, seconds(retry_after, now))


def unreachable(reason: str, code: int | None = None) -> KubeFailure:
    """No sensible answer."""
    return KubeFailure(KubeFailureKind.UNREACHABLE, printable(reason, LIMIT), code)


def status_message(body: bytes) -> str:
    """`message` of a `Status` object, empty for anything else: a foreign body is never repeated."""
    status = parsed(body)
    return str(status.get("message") or "") if _is_status(status) else ""


def _is_status(value: Any) -> bool:
    return isinstance(value, dict) and value.get("kind") == "Status"


def parsed(body: bytes) -> Any:
    """The JSON in `body`, None when it is not JSON."""
    try:
        return loads(body)
    except ValueError:
        return None


def seconds(header: str | None, now: float) -> float | None:
    """`Retry-After` in seconds (at most 30), from a number or an HTTP date. Source: RFC 9110, 10.2.3."""
    if not header:
        return None
    try:
        pause = float(header)
    except ValueError:
        pause = _until(header, now)
    return min(LONGEST_PAUSE, max(0.0, pause))


def _until(date: str, now: float) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except (ValueError, OverflowError):
        return 0.0
