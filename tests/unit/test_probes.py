"""What probes and gauges say of the queue, on standby and in a term."""

from types import SimpleNamespace
from typing import Any

from arcgis_operator.app.gauges import Gauges
from arcgis_operator.app.probes import Probes
from arcgis_operator.controller.dispatch import Running
from arcgis_operator.controller.queue import WorkQueue
from arcgis_operator.controller.standings import Standings
from arcgis_operator.core.identity import Name
from arcgis_operator.core.keys import Key, ServiceKey
from arcgis_operator.sites.limits import Budget
from arcgis_operator.telemetry.happenings import Resynced, Teller, TermBegan
from arcgis_operator.telemetry.metrics import Metrics

ROADS = ServiceKey("site|roads")
QUEUE = 'arcgis_operator_queue_depth{priority="change"} 1.0'
RESYNC_SECONDS = 600.0


class Process:
    """Probes and gauges of a process on standby; its clock goes on when told to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.queue: WorkQueue[Key] = WorkQueue(clock=lambda: self.now)
        self.running, self.metrics = Running(), Metrics()
        self.resync: Any = SimpleNamespace(refused=False)
        self.used: dict[Name, Any] = {}
        sessions: Any = SimpleNamespace(all=lambda: self.used)
        self.probes = Probes(
            self.queue, self.resync, sessions, self.running, RESYNC_SECONDS, lambda: self.now
        )
        self.tell = Teller()
        self.probes.listen(self.tell)
        self.gauges = Gauges(
            self.metrics, self.queue, sessions, Standings(), self.running, unheard=lambda: 0.0
        )

    def leads(self) -> None:
        term: Any = object()
        self.running.term = term
        self.tell(TermBegan())

    def shown(self) -> str:
        self.gauges.measure()
        return self.metrics.render().decode()


def test_a_standby_with_much_to_do_is_well_and_shows_nothing() -> None:
    process = Process()
    process.queue.add(ROADS)
    process.now += 3600
    assert process.probes.queue_stuck() is None
    assert process.probes.resync_stuck() is None
    assert "queue_depth{" not in process.shown()


def test_a_term_does_not_pay_for_the_time_on_standby() -> None:
    process = Process()
    process.queue.add(ROADS)
    process.now += 3600
    process.leads()
    assert process.probes.queue_stuck() is None
    assert process.probes.resync_stuck() is None
    assert QUEUE in process.shown()
    process.now += 301
    assert process.probes.queue_stuck() == "no turn for 301 s"


def test_a_queue_that_moves_is_not_stuck_however_long_some_wait() -> None:
    process = Process()
    process.leads()
    for number in range(400):
        process.queue.add(ServiceKey(f"site|{number}"))
    for _ in range(399):
        process.now += 2
        key = process.queue.take()
        assert key
        process.queue.done(key)
        assert process.probes.queue_stuck() is None
    assert QUEUE in process.shown()


def test_a_queue_that_waits_for_the_request_budget_of_a_site_is_not_stuck_until_it_is_paid() -> None:
    """A restart would read the long list, which overdrew it, once more."""
    process = Process()
    process.leads()
    budget = Budget(1, lambda: process.now)
    process.used[Name("gis", "prod")] = SimpleNamespace(paid_for=budget.paid_for)
    process.queue.add(ROADS)
    for _ in range(1001):
        budget.count()
    process.now += 1299
    assert process.probes.queue_stuck() is None
    process.now += 2
    assert process.probes.queue_stuck() == "no turn for 301 s"


def test_a_leader_that_lists_nothing_for_long_is_stuck_unless_its_lists_are_refused() -> None:
    process = Process()
    process.leads()
    process.now += 3 * RESYNC_SECONDS + 61
    assert process.probes.resync_stuck() == "no full list for 1861 s"
    process.resync.refused = True
    assert process.probes.resync_stuck() is None, "no restart heals that"
    process.resync.refused = False
    process.tell(Resynced(()))
    assert process.probes.resync_stuck() is None
