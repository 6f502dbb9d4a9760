"""The rules of a scene about change control: nothing outside a window, nothing new without approval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pairs_claims import Claims
from pairs_history import Edit, History, journal, ours
from pairs_rules import STORED, sent_by

Json = Any


def sent_outside_a_window(history: History, claims: Claims) -> Iterator[str]:
    """Nobody has let this plan through."""
    for edit in ours(history):
        first = edit.left - claims.news
        for path in claims.on(edit.service):
            if not sent_by(history, claims, path, edit) or _told(history, path, edit, "lastHandledOverride"):
                continue
            if claims.closed(path, first, edit.left) and claims.closed(path, edit.left, edit.left):
                yield f"{edit.left:.1f} {edit.service}: sent for {path} outside its windows"


def sent_without_approval(history: History, claims: Claims) -> Iterator[str]:
    """What is no repair."""
    for edit in ours(history):
        first = edit.left - claims.news
        for path in claims.on(edit.service):
            plan = sent_by(history, claims, path, edit) and _told(history, path, edit, "plan")
            if not plan or plan.get("cause") == "Drift":
                continue
            if claims.unapproved(path, first, plan) and claims.unapproved(path, edit.left, plan):
                yield f"{edit.left:.1f} {edit.service}: sent for {path} without approval"


def _told(history: History, path: str, edit: Edit, field: str) -> Json:
    """What the status said when the intent was stored."""
    bodies = history.bodies_within(path, edit.left - STORED, edit.left)
    last = next((body for body in reversed(bodies) if journal(body).get("phase") == "Intended"), None)
    return ((last or {}).get("status") or {}).get(field)


CONTROL = {
    "OUTSIDE-WINDOW": sent_outside_a_window,
    "UNAPPROVED": sent_without_approval,
}
