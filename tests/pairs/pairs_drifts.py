"""The rules of a scene that say which drifts may be restored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pairs_claims import Claims
from pairs_content import BESIDE
from pairs_history import Edit, History, conditions, ours
from pairs_rules import BEGINS, PUT_BACK, described, sent_by
from pairs_scene import STORM_BOUND

Json = Any
WINDOW = 600.0


def a_reported_drift_was_restored(history: History, claims: Claims) -> Iterator[str]:
    """What had been said to be live, and nobody has wanted anything else since."""
    for edit in ours(history):
        first = edit.left - claims.news
        for path in claims.on(edit.service):
            if not (sent_by(history, claims, path, edit) and claims.reports(path, first)):
                continue
            # a spec that somebody changed in this very moment was a new wish when it was sent
            if claims.reports(path, edit.left) and _is_still_wanted(history, path, edit):
                yield f"{edit.left:.1f} {edit.service}: a drift that is only reported was restored"


def _is_still_wanted(history: History, path: str, edit: Edit) -> bool:
    same = described(history.at(path, edit.left)) == edit.document.get("description", "").strip()
    return same and was_live(history, path, edit.left)


def was_live(history: History, path: str, at: float) -> bool:
    """It was Ready with these very settings, and nothing but a drift or a move of its site since."""
    wanted = _wanted(history.at(path, at))
    for version in reversed([one for one in history.versions[path] if one.at < at]):
        if version.body is None or _wanted(version.body) != wanted:
            return False
        if conditions(version.body).get("Ready", {}).get("status") == "True":
            return not any(act in PUT_BACK for when, act, _ in history.events if version.at <= when <= at)
    return False


def _wanted(body: Json) -> Json:
    spec = (body or {}).get("spec", {})
    return spec.get("settings"), *map(spec.get, BESIDE)


def many_were_restored_unasked(history: History, claims: Claims) -> Iterator[str]:
    """More services than the bound within its window, and nobody has answered; each process counts anew."""
    if "storm of drifts" not in history.script.features:
        return
    processes = 1 + sum(act in BEGINS for _, act, _ in history.events)
    if "second replica" in history.script.features or "two leaders" in history.script.features:
        processes += 2
    repairs = [
        edit for edit in ours(history) if not _was_let(history, edit) and _is_repair(history, claims, edit)
    ]
    for first in repairs:
        titles = {edit.service for edit in repairs if first.left <= edit.left < first.left + WINDOW}
        if len(titles) > STORM_BOUND * processes:
            yield f"{first.left:.1f} {len(titles)} services were restored within {WINDOW:.0f} s unasked"
            return


def _was_let(history: History, edit: Edit) -> bool:
    """A person has answered since the service was changed."""
    before = [(at, act, facts) for at, act, facts in history.events if at <= edit.left]
    changed = [at for at, act, facts in before if str(facts.get("title", "")).casefold() == edit.service]
    return any(act == "answer" and at >= max(changed, default=0.0) for at, act, _ in before)


def _is_repair(history: History, claims: Claims, edit: Edit) -> bool:
    return any(
        sent_by(history, claims, path, edit) and was_live(history, path, edit.left)
        for path in claims.on(edit.service)
    )


def a_person_was_asked_about_nothing(history: History, claims: Claims) -> Iterator[str]:
    for path, versions in history.versions.items():
        for version in versions if "/arcgissites/" in path else ():
            told = ((version.body or {}).get("status") or {}).get("divergence") or {}
            if not version.by_people and told and not told["released"] and not told["count"]:
                yield f"{version.at:.1f} {path.rpartition('/')[2]}: asks about 0 services ({told['id']})"


DRIFTS = {
    "REPORTED": a_reported_drift_was_restored,
    "STORM": many_were_restored_unasked,
    "ASKED-FOR-NOTHING": a_person_was_asked_about_nothing,
}
