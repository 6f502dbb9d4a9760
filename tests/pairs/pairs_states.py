"""The rules of a scene about what is said: Ready, rest in the end, secrets, how much is asked and written."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

from pairs_claims import Claims
from pairs_content import BESIDE
from pairs_history import History, Version, conditions, journal, ours, site_path
from pairs_load import asked_too_often
from pairs_rules import BEGINS, PUT_BACK, described, given_up_by_people

from harness.canaries import Search

Json = Any
LARGEST = 32 * 1024
QUIET = 600.0
"""In the last ten minutes nothing is written about a service any more, but for one last word."""


def ready_too_early(history: History, claims: Claims) -> Iterator[str]:
    """Said by the operator while the declared value is not live, or a job of ours runs."""
    switches, ways = history.script.switches, history.script.ways
    window = (
        10
        + switches.get("stale_read_seconds", 0.0)
        + ways.get("folder_age", 0.0)
        + 6 * ways.get("latency", 0.0)
    )
    for path, version in _said(history):
        title, told = claims.titles()[path], conditions(version.body).get("Ready", {})
        if told.get("status") != "True" or not _is_new(history, path, version):
            continue
        wanted, at = described(version.body), version.at
        live = [
            str(one.get("description", "")).strip()
            for one in history.documents_within(title, at - window, at + 0.1)
        ]
        if wanted and live and (wanted not in live or _by_an_old_document(history, path, title, wanted, at)):
            yield f"{at:.1f} {_name(path)}: Ready, but live is {live[-1]!r}, not {wanted!r}"
        running = [one for one in ours(history, title) if one.came < at - 1 and at + 1 < one.ended]
        if running and not given_up_by_people(history, running[0].left, at):
            yield f"{at:.1f} {_name(path)}: Ready while job {running[0].job} of {running[0].came:.1f} runs"


def _by_an_old_document(history: History, path: str, title: str, wanted: str, at: float) -> bool:
    """An operation of this resource had ended, and since then something else is live."""
    first = at - 10 - history.script.switches.get("stale_read_seconds", 0.0)
    ended = [one.ended for one in ours(history, title) if first < one.ended < at]
    if not ended or journal(history.at(path, ended[-1])).get("phase") not in ("Intended", "Running"):
        return False
    since = history.documents_within(title, ended[-1] + 0.001, at)
    return wanted not in [str(one.get("description", "")).strip() for one in since]


def ready_kept_while_a_job_of_ours_runs(history: History, claims: Claims) -> Iterator[str]:
    for edit in ours(history):
        if edit.ended - edit.came < 10:
            continue
        for path in claims.on(edit.service):
            for at in (edit.came, edit.came + 8):
                body = history.at(path, at)
                told = conditions(body).get("Ready", {})
                if told.get("status") != "True" or _restored(history, path, at):
                    break
            else:
                job = f"{edit.job} of {edit.came:.1f}"
                yield f"{edit.came + 8:.1f} {_name(path)}: still Ready while job {job} runs"


def told_as_refused(history: History, claims: Claims) -> Iterator[str]:
    """A person is told that the site is not there, or not theirs, while it is."""
    for path, version in _said(history):
        reason = conditions(version.body).get("Ready", {}).get("reason")
        if reason not in ("SiteNotAllowed", "SiteNotFound") or not _is_new(history, path, version):
            continue
        since = version.at - claims.news - 35
        if since > 0 and history.at(path, since) and claims.stood_through(path, since, version.at):
            yield f"{version.at:.1f} {_name(path)}: {reason}, though it is there and allowed"


def no_rest_in_the_end(history: History, claims: Claims) -> Iterator[str]:
    if history.ended_parts:
        yield f"a part of the operator ended: {history.ended_parts[0]}"
    if history.script.ways.get("never rests"):
        return
    for path in history.services:
        body = history.at(path, history.end)
        if (
            body is not None
            and not path.endswith("/deep")
            and (why := _restless(history, claims, path, body))
        ):
            yield f"{_name(path)}: {why}"


def _restless(history: History, claims: Claims, path: str, body: Json) -> str:
    told = conditions(body)
    if "Ready" not in told:
        return "nothing is said of this generation in the end"
    ready, reason = told["Ready"], told["Ready"]["reason"]
    document = history.document(claims.titles()[path], history.end) or {}
    live = str(document.get("description", "")).strip()
    if ready["status"] == "True":
        beside = all(body["spec"].get(key, document.get(key)) == document.get(key) for key in BESIDE)
        same = live == described(body) and beside
        return (
            "" if same else f"Ready in the end, but live is {live!r}, {[document.get(key) for key in BESIDE]}"
        )
    if reason in CAUSES:
        return (
            ""
            if CAUSES[reason](history, claims, path)
            else f"{reason} in the end, without a cause: {ready['message']}"
        )
    return "" if "Stalled" in told else f"{reason} in the end: {ready['message']}"


def _has_elder(history: History, claims: Claims, path: str) -> bool:
    """Or one whose operation is open, and which waits for a person or for the site."""
    others = [one for one in claims.on(claims.titles()[path]) if one != path]
    bodies = [history.at(one, history.end) for one in others]
    waiting = [body for body in bodies if journal(body).get("phase", "Idle") != "Idle"]
    still = any(history.script.ways.get(word) for word in ("away for ever", "refused for ever"))
    if any(still or "Stalled" in conditions(body) for body in waiting):
        return True
    if _was_put_back(history, others):
        return True
    return any(
        claims.stands(one, history.end) or _site_is_invalid(history, claims, one)
        for one in claims.elders(path, history.end)
    )


def _was_put_back(history: History, others: list[str]) -> bool:
    """Nothing shows which of them managed the service: a person is asked, who may be long in coming."""
    names = {_name(path) for path in others}
    return any(act == "status" and facts["name"] in names for _, act, facts in history.events)


def _is_held(*words: str) -> Callable[[History, Claims, str], bool]:
    return lambda history, claims, path: any(history.script.ways.get(word) for word in words)


def _spent(history: History, claims: Claims, path: str) -> bool:
    """By the stored intents: a request that came back without answer counts, and may not have come in."""
    first = history.end - 3700
    stored = [one.body for one in history.versions[path] if one.at > first and one.body]
    return len({journal(body).get("id") for body in stored if journal(body).get("phase") == "Intended"}) >= 12


def _runs(history: History, claims: Claims, path: str) -> bool:
    return any(edit.service == claims.titles()[path] and edit.ended > history.end for edit in history.edits)


def _site_is_invalid(history: History, claims: Claims, path: str) -> bool:
    """The site says so itself."""
    site = history.at(site_path(history.at(path, history.end)), history.end)
    return bool(conditions(site).get("Ready", {}).get("reason") == "SpecInvalid")


CAUSES: dict[str, Callable[[History, Claims, str], bool]] = {
    "Conflict": _has_elder,
    "Suspended": lambda history, claims, path: claims.suspended(path, history.end),
    "Observing": lambda history, claims, path: claims.observed(path, history.end),
    "SiteDiverged": lambda history, claims, path: "storm of drifts" in history.script.features,
    "DriftReported": lambda history, claims, path: claims.reports(path, history.end),
    "OutsideWindow": lambda history, claims, path: claims.closed(path, history.end, history.end),
    "AwaitingApproval": lambda history, claims, path: claims.unapproved(
        path, history.end, ((history.at(path, history.end) or {}).get("status") or {}).get("plan", {})
    ),
    "SiteNotFound": lambda history, claims, path: not claims.stands(path, history.end),
    "SiteNotAllowed": lambda history, claims, path: not claims.stands(path, history.end),
    "ServiceNotFound": lambda history, claims, path: (
        history.document(claims.titles()[path], history.end) is None
    ),
    "AccessUnknown": _site_is_invalid,
    "EditBudgetSpent": _spent,
    "JobRunning": _runs,
    "JobOverdue": _runs,
    "ServiceBusy": _runs,
    "SiteReadOnly": _is_held("read only for ever"),
    "SiteBusy": _is_held("away for ever"),
    "SiteUnreachable": _is_held("away for ever"),
    "CircuitOpen": _is_held("away for ever"),
    "CredentialsRejected": _is_held("refused for ever"),
    "CredentialsUnreadable": _is_held("refused for ever"),
    "EditRefused": _is_held("refuses edits"),
    "JobFailed": _is_held("jobs fail", "trims"),  # one that is lost failed if other values are live
    "EditNotSticking": _is_held("trims", "jobs fail", "sticks not"),
}
"""What makes a reason right in the end; the others are right where a person is waited for (Stalled)."""


def a_secret_was_told(history: History, claims: Claims) -> Iterator[str]:
    forgotten_at = _password_forgotten_at(history)
    search = Search(history.secrets)
    later = Search({name: text for name, text in history.secrets.items() if name != "password"})
    written = [
        (f"status of {_name(path)}", version.text, search if version.at < forgotten_at else later)
        for path, versions in history.versions.items()
        for version in versions
        if version.text and not version.by_people and "/arcgiss" in path
    ]
    outputs = [
        (channel, data, search if forgotten_at == math.inf else later) for channel, data in history.outputs
    ]
    for channel, data, known in (*outputs, *written):
        for name, form in sorted(known.hits(data)):
            yield f"{channel} tells {name} ({form})"
            return


def _password_forgotten_at(history: History) -> float:
    """From when no process knows the first password any more: it was changed, and one has begun since."""
    changed = min((at for at, act, _ in history.events if act == "secret"), default=math.inf)
    return min((at for at, act, _ in history.events if act in BEGINS and at > changed), default=math.inf)


def asked_and_not_heard(history: History, claims: Claims) -> Iterator[str]:
    """Each way to ask for a try is heard, also beside one that was heard long ago."""
    for path in history.services:
        body = history.at(path, history.end)
        notes = ((body or {}).get("metadata", {}).get("annotations") or {}).items()
        asked = [text for name, text in notes if name.endswith("/requestedAt")]
        heard = ((body or {}).get("status") or {}).get("lastHandledReconcileAt", "").split("; ")
        if conditions(body).get("Ready", {}).get("status") == "True" and not set(asked) <= set(heard):
            yield f"{_name(path)}: asked for {asked}, heard {heard}"


def written_in_the_last_minutes(history: History, claims: Claims) -> Iterator[str]:
    since = history.end - QUIET
    if (
        history.script.ways.get("never rests")
        or history.script.ways.get("away for ever")
        or history.script.ways.get("refused for ever")
    ):
        return
    for path in history.services:
        late = [one for one in history.versions[path] if one.at > since and not one.by_people]
        body = history.at(path, history.end)
        reason = conditions(body).get("Ready", {}).get("reason")
        if len(late) > 1 and reason not in ("EditBudgetSpent", "JobRunning", "JobOverdue", "ServiceBusy"):
            times = f"{len(late)} times in the last {QUIET:.0f} s"
            yield f"{_name(path)}: written {times}, last at {late[-1].at:.0f}"


def told_twice(history: History, claims: Claims) -> Iterator[str]:
    """One operation stands twice in what a status says was done, or the status is too large."""
    for path, version in _said(history):
        told = version.body.get("status", {})
        jobs = [one["id"] for one in told.get("history", []) if "id" in one]
        if len(jobs) != len(set(jobs)):
            yield f"{version.at:.1f} {_name(path)}: twice in its history: {jobs}"
        if (size := len(json.dumps(told))) > LARGEST:
            yield f"{version.at:.1f} {_name(path)}: a status of {size} bytes"


def _said(history: History) -> Iterator[tuple[str, Version]]:
    """What the operator wrote on resources."""
    return (
        (path, one)
        for path in history.services
        for one in history.versions[path]
        if not one.by_people and one.text
    )


def _is_new(history: History, path: str, version: Version) -> bool:
    """This version says something else of Ready than the one before."""
    before = conditions(history.at(path, version.at - 0.0001)).get("Ready")
    return before != conditions(version.body).get("Ready")


def _restored(history: History, path: str, at: float) -> bool:
    """People have written the status last."""
    return any(act in PUT_BACK and when <= at < when + 30 for when, act, _ in history.events)


def _name(path: str) -> str:
    return path.rpartition("/")[2]


STATES = {
    "READY-EARLY": ready_too_early,
    "READY-KEPT": ready_kept_while_a_job_of_ours_runs,
    "TOLD-REFUSED": told_as_refused,
    "NO-REST": no_rest_in_the_end,
    "SECRET": a_secret_was_told,
    "UNHEARD": asked_and_not_heard,
    "WRITES-LATE": written_in_the_last_minutes,
    "ASKED-OFTEN": asked_too_often,
    "TOLD-TWICE": told_twice,
}
