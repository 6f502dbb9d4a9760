"""JSON as values: reading with limits, writing digit for digit, digests, merge patches, printable text.

Numbers with a fraction or an exponent stay `Digits`, so a document read from the site goes back as it came.
"""

import hashlib
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import simplejson

Json = Any
MAX_DEPTH = 64


class Digits(Decimal):
    """A number that is written as it was read: `1.0E10`, `-0` and `1.50` keep their characters."""

    text: str

    def __new__(cls, text: str) -> "Digits":
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text


class Unreadable(ValueError):
    """The text is not JSON within the limits; the message is safe to show."""


def loads(text: str | bytes, max_depth: int = MAX_DEPTH) -> Json:
    """Read JSON; raises `Unreadable` on bad text, NaN, duplicate keys or too much depth."""
    try:
        value = simplejson.loads(
            text,
            parse_float=Digits,
            parse_int=_whole,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Unreadable(_safe_reason(error)) from None
    if _deeper_than(value, max_depth):
        raise Unreadable(f"nested more than {max_depth} deep")
    return value


def dumps(value: Json) -> str:
    """Write JSON compactly, numbers as they were read."""
    return str(simplejson.dumps(value, use_decimal=True, separators=(",", ":")))


def stored_size(value: Json) -> int:
    """Bytes that the Kubernetes API stores for it: UTF-8, but `<`, `>` and `&` in six signs each.

    Source: Go, encoding/json, `Encoder.SetEscapeHTML`, which is on by default.
    """
    text = str(simplejson.dumps(value, use_decimal=True, separators=(",", ":"), ensure_ascii=False))
    return len(text.encode(errors="surrogatepass")) + 5 * sum(text.count(sign) for sign in "<>&")


def canonical(value: Json) -> str:
    """Write JSON compactly, with the keys sorted: equal values are equal texts."""
    return str(simplejson.dumps(value, use_decimal=True, separators=(",", ":"), sort_keys=True))


def digest(value: Json) -> str:
    """`sha256:…` of the canonical form."""
    return "sha256:" + hashlib.sha256(canonical(value).encode()).hexdigest()


def plain(value: Json) -> Json:
    """The same value for the Kubernetes API, which cannot hold all of it.

    `Decimal` becomes int or float; what is beyond 64 bits or a float's range becomes text.
    A null in an object is left out, because a merge patch would take it for a deletion.
    """
    if isinstance(value, Decimal):
        return _plain_number(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _plain_number(value: Decimal) -> Json:
    if abs(value) < 2**53 and value == value.to_integral_value():
        return int(value)
    return float(value) if math.isfinite(float(value)) else str(value)


def merge_patch(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """The RFC 7386 merge patch that turns `old` into `new`; empty when they are equal."""
    patch: dict[str, Json] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if key in old and before == value:
            continue
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            patch[key] = merge_patch(before, value)
        else:
            patch[key] = value
    return patch


def printable(text: object, limit: int) -> str:
    """One printable line of at most `limit` characters."""
    line = str(text)[: 4 * limit]
    if not line.isprintable():
        line = "".join(c if c.isprintable() else " " for c in line)
    line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _whole(text: str) -> int | Digits:
    return Digits(text) if text == "-0" else int(text)


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("the same key twice in one object")
    return value


def _safe_reason(error: Exception) -> str:
    if isinstance(error, ValueError):
        return str(error).split(":")[0][:80]
    return "nested too deep" if isinstance(error, RecursionError) else "a number out of range"


def _deeper_than(value: Json, depth: int) -> bool:
    level = [value]
    while level and depth >= 0:
        level = [
            item
            for node in level
            if isinstance(node, (dict, list))
            for item in (node.values() if isinstance(node, dict) else node)
        ]
        depth -= 1
    return bool(level)
