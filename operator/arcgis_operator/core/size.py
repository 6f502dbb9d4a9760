"""How large a status may be, and what goes first where it would be larger.

All of it is read again and again: by every list, every watch, and whoever asks what is the matter. What
decides is small by itself and stays whole; what is only shown is cut to its newest and first parts.
"""

from collections.abc import Iterator, Mapping

from arcgis_operator.core.jsondoc import Json, stored_size

LARGEST = 32 * 1024  # bytes
FEW_MESSAGES = 3
LAST = (("job", "messages"), ("job", "operationURI"), ("plan", "changers"), ("observed", "newSettings"))


def within(status: Mapping[str, Json], largest: int = LARGEST) -> dict[str, Json]:
    """The status, with what is only shown cut until it has at most so many bytes."""
    whole = dict(status)
    steps = _smaller(whole)
    while stored_size(whole) > largest and (smaller := next(steps, None)) is not None:
        whole = smaller
    return whole


def _smaller(status: dict[str, Json]) -> Iterator[dict[str, Json]]:
    """The same status smaller and smaller, until nothing is left that may go."""
    for cut in (_without_result, _with_few_messages, _without_older_paths):
        status = cut(status)
        yield status
    for name, part, least in (("history", None, 1), ("plan", "changes", 0)):
        while len(_list(status, name, part)) > least:
            status = _shorter(status, name, part)
            yield status
    for name, part in LAST:
        status = {**status, name: _without(status[name], part)} if name in status else status
        yield status


def _without_result(status: dict[str, Json]) -> dict[str, Json]:
    job = status.get("job") or {}
    if "result" not in job:
        return status
    return {**status, "job": {**_without(job, "result"), "resultTruncated": True}}


def _with_few_messages(status: dict[str, Json]) -> dict[str, Json]:
    job = status.get("job") or {}
    return (
        {**status, "job": {**job, "messages": job["messages"][:FEW_MESSAGES]}}
        if "messages" in job
        else status
    )


def _without_older_paths(status: dict[str, Json]) -> dict[str, Json]:
    newest, *older = status.get("history") or [{}]
    bare = [_without(one, "paths") for one in older]
    return {**status, "history": [newest, *bare]} if bare else status


def _list(status: Mapping[str, Json], name: str, part: str | None) -> list[Json]:
    block: Json = status.get(name) or {}
    found: list[Json] = (block.get(part) if part else block) or []
    return found


def _shorter(status: dict[str, Json], name: str, part: str | None) -> dict[str, Json]:
    """Without the last one of a list."""
    kept = _list(status, name, part)[:-1]
    return {**status, name: {**status[name], part: kept} if part else kept}


def _without(block: Mapping[str, Json], name: str) -> dict[str, Json]:
    return {key: value for key, value in block.items() if key != name}
