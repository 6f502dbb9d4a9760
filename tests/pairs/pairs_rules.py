"""The rules of a scene that say what may be sent. None needs another run to compare with."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from pairs_claims import JOINED, TAKEOVER, Claims
from pairs_content import (
    a_guarded_place_changed,
    built_on_an_older_document,
    undeclared_content_changed,
)
from pairs_history import Edit, History, journal, ours, site_path

Json = Any
EDITS_PER_HOUR, JOBS_OF_A_STATE = 12, 3
SECONDS = 2.0
"""Sends are noted in whole seconds."""
PUT_BACK = frozenset({"status", "restore"})
"""Acts of people that write a status."""
BEGINS = frozenset({"restart", "crash", "restart_first", "empty_lease"})
"""Acts after which another process leads, or another term."""
BEGINNING = 30.0
"""So long after its begin a process may not have read a status yet."""
STORED = 65.0
"""An intent is stored at most so long before its edit leaves: a request may wait for its token."""


def two_jobs_of_ours(history: History, claims: Claims) -> Iterator[str]:
    in_order = sorted(ours(history), key=lambda edit: edit.came)  # of one moment: as they were taken
    for number, edit in enumerate(in_order):
        others = [
            one
            for one in in_order[:number]
            if one.service == edit.service and one.came <= edit.came < one.ended
        ]
        if others and others[0].job != edit.job and not _given_up(history, others[0], edit):
            job = others[0]
            yield f"{edit.came:.1f} {edit.service}: edit accepted while job {job.job} of {job.came:.1f} runs"


def _given_up(history: History, job: Edit, edit: Edit) -> bool:
    """A person said so; or nobody can see the job, and it has had its time."""
    settings = history.script.ways.get("settings", {})
    had = edit.came - job.came > settings.get("job_timeout_seconds", 1800.0)
    return given_up_by_people(history, job.left, edit.came) or bool(had and history.script.ways.get("blind"))


def given_up_by_people(history: History, first: float, last: float) -> bool:
    """Somebody has said in this time that what is open is not waited for any more."""
    noted = [at for at, act, facts in history.events if act == "annotate" and facts.get("abandon")]
    return any(first <= at <= last for at in noted)


def sent_into_a_job_of_others(history: History, claims: Claims) -> Iterator[str]:
    if history.script.ways.get("blind"):
        return
    lag = (
        history.script.switches.get("jobs_lag_seconds", 0.0) + 3 + 4 * history.script.ways.get("latency", 0.0)
    )
    for edit in ours(history):
        for one in history.edits:
            if not one.ours and one.service == edit.service and one.came + lag < edit.left < one.ended:
                job = f"{one.job} of {one.user} of {one.came:.1f}"
                yield f"{edit.left:.1f} {edit.service}: sent while job {job} runs"


def sent_without_a_stored_intent(history: History, claims: Claims) -> Iterator[str]:
    used: set[str] = set()
    for edit in sorted(ours(history), key=lambda one: one.left):
        stored = [
            str(journal(body).get("id"))
            for path in claims.on(edit.service)
            for body in history.bodies_within(path, edit.left - STORED, edit.left)
            if journal(body).get("phase") == "Intended" and journal(body).get("id") not in (None, "", *used)
        ]
        if not stored:
            yield f"{edit.left:.1f} {edit.service}: sent without a stored intent of its own"
        used |= set(stored) if len(set(stored)) < 2 else {*stored} - {stored[-1]}  # two in one moment


def a_loser_sent(history: History, claims: Claims) -> Iterator[str]:
    for edit in ours(history):
        speakers = [path for path in claims.on(edit.service) if sent_by(history, claims, path, edit)]
        for path in speakers[:1]:
            for elder in claims.elders(path, edit.left):
                if _keeps_the_word(history, claims, elder, path, edit.left):
                    both = f"{_name(path)} sent, though {_name(elder)} is older"
                    yield f"{edit.left:.1f} {edit.service}: {both}"


def _keeps_the_word(history: History, claims: Claims, elder: str, younger: str, at: float) -> bool:
    """The elder has been there long enough to be known, and has not lost the word long enough."""
    since = at - claims.news
    if claims.hosts(elder, at) != claims.hosts(younger, at):
        moved_at, lost_at = claims.at_this_address_since(elder, at), _joins_lost_at(history, at)
        known = claims.quarrel_was_seen(elder, younger, since, max(moved_at, lost_at))
        since = since if known else at - JOINED - claims.news
        moved = moved_at > 0 or lost_at > 0
        if not known and (moved or claims.suspended(elder, at) or claims.suspended(elder, since)):
            return False
    if history.at(elder, since) is None:
        return False
    if not claims.stood_once(elder, since - TAKEOVER, since):
        return False
    return claims.stood_once(elder, at - TAKEOVER, at)


def _joins_lost_at(history: History, at: float) -> float:
    """When it was forgotten that two names are one site: a process knows it from the statuses it begins with.

    People had written one, and a process has begun: it has to read the sites, however long they are away.
    """
    losses = [when for when, act, _ in history.events if when <= at and act in PUT_BACK | BEGINS]
    return losses[-1] if _nobody_knows(history, 0.0, at) else 0.0


def sent_by(history: History, claims: Claims, path: str, edit: Edit) -> bool:
    """The intent of this edit was stored there."""
    bodies = history.bodies_within(path, edit.left - STORED, edit.left)
    last = next((body for body in reversed(bodies) if journal(body).get("phase") == "Intended"), None)
    return last is not None and described(last) == edit.document.get("description", "").strip()


def described(body: Json) -> str:
    return str(body["spec"].get("settings", {}).get("description", "")).strip()


def sent_against_the_rules(history: History, claims: Claims) -> Iterator[str]:
    """To a host, with an account, or for a namespace that has had no right there for a while."""
    for edit in ours(history):
        first = edit.left - claims.news - STORED / 4
        pointing = [
            (body, site, at)
            for path in claims.on(edit.service)
            for body in history.bodies_within(path, first, edit.left)
            if body
            for site in history.bodies_within(site_path(body), first, edit.left)
            for at in (first, edit.left)
        ]
        right = [(body, site, at) for body, site, at in pointing if site and edit.host in site["spec"]["url"]]
        if not right and pointing:
            yield f"{edit.left:.1f} {edit.service}: sent to {edit.host}, a former host"
        elif right and not any(_account(site) == edit.user for _, site, _ in right):
            yield f"{edit.left:.1f} {edit.service}: sent as {edit.user}, another owner's account"
        elif right and not any(
            claims.allowed(body, site, at) or _relabelled(history, body, first, edit.left)
            for body, site, at in right
        ):
            yield f"{edit.left:.1f} {edit.service}: sent without a right to the site"


def _relabelled(history: History, body: Json, first: float, last: float) -> bool:
    """The labels of its namespace have just changed."""
    path = f"/api/v1/namespaces/{body['metadata']['namespace']}"
    return any(first < one.at <= last for one in history.versions.get(path, []))


def _account(site: Json) -> str:
    name = site["spec"]["credentials"]["secretRef"]["name"]
    return name.removeprefix("login-") if name.startswith("login-") else "gitops"


def sent_while_suspended(history: History, claims: Claims) -> Iterator[str]:
    for edit in ours(history):
        speakers = [path for path in claims.on(edit.service) if sent_by(history, claims, path, edit)]
        if speakers and all(
            _all_along(claims, path, edit.left - claims.news, edit.left) for path in speakers
        ):
            yield f"{edit.left:.1f} {edit.service}: sent while suspended"


def _all_along(claims: Claims, path: str, first: float, last: float) -> bool:
    return claims.suspended(path, first) and claims.suspended(path, last)


def sent_while_observed(history: History, claims: Claims) -> Iterator[str]:
    for edit in ours(history):
        first = edit.left - claims.news
        for path in claims.on(edit.service):
            if not sent_by(history, claims, path, edit):
                continue
            if claims.observed(path, first) and claims.observed(path, edit.left):
                yield f"{edit.left:.1f} {edit.service}: sent while {_name(path)} was only observed"


def the_bounds_were_passed(history: History, claims: Claims) -> Iterator[str]:
    for title in {edit.service for edit in ours(history)}:
        came = sorted(edit.left for edit in ours(history, title))
        for first, last in zip(came, came[EDITS_PER_HOUR:], strict=False):
            if last - first < 3600 - SECONDS and not _nobody_knows(history, first, last):
                yield f"{last:.1f} {title}: more than {EDITS_PER_HOUR} edits since {first:.1f}"
                break
        yield from _repeated(history, claims, title)


def _nobody_knows(history: History, first: float, last: float) -> bool:
    """What was sent is not in the status, which people replaced, nor in the process, which began later."""
    told = [(at, act, facts) for at, act, facts in history.events if first <= at <= last]
    wiped = min((at for at, act, _ in told if act in PUT_BACK), default=math.inf)
    return any(wiped <= at + facts.get("gap", 0.0) + BEGINNING for at, act, facts in told if act in BEGINS)


def _repeated(history: History, claims: Claims, title: str) -> Iterator[str]:
    """Jobs of one wanted state, while nobody has changed anything about the service."""
    news = _news(history, claims, title)
    before: list[Edit] = []
    for edit in sorted(ours(history, title), key=lambda one: one.left):
        same = before and _about(before[-1]) == _about(edit)
        quiet = before and not any(before[0].left <= at <= edit.left for at in news)
        before = [*before, edit] if same and quiet else [edit]
        if len(before) > JOBS_OF_A_STATE:
            yield f"{edit.left:.1f} {title}: {len(before)} jobs of one wanted state"
            return


def _about(edit: Edit) -> tuple[str, Json]:
    return edit.operation, edit.document.get("description")


def _news(history: History, claims: Claims, title: str) -> list[float]:
    """When people have changed a resource, or others the document."""
    sites = [path for path in history.versions if "/arcgissites/" in path]
    paths = [*claims.on(title), *sites]
    told = [one.at for path in paths for one in history.versions[path] if one.by_people]
    acts = [at for at, act, _ in history.events if act in ("drift", "colleague", "republish", *PUT_BACK)]
    return [*told, *acts, *(one.ended for one in history.edits if not one.ours and one.service == title)]


def sent_though_it_is_live(history: History, claims: Claims) -> Iterator[str]:
    """Again what the last edit sent, and nobody has changed it since: a restart for nothing.

    Not where a status was taken away and the operator restarted meanwhile: nobody knows of the last edit.
    """
    if history.script.ways.get("trims"):
        return
    for title in {edit.service for edit in ours(history)}:
        edits = sorted(ours(history, title), key=lambda one: one.left)
        for before, edit in itertools.pairwise(edits):
            live = history.documents_within(title, before.ended, edit.came)
            if _nobody_knows(history, before.left, edit.left) or before.ended > edit.left:
                continue
            if edit.document == before.document and all(one == edit.document for one in live):
                first = f"the edit of {before.left:.1f}, live since {before.ended:.1f}"
                yield f"{edit.left:.1f} {title}: sent the same as {first}"


def _name(path: str) -> str:
    return path.rpartition("/")[2]


RULES = {
    "TWO-JOBS": two_jobs_of_ours,
    "JOB-OF-OTHERS": sent_into_a_job_of_others,
    "NO-INTENT": sent_without_a_stored_intent,
    "LOSER": a_loser_sent,
    "NO-RIGHT": sent_against_the_rules,
    "SUSPENDED": sent_while_suspended,
    "OBSERVED": sent_while_observed,
    "UNDECLARED": undeclared_content_changed,
    "OLD-DOCUMENT": built_on_an_older_document,
    "GUARDED": a_guarded_place_changed,
    "BOUNDS": the_bounds_were_passed,
    "NEEDLESS": sent_though_it_is_live,
}
