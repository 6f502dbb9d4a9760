"""What the status of an ArcGISSite remembers of refused logins, so that a restart does not forget them.

Sites lock an account that is refused too often, and the operator's account is one that people use, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from arcgis_operator.core.jsondoc import Json, printable

KEPT_TIMES = 8
LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class LoginNote:
    """`secret_version` is the state of the Secret that the site has refused `refusals` times in a row.

    `refused_times` are the latest refusals of the account, whatever the password, the oldest first. Times
    are RFC 3339 texts in UTC.
    """

    username: str
    secret_version: str
    refusals: int
    next_try_time: str
    refused_times: tuple[str, ...] = ()


def parse_login(status: Mapping[str, Json]) -> LoginNote | None:
    """The note in the status of an ArcGISSite; None when there is none, or none that can be read."""
    block = status.get("login")
    if not isinstance(block, Mapping):
        return None
    texts = [block.get(name) for name in ("username", "secretVersion", "nextTryTime")]
    refusals, times = block.get("refusals"), block.get("refusedTimes")
    if not all(isinstance(text, str) for text in texts) or not isinstance(refusals, int):
        return None
    listed = times if isinstance(times, list) else []
    kept = tuple(time for time in listed if isinstance(time, str))[-KEPT_TIMES:]
    return LoginNote(str(texts[0]), str(texts[1]), refusals, str(texts[2]), kept)


def render_login(note: LoginNote) -> dict[str, Json]:
    """The note as the status holds it."""
    return {
        "username": printable(note.username, LONGEST_NAME),
        "secretVersion": printable(note.secret_version, LONGEST_NAME),
        "refusals": note.refusals,
        "nextTryTime": note.next_try_time,
        "refusedTimes": list(note.refused_times[-KEPT_TIMES:]),
    }
