"""Durations as people write them: `90`, `90s`, `30m`, `1h30m`, `500ms`."""

import re

UNITS = (("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001))
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_SECONDS = re.compile(_NUMBER)
_PARTS = re.compile("".join(f"(?:({_NUMBER}){unit})?" for unit, _ in UNITS))


def seconds_of(text: str) -> float:
    """Seconds; raises `ValueError` for what is no duration. A number alone means seconds."""
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    found = _PARTS.fullmatch(text)
    if not text or not found:
        raise ValueError(text)
    return sum(float(part) * size for part, (_, size) in zip(found.groups(), UNITS, strict=True) if part)


def duration(seconds: float) -> str:
    """`1h30m`, `45s`, `1.5s`, `200ms`: whole seconds from a minute on."""
    if 0 < seconds < 1:
        return f"{seconds * 1000:g}ms"
    if seconds < 60:
        return f"{round(seconds, 1):g}s"
    rest = round(seconds)
    parts = ((rest // 3600, "h"), (rest % 3600 // 60, "m"), (rest % 60, "s"))
    return "".join(f"{value}{unit}" for value, unit in parts if value)
