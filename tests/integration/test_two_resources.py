"""Two resources for one service: one of them speaks, the other says so, and nothing is sent twice."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from arcgis_devcluster import Cluster
from arcgis_operator.core.record import stamp
from harness.apiserver import wait_until
from harness.bench import SERVICES, Workbench, condition


def same_site(bench: Workbench) -> str:
    return "prod"


def upper_case_host(bench: Workbench) -> str:
    url = bench.sites["prod"].url.replace("127.0.0.1", "LOCALHOST")
    bench.register(alias="loud", url=url)
    bench.register(alias="quiet", url=url.lower())
    return "loud"


def other_host_name(bench: Workbench) -> str:
    bench.register(alias="alias", url=bench.sites["prod"].url.replace("127.0.0.1", "localhost"))
    return "alias"


WAYS: dict[str, Callable[[Workbench], str]] = {
    "through one site": same_site,
    "through a site whose address names another host": other_host_name,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_older_resource_speaks_and_the_younger_one_takes_over(
    shared: Workbench, way: Callable[[Workbench], str]
) -> None:
    service, site = shared.fresh_service(), way(shared)
    elder, younger = f"a-{site}", f"b-{site}"
    shared.converge_on(elder, service, {"description": "elder"})
    shared.declare(younger, service, {"description": "younger"}, site)
    body = shared.wait(younger, "Conflict")
    assert elder in condition(body)["message"]
    assert condition(body, "Stalled")["status"] == "True"
    assert shared.sent(service, "description") == ["elder"]

    shared.api.delete(SERVICES, elder)
    shared.converged(younger)
    assert shared.sent(service, "description") == ["elder", "younger"]


@pytest.mark.parametrize("wanted", ["elder", "younger"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_winner_deleted_while_its_job_runs_is_followed_by_the_loser_after_the_job(
    shared: Workbench, way: Callable[[Workbench], str], wanted: str
) -> None:
    service, site = shared.fresh_service(), way(shared)
    elder, younger = f"a-{site}-{wanted}", f"b-{site}-{wanted}"
    shared.site.next_job(service=service, hang=True)
    shared.declare(elder, service, {"description": "elder"})
    job = shared.wait_job(elder)
    shared.declare(younger, service, {"description": wanted}, site)
    shared.wait(younger, "Conflict")
    shared.api.delete(SERVICES, elder)
    shared.wait(younger, "ServiceBusy")
    shared.site.finish(job)
    shared.converged(younger)
    assert shared.sent(service, "description") == ["elder", "younger"][: 1 + (wanted == "younger")]
    assert shared.most_jobs_at_once(service) == 1


def test_two_spellings_of_one_address_are_one_site(shared: Workbench) -> None:
    service = shared.fresh_service()
    upper_case_host(shared)
    shared.converge_on("c-quiet", service, {"description": "elder"}, siteRef={"name": "quiet"})
    shared.declare("d-loud", service.lower().replace("mapserver", "MapServer"), {"description": "x"}, "loud")
    shared.wait("d-loud", "Conflict")
    assert shared.sent(service, "description") == ["elder"]


def test_two_resources_made_at_once_send_one_edit(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, seconds=1)
    other_host_name(shared)
    shared.declare("e-first", service, {"description": "wanted"})
    shared.declare("f-second", service, {"description": "wanted"}, "alias")
    shared.converged("e-first")
    shared.wait("f-second", "Conflict")
    assert len(shared.edits(service)) == 1


def test_a_younger_resource_never_speaks_while_the_older_one_does(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.converge_on("g-first", service, {"description": "one"})
    shared.declare("h-second", service, {"description": "two"})
    shared.wait("h-second", "Conflict")
    shared.declare("h-second", service, {"description": "three"})
    shared.wait("h-second", "Conflict")
    shared.converge_on("g-first", service, {"description": "four"})
    assert shared.sent(service, "description") == ["one", "four"]


HERE = [{"namespaces": {"from": "Same"}}]


def test_an_older_resource_that_the_site_refuses_keeps_nobody_out_and_waits_for_the_job_when_it_is_let_in(
    shared: Workbench,
) -> None:
    service = shared.fresh_service()
    shared.register(alias="closed", access=[])
    shared.declare("i-refused", service, {"description": "refused"}, "closed")
    shared.wait("i-refused", "SiteNotAllowed")
    shared.site.next_job(service=service, hang=True)
    shared.declare("j-allowed", service, {"description": "allowed"})
    job = shared.wait_job("j-allowed")
    shared.register(alias="closed", access=HERE)
    shared.wait("i-refused", "Conflict")
    assert shared.sent(service, "description") == ["allowed"]
    shared.site.finish(job)
    shared.converged("i-refused")
    shared.wait("j-allowed", "Conflict")
    assert shared.sent(service, "description") == ["allowed", "refused"]
    assert shared.most_jobs_at_once(service) == 1


def test_a_resource_that_is_refused_while_its_job_runs_is_followed_to_its_end(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.register(alias="closing", access=HERE)
    shared.site.next_job(service=service, hang=True)
    shared.declare("k-first", service, {"description": "first"}, "closing")
    job = shared.wait_job("k-first")
    shared.declare("l-second", service, {"description": "second"})
    shared.wait("l-second", "Conflict")
    shared.register(alias="closing", access=[])
    shared.site.finish(job)
    shared.wait("k-first", "SiteNotAllowed")
    shared.converged("l-second")
    assert shared.sent(service, "description") == ["first", "second"]
    assert shared.most_jobs_at_once(service) == 1


def test_a_service_does_not_change_hands_because_a_backup_was_put_back_in_another_order(
    control_plane: Cluster,
) -> None:
    """A restore makes all anew, without statuses: the loser of the conflict is the older one now."""
    with Workbench(control_plane) as bench:
        bench.start_site("--services=10")
        bench.register()
        service = bench.fresh_service()
        bench.start_operator("before")
        born = bench.converge_on("z-winner", service, {"description": "live"})["metadata"][
            "creationTimestamp"
        ]
        wait_until(lambda: stamp(datetime.now(UTC)) > born, 2, lambda: "of one second the name decides")
        bench.declare("a-loser", service, {"description": "never live"})
        bench.wait("a-loser", "Conflict")
        bench.operator.kill()
        for name in ("z-winner", "a-loser"):
            bench.api.delete(SERVICES, name)
        bench.declare("a-loser", service, {"description": "never live"})
        bench.declare("z-winner", service, {"description": "live"})
        bench.start_operator("after", lease_seconds=2, renew_deadline_seconds=1.5, lease_retry_seconds=0.3)
        told = condition(bench.wait("a-loser", "Conflict"))["message"]
        assert "z-winner" in told
        assert "restore" in told
        bench.api.delete(SERVICES, "a-loser")
        bench.converged("z-winner")
        assert bench.sent(service, "description") == ["live"]
