"""The judge of histories catches each bad one by its own rule, and lets good ones pass."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.canaries import canary
from harness.history import Edit, History, JobChange, Write
from harness.invariants import EDITS_PER_HOUR, RULES, WRITES_PER_MINUTE, violations

SERVICE = "Roads.MapServer"
SECRET = canary()
BEFORE = {"description": "old", "properties": {"maxRecordCount": "1000"}, "extensions": []}
WANTED = {**BEFORE, "description": "new"}


def status(
    phase: str,
    reason: str,
    *,
    intent: str = "i1",
    generation: int = 1,
    operation: str = "edit",
    **more: Any,
) -> dict[str, Any]:
    ready = "True" if reason == "Converged" else "False"
    conditions = [{"type": "Ready", "status": ready, "reason": reason, "observedGeneration": generation}]
    attempts = {operation: {"digest": f"d{generation}"}}
    journal = {
        "phase": phase,
        "id": intent,
        "generation": generation,
        "operation": operation,
        "attempts": attempts,
    }
    return {"observedGeneration": generation, "conditions": conditions, "journal": journal, **more}


def write(at: float, phase: str, reason: str, *, code: int = 200, uid: str = "u1", **more: Any) -> Write:
    return Write(at, uid, "roads", "status", code, 1, status(phase, reason, **more))


def edit(
    at: float, job: str, *, ours: bool = True, document: Mapping[str, Any] = WANTED, operation: str = "edit"
) -> Edit:
    return Edit(at, job, SERVICE, ours, document, operation)


def job(at: float, name: str, word: str) -> JobChange:
    return JobChange(at, name, SERVICE, word)


GOOD = History(
    edits=(edit(2, "j1"),),
    jobs=(job(2, "j1", "SUBMITTED"), job(3, "j1", "EXECUTING"), job(5, "j1", "COMPLETED")),
    writes=(
        write(1, "Intended", "Submitting"),
        write(2.1, "Running", "JobRunning", job={"id": "j1", "status": "SUBMITTED"}),
        write(3.2, "Running", "JobRunning", job={"id": "j1", "status": "EXECUTING"}),
        write(5.2, "Idle", "Converged", job={"id": "j1", "status": "COMPLETED"}),
    ),
    operations=("token", "jobs", "service", "edit", "job", "job", "service"),
    before=BEFORE,
    after=WANTED,
    wanted=WANTED,
    secrets=(SECRET,),
)


def changed(**parts: Any) -> Callable[[History], History]:
    return lambda history: replace(history, **parts)


def followed_by(*writes: Write) -> Callable[[History], History]:
    return lambda history: replace(history, writes=history.writes + writes)


def second_edit(
    at: float, intent: str = "i2", generation: int = 1, operation: str = "edit", **more: Any
) -> History:
    """A second edit after a proper end, with an intent of its own; or another operation."""
    return followed(GOOD, at, "j2", intent=intent, generation=generation, operation=operation, **more)


def followed(before: History, at: float, name: str, *, operation: str, **said: Any) -> History:
    """An operation more, whose intent and end are stored with what is `said`."""
    sent: dict[str, Any] = {"document": WANTED if operation == "edit" else {}}
    return replace(
        before,
        edits=(*before.edits, edit(at, name, operation=operation, **sent)),
        jobs=(*before.jobs, job(at + 1, name, "COMPLETED")),
        writes=(
            *before.writes,
            write(at - 0.5, "Intended", "Submitting", operation=operation, **said),
            write(at + 2, "Idle", "Converged", operation=operation, **said),
        ),
    )


BAD: Mapping[str, tuple[str, History]] = {
    "a second job while the first one runs": (
        "I1 P1",
        replace(GOOD, edits=(*GOOD.edits, edit(4, "j2")), jobs=(*GOOD.jobs, job(6, "j2", "COMPLETED"))),
    ),
    "a second job while the first one never ends": (
        "I1 P1",
        replace(second_edit(10), jobs=(job(2, "j1", "EXECUTING"), job(11, "j2", "COMPLETED"))),
    ),
    "an edit without any intent": ("P2", replace(GOOD, writes=GOOD.writes[3:])),
    "an edit whose intent was stored after it": (
        "P2",
        replace(GOOD, writes=(write(2.05, "Intended", "Submitting"), *GOOD.writes[1:])),
    ),
    "an edit whose intent was refused": (
        "P2",
        replace(GOOD, writes=(write(1, "Intended", "Submitting", code=409), *GOOD.writes[1:])),
    ),
    "one intent sent twice": ("P2", second_edit(10, intent="i1")),
    "a second edit for the same generation": ("I2", second_edit(10)),
    "a second edit for the same generation, though a colleague's edit came before the first": (
        "I2",
        replace(second_edit(10), edits=(edit(0.5, "j7", ours=False), *second_edit(10).edits)),
    ),
    "a second edit for the same generation, though something drifted after it": (
        "I2",
        replace(second_edit(10), drifts=(20.0,)),
    ),
    "a stop whose intent was that of an edit": (
        "P2",
        replace(second_edit(10), edits=(*GOOD.edits, edit(10, "j2", operation="stop", document={}))),
    ),
    "a second stop for the same generation": (
        "I2",
        followed(second_edit(10, operation="stop"), 20, "j3", operation="stop", intent="i3"),
    ),
    "a stop while the edit before it runs": (
        "I1 P1",
        replace(GOOD, edits=(*GOOD.edits, edit(4, "j2", operation="stop", document={}))),
    ),
    "an edit of an older generation after a newer one": (
        "I3 P8",
        replace(
            second_edit(10, generation=1),
            writes=(write(1, "Intended", "Submitting", generation=2), *second_edit(10).writes[1:]),
        ),
    ),
    "a declared value that is not live": ("I3", replace(GOOD, after=BEFORE)),
    "a value of others that is gone in the end": ("I3", replace(GOOD, after={"description": "new"})),
    "a value in the end that nobody wanted": ("I3", replace(GOOD, after={**WANTED, "clusterName": "x"})),
    "a property that was not sent back": (
        "P3",
        replace(GOOD, edits=(edit(2, "j1", document={"description": "new"}),)),
    ),
    "a property deep inside that was not sent back": (
        "P3",
        replace(GOOD, edits=(edit(2, "j1", document={**WANTED, "properties": {}}),)),
    ),
    "four ended jobs for one wanted state": (
        "P4",
        replace(
            GOOD,
            edits=tuple(edit(10 * n, f"j{n}") for n in range(1, 5)),
            jobs=tuple(job(10 * n + 1, f"j{n}", "FAILED") for n in range(1, 5)),
            writes=tuple(write(10 * n - 1, "Intended", "Submitting", intent=f"i{n}") for n in range(1, 5)),
        ),
    ),
    "thirteen edits within an hour": (
        "P4",
        replace(GOOD, edits=tuple(edit(100.0 * n, f"j{n}") for n in range(EDITS_PER_HOUR + 1))),
    ),
    "Ready while the job runs": (
        "P6",
        replace(GOOD, writes=(*GOOD.writes[:2], write(4, "Idle", "Converged"))),
    ),
    "Ready while a job of ours runs that no record names": (
        "P6",
        replace(GOOD, writes=(GOOD.writes[0], write(4, "Idle", "Converged", generation=2))),
    ),
    "COMPLETED before the site said so": (
        "I4",
        replace(
            GOOD,
            writes=(
                *GOOD.writes[:2],
                write(4, "Running", "Verifying", job={"id": "j1", "status": "COMPLETED"}),
            ),
        ),
    ),
    "COMPLETED of a job that the site never had": (
        "I4",
        followed_by(write(6, "Idle", "JobFailed", job={"id": "j9", "status": "FAILED"}))(GOOD),
    ),
    "a status that goes back to an older generation": (
        "I4 generation",
        followed_by(write(6, "Idle", "Converged", generation=2), write(7, "Idle", "Converged", generation=1))(
            GOOD
        ),
    ),
    "a resource that was left in the middle": ("P5", replace(GOOD, writes=GOOD.writes[:3])),
    "a write of the object itself": (
        "I5",
        followed_by(Write(6, "u1", "roads", "", 200, 1, GOOD.writes[-1].status))(GOOD),
    ),
    "a request for an address that is none": ("I6", replace(GOOD, operations=("token", "unknown"))),
    "a password in a message": (
        "I7 P7",
        followed_by(write(6, "Idle", "Converged", message=f"login with {SECRET}"))(GOOD),
    ),
    "a write that was denied": ("I8", followed_by(write(6, "Idle", "Converged", code=403))(GOOD)),
    "a write that changes nothing": (
        "I9 idle",
        followed_by(replace(GOOD.writes[-1], at=6))(GOOD),
    ),
    "writes without an end": (
        "I9",
        followed_by(*(write(6 + n / 10, "Idle", "Converged", note=n) for n in range(WRITES_PER_MINUTE + 1)))(
            GOOD
        ),
    ),
    "a status of 40 kB": ("size", followed_by(write(6, "Idle", "Converged", note="x" * 40_000))(GOOD)),
}

FINE: Mapping[str, History] = {
    "one change, one edit": GOOD,
    "nothing to do": History(before=BEFORE, after=BEFORE, wanted=BEFORE),
    "a newer generation after the older one": second_edit(10, generation=2),
    "an edit and a stop for the same generation": second_edit(10, operation="stop"),
    "drift that is put back": replace(second_edit(10), drifts=(8.0,)),
    "a job that failed is followed by another one": replace(
        second_edit(10),
        jobs=(job(5, "j1", "FAILED"), job(11, "j2", "COMPLETED")),
        writes=(
            GOOD.writes[0],
            write(9.5, "Intended", "Submitting", intent="i2"),
            write(12, "Idle", "Converged", intent="i2"),
        ),
    ),
    "an edit of a colleague while ours runs": replace(GOOD, edits=(edit(3, "j7", ours=False), *GOOD.edits)),
    "a refused write is no status": followed_by(write(6, "Idle", "JobRunning", code=409))(GOOD),
    "a job that stalls": History(
        edits=(edit(2, "j1"),),
        jobs=(job(5, "j1", "FAILED"),),
        writes=(
            write(1, "Intended", "Submitting"),
            replace(
                write(6, "Idle", "JobFailed"),
                status={
                    **status("Idle", "JobFailed"),
                    "conditions": [
                        {"type": "Ready", "status": "False", "observedGeneration": 1},
                        {"type": "Stalled", "status": "True", "observedGeneration": 1},
                    ],
                },
            ),
        ),
        before=BEFORE,
        after=BEFORE,
        wanted=BEFORE,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_caught_by_its_own_rule(name: str) -> None:
    rule, history = BAD[name]
    assert list(RULES[rule](history)), violations(history)


@pytest.mark.parametrize("history", FINE.values(), ids=FINE)
def test_a_good_history_passes(history: History) -> None:
    assert violations(history) == []


def test_every_rule_has_a_history_that_breaks_it() -> None:
    assert {rule for rule, _ in BAD.values()} == set(RULES)
