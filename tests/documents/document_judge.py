"""What must be true of an edit, whatever the document: judged on texts and types, not by what makes it."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import simplejson

from arcgis_operator.core.jsondoc import Digits

Json = Any
Path = tuple[str, ...]
Piece = tuple[Path, str]


def pieces(value: Json, at: Path = ()) -> Iterator[Piece]:
    """Every value of a document with its path and its JSON text, in order; list entries by position."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from pieces(item, (*at, key))
    elif isinstance(value, list) and value:
        for position, item in enumerate(value):
            yield from pieces(item, (*at, f"[{position}]"))
    else:
        yield at, simplejson.dumps(value, use_decimal=True)


def kind(value: Json) -> str:
    """The JSON type, and `void` for what stands for nothing."""
    if value is None or value in ("", "null", []):
        return "void"
    if isinstance(value, bool):
        return "flag"
    return {str: "text", dict: "object", list: "list"}.get(type(value), "number")


def at(document: Json, path: Path) -> Json:
    """What stands at the path of a piece, None when nothing does."""
    for step in path:
        if isinstance(document, list):
            position = int(step[1:-1]) if step.startswith("[") else len(document)
            document = document[position] if position < len(document) else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document


def owned(declared: Path, document: Json) -> Path:
    """A declared path as the document spells it: extensions by position, names without case or form."""
    found: list[str] = []
    node = document
    for step in declared:
        if isinstance(node, list):
            step = f"[{_position(node, step)}]"
        elif isinstance(node, dict) and step not in node:
            step = next((key for key in node if _form(key) == _form(step)), step)
        found.append(step)
        node = at(node, (step,)) if isinstance(node, (dict, list)) else None
    return tuple(found)


def _form(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _position(entries: list[Json], name: str) -> int:
    named = [
        (number, entry["typeName"])
        for number, entry in enumerate(entries)
        if isinstance(entry, dict) and isinstance(entry.get("typeName"), str)
    ]
    exact = [number for number, title in named if title == name]
    alike = [number for number, title in named if title.lower() == name.lower()]
    return (exact or alike or [len(entries)])[0]


def still_offered(off: Iterable[str], document: Json) -> list[str]:
    """The extensions that were declared off and of which an entry is on, in whatever letters."""
    listed = document.get("extensions")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    on = {str(one.get("typeName")).lower() for one in entries if str(one.get("enabled")).lower() == "true"}
    return [name for name in off if name.lower() in on]


def undeclared(document: Json, paths: list[Path]) -> list[Piece]:
    """All that nobody declared, in order, without what is empty and may have been entered."""
    return [
        (path, text)
        for path, text in pieces(document)
        if not any(path[: len(own)] == own or own[: len(path)] == path for own in paths)
    ]


def as_the_site_keeps(habit: str, document: Json) -> Json:
    """The document after a site stored it in its own manner; only the spelling of values changes."""
    change = _HABITS.get(habit)
    return document if change is None else _mapped(document, change)


def _mapped(value: Json, change: Callable[[Json], Json], key: str = "") -> Json:
    if isinstance(value, Mapping):
        return {name: _mapped(item, change, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    return value if key in ("typeName", "serviceName", "type") else change(value)


def _as_double(value: Json) -> Json:
    if isinstance(value, Decimal) and abs(float(value)) < 1e300:
        return Digits(repr(float(value)))
    return value


def _capital(value: Json) -> Json:
    return value.upper() if value in ("true", "false") else value


_HABITS: dict[str, Callable[[Json], Json]] = {
    "doubles": _as_double,
    "nulls as text": lambda value: "null" if value is None else value,
    "capitals": _capital,
    "line ends": lambda value: value.rstrip("\n") if isinstance(value, str) else value,
    "decomposes": lambda value: unicodedata.normalize("NFD", value) if isinstance(value, str) else value,
}
