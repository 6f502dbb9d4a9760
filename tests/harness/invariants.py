"""The judge: what must hold in every history, whatever was done to the operator. Pure.

I1 to I9 are the invariants of the harness, P1 to P8 the promises of `docs/explanation/architecture.md`;
where two say the same, the rule bears both names. I10 (no unhandled exception) is read from logs and
exit codes, not from here.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.canaries import told
from harness.history import ENDED, Edit, History, Write

Json = Any
CLOCKS = 0.005  # the journal counts milliseconds; the audit log stamps an answer after it was given
JOBS_FOR_ONE_WANTED_STATE = 3
EDITS_PER_HOUR = 12
WRITES_PER_MINUTE = 30
STATUS_BYTES = 32 * 1024


def violations(history: History) -> list[str]:
    """Every broken rule, as `names: what was seen`."""
    return [f"{names}: {text}" for names, rule in RULES.items() for text in rule(history)]


def one_job_at_a_time(history: History) -> Iterator[str]:
    ours = [edit for edit in history.edits if edit.ours]
    for edit, following in itertools.pairwise(ours):
        ended = history.over_at(edit)
        if ended is None or ended > following.at:
            yield f"job {following.job} was accepted while {edit.job} ran"


def an_edit_has_its_own_intent(history: History) -> Iterator[str]:
    taken: Counter[str] = Counter()
    for edit, intent in _intents(history):
        if intent is None:
            yield f"job {edit.job} has no stored intent before it"
            continue
        if intent.journal["operation"] != edit.operation:
            yield f"job {edit.job} is of {edit.operation}, its intent of {intent.journal['operation']}"
        taken[intent.journal["id"]] += 1
        if taken[intent.journal["id"]] > 1:
            yield f"intent {intent.journal['id']} was sent twice, the second time as job {edit.job}"


def nothing_is_doubled(history: History) -> Iterator[str]:
    """An edit of others, or a drift, is a reason for one more only of the edits that come after it.

    A start or stop is counted apart from the edit of the same generation.
    """
    edits: dict[tuple[str, str, int], list[Edit]] = {}
    for edit, intent in _intents(history):
        if intent is not None:
            wish = (edit.operation, intent.uid, int(intent.journal["generation"]))
            edits.setdefault(wish, []).append(edit)
    others = [*history.drifts, *(edit.at for edit in history.edits if not edit.ours)]
    for (operation, uid, generation), same in edits.items():
        failed = sum(history.ended_as(edit.job) not in ("COMPLETED", "") for edit in same)
        spare = sum(same[0].at <= at + CLOCKS and at <= same[-1].at + CLOCKS for at in others)
        if len(same) > 1 + failed + spare:
            yield f"{len(same)} times {operation} for generation {generation} of {uid}"


def nothing_older_after_something_newer(history: History) -> Iterator[str]:
    newest: dict[str, int] = {}
    for edit, intent in _intents(history):
        if intent is not None:
            generation = int(intent.journal["generation"])
            if generation < newest.get(intent.uid, 0):
                yield f"job {edit.job} is of generation {generation}, after {newest[intent.uid]}"
            newest[intent.uid] = max(generation, newest.get(intent.uid, 0))


def nothing_is_lost(history: History) -> Iterator[str]:
    for name in sorted(history.wanted.keys() | history.after.keys()):
        if history.wanted.get(name) != history.after.get(name):
            yield f"{name} is {history.after.get(name)!r} in the end, not {history.wanted.get(name)!r}"


def every_property_is_sent_back(history: History) -> Iterator[str]:
    for edit in history.edits:
        ours = edit.ours and edit.operation == "edit"
        missing = sorted(_leaves(history.before) - _leaves(edit.document)) if ours else []
        if missing:
            yield f"job {edit.job} left out {', '.join(missing[:5])}"


def digest_of(journal: Mapping[str, Any]) -> str:
    """Names what the open operation is about."""
    attempts: Mapping[str, Any] = journal["attempts"]
    return f"{journal['operation']} {attempts[journal['operation']]['digest']}"


def the_bounds_hold(history: History) -> Iterator[str]:
    ended: Counter[str] = Counter()
    for edit, intent in _intents(history):
        if intent is not None and history.ended_at(edit.job) is not None:
            ended[digest_of(intent.journal)] += 1
    for digest, count in ended.items():
        if count > JOBS_FOR_ONE_WANTED_STATE + len(history.drifts):
            yield f"{count} jobs for {digest}"
    if sum(edit.ours for edit in history.edits) > EDITS_PER_HOUR:
        yield f"{sum(edit.ours for edit in history.edits)} edits within an hour"


def ready_is_never_said_too_early(history: History) -> Iterator[str]:
    was: dict[str, tuple[str, int]] = {}
    for write in _accepted(history):
        now = (str(write.ready.get("status", "")), int(write.ready.get("observedGeneration", -1)))
        if now[0] == "True" and was.get(write.uid) != now:
            for edit in history.edits:
                ended = history.over_at(edit)
                if edit.ours and edit.at < write.at - CLOCKS and (ended is None or ended > write.at + CLOCKS):
                    yield f"Ready at {write.at:.3f} while job {edit.job} ran"
        was[write.uid] = now


def the_status_tells_what_the_site_told(history: History) -> Iterator[str]:
    for write in _accepted(history):
        job = write.status.get("job") or {}
        if job.get("id") and job.get("status") in ENDED:
            ended = history.ended_at(job["id"])
            if ended is None or ended > write.at + CLOCKS:
                yield f"job {job['id']} was called {job['status']} before the site said so"


def the_status_never_goes_back(history: History) -> Iterator[str]:
    newest: dict[str, int] = {}
    for write in _accepted(history):
        observed = int(write.status.get("observedGeneration", -1))
        if observed < newest.get(write.uid, -1) and write.journal:
            yield f"observedGeneration {observed} after {newest[write.uid]} of {write.uid}"
        newest[write.uid] = max(observed, newest.get(write.uid, -1))


def an_end_is_reached(history: History) -> Iterator[str]:
    last = {write.name: write for write in _accepted(history) if write.name not in history.gone}
    for write in last.values():
        kinds = {one["type"]: one["status"] for one in write.status.get("conditions") or []}
        if kinds.get("Ready") != "True" and kinds.get("Stalled") != "True":
            yield f"{write.name} was left as {write.ready.get('reason')}"


def only_the_status_is_written(history: History) -> Iterator[str]:
    for write in history.writes:
        if write.subresource != "status":
            yield f"{write.name} itself was written"


def only_known_addresses_are_asked_for(history: History) -> Iterator[str]:
    if "unknown" in history.operations:
        yield "the site was asked for an address that is none"


def no_secret_is_told(history: History) -> Iterator[str]:
    for write in history.writes:
        if told(json.dumps(write.status), history.secrets):
            yield f"a secret is in the status of {write.name}"


def nothing_is_denied(history: History) -> Iterator[str]:
    for write in history.writes:
        if write.code in (401, 403):
            yield f"a write of {write.name} was answered {write.code}"


def nothing_is_written_in_vain(history: History) -> Iterator[str]:
    was: dict[str, Json] = {}
    for write in _accepted(history):
        if was.get(write.uid) == write.status:
            yield f"the status of {write.name} was written again as it was, at {write.at:.3f}"
        was[write.uid] = write.status


def there_is_no_hot_loop(history: History) -> Iterator[str]:
    times = [write.at for write in history.writes]
    for first, last in zip(times, times[WRITES_PER_MINUTE:], strict=False):
        if last - first < 60:
            yield f"more than {WRITES_PER_MINUTE} writes within a minute of {first:.3f}"
            return


def the_status_stays_small(history: History) -> Iterator[str]:
    for write in history.writes:
        if len(json.dumps(write.status)) > STATUS_BYTES:
            yield f"the status of {write.name} takes {len(json.dumps(write.status))} bytes"


RULES: Mapping[str, Callable[[History], Iterator[str]]] = {
    "I1 P1": one_job_at_a_time,
    "P2": an_edit_has_its_own_intent,
    "I2": nothing_is_doubled,
    "I3 P8": nothing_older_after_something_newer,
    "I3": nothing_is_lost,
    "P3": every_property_is_sent_back,
    "P4": the_bounds_hold,
    "P6": ready_is_never_said_too_early,
    "I4": the_status_tells_what_the_site_told,
    "I4 generation": the_status_never_goes_back,
    "P5": an_end_is_reached,
    "I5": only_the_status_is_written,
    "I6": only_known_addresses_are_asked_for,
    "I7 P7": no_secret_is_told,
    "I8": nothing_is_denied,
    "I9 idle": nothing_is_written_in_vain,
    "I9": there_is_no_hot_loop,
    "size": the_status_stays_small,
}


def _accepted(history: History) -> Iterator[Write]:
    return (write for write in history.writes if write.code < 300 and write.subresource == "status")


def _intents(history: History) -> Iterator[tuple[Edit, Write | None]]:
    """Each edit of ours with the newest intent that was on record when it came."""
    stored = [write for write in _accepted(history) if write.journal.get("phase") == "Intended"]
    for edit in history.edits:
        if edit.ours:
            before = [write for write in stored if write.at <= edit.at + CLOCKS]
            yield edit, before[-1] if before else None


def _leaves(document: Json, path: str = "") -> set[str]:
    if not isinstance(document, Mapping):
        return {path}
    inside = {
        leaf for name, value in document.items() for leaf in _leaves(value, f"{path}.{name}".strip("."))
    }
    return inside or {path}
