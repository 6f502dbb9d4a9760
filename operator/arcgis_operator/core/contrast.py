"""Two texts that differ, shown in one short line each so that a person sees that they do."""

import unicodedata

from arcgis_operator.core.jsondoc import printable
from arcgis_operator.core.names import unseen

LEAD = 24  # signs that are kept before the first difference


def contrasted(before: str, after: str, limit: int) -> tuple[str, str]:
    """Both texts within `limit` characters; where they would look alike, from their first difference on."""
    plain = printable(before, limit), printable(after, limit)
    if plain[0] != plain[1] or before == after:
        return plain[0] or '""', plain[1] or '""'
    spelled = _spelled(before), _spelled(after)
    pairs = enumerate(zip(*spelled, strict=False))
    differs = next((at for at, (one, other) in pairs if one != other), min(map(len, spelled)))
    start = max(0, differs - LEAD)
    return _from(spelled[0], start, limit), _from(spelled[1], start, limit)


def _from(text: str, start: int, limit: int) -> str:
    return printable(("…" if start else "") + text[start:] or '""', limit)


def _spelled(text: str) -> str:
    """With its code in place of each sign that is not seen, joins another one, or is one space of several."""
    padded = f" {text} "
    return "".join(
        f"\\u{ord(sign):04x}" if _unclear(sign, padded[at], padded[at + 2]) else sign
        for at, sign in enumerate(text)
    )


def _unclear(sign: str, before: str, after: str) -> bool:
    if sign == " ":
        return before == " " or after == " "
    return unseen(sign) or unicodedata.category(sign).startswith("M")
