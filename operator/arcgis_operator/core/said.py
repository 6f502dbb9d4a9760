"""What the site said, and what people may see of it: two types, so that neither is taken for the other.

Raw words decide: keys, ids, user names, paths, status words. What goes to a status, an event or a log is
Shown: `Show` makes it, at the last moment, with all secrets that are known by then.
"""

from typing import NewType, Protocol

from arcgis_operator.core.jsondoc import printable

Raw = NewType("Raw", str)
Shown = NewType("Shown", str)
UNSAID, EMPTY = Raw(""), Shown("")
ID_LEAST = 8
"""Shorter secrets are let stand in an id that the site made: one holds most of them, and tells nothing."""


class Show(Protocol):
    """Masks the secrets of a session, those of fewer than `least` signs excepted. Cuts nothing."""

    def __call__(self, text: Raw, least: int = 1) -> Shown: ...


def plainly(text: Raw, least: int = 1) -> Shown:
    """Where no secret is known."""
    return Shown(text)


def kept(text: Raw, show: Show, least: int = 1) -> Raw:
    """The word as it may be stored where people read it and it decides later: itself, or nothing at all."""
    return text if text.isprintable() and str(show(text, least)) == str(text) else UNSAID


def cut(text: Shown, limit: int) -> Shown:
    """One printable line of at most so many characters."""
    return Shown(printable(text, limit))
