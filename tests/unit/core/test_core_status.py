"""The status subresource: read and written."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from situations import NOW, digest, journal, proved, record

from arcgis_operator.core.jsondoc import dumps, merge_patch
from arcgis_operator.core.record import (
    Condition,
    JobShown,
    Journal,
    Phase,
    PlanShown,
    Record,
    Tried,
    moment,
    stamp,
)
from arcgis_operator.core.status import at_rest, parse, ready, render, render_site
from arcgis_operator.core.verdict import ROWS, Progress, Ready, Reason, Verdict
from arcgis_operator.core.wake import NOW as AT_ONCE
from arcgis_operator.core.wake import After

LAW = settings(derandomize=True, deadline=None, max_examples=150)
LATER = NOW + timedelta(minutes=1)
FULL = replace(
    proved(),
    handled="2026-11-23",
    journal=journal(Phase.RUNNING, ended=2, failure="JobFailed: x", retry_time="2026-11-23T19:46:00Z"),
    job=JobShown(
        id="j1",
        status="EXECUTING",
        messages=("a", "b"),
        result={"service": {"a": [1]}},
        result_truncated=True,
    ),
    history=({"id": "j0", "status": "COMPLETED"},),
    plan=PlanShown(
        "sha256:1",
        "sha256:2",
        "Spec",
        "2026-11-23T19:45:14Z",
        1,
        ({"path": "settings.a", "from": "1", "to": "2"},),
    ),
)


def body(status: Any = None, generation: int = 1) -> dict[str, Any]:
    return {
        "metadata": {"generation": generation, "name": "roads", "namespace": "gis"},
        "status": status or {},
    }


def saying(reason: Reason = Reason.JOB_RUNNING, about: Record | None = None, **changed: Any) -> Verdict:
    return replace(Verdict(reason, "a message", about or record(), wake=AT_ONCE), **changed)


def conditions(status: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["type"]: item for item in status["conditions"]}


@pytest.mark.parametrize("about", [FULL, proved(), record(Phase.INTENDED), record(Phase.RUNNING)])
def test_what_is_written_is_read_back(about: Record) -> None:
    verdict = saying(Reason.CONVERGED, about)
    found = parse(body(render(body(), verdict, NOW)))
    assert replace(found, ready=about.ready) == about
    assert found.ready == Condition("True", "Converged", "a message", 1)


def test_what_is_written_is_plain_json() -> None:
    status = render(body(), saying(about=FULL), NOW)
    assert json.loads(json.dumps(status)) == status


def test_a_status_without_a_condition_has_no_reason() -> None:
    assert parse(body({"conditions": [{"type": "Ready"}]})).ready == Condition()


def test_ready_that_is_kept_keeps_the_generation_it_was_said_of() -> None:
    first = render(body(), saying(Reason.CONVERGED, proved()), NOW)
    first["observedGeneration"] = 0
    away = saying(Reason.SITE_UNREACHABLE, parse(body(first)), keep_ready=True)
    assert render(body(first), away, LATER)["observedGeneration"] == 0
    del first["observedGeneration"]
    assert render(body(first), away, LATER)["observedGeneration"] == 1


def test_writing_the_same_again_writes_nothing() -> None:
    first = render(body(), saying(about=FULL), NOW)
    assert merge_patch(first, render(body(first), saying(about=parse(body(first))), LATER)) == {}


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("spent", [True, False], ids=["spent", "not spent"])
def test_the_conditions_follow_kstatus(reason: Reason, spent: bool) -> None:
    shown = conditions(render(body(generation=7), saying(reason, spent=spent), NOW))
    assert "Ready" in shown
    assert not {"Reconciling", "Stalled"} <= shown.keys()
    assert all(one["observedGeneration"] == 7 and one["reason"] == reason for one in shown.values())
    assert all(one["status"] == "True" for name, one in shown.items() if name != "Ready")
    assert shown["Ready"]["status"] == ROWS[reason].ready
    if ROWS[reason].progress is Progress.RETRYING:
        assert ("Stalled" in shown) is spent


def test_a_transition_time_moves_with_the_status_only() -> None:
    first = render(body(), saying(Reason.JOB_RUNNING), NOW)
    second = render(body(first), saying(Reason.VERIFYING), LATER)
    third = render(body(second), saying(Reason.CONVERGED), LATER)
    assert (
        conditions(second)["Ready"]["lastTransitionTime"] == conditions(first)["Ready"]["lastTransitionTime"]
    )
    assert conditions(third)["Ready"]["lastTransitionTime"] == "2026-11-23T19:46:14Z"


def test_a_condition_that_is_over_is_gone() -> None:
    first = render(body(), saying(Reason.JOB_RUNNING), NOW)
    assert set(conditions(render(body(first), saying(Reason.CONVERGED), NOW))) == {"Ready"}


def test_ready_is_kept_as_it_is_while_the_site_is_away() -> None:
    first = render(body(), saying(Reason.CONVERGED, proved()), NOW)
    away = saying(Reason.SITE_UNREACHABLE, parse(body(first)), keep_ready=True)
    assert merge_patch(first, render(body(first), away, LATER)) == {}


def test_ready_of_an_older_generation_is_not_kept() -> None:
    first = render(body(), saying(Reason.CONVERGED, proved()), NOW)
    away = saying(Reason.SITE_UNREACHABLE, parse(body(first)), keep_ready=True)
    assert conditions(render(body(first, generation=2), away, LATER))["Ready"]["status"] == Ready.UNKNOWN


def test_a_wait_does_not_make_a_status_known() -> None:
    waiting = render(body(), saying(Reason.LOOKING_FOR_JOB, Record()), NOW)
    assert "journal" not in waiting
    assert not parse(body(waiting)).known


def test_a_message_is_cut_to_what_the_schema_allows() -> None:
    shown = render(body(), saying(message="m" * 5000), NOW)
    assert len(conditions(shown)["Ready"]["message"]) == 512


WIPED: dict[str, Any] = {
    "no status": None,
    "the default of the schema": {
        "observedGeneration": -1,
        "conditions": [{"type": "Ready", "status": "Unknown"}],
    },
    "no journal": {"observedGeneration": 3},
    "an empty journal": {"observedGeneration": 3, "journal": {}},
    "a phase we do not know": {"observedGeneration": 3, "journal": {"phase": "Dreaming"}},
    "a journal that is a list": {"observedGeneration": 3, "journal": ["Idle"]},
    "a number for a text": {"observedGeneration": 3, "journal": {"phase": "Idle", "id": 5}},
    "sends that are no texts": {"observedGeneration": 3, "journal": {"phase": "Idle", "sends": [{}]}},
    "a result that is a list": {
        "observedGeneration": 3,
        "journal": {"phase": "Idle"},
        "job": {"result": [1]},
    },
    "a generation that is a text": {"observedGeneration": "3", "journal": {"phase": "Idle"}},
}


@pytest.mark.parametrize("status", WIPED.values(), ids=WIPED)
def test_a_status_that_cannot_be_read_counts_as_none(status: Any) -> None:
    assert not parse(body(status)).known


@pytest.mark.parametrize("status", WIPED.values(), ids=WIPED)
def test_ready_of_a_status_that_cannot_be_read_is_still_known(status: Any) -> None:
    said = {"type": "Ready", "status": "True", "reason": "Converged", "observedGeneration": 3}
    found = parse(body({**(status or {}), "conditions": [said]}))
    assert found == Record(ready=Condition("True", "Converged", "", 3))


def test_a_record_that_is_not_known_keeps_what_it_counts_but_never_says_what_is_open() -> None:
    """A resource that was passed over meanwhile: three failed jobs of a digest stay three."""
    tried = Tried("sha256:1", attempt=3, ended=3, reason="JobFailed", text="no.")
    counts = Journal(id="x", operation="edit", attempts={"edit": tried}, sends=(stamp(NOW),))
    passed_over = Record(handled="then", journal=counts)
    status = render(body({}), Verdict(Reason.LOOKING_FOR_JOB, "Wait.", passed_over, wake=After(1.0)), NOW)
    assert "phase" not in cast("dict[str, Any]", status["journal"])
    found = parse(body(status))
    assert (found.known, found.handled, found.journal) == (False, "then", counts)


BLOCKS = ("conditions", "job", "history", "plan", "observed", "lastHandledReconcileAt")
PARTS = ("phase", "id", "type", "status", "sends", "messages", "result", "changes", "lastTransitionTime")
KEYS = (*BLOCKS, *PARTS, "journal", "observedGeneration", "retryTime")
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["Idle", "Running", "Ready", "True", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
)
STATUSES = st.fixed_dictionaries(
    {"observedGeneration": st.integers(0, 3), "journal": st.fixed_dictionaries({"phase": st.just("Idle")})},
    optional=dict.fromkeys(BLOCKS, ANY),
)


@LAW
@given(ANY | STATUSES)
def test_no_status_can_break_the_reading_or_the_writing_after_it(status: Any) -> None:
    found = parse({"status": status})
    mapping = status if isinstance(status, dict) else {}
    dumps(render(body(mapping), saying(about=found), NOW))


@LAW
@given(st.text(max_size=30) | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]))
def test_any_text_is_a_time_or_none(text: str) -> None:
    moment(text)


def test_a_closed_journal_keeps_all_but_its_job_and_answer() -> None:
    full = journal(Phase.RUNNING, answer="500", ended=2, failure="JobFailed: x", retry_time="soon")
    assert full.closed() == replace(full, phase=Phase.IDLE, job_id="", answer="")
    assert full.forgiven() == replace(full, attempts={"edit": Tried(digest())})


def test_each_operation_counts_for_itself() -> None:
    """Two that fail in turn would else begin anew for ever."""
    tried = {"edit": Tried("sha256:1", 2, 2, "JobFailed", "no."), "other": Tried("sha256:2", 1)}
    both = journal(Phase.RUNNING, attempts=tried)
    assert both.counting(Tried("sha256:3")).attempts == {**tried, "edit": Tried("sha256:3")}
    written = render(body(), saying(about=replace(record(), journal=both)), NOW)
    assert parse(body(written)).journal.attempts == tried


def test_what_an_older_version_counted_is_counted_for_the_edit() -> None:
    older = {"digest": "sha256:1", "attempt": 3, "ended": 2, "failure": "JobFailed: a: b."}
    for phase in ({"phase": "Idle"}, {}):
        status = {"observedGeneration": 1, "journal": {**older, **phase, "retryTime": "then"}}
        tried = parse(body(status)).journal.attempts
        assert tried == {"edit": Tried("sha256:1", 3, 2, "JobFailed", "a: b.", "then")}


def test_a_status_of_generation_nought_is_one() -> None:
    written = {"observedGeneration": 0, "journal": {"phase": "Idle"}}
    assert parse(body(written)) == Record(known=True)
    assert not parse(body(written | {"observedGeneration": -1})).known


READY = {
    "of this generation": (parse(body(render(body(), saying(Reason.CONVERGED), NOW))), 1, True),
    "of an older generation": (parse(body(render(body(), saying(Reason.CONVERGED), NOW))), 2, False),
    "not Ready": (parse(body(render(body(), saying(Reason.JOB_RUNNING), NOW))), 1, False),
}


@pytest.mark.parametrize(("known", "generation", "is_ready"), READY.values(), ids=READY)
def test_a_record_is_ready_for_the_generation_that_was_proved(
    known: Record, generation: int, is_ready: bool
) -> None:
    assert known.is_ready(generation) is is_ready


def test_a_site_that_is_away_keeps_what_is_known_of_it() -> None:
    before = body({"version": "12.0", "mode": {"readOnly": False}, "services": {"attached": 1}})
    after = render_site(before, saying(Reason.SITE_UNREACHABLE), {"services": {"attached": 2}}, NOW)
    assert (after["version"], after["mode"]) == ("12.0", {"readOnly": False})
    assert after["services"] == {"attached": 2}
    assert after["observedGeneration"] == 1
    assert after["conditions"] == render(body(), saying(Reason.SITE_UNREACHABLE), NOW)["conditions"]
    assert ready(body(after)) == ("Unknown", "SiteUnreachable")
    assert ready(body()) == ("", "")


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("phase", Phase)
def test_only_who_is_ready_with_nothing_open_is_at_rest(reason: Reason, phase: Phase) -> None:
    about = proved() if phase is Phase.IDLE else record(phase)
    one = body(render(body(), saying(reason, about), NOW))
    assert at_rest(one, "") == (ROWS[reason].ready is Ready.TRUE and phase is Phase.IDLE)


def test_who_is_asked_for_more_or_has_no_status_is_not_at_rest() -> None:
    written = render(body(), saying(Reason.CONVERGED, replace(proved(), handled="monday")), NOW)
    assert at_rest(body(written), "")
    assert at_rest(body(written), "monday")
    assert not at_rest(body(written), "tuesday")
    assert not at_rest(body(written, generation=2), "")
    assert not at_rest(body(), "")


def test_the_plan_of_an_older_status_is_that_of_its_wanted_state() -> None:
    """Until f03c483 and some time after, the hash of a plan was the digest."""
    old = {"hash": "sha256:1", "cause": "Drift", "changeCount": 1}
    status = {"observedGeneration": 1, "journal": {"phase": "Idle", "digest": "sha256:1"}, "plan": old}
    assert parse(body(status)).plan == PlanShown("sha256:1", "sha256:1", "Drift", "", 1)
