"""A job as the status shows it."""

from dataclasses import replace
from typing import Any

import pytest
from situations import job, live, wanting

from arcgis_operator.core import jsondoc
from arcgis_operator.core.masking import MASK
from arcgis_operator.core.record import JobShown
from arcgis_operator.core.shown import MAX_RESULT, shown

START = 1_795_463_114_000
BEFORE = JobShown(id="j1", status="SUBMITTED", operation="edit", generation=3, attempt=2, username="gitops")
DURATIONS = {
    "at once": (START, "0s"),
    "seconds": (START + 12_952, "13s"),
    "minutes": (START + 303_000, "5m3s"),
    "whole hours": (START + 7_200_000, "2h"),
    "a clock that ran backwards": (START - 1, ""),
    "no end": (0, ""),
}


@pytest.mark.parametrize(("end_ms", "text"), DURATIONS.values(), ids=DURATIONS)
def test_a_duration_reads_well(end_ms: int, text: str) -> None:
    assert shown(job("COMPLETED", start_ms=START, end_ms=end_ms), BEFORE, None).duration == text


def test_times_are_those_of_the_site_in_utc() -> None:
    done = shown(job("COMPLETED", start_ms=START, end_ms=START + 999, update_ms=START + 1000), BEFORE, None)
    assert (done.start_time, done.end_time, done.update_time) == (
        "2026-11-23T19:45:14Z",
        "2026-11-23T19:45:14Z",
        "2026-11-23T19:45:15Z",
    )


@pytest.mark.parametrize("moment", [-1, 10**18], ids=["before 1970", "after the year 9999"])
def test_a_time_that_is_none_is_left_out(moment: int) -> None:
    assert shown(job(start_ms=moment), BEFORE, None).start_time == ""


def test_what_we_knew_of_the_job_stays() -> None:
    now = shown(job("EXECUTING", username=""), BEFORE, None)
    assert (now.operation, now.generation, now.attempt, now.username) == ("edit", 3, 2, "gitops")


QUIET = {
    "only the time of its last move is another": job("EXECUTING", update_ms=START + 9000),
    "nothing is another": job("EXECUTING"),
    "it is said to have begun at another time": job("EXECUTING", start_ms=START + 5),
}


@pytest.mark.parametrize("again", QUIET.values(), ids=QUIET)
def test_a_running_job_is_written_once(again: Any) -> None:
    first = shown(job("EXECUTING", update_ms=START), BEFORE, None)
    assert shown(again, first, None) is first


def test_a_young_jobs_step_to_the_next_word_is_not_written_but_its_end_is() -> None:
    assert shown(job("EXECUTING"), BEFORE, None, quiet=True) is BEFORE
    assert shown(job("EXECUTING", messages=("half way",)), BEFORE, None, quiet=True).status == "EXECUTING"
    assert shown(job("COMPLETED"), BEFORE, None, quiet=True).status == "COMPLETED"


@pytest.mark.parametrize("word", ["CANCELLING", "UNAVAILABLE", "a new word"])
def test_any_other_word_of_a_young_job_is_written(word: str) -> None:
    assert shown(job(word), BEFORE, None, quiet=True).status == word


def test_a_submitted_job_that_is_still_submitted_is_not_written_again() -> None:
    assert shown(job("SUBMITTED", update_ms=START), BEFORE, None) is BEFORE


def test_a_new_message_of_a_running_job_is_written() -> None:
    first = shown(job("EXECUTING"), BEFORE, None)
    assert shown(job("EXECUTING", messages=("half way",)), first, None).messages == ("half way",)


def test_an_ended_job_read_again_is_the_same() -> None:
    ended = job("FAILED", end_ms=START, result={"error": {"code": 500, "details": None}})
    first = shown(ended, BEFORE, None)
    assert shown(ended, first, None) is first
    assert first.result == {"error": {"code": 500}}


def test_a_result_is_masked() -> None:
    result = {"service": {"properties": {"dbPassword": "hunter2", "n": "1"}}}
    now = shown(job("COMPLETED", result=result), BEFORE, None)
    assert now.result == {"service": {"properties": {"dbPassword": MASK, "n": "1"}}}


def test_a_running_job_shows_no_result() -> None:
    assert shown(job("EXECUTING", result={"service": {}}), BEFORE, None).result == {}


def test_a_result_that_is_too_long_gives_way_to_the_owned_settings() -> None:
    many = {f"p{number}" + "x" * 150: "é" * 90 for number in range(200)}
    result = {"service": {"description": "live", **many}}
    now = shown(job("COMPLETED", result=result), BEFORE, wanting(**many))
    assert now.result_truncated
    assert now.result["owned"]["settings.description"] == "live"
    assert len(jsondoc.dumps(now.result).encode()) <= MAX_RESULT


def test_messages_are_few_short_and_printable() -> None:
    now = shown(job("FAILED", messages=tuple("\x1b" + "m" * 500 for _ in range(30))), BEFORE, None)
    assert len(now.messages) == 10
    assert max(map(len, now.messages)) == 192
    assert all(message.isprintable() for message in now.messages)


def test_of_a_large_result_all_owned_values_are_kept_when_they_fit() -> None:
    large = job("COMPLETED", result={"service": live("new", extra="x" * MAX_RESULT)})
    done = shown(large, BEFORE, wanting("new"))
    assert done.result == {"owned": {"settings.description": "new"}}
    assert done.result_truncated


LIMITS = {"status": ("status", 64), "operation_uri": ("operation_uri", 512), "username": ("username", 256)}


@pytest.mark.parametrize("name", LIMITS)
def test_a_long_word_is_cut_to_what_the_schema_allows(name: str) -> None:
    attribute, most = LIMITS[name]
    changed = {name: "x" * 600}
    assert (
        getattr(shown(job(**{"status": "FAILED"} | changed), BEFORE, None), attribute)
        == "x" * (most - 1) + "…"
    )


def test_the_job_that_is_shown_is_all_that_was_said_of_it() -> None:
    one = job("FAILED", operation_uri="/a/b", username="anna", start_ms=START, end_ms=START + 61_000)
    assert shown(replace(one, update_ms=START, messages=("m",)), BEFORE, None) == replace(
        BEFORE,
        status="FAILED",
        operation_uri="/a/b",
        username="anna",
        start_time="2026-11-23T19:45:14Z",
        update_time="2026-11-23T19:45:14Z",
        end_time="2026-11-23T19:46:15Z",
        duration="1m1s",
        messages=("m",),
    )


MOMENTS = {
    1: "1970-01-01T00:00:00Z",
    0: "",
    253402300799000: "9999-12-31T23:59:59Z",
    253402300799001: "",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_first_and_the_last_moment_are_shown(moment: int) -> None:
    assert shown(job("FAILED", start_ms=moment), BEFORE, None).start_time == MOMENTS[moment]


def result_of(size: int) -> dict[str, Any]:
    """A result that is written in so many bytes."""
    return {"service": {"a": "x" * (size - len(jsondoc.dumps({"service": {"a": ""}})))}}


@pytest.mark.parametrize(("size", "cut"), [(MAX_RESULT, False), (MAX_RESULT + 1, True)])
def test_a_result_of_just_the_size_is_shown_whole(size: int, cut: bool) -> None:
    assert shown(job("COMPLETED", result=result_of(size)), BEFORE, wanting("x")).result_truncated is cut


@pytest.mark.parametrize("service", [None, [], "text"])
def test_a_large_result_without_a_service_shows_what_is_owned_as_not_set(service: Any) -> None:
    large = job("COMPLETED", result={"service": service, "more": "x" * MAX_RESULT})
    assert shown(large, BEFORE, wanting("new")).result == {"owned": {"settings.description": "(not set)"}}
    assert shown(large, BEFORE, None).result == {"owned": {}}


def test_owned_values_of_a_large_result_fill_half_of_its_room_and_no_more() -> None:
    many = {f"p{number:03}": "v" * 47 for number in range(200)}
    large = job("COMPLETED", result={"service": live("v", **many), "more": "x" * MAX_RESULT})
    owned = shown(large, BEFORE, wanting("v", **many)).result["owned"]
    each = len(jsondoc.dumps({"settings.p000": "v" * 47}))
    first = len(jsondoc.dumps({"settings.description": "v"}))
    assert len(owned) == 1 + (MAX_RESULT // 2 - first) // each
