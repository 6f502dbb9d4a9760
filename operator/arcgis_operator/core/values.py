"""One value, as a spec declares it and as the site holds it: when the two are the same, and what is sent.

The kind of what the site holds is kept: a text never takes the place of an object, a list or a JSON number.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from arcgis_operator.core import jsondoc
from arcgis_operator.core.jsondoc import Json, Unreadable
from arcgis_operator.core.model import LeafKind

MISSING: Final = object()
UNCLEAR: Final = object()
"""Several values stand where one is looked for: it is never what was declared, and never nothing."""
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 400  # characters; a double needs at most 17 digits and an exponent
_FLAGS = ("true", "false")
_EXACT_DIGITS = 15  # so many a double always keeps


@dataclass(frozen=True, slots=True)
class Unfit:
    """The declared value cannot take the place of what the site holds: `holds` is what that is."""

    holds: str


def kind_name(value: Json) -> str:
    """`an object`, `a list`, `a number`, `a text`, `true or false`, or `nothing`."""
    if value is MISSING or value is None:
        return "nothing"
    return next(name for types, name in _KIND_NAMES if isinstance(value, types))


_KIND_NAMES: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool,), "true or false"),
    ((str,), "a text"),
    ((int, float, Decimal), "a number"),
    ((list,), "a list"),
    ((object,), "an object"),
)


def empty(value: Json) -> bool:
    """Nothing, or what some sites write for nothing where an object or a list belongs."""
    return absent(value) or value in ("", [])


def absent(value: Json) -> bool:
    """Nothing: some sites write a null as the word."""
    return value is MISSING or value is None or value == "null"


def rendered(kind: LeafKind, wanted: Json) -> Json:
    """The value as the site writes a new one: most are texts. Source: Service page, sample documents."""
    return _RENDER.get(kind, lambda value: value)(wanted)


def fitted(kind: LeafKind, wanted: Json, live: Json) -> Json | Unfit:
    """The wanted value in the kind of the live one, `Unfit` where it has none."""
    holds = kind_name(live)
    if holds == "nothing":
        return rendered(kind, wanted)
    if kind is LeafKind.SET:
        return _fitted_set(wanted, live, holds)
    if isinstance(wanted, (list, Mapping)):
        fits = holds == kind_name(wanted) or empty(live)
        return wanted if fits else Unfit(holds)
    value = _FIT.get(holds, _none)(wanted)
    return Unfit(holds) if value is None else value


def same(kind: LeafKind, wanted: Json, live: Json) -> bool:
    """Whether the site means the same by what it holds."""
    if absent(live):
        return kind is not LeafKind.JSON_OBJECT and _means_nothing(kind, wanted)
    return _SAME.get(kind, _same_json)(wanted, live)


def text_of(value: Json) -> str:
    """A single value as the site writes it in a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _means_nothing(kind: LeafKind, wanted: Json) -> bool:
    if kind is LeafKind.SET:
        return not _words(wanted)
    return wanted is None or (isinstance(wanted, str) and wanted in ("", "null"))


def _fitted_set(wanted: Json, live: Json, holds: str) -> Json | Unfit:
    if holds == "a list":
        return list(wanted)
    return ",".join(wanted) if holds == "a text" else Unfit(holds)


def _as_number(wanted: Json) -> Json:
    text = text_of(wanted)
    if isinstance(wanted, bool) or not _NUMBER.fullmatch(text):
        return None
    try:
        return jsondoc.loads(text.removeprefix("+"))
    except Unreadable:
        return None


def _as_flag(wanted: Json) -> Json:
    return {"true": True, "false": False}.get(text_of(wanted).lower())


def _none(_: Json) -> Json:
    return None


_FIT: Mapping[str, Callable[[Json], Json]] = {
    "a text": text_of,
    "a number": _as_number,
    "true or false": _as_flag,
}
_RENDER: Mapping[LeafKind, Callable[[Json], Json]] = {
    LeafKind.SET: ",".join,
    LeafKind.FLAG: text_of,
    LeafKind.SCALAR: text_of,
}


def _same_set(wanted: Json, live: Json) -> bool:
    return isinstance(live, (str, list)) and _words(wanted) == _words(live)


def _words(value: Json) -> frozenset[str]:
    items = value if isinstance(value, list) else str(value).split(",")
    return frozenset(word.strip() for item in items if (word := text_of(item)).strip())


def _is_object(_: Json, live: Json) -> bool:
    return isinstance(live, Mapping)


def _same_json(wanted: Json, live: Json) -> bool:
    if isinstance(wanted, (list, Mapping)) and isinstance(live, str):
        return _same_json(wanted, _parsed(live))
    if isinstance(wanted, str) and isinstance(live, (list, Mapping)):
        return kind_name(_parsed(wanted)) == kind_name(live) and _same_json(_parsed(wanted), live)
    return _SAME_TYPE[kind_name(wanted)](wanted, live)


def _parsed(text: str) -> Json:
    try:
        return jsondoc.loads(text)
    except Unreadable:
        return MISSING


def _same_list(wanted: Json, live: Json) -> bool:
    fits = isinstance(live, list) and len(wanted) == len(live)
    return fits and all(same(LeafKind.JSON, a, b) for a, b in zip(wanted, live, strict=True))


def _same_object(wanted: Json, live: Json) -> bool:
    if not isinstance(live, Mapping):
        return False
    keys = {key for holder in (wanted, live) for key, item in holder.items() if item is not None}
    return all(same(LeafKind.JSON, wanted.get(key), live.get(key, MISSING)) for key in keys)


def _same_flag(wanted: Json, live: Json) -> bool:
    return isinstance(live, (bool, str)) and text_of(wanted) == text_of(live).strip().lower()


def _same_number(wanted: Json, live: Json) -> bool:
    """Two whole numbers digit by digit, others as doubles: that is what the cluster and the site keep."""
    one, other = _number(wanted), _number(live)
    if one is None or other is None:
        return False
    return one == other or (not (_whole(one) and _whole(other)) and float(one) == float(other))


def _whole(number: Decimal) -> bool:
    return number == number.to_integral_value()


def _number(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    text = repr(value) if isinstance(value, float) else str(value).strip()
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _same_text(wanted: Json, live: Json) -> bool:
    if isinstance(live, bool) or wanted.lower() in _FLAGS:
        return isinstance(live, (bool, str)) and text_of(live).strip().lower() == wanted.strip().lower()
    if not isinstance(live, str):
        return _same_number(wanted, live)
    return _plain(wanted) == _plain(live) or _same_long_number(wanted, live)


def _plain(text: str) -> str:
    """Without what editors and sites change by themselves: the form of accents, and line ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    return lines if lines.isascii() else unicodedata.normalize("NFC", lines)


def _same_long_number(wanted: str, live: str) -> bool:
    """Two texts of one double, one with more digits than a double keeps: the site may have rounded it."""
    if max(sum(sign.isdigit() for sign in text) for text in (wanted, live)) <= _EXACT_DIGITS:
        return False
    return "." in wanted + live and _same_number(wanted, live)


_SAME_TYPE: Mapping[str, Callable[[Json, Json], bool]] = {
    "nothing": lambda _, live: live is None,
    "an object": _same_object,
    "a list": _same_list,
    "true or false": _same_flag,
    "a number": _same_number,
    "a text": _same_text,
}
_SAME: Mapping[LeafKind, Callable[[Json, Json], bool]] = {
    LeafKind.SET: _same_set,
    LeafKind.INTEGER: _same_number,
    LeafKind.JSON_OBJECT: _is_object,
}
