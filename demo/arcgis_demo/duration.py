"""Durations on the command line, as the operator reads them: `90`, `30s`, `10m`, `1h30m`, `500ms`."""

import re
from typing import Any

import click

_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
_UNITS = (("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001))
_PARTS = re.compile("".join(f"(?:{_NUMBER}{unit})?" for unit, _ in _UNITS))


class Duration(click.ParamType[float]):
    """Seconds above 0; a number alone means seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds of what was given; fails with words that name the option."""
        text = str(value).strip()
        found = _PARTS.fullmatch(f"{text}s" if re.fullmatch(_NUMBER, text) else text)
        sizes = zip(found.groups() if found else (), _UNITS, strict=False)
        seconds = sum(float(part) * size for part, (_, size) in sizes if part)
        if not seconds:
            self.fail(f"{text!r} is no duration above 0: give one such as 90, 30s or 1m30s", param, ctx)
        return seconds


DURATION = Duration()
