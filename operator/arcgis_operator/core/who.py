"""The sentences that say who probably made a change on the site."""

from collections.abc import Mapping, Sequence

from arcgis_operator.core.jsondoc import printable

ROOM = 260  # of a message, in characters
SHORT = 32
NOBODY = "No recent job on the site tells who did it."
UNLISTED = "The site does not let this account list jobs, so nothing tells who did it."


def changed_by(changers: Sequence[Mapping[str, str]]) -> str:
    """All of them by name, and their jobs if there is room. A job tells when, not what: it is probable."""
    names = list(dict.fromkeys(str(one.get("username")) for one in changers))
    one_of = "" if len(names) == 1 else "one of these: "
    told = ", ".join(map(_job, changers))
    if len(told) > ROOM:
        told = ", ".join(printable(name, SHORT) for name in names)
    return f"Probably by {one_of}{told}."


def _job(one: Mapping[str, str]) -> str:
    how = " ".join(filter(None, (one.get("operation"), _unusual(one.get("status", "")))))
    job, ended = f"job {one.get('id')}", f"ended {one['endTime']}" if "endTime" in one else ""
    return f"{one.get('username')} ({', '.join(filter(None, (how, job, ended)))})"


def _unusual(status: str) -> str:
    return "" if status == "COMPLETED" else status
