"""Durations on the command line, as the operator reads them: `90`, `30s`, `10m`, `1h30m`, `500ms`."""

from __future__ import annotations

import re
from typing import Any

import click

_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
_UNITS = (("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001))
_PARTS = re.compile("".join(f"(?:{_NUMBER}{unit})?" for unit, _ in _UNITS))


class Duration(click.ParamType[float]):
    """Seconds; a number alone means seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds of what was given; fails with words that name the option."""
        text = str(value).strip()
        found = _PARTS.fullmatch(f"{text}s" if re.fullmatch(_NUMBER, text) else text)
        if not text or not found:
            self.fail(f"{text!r} is no duration: give one such as 90, 30s, 10m or 1h30m", param, ctx)
        sizes = zip(found.groups(), _UNITS, strict=True)
        return sum(float(part) * size for part, (_, size) in sizes if part)


DURATION = Duration()
