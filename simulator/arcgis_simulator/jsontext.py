"""JSON in and out, with every number kept digit for digit.

A test can then hold that a property which nobody declared came through an edit
unchanged, also where Python's floats would have rounded it.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import simplejson

DEEPEST = 100  # levels; what is deeper could be stored, but neither copied nor shown


class Digits(Decimal):
    """A number that is written as it was read: ``1.0E10``, ``-0`` and ``1.50`` keep their characters."""

    text: str

    def __new__(cls, text: str) -> Digits:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text


class BadJson(ValueError):
    """The text is not JSON, or too deep to be read."""


def loads(text: str | bytes) -> Any:
    """The value of a JSON text; what is no plain integer is ``Digits``. Raises :class:`BadJson`."""
    try:
        value = simplejson.loads(text, parse_float=Digits, parse_int=_whole)
    except RecursionError as error:
        raise BadJson("nested too deeply") from error
    except (ValueError, ArithmeticError) as error:
        raise BadJson(str(error)) from error
    if _deeper_than(value, DEEPEST):
        raise BadJson("nested too deeply")
    return value


def _whole(text: str) -> int | Digits:
    return Digits(text) if text == "-0" else int(text)


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels + 1):
        layer = [
            inner
            for holder in layer
            if isinstance(holder, (dict, list))
            for inner in (holder.values() if isinstance(holder, dict) else holder)
        ]
        if not layer:
            return False
    return True


def dumps(value: Any, *, pretty: bool = False) -> str:
    """The JSON text of a value, on one line unless ``pretty``."""
    if pretty:
        return simplejson.dumps(value, use_decimal=True, ensure_ascii=False, indent=2)
    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False, separators=(",", ":"))


def encode(value: Any, *, pretty: bool = False) -> bytes:
    """The JSON text as UTF-8; a lone surrogate, which UTF-8 cannot carry, stays a JSON escape."""
    return dumps(value, pretty=pretty).encode("utf-8", "backslashreplace")


def digest(value: Any) -> str:
    """A short fingerprint of a value, the same whatever the order of its keys."""
    text = simplejson.dumps(value, use_decimal=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def raw(value: Any) -> simplejson.RawJSON:
    """The value frozen as text: it takes a fifth of the memory and cannot be changed afterwards."""
    return simplejson.RawJSON(dumps(value))
