"""JSON of the API server, whatever is nested in it: one object that is too deep is cut, and nothing breaks.

How deep Python reads JSON differs by version (994 levels in 3.11, 9,998 in 3.13), and much of what walks
through values gives up sooner; the API server takes 10,000. So there is one bound, far beyond any service.
"""

import contextlib
import json
import re
from itertools import accumulate
from typing import Any

LEVELS = 100
CUT = f"(nested deeper than {LEVELS} levels)"

_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_TOKEN = re.compile(_TEXT.pattern + rb"|[{}\[\]]", re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b"{}[]"))
_STEP = {ord(b): step for b, step in zip("{[}]", (1, 1, -1, -1), strict=True)}


def loads(body: bytes) -> Any:
    """The value in `body`; raises ValueError for what is no JSON.

    In an object of Kubernetes that is nested too deeply, each member of `spec` that holds such a value is the
    text `CUT` instead, which no reader of a spec takes; such a member of `metadata` or `status` is missing.
    """
    brackets = map(_STEP.__getitem__, body.translate(None, _OTHERS))
    if max(accumulate(brackets), default=0) <= LEVELS:
        with contextlib.suppress(RecursionError):  # brackets in texts can hide how deep it is
            return json.loads(body)
    value = json.loads(_cut(body))
    for one in _objects(value):
        _refuse(one)
    return value


def shallow(line: bytes) -> bytes:
    """One event of a watch as `loads` reads it, again as JSON: nearly always the very line."""
    if line.count(b"{") + line.count(b"[") <= LEVELS:
        return line
    brackets = map(_STEP.__getitem__, _TEXT.sub(b"", line).translate(None, _OTHERS))
    return line if max(accumulate(brackets)) <= LEVELS else json.dumps(loads(line)).encode()


def _cut(body: bytes) -> bytes:
    """Every container that opens below the bound is a text instead."""
    parts: list[bytes] = []
    depth, kept = 0, 0
    for token in _TOKEN.finditer(body):
        step = _STEP.get(token.group()[0], 0)
        depth += step
        if step > 0 and depth == LEVELS + 1:
            parts += [body[kept : token.start()], json.dumps(CUT).encode()]
        elif step < 0 and depth == LEVELS:
            kept = token.end()
    return b"".join([*parts, body[kept:]])


def _objects(value: Any) -> list[dict[str, Any]]:
    """The objects of Kubernetes in an answer: one, those of a list, or that of an event of a watch."""
    if not isinstance(value, dict):
        return []
    found = value["items"] if isinstance(value.get("items"), list) else [value.get("object"), value]
    return [one for one in found if isinstance(one, dict)]


def _refuse(one: dict[str, Any]) -> None:
    for part in ("metadata", "status"):
        if isinstance(one.get(part), dict):
            one[part] = {name: value for name, value in one[part].items() if not _is_cut(value)}
    if isinstance(one.get("spec"), dict):
        one["spec"] = {name: CUT if _is_cut(value) else value for name, value in one["spec"].items()}


def _is_cut(value: Any) -> bool:
    return CUT in json.dumps(value, ensure_ascii=False)
