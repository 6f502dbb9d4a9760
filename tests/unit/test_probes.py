"""What the operator's probes and gauges say of the queue, on standby and in a term."""

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from arcgis_operator.app import run
from arcgis_operator.app.run import Operator
from arcgis_operator.config import Config
from arcgis_operator.core.identity import Name
from arcgis_operator.core.keys import ServiceKey
from arcgis_operator.sites.limits import Budget

QUEUE = 'arcgis_operator_queue_depth{priority="change"} 1.0'


class Silent:
    """An API server that is never asked."""

    observe: object = None
    afresh: object = None


class Process:
    """An operator that was built and does not run; its clock goes on when told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.operator = Operator(Config(lease_namespace="gis"), cast("Any", Silent()))
        self.queue: Any = self.operator._queue
        self.now = time.monotonic()
        self.queue._clock = lambda: self.now
        monkeypatch.setattr(run.time, "monotonic", lambda: self.now)

    def leads(self) -> None:
        self.operator._led_since = self.now
        self.operator._running.term = cast("Any", object())

    def shown(self) -> str:
        self.operator._measure()
        return self.operator._metrics.render().decode()


async def test_a_standby_with_much_to_do_is_well_and_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(monkeypatch)
    process.queue.add(ServiceKey("site|roads"))
    process.now += 3600
    assert process.operator._queue_stuck() is None
    assert "queue_depth{" not in process.shown()


async def test_a_term_does_not_pay_for_the_time_on_standby(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(monkeypatch)
    process.queue.add(ServiceKey("site|roads"))
    process.now += 3600
    process.leads()
    assert process.operator._queue_stuck() is None
    assert QUEUE in process.shown()
    process.now += 301
    assert process.operator._queue_stuck() == "no turn for 301 s"


async def test_the_version_that_runs_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(monkeypatch)
    assert f'arcgis_operator_build_info{{version="{run.VERSION}"}} 1.0' in process.shown()


async def test_a_queue_that_moves_is_not_stuck_however_long_some_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = Process(monkeypatch)
    process.leads()
    for number in range(400):
        process.queue.add(ServiceKey(f"site|{number}"))
    for _ in range(399):
        process.now += 2
        process.queue.done(process.queue.take())
        assert process.operator._queue_stuck() is None
    assert QUEUE in process.shown()


async def test_a_queue_that_waits_for_the_request_budget_of_a_site_is_not_stuck_until_it_is_paid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A restart would read the long list, which overdrew it, once more."""
    process = Process(monkeypatch)
    process.leads()
    budget = Budget(1, lambda: process.now)
    session = SimpleNamespace(paid_for=budget.paid_for)
    process.operator._sessions._sessions[Name("gis", "prod")] = cast("Any", session)
    process.queue.add(ServiceKey("site|roads"))
    for _ in range(1001):
        budget.count()
    process.now += 1299
    assert process.operator._queue_stuck() is None
    process.now += 2
    assert process.operator._queue_stuck() == "no turn for 301 s"
