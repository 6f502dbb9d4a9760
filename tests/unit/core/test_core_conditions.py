"""What others may bring a little later is waited for: Reconciling for a patience, Stalled afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from situations import NOW

from arcgis_operator.core.conditions import PATIENCE_SECONDS, next_look
from arcgis_operator.core.jsondoc import merge_patch
from arcgis_operator.core.record import Record, stamp
from arcgis_operator.core.status import render, render_site
from arcgis_operator.core.verdict import ROWS, Progress, Reason, Verdict
from arcgis_operator.core.wake import BACKOFF, RESYNC, After

R = Reason
WAITS = [reason for reason, row in ROWS.items() if row.progress is Progress.WAITING]


def after(*turns: tuple[float, Reason], generations: dict[float, int] | None = None) -> dict[str, Any]:
    """The object after turns at these seconds, each with its conclusion."""
    body: dict[str, Any] = {"metadata": {"generation": 1}, "status": {}}
    for seconds, reason in turns:
        body["metadata"]["generation"] = (generations or {}).get(seconds, body["metadata"]["generation"])
        body["status"] = render(body, said(reason), at(seconds))
    return body


def said(reason: Reason) -> Verdict:
    return Verdict(reason, "why", Record(), wake=RESYNC)


def at(seconds: float) -> Any:
    return NOW + timedelta(seconds=seconds)


def shown(body: dict[str, Any]) -> str:
    """The condition beside Ready."""
    types = {one["type"] for one in body["status"]["conditions"]} - {"Ready"}
    return str(*types)


def test_what_heals_when_others_bring_it_is_waited_for() -> None:
    assert set(WAITS) == {
        R.CREDENTIALS_REJECTED,
        R.CREDENTIALS_UNREADABLE,
        R.SITE_NOT_FOUND,
        R.SITE_NOT_ALLOWED,
        R.SERVICE_NOT_FOUND,
    }


@pytest.mark.parametrize("reason", WAITS)
def test_a_wait_is_reconciling_and_stalled_once_patience_is_over(reason: Reason) -> None:
    assert shown(after((0, reason))) == "Reconciling"
    assert shown(after((0, reason), (PATIENCE_SECONDS - 1, reason))) == "Reconciling"
    assert shown(after((0, reason), (PATIENCE_SECONDS, reason))) == "Stalled"
    assert shown(after((0, reason), (PATIENCE_SECONDS, reason), (900, reason))) == "Stalled"


WHOLE = {
    "one reason after another is one wait": ((0, R.SITE_NOT_FOUND), (200, R.CREDENTIALS_UNREADABLE)),
    "a look that tells nothing does not end it": ((0, R.CREDENTIALS_UNREADABLE), (200, R.SITE_UNREACHABLE)),
    "nor does a site that is left alone": ((0, R.CREDENTIALS_REJECTED), (200, R.CIRCUIT_OPEN)),
}


@pytest.mark.parametrize("turns", WHOLE.values(), ids=WHOLE)
def test_a_wait_goes_on(turns: tuple[tuple[float, Reason], ...]) -> None:
    body = after(*turns, (PATIENCE_SECONDS, R.SERVICE_NOT_FOUND))
    assert body["status"]["waitingSince"] == stamp(NOW)
    assert shown(body) == "Stalled"


NEW = {
    "after it was verified": ((0, R.SITE_NOT_ALLOWED), (200, R.CONVERGED)),
    "after a job": ((0, R.CREDENTIALS_UNREADABLE), (200, R.JOB_RUNNING)),
    "after a spec that could not be followed": ((0, R.SITE_NOT_FOUND), (200, R.SPEC_INVALID)),
    "after it was suspended": ((0, R.SITE_NOT_FOUND), (200, R.SUSPENDED)),
    "after an outage that nothing went before": ((0, R.SITE_UNREACHABLE), (200, R.BAD_ANSWER)),
}


@pytest.mark.parametrize("turns", NEW.values(), ids=NEW)
def test_a_wait_begins(turns: tuple[tuple[float, Reason], ...]) -> None:
    assert "waitingSince" not in after(*turns)["status"]
    body = after(*turns, (PATIENCE_SECONDS, R.SERVICE_NOT_FOUND))
    assert body["status"]["waitingSince"] == stamp(at(PATIENCE_SECONDS))
    assert shown(body) == "Reconciling"


def test_a_new_generation_is_waited_for_anew() -> None:
    turns = ((0.0, R.SERVICE_NOT_FOUND), (400.0, R.SERVICE_NOT_FOUND), (401.0, R.SERVICE_NOT_FOUND))
    assert shown(after(*turns)) == "Stalled"
    assert shown(after(*turns, generations={401.0: 2})) == "Reconciling"


def test_a_time_that_is_none_or_still_to_come_begins_a_wait_now() -> None:
    for text in ("yesterday", stamp(at(1000)), 7):
        body = after((0, R.SITE_NOT_FOUND))
        body["status"]["waitingSince"] = text
        assert render(body, said(R.SITE_NOT_FOUND), at(5))["waitingSince"] == stamp(at(5))


def test_a_wait_in_which_nothing_changes_writes_nothing() -> None:
    body = after((0, R.SITE_NOT_FOUND))
    assert merge_patch(body["status"], render(body, said(R.SITE_NOT_FOUND), at(200))) == {}
    stalled = after((0, R.SITE_NOT_FOUND), (300, R.SITE_NOT_FOUND))
    assert merge_patch(stalled["status"], render(stalled, said(R.SITE_NOT_FOUND), at(900))) == {}


def test_a_wait_is_looked_at_again_and_again_and_left_to_the_resync_afterwards() -> None:
    waiting, stalled = after((0, R.SITE_NOT_FOUND)), after((0, R.SITE_NOT_FOUND), (300, R.SITE_NOT_FOUND))
    assert next_look(waiting, RESYNC) is BACKOFF
    assert next_look(waiting, After(2.0)) == After(2.0)
    assert next_look(stalled, RESYNC) is RESYNC
    assert next_look(after((0, R.CONVERGED)), RESYNC) is RESYNC


def test_a_site_waits_as_a_service_does() -> None:
    body = {"metadata": {"generation": 1}, "status": {}}
    body["status"] = render_site(body, said(R.CREDENTIALS_UNREADABLE), {}, NOW)
    assert shown(body) == "Reconciling"
    body["status"] = render_site(body, said(R.CREDENTIALS_UNREADABLE), {}, at(10), patience_seconds=10)
    assert shown(body) == "Stalled"
