"""What the site's status words mean."""

import pytest
from situations import job

from arcgis_operator.core.job import Job, JobState, state_of

WORDS = {
    "SUBMITTED": JobState.RUNNING,
    "EXECUTING": JobState.RUNNING,
    "CANCELLING": JobState.RUNNING,
    "COMPLETED": JobState.COMPLETED,
    "CANCELLED": JobState.FAILED,
    "FAILED": JobState.FAILED,
    "UNAVAILABLE": JobState.UNKNOWN,
    "TIMED OUT": JobState.FAILED,
    "TIMED_OUT": JobState.FAILED,
    "TIMED-OUT": JobState.FAILED,
    "timed  out": JobState.FAILED,
    "TIME OUT": JobState.FAILED,
    "ERROR": JobState.FAILED,
    " completed ": JobState.COMPLETED,
    "": JobState.UNKNOWN,
    "HALTED BY COSMIC RAYS": JobState.UNKNOWN,
}


@pytest.mark.parametrize(("word", "state"), WORDS.items(), ids=[repr(word) for word in WORDS])
def test_every_word_of_the_site_has_a_meaning(word: str, state: JobState) -> None:
    assert state_of(word) is state


@pytest.mark.parametrize("word", ["UNAVAILABLE", "", "HALTED BY COSMIC RAYS"])
def test_a_word_we_cannot_tell_does_not_end_a_job(word: str) -> None:
    assert not job(word).ended


def test_a_completed_job_with_an_error_inside_has_failed() -> None:
    assert job("COMPLETED", error="service failed to start").state is JobState.FAILED


def test_an_error_inside_a_running_job_does_not_end_it() -> None:
    assert job("EXECUTING", error="a warning").state is JobState.RUNNING


@pytest.mark.parametrize("word", ["CANCELED", "UNAVAILABLE", "EXECUTING", "CANCELLING", ""])
def test_a_job_with_an_end_time_has_ended_whatever_its_word(word: str) -> None:
    """And it is no success: only a read-back is."""
    assert not Job("j1", word).ended
    assert Job("j1", word, end_ms=1).state is JobState.COMPLETED
    assert Job("j1", word, end_ms=1, error="disk full").state is JobState.FAILED
    assert Job("j1", "FAILED", end_ms=1).state is JobState.FAILED
