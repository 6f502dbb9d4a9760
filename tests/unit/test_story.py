"""What the log tells of a resource: each change once, at the level of its reason."""

import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES
from arcgis_operator.core import status
from arcgis_operator.core.failures import Accepted, Failure, Kind
from arcgis_operator.core.identity import Name
from arcgis_operator.core.masking import masked_text
from arcgis_operator.core.record import Journal, Phase, Record, Tried
from arcgis_operator.core.said import Raw
from arcgis_operator.core.verdict import Note, Reason, Verdict
from arcgis_operator.core.wake import After
from arcgis_operator.reconcilers.story import EditStory, Story

Json = Any
NAME = Name("gis", "roads")
SPEC = {"siteRef": {"name": "prod"}, "service": {"folder": "Transport", "name": "Roads", "type": "MapServer"}}
IDLE = Record(known=True, journal=Journal(phase=Phase.IDLE))


class Log:
    """Stores conclusions on one resource, and keeps what was logged."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, "arcgis_operator.reconcilers.story")
        self.caplog, self.story = caplog, Story(ARCGIS_SERVICES)
        self.body: Json = {"metadata": {"namespace": "gis", "name": "roads", "generation": 1}, "spec": SPEC}

    def stores(self, reason: Reason, message: str = "Why.", **more: Json) -> list[tuple[str, str]]:
        """The lines above debug that this conclusion brings."""
        verdict = Verdict(reason, message, more.pop("record", IDLE), wake=After(1.0), **more)
        after = {**self.body, "status": status.render(self.body, verdict, datetime(2026, 1, 1, tzinfo=UTC))}
        self.caplog.clear()
        self.story.stored(NAME, self.body, after, verdict)
        self.body = after
        lines = [(one.levelname, one.getMessage()) for one in self.caplog.records]
        return [line for line in lines if line[0] != "DEBUG"]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    return Log(caplog)


def test_a_change_of_reason_is_told_once_with_its_sentence_at_the_level_of_the_reason(log: Log) -> None:
    assert log.stores(Reason.JOB_RUNNING) == [("INFO", "JobRunning. Why.")]
    assert log.stores(Reason.JOB_RUNNING) == []
    assert log.stores(Reason.JOB_FAILED) == [("WARNING", "JobFailed. Why.")]
    assert log.stores(Reason.INTERNAL_ERROR) == [("ERROR", "InternalError. Why.")]
    assert log.stores(Reason.CONVERGED, aside="Changed: all.") == [("INFO", "Converged. Why. Changed: all.")]


def test_a_new_generation_is_news_though_its_reason_is_the_old_one(log: Log) -> None:
    log.stores(Reason.SPEC_INVALID)
    log.body["metadata"] = {**log.body["metadata"], "generation": 2}
    assert log.stores(Reason.SPEC_INVALID, "Other.") == [("WARNING", "SpecInvalid. Other.")]


def test_a_site_that_is_away_is_told_once_though_the_status_keeps_ready_and_so_is_its_return(
    log: Log,
) -> None:
    log.stores(Reason.CONVERGED)
    for _ in range(2):
        told = [
            log.stores(reason, keep_ready=True)
            for reason in (Reason.SITE_UNREACHABLE, Reason.CIRCUIT_OPEN, Reason.SITE_UNREACHABLE)
        ]
        assert told == [
            [("WARNING", "SiteUnreachable. Why.")],
            [("WARNING", "CircuitOpen. Why.")],
            [],
        ]
        assert log.stores(Reason.CONVERGED) == [("INFO", "Converged. Why.")]
        assert log.stores(Reason.CONVERGED) == []


def test_what_is_known_of_a_resource_that_is_gone_is_forgotten(log: Log) -> None:
    log.stores(Reason.CONVERGED)
    log.stores(Reason.SITE_BUSY, keep_ready=True)
    log.story.over(NAME)
    assert log.stores(Reason.SITE_BUSY, keep_ready=True) == [("INFO", "SiteBusy. Why.")]


def test_notes_have_lines_of_their_own(log: Log) -> None:
    lines = log.stores(Reason.SUBMITTING, notes=(Note("DriftDetected", "Changed."),))
    assert lines == [("WARNING", "DriftDetected. Changed."), ("INFO", "Submitting. Why.")]


def test_each_line_names_the_resource_its_site_and_its_service(log: Log) -> None:
    log.stores(Reason.CONVERGED)
    (record,) = log.caplog.records
    facts = record.__dict__["fields"]
    assert {name: facts[name] for name in ("resource", "kind", "namespace", "name", "site", "service")} == {
        "resource": "gis/roads",
        "kind": "ArcGISService",
        "namespace": "gis",
        "name": "roads",
        "site": "gis/prod",
        "service": "Transport/Roads.MapServer",
    }


def test_a_resource_whose_spec_cannot_be_read_is_named_all_the_same(log: Log) -> None:
    log.body["spec"] = None
    assert log.stores(Reason.SPEC_INVALID) == [("WARNING", "SpecInvalid. Why.")]
    assert "site" not in log.caplog.records[0].__dict__["fields"]


def test_of_an_arcgissite_the_site_is_itself(caplog: pytest.LogCaptureFixture) -> None:
    log = Log(caplog)
    log.story = Story(ARCGIS_SITES)
    log.stores(Reason.REACHABLE)
    facts = caplog.records[0].__dict__["fields"]
    assert (facts["kind"], facts["site"]) == ("ArcGISSite", "gis/roads")


def test_an_edit_is_told_when_it_leaves_and_when_it_is_answered(log: Log) -> None:
    story = EditStory(log.body, Journal(id="i7", operation="edit", attempts={"edit": Tried(attempt=2)}))
    story.sent()
    story.sent()
    story.answered(Accepted(Raw("j1"), Raw("SUBMITTED")))
    told = [(one.getMessage(), one.__dict__["fields"]) for one in log.caplog.records]
    assert [text for text, _ in told] == ["edit sent", "edit answered"]
    facts = told[1][1]
    assert (facts["resource"], facts["service"]) == ("gis/roads", "Transport/Roads.MapServer")
    assert (facts["attempt"], facts["job_id"], facts["outcome"]) == (2, "j1", "Accepted")


def test_an_edit_that_never_left_is_not_told_as_sent(log: Log) -> None:
    story = EditStory(log.body, Journal(id="i7", operation="edit", attempts={"edit": Tried(attempt=1)}))
    story.answered(Failure(Kind.NOT_SENT, "no connection"))
    (record,) = log.caplog.records
    assert record.getMessage() == "edit not sent"
    assert record.__dict__["fields"]["answer"] == "no connection"


@pytest.mark.parametrize("reason", Reason)
def test_what_a_line_says_is_not_taken_for_a_secret_that_the_reason_names(log: Log, reason: Reason) -> None:
    """`CredentialsRejected: Login …` would be a name and its value."""
    log.stores(reason, "Login refused by the site.")
    said = log.caplog.records[-1].getMessage()
    assert masked_text(said) == said
