"""Each rule of the judge fails on a history made by hand that breaks it, and on none that keeps it."""

import asyncio
import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fault_kinds import SITE as FAULTS
from pairs_control import CONTROL
from pairs_drifts import DRIFTS
from pairs_history import Asked, Edit, History, Version
from pairs_judge import violations
from pairs_rules import RULES
from pairs_scene import MAIN, Script, path_of
from pairs_states import STATES
from pairs_wire import SiteWay

from harness.canaries import canary

Json = Any
TITLE = MAIN.casefold()
SITE = path_of("arcgissites", "gis", "prod")
ELDER, MAIN_PATH = path_of("arcgisservices", "gis", "elder"), path_of("arcgisservices", "gis", "main")
LIVE = {"description": "one", "maxIdleTime": 1, "properties": {"filePath": "/ours"}}


def resource(name: str, created: str, text: str = "one", **status: Json) -> Json:
    metadata = {"name": name, "namespace": "gis", "generation": 1, "creationTimestamp": created}
    title = {"name": "FireWeatherWatch", "type": "MapServer"}
    spec = {"siteRef": {"name": "prod"}, "service": title, "settings": {"description": text}}
    return {"metadata": metadata, "spec": spec, "status": status}


def ready(status: str, reason: str, *others: str) -> list[Json]:
    told = [("Ready", status), *((one, "True") for one in others)]
    return [
        {"type": t, "status": s, "reason": reason, "message": "", "observedGeneration": 1} for t, s in told
    ]


def version(at: float, body: Json, by_people: bool = False) -> Version:
    return Version(at, json.dumps(body).encode(), by_people)


def kept() -> History:
    """One resource, one edit with its intent, one job, Ready after it."""
    main = resource("main", "2026-11-23T11:00:00Z")
    site = {
        "metadata": {"name": "prod", "namespace": "gis"},
        "spec": {"url": "https://site.test/arcgis", "credentials": {"secretRef": {"name": "login"}}},
    }
    submitting, running = ready("False", "Submitting"), ready("False", "JobRunning")
    intended = {**main, "status": {"journal": {"phase": "Intended", "id": "i1"}, "conditions": submitting}}
    told = {**main, "status": {"journal": {"phase": "Running"}, "conditions": running}}
    done = {**main, "status": {"journal": {"phase": "Idle"}, "conditions": ready("True", "Converged")}}
    history = History(Script(1, ()), end=3600.0)
    history.versions = {
        SITE: [version(0, site, True)],
        MAIN_PATH: [version(0, main, True), version(1, intended), version(2, told), version(60, done)],
    }
    history.documents = {TITLE: [(-1.0, {**LIVE, "description": "old"}), (50.0, LIVE)]}
    history.edits = [Edit(TITLE, True, 1.5, 1.5, 50.0, LIVE, "site.test", "gitops", "j1")]
    return history


def again(history: History, **changes: Json) -> None:
    """The first edit once more, changed."""
    history.edits.append(replace(history.edits[0], **{"job": f"j{len(history.edits) + 1}", **changes}))


def two_jobs(history: History) -> None:
    again(history, left=30.0, came=30.0)


def foreign_job(history: History) -> None:
    again(history, ours=False, left=-90.0, came=-90.0, ended=80.0)


def no_intent(history: History) -> None:
    again(history, left=100.0, came=100.0, ended=120.0)


def loser(history: History) -> None:
    elder = resource("elder", "2026-11-23T10:00:00Z", "another")
    history.versions[ELDER] = [version(-100, elder, True)]
    history.versions[SITE][0].at = -100


def former_host(history: History) -> None:
    history.edits[0] = replace(history.edits[0], host="former.test")


def suspended(history: History) -> None:
    body = json.loads(history.versions[SITE][0].text or b"")
    body["spec"]["suspend"] = True
    history.versions[SITE] = [version(-100, body, True)]
    history.versions[MAIN_PATH][0].at = -100


def observed(history: History) -> None:
    body = json.loads(history.versions[SITE][0].text or b"")
    body["spec"]["managementPolicy"] = "Observe"
    history.versions[SITE] = [version(-100, body, True)]
    history.versions[MAIN_PATH][0].at = -100


def reported(history: History) -> None:
    """The edit of 90 restores what was live at 60."""
    for one in history.versions[MAIN_PATH]:
        one.body["spec"]["drift"] = {"policy": "Report"}
    intended, done = history.versions[MAIN_PATH][1], history.versions[MAIN_PATH][3]
    history.versions[MAIN_PATH] += [replace(intended, at=89.0), replace(done, at=150.0)]
    again(history, left=90.0, came=90.0, ended=120.0)


def storm(history: History) -> None:
    """Four services that had been live are restored within a minute."""
    history.script = Script(1, ("storm of drifts",))
    for number in range(4):
        path = path_of("arcgisservices", "gis", f"more{number}")
        title = f"more{number}.mapserver"
        bodies = [json.loads(one.text or b"") for one in history.versions[MAIN_PATH]]
        for body in bodies:
            body["spec"]["service"] = {"name": f"more{number}", "type": "MapServer"}
        told = zip((0.0, 60.0, 89.0), (bodies[0], bodies[3], bodies[1]), strict=True)
        history.versions[path] = [version(at, body) for at, body in told]
        again(history, service=title, left=90.0, came=90.0, ended=120.0)


def outside(history: History) -> None:
    closed = {"windows": [{"schedule": "30 12 23 11 *", "duration": "1h"}]}
    body = json.loads(history.versions[SITE][0].text or b"")
    body["spec"]["change"] = closed
    history.versions[SITE] = [version(-100, body, True)]
    history.versions[MAIN_PATH][0].at = -100


def unapproved(history: History) -> None:
    for at, one in enumerate(history.versions[MAIN_PATH]):
        body = json.loads(one.text or b"")
        body["spec"]["change"] = {"approval": "Manual"}
        body["status"]["plan"] = {"hash": "sha256:1", "cause": "Spec"}
        history.versions[MAIN_PATH][at] = version(one.at, body, one.by_people)
    history.versions[MAIN_PATH][0].at = -100


def undeclared(history: History) -> None:
    history.edits[0] = replace(history.edits[0], document={**LIVE, "maxIdleTime": 2})


def old_document(history: History) -> None:
    """The edit of 60 declares idle time no more, and sends it as it was before the edit that ended at 50."""
    declared = resource("main", "2026-11-23T11:00:00Z")
    declared["spec"]["settings"]["maxIdleTime"] = 1
    history.versions[MAIN_PATH][0] = version(-100, declared, True)
    history.documents[TITLE][0] = (-1.0, {**LIVE, "description": "old", "maxIdleTime": 9})
    again(history, left=90.0, came=90.0, ended=120.0, document={**LIVE, "maxIdleTime": 9})


def guarded(history: History) -> None:
    history.edits[0] = replace(history.edits[0], document={**LIVE, "properties": {"filePath": "/x"}})


def bounds(history: History) -> None:
    for number in range(12):
        again(history, left=100.0 + 50 * number, came=100.0 + 50 * number, ended=120.0 + 50 * number)


def needless(history: History) -> None:
    again(history, left=100.0, came=100.0, ended=120.0)


def ready_early(history: History) -> None:
    history.documents[TITLE][1] = (70.0, LIVE)


def ready_kept(history: History) -> None:
    history.versions[MAIN_PATH] = [history.versions[MAIN_PATH][0], *history.versions[MAIN_PATH][1:2]]
    history.versions[MAIN_PATH].append(
        version(1.2, resource("main", "x", conditions=ready("True", "Converged")))
    )


def told_refused(history: History) -> None:
    body = resource("main", "2026-11-23T11:00:00Z", conditions=ready("False", "SiteNotFound", "Stalled"))
    history.versions[MAIN_PATH].append(version(900, body))


def no_rest(history: History) -> None:
    body = resource("main", "2026-11-23T11:00:00Z", conditions=ready("False", "LookingForJob", "Reconciling"))
    history.versions[MAIN_PATH].append(version(900, body))


def secret(history: History) -> None:
    history.secrets["password"] = "a-password-to-be-found"
    history.outputs.append(("log", b"sign-in as a-password-to-be-found failed"))


def unheard(history: History) -> None:
    body = resource("main", "x", conditions=ready("True", "Converged"), lastHandledReconcileAt="first")
    notes = {"arcgis-operator.dev/requestedAt": "second", "reconcile.fluxcd.io/requestedAt": "first"}
    body["metadata"]["annotations"] = notes
    history.versions[MAIN_PATH].append(version(900, body))


def late_write(history: History) -> None:
    last = history.versions[MAIN_PATH][-1]
    history.versions[MAIN_PATH] += [Version(3500, last.text, False), Version(3550, last.text, False)]


def asked_often(history: History) -> None:
    history.asked = [Asked(0.1 * number, "jobs", "site.test", "/jobs") for number in range(1200)]


def told_twice(history: History) -> None:
    body = resource("main", "x", conditions=ready("True", "Converged"), history=[{"id": "j1"}, {"id": "j1"}])
    history.versions[MAIN_PATH].append(version(900, body))


def asked_for_nothing(history: History) -> None:
    site = {
        "metadata": {"name": "prod"},
        "status": {"divergence": {"id": "q1", "count": 0, "released": False}},
    }
    history.versions[SITE].append(version(900, site))


BREAKS: dict[str, Callable[[History], None]] = {
    "TWO-JOBS": two_jobs,
    "JOB-OF-OTHERS": foreign_job,
    "NO-INTENT": no_intent,
    "LOSER": loser,
    "NO-RIGHT": former_host,
    "SUSPENDED": suspended,
    "OBSERVED": observed,
    "REPORTED": reported,
    "STORM": storm,
    "ASKED-FOR-NOTHING": asked_for_nothing,
    "OUTSIDE-WINDOW": outside,
    "UNAPPROVED": unapproved,
    "UNDECLARED": undeclared,
    "OLD-DOCUMENT": old_document,
    "GUARDED": guarded,
    "BOUNDS": bounds,
    "NEEDLESS": needless,
    "READY-EARLY": ready_early,
    "READY-KEPT": ready_kept,
    "TOLD-REFUSED": told_refused,
    "NO-REST": no_rest,
    "SECRET": secret,
    "UNHEARD": unheard,
    "WRITES-LATE": late_write,
    "ASKED-OFTEN": asked_often,
    "TOLD-TWICE": told_twice,
}


def test_a_history_that_keeps_all_rules_is_blamed_for_nothing() -> None:
    assert violations(kept()) == {}


@pytest.mark.parametrize("rule", sorted({**RULES, **DRIFTS, **CONTROL, **STATES}))
def test_a_history_that_breaks_a_rule_is_blamed_for_it(rule: str) -> None:
    history = copy.deepcopy(kept())
    BREAKS[rule](history)
    assert rule in violations(history)


def test_a_scene_in_which_no_time_passes_is_blamed() -> None:
    history = kept()
    history.hot = "12.0: hardly any time passes any more"
    assert violations(history) == {"HOT-LOOP": history.hot}


def test_a_planted_error_says_the_password_of_its_scene() -> None:
    secret = canary()
    way: Any = SiteWay(*[None] * 3, {}, set(), secret)  # type: ignore[arg-type]
    answer = asyncio.run(way._answered("service", None, FAULTS["envelope 500"]))
    assert answer.json()["error"]["details"] == [secret]


def asks_to_wait(*others: tuple[float, float]) -> History:
    """A site that asks to wait from the 100th second on, and is broken otherwise for these spans."""
    history = kept()
    history.script.ways["asks to wait from"] = 100.0
    spans = [(100.0, 1e9), *others]
    history.events = [(at, "break_site", {"until": until}) for at, until in spans]
    history.asked = [Asked(1000.0 + number, "jobs", "site.test", "/jobs") for number in range(200)]
    return history


def test_a_site_that_asks_to_wait_is_to_be_left_alone() -> None:
    assert "ASKED-OFTEN" in violations(asks_to_wait())
    assert "ASKED-OFTEN" in violations(asks_to_wait((300.0, 400.0)))


def test_while_it_says_something_else_it_may_be_asked() -> None:
    assert violations(asks_to_wait((990.0, 1190.0))) == {}
