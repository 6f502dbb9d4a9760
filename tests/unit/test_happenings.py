"""What happens is told to all listeners; metrics count it, and the log tells of refusals now and then."""

import logging
from datetime import UTC, datetime
from typing import get_args

import pytest

from arcgis_operator.core.record import Journal, Phase, Record
from arcgis_operator.core.verdict import Note, Reason, Verdict
from arcgis_operator.core.wake import RESYNC
from arcgis_operator.telemetry import happenings as of
from arcgis_operator.telemetry.counts import Counts
from arcgis_operator.telemetry.grumbles import Grumbles
from arcgis_operator.telemetry.metrics import Metrics

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
OPEN = Record(
    known=True,
    journal=Journal(phase=Phase.RUNNING, operation="edit", intent_time="2026-11-23T12:00:00Z"),
)
ENDED = Verdict(
    Reason.CONVERGED,
    "As declared.",
    Record(known=True),
    wake=RESYNC,
    notes=(Note("DriftDetected", "found"), Note("StrayEdit", "one"), Note("StrayEdit", "two")),
)
COUNTED: list[tuple[of.Happening, tuple[str, ...]]] = [
    (
        of.Concluded("gis/prod", None, ENDED),
        (
            'reconciles_total{reason="Converged"} 1.0',
            "drift_found_total 1.0",
            "stray_edits_total 2.0",
        ),
    ),
    (of.StatusWritten("Written"), ('status_writes_total{outcome="Written"} 1.0',)),
    (of.Sent("edit", "Accepted"), ('edits_total{operation="edit",outcome="Accepted"} 1.0',)),
    (of.SiteAnswered("jobs", None), ('site_requests_total{code="none",operation="jobs"} 1.0',)),
    (of.KubeAnswered("get", "2xx"), ('kube_requests_total{code="2xx",verb="get"} 1.0',)),
    (of.EventLost(), ("events_dropped_total 1.0",)),
    (of.WatchLost(), ("watch_connections_lost_total 1.0",)),
    (of.Restarted(), ("informer_restarts_total 1.0",)),
    (of.Resynced(("team",)), ("unlisted_namespaces 1.0",)),
    (of.TermBegan(), ("leader 1.0",)),
    (of.TermEnded(), ("leader 0.0",)),
]


def counted(*happenings: of.Happening) -> str:
    metrics, tell = Metrics(), of.Teller()
    Counts(metrics, lambda: NOW, "1.2.3").listen(tell)
    tell.listen(of.KubeRefused, Grumbles())
    for one in happenings:
        tell(one)
    return metrics.render().decode()


@pytest.mark.parametrize(
    ("happening", "lines"), COUNTED, ids=[type(happening).__name__ for happening, _ in COUNTED]
)
def test_what_happens_is_counted(happening: of.Happening, lines: tuple[str, ...]) -> None:
    shown = counted(happening)
    assert [line for line in lines if f"arcgis_operator_{line}" not in shown] == []


def test_every_sort_of_happening_is_counted_or_logged() -> None:
    assert {type(one) for one, _ in COUNTED} | {of.KubeRefused} == set(get_args(of.Happening))


def test_how_long_a_job_took_is_counted_from_its_intent_once_it_is_over() -> None:
    going = Verdict(Reason.JOB_RUNNING, "It runs.", OPEN, wake=RESYNC)
    seconds = 'job_seconds_sum{operation="edit"} 30.0'
    assert seconds in counted(of.Concluded("roads", OPEN, ENDED))
    assert "job_seconds_sum{" not in counted(of.Concluded("roads", OPEN, going))
    undated = Record(journal=Journal(phase=Phase.RUNNING, operation="edit"))
    assert "job_seconds_sum{" not in counted(of.Concluded("roads", undated, ENDED))


def test_the_version_that_runs_and_every_reason_are_shown_from_the_start() -> None:
    shown = counted()
    assert 'arcgis_operator_build_info{version="1.2.3"} 1.0' in shown
    for reason in Reason:
        assert f'arcgis_operator_reconciles_total{{reason="{reason}"}} 0.0' in shown


def test_the_same_refusal_of_the_api_server_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        counted(of.KubeRefused("get", "no"), of.KubeRefused("get", "no"), of.KubeRefused("list", "no"))
    assert [record.__dict__["fields"]["verb"] for record in caplog.records] == ["get", "list"]


def test_a_part_that_knows_nothing_of_happenings_tells_with_bare_facts() -> None:
    told: list[of.Happening] = []
    of.telling(told.append, of.KubeAnswered)("get", "2xx")
    assert told == [of.KubeAnswered("get", "2xx")]
