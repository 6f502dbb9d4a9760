"""The rules of a scene that say what an edit may contain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pairs_claims import Claims
from pairs_history import Edit, History, ours

Json = Any
BESIDE = ("configuredState", "provider")
"""What is declared of a service beside its settings."""


def undeclared_content_changed(history: History, claims: Claims) -> Iterator[str]:
    switches, ways = history.script.switches, history.script.ways
    window = (
        8
        + switches.get("stale_read_seconds", 0.0)
        + ways.get("folder_age", 0.0)
        + 6 * ways.get("latency", 0.0)
    )
    for edit in [one for one in ours(history) if one.operation == "edit"]:
        owned = {leaf for path in claims.on(edit.service) for leaf in _declared(history, path, edit.left)}
        mine = _without(edit.document, owned)
        live = [
            _without(one, owned)
            for one in history.documents_within(edit.service, edit.left - window, edit.came)
        ]
        if live and mine not in live:
            names = sorted(key for key in {*mine, *live[-1]} if mine.get(key) != live[-1].get(key))
            yield f"{edit.left:.1f} {edit.service}: changed undeclared {', '.join(names)}"


def built_on_an_older_document(history: History, claims: Claims) -> Iterator[str]:
    """What the edit before had changed is sent back as it was before that: the document was an older one.

    Not where somebody else changed the service just then: nobody can tell. Nor where the site trims values.
    """
    if history.script.ways.get("trims"):
        return
    window = 8 + 6 * history.script.ways.get("latency", 0.0)
    old = history.script.switches.get("stale_read_seconds", 0.0)
    for edit in ours(history):
        done = [one for one in ours(history, edit.service) if one.ended < edit.left]
        first = max((*(one.ended for one in done), edit.left - window))
        if not done or _changed_by_others(history, edit.service, first - window - old, edit.came):
            continue
        live = history.documents_within(edit.service, first, edit.came)
        for leaf in sorted(_given_up(history, claims, edit)):
            if _get(edit.document, leaf) not in [_get(one, leaf) for one in live]:
                yield f"{edit.left:.1f} {edit.service}: {'.'.join(leaf)} is sent as it was before"


def _given_up(history: History, claims: Claims, edit: Edit) -> set[tuple[str, ...]]:
    """The leaves that were declared once, and are not any more; each resource declares a description."""
    paths = claims.on(edit.service)
    ever = {leaf for path in paths for leaf in _declared(history, path, edit.left)}
    last = max(edit.left, edit.came)  # the site's time of an edit may be rounded to before its own intent
    bodies = [body for path in paths for body in history.bodies_within(path, edit.left - 65, last)]
    now = {leaf for body in bodies if body for leaf in _owned(body)}
    return ever - now - {("description",)}


def _changed_by_others(history: History, title: str, first: float, last: float) -> bool:
    changes = [at for at, _ in history.documents.get(title, []) if first < at <= last]
    mine = [one.ended for one in ours(history, title)]
    return any(all(abs(at - ended) > 1 for ended in mine) for at in changes)


def _declared(history: History, path: str, until: float) -> set[tuple[str, ...]]:
    """The paths of the leaves that were ever declared there."""
    bodies = (one.body for one in history.versions[path] if one.at <= until and one.body and one.by_people)
    return {leaf for body in bodies for leaf in _owned(body)}


def _owned(body: Json) -> Iterator[tuple[str, ...]]:
    yield from leaves_of(body["spec"].get("settings") or {})
    yield from ((key,) for key in BESIDE if key in body["spec"])


def leaves_of(value: Json, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from leaves_of(item, (*at, key))
        else:
            yield (*at, key)


def _without(document: Json, owned: set[tuple[str, ...]]) -> dict[str, Json]:
    """The document but for the leaves; what is empty then counts as nothing."""
    return {
        key: value
        for key, item in document.items()
        if (value := _rest(item, (key,), owned)) not in (None, {})
    }


def _rest(value: Json, at: tuple[str, ...], owned: set[tuple[str, ...]]) -> Json:
    if at in owned:
        return None
    if isinstance(value, Mapping) and any(one[: len(at)] == at for one in owned):
        inside = {
            key: rest for key, item in value.items() if (rest := _rest(item, (*at, key), owned)) is not None
        }
        return inside or None
    return value


def a_guarded_place_changed(history: History, claims: Claims) -> Iterator[str]:
    for edit in ours(history):
        folder = str(edit.document.get("folderName", "")).casefold()
        if folder in ("system", "utilities", "hosted"):
            yield f"{edit.left:.1f} {edit.service}: a service of the site's own was edited"
        before = history.document(edit.service, edit.came - 0.001) or {}
        for place in _guarded(before):
            if _get(edit.document, place) != _get(before, place):
                yield f"{edit.left:.1f} {edit.service}: {'.'.join(place)} was steered"


GUARDED = (
    "filepath",
    "outputdir",
    "cachedir",
    "jobsdirectory",
    "adminserviceinfo",
    "datasets",
    "toolbox",
    "database",
)


def _guarded(document: Json, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, item in document.items():
        if key.casefold() in GUARDED:
            yield (*at, key)
        elif isinstance(item, Mapping):
            yield from _guarded(item, (*at, key))


def _get(document: Json, place: tuple[str, ...]) -> Json:
    for key in place:
        document = document.get(key) if isinstance(document, Mapping) else None
    return document
