"""The way to the API server goes silent: packets are dropped by a rule of a router, and no reset comes."""

import time

from far import QUICK_LEASE, Far, Pod

from harness.apiserver import wait_until

NOTICED_SECONDS = 35
ALL = 0
CASES = (1, 2, ALL)
"""So many connections are forgotten, those with the lowest ports."""
SHARE = (ALL,)
RENEWED_SECONDS = 20
STUCK_SECONDS = 15 * (1.5 + 0.3)


def test_a_router_that_forgets_connections_costs_no_term_and_no_change_35_seconds(
    far: Far, case: int
) -> None:
    """The watch, the pool and the Lease's own connection alike; new connections are let through."""
    pod = far.pod()
    service = far.fresh_service()
    far.converge_on("roads", service, {"description": "before"})
    ports = sorted(far.wires.connections(far.api_address))
    assert len(ports) >= 3, "two watches and the Lease have one each"
    far.wires.forget(ports[:case] if case else ports)
    dropped = time.monotonic()
    far.declare("roads", service, {"description": "after"})
    far.converged("roads", seconds=NOTICED_SECONDS)
    if case == ALL:
        pod.said("watch connection lost", NOTICED_SECONDS - (time.monotonic() - dropped))
        assert pod.metric("arcgis_operator_watch_connections_lost_total") >= 1
    renewed = far.renewed()
    wait_until(lambda: far.renewed() != renewed, RENEWED_SECONDS, lambda: pod.process.log_tail(9))
    assert pod.lines("lease lost") == []
    assert far.sent(service, "description") == ["before", "after"]


def without_answer(pod: Pod) -> bool:
    return pod.metric('arcgis_operator_kube_requests_total{code="none"') > 0


def test_an_api_server_that_falls_silent_is_said_by_both_replicas_counted_and_seen_by_the_probes(
    far: Far,
) -> None:
    """With the quick Lease: what takes half a minute here takes three with the shipped one."""
    leader = far.pod("leader", **QUICK_LEASE)
    standby = far.pod("standby", ready=False, **QUICK_LEASE)
    standby.said("started")
    service = far.fresh_service()
    far.converge_on("roads", service, {"description": "before"})
    far.wires.cut(far.api_address)
    began = time.monotonic()
    leader.said("lease lost", 10)
    for pod in (leader, standby):
        pod.said("lease unreadable", 10)
    far.declare("roads", service, {"description": "after"})
    for pod in (leader, standby):
        left = STUCK_SECONDS + 10 - (time.monotonic() - began)
        wait_until(lambda pod=pod: pod.asked("/livez").status_code == 503, left, pod.process.log_tail)
        assert "no try at the lease has succeeded" in pod.asked("/livez").text
        assert without_answer(pod)
    assert far.sent(service, "description") == ["before"]
    far.wires.mend()
    far.converged("roads", seconds=40)
    assert far.sent(service, "description") == ["before", "after"]
    for pod in (leader, standby):
        wait_until(lambda pod=pod: pod.asked("/livez").status_code == 200, 10, pod.process.log_tail)
