"""What a spec lets be sent: nothing while it is only observed, no repair of a drift that is only reported."""

from typing import Any

import pytest

from arcgis_devcluster import Cluster
from harness.bench import SITES, Workbench, condition

Json = Any
WANTED = {"description": "wanted", "properties": {"maxRecordCount": 2000}}


def changes(body: Json) -> list[tuple[str, str]]:
    return [(change["path"], change["to"]) for change in body["status"]["plan"]["changes"]]


def test_what_is_observed_shows_its_plan_and_managing_it_sends_exactly_that(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.declare("observed", service, WANTED, managementPolicy="Observe")
    body = resyncing.wait("observed", "Observing")
    resyncing.looked_at(service, times=2)
    assert resyncing.edits(service) == []
    assert changes(body) == [
        ("settings.description", "wanted"),
        ("settings.properties.maxRecordCount", "2000"),
    ]
    assert condition(body)["message"].startswith("2 settings would be changed: settings.description")
    assert not {"Reconciling", "Stalled"} & {one["type"] for one in body["status"]["conditions"]}

    resyncing.declare("observed", service, WANTED, managementPolicy="Manage")
    resyncing.converged("observed")
    assert len(resyncing.edits(service)) == 1
    assert resyncing.sent(service, "description") == ["wanted"]


def test_what_is_observed_and_as_declared_is_ready(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.drift(service, {"description": "wanted", "properties.maxRecordCount": "2000"})
    shared.declare("same", service, WANTED, managementPolicy="Observe")
    shared.converged("same")
    assert shared.edits(service) == []


def test_a_site_that_is_observed_gets_nothing_whatever_its_services_say(shared: Workbench) -> None:
    service, another = shared.fresh_service(), shared.fresh_service()
    shared.register(alias="watched", managementPolicy="Observe")
    shared.declare("on-watched", service, WANTED, site="watched")
    shared.declare("on-watched-too", another, WANTED, site="watched", managementPolicy="Manage")
    for name in ("on-watched", "on-watched-too"):
        body = shared.wait(name, "Observing")
        assert "spec.managementPolicy of the ArcGISSite is Observe" in condition(body)["message"]
    assert shared.edits(service) + shared.edits(another) == []

    shared.register(alias="watched", managementPolicy="Manage")
    shared.converged("on-watched")
    assert len(shared.edits(service)) == 1


def test_what_begins_to_be_observed_while_its_job_runs_is_followed_to_the_end(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, hang=True)
    shared.declare("late", service, WANTED)
    job = shared.wait_job("late")
    shared.declare("late", service, {"description": "later"}, managementPolicy="Observe")
    shared.site.finish(job)
    body = shared.wait("late", "Observing")
    assert changes(body) == [("settings.description", "later")]
    assert shared.sent(service, "description") == ["wanted"]


def test_a_drift_that_is_only_reported_stays_and_a_new_wish_is_applied(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("reported", service, WANTED, drift={"policy": "Report"})
    resyncing.site.drift(service, {"description": "by hand"})
    body = resyncing.wait("reported", "DriftReported")
    resyncing.looked_at(service, times=2)
    assert len(resyncing.edits(service)) == 1
    assert body["status"]["plan"]["cause"] == "Drift"
    assert 'settings.description "by hand" → "wanted"' in condition(body)["message"]
    event = resyncing.wait_event("reported", "DriftReported")
    assert event["type"] == "Warning"

    resyncing.declare("reported", service, {"description": "newer"}, drift={"policy": "Report"})
    resyncing.converged("reported")
    assert resyncing.sent(service, "description") == ["wanted", "newer"]


def test_a_reported_drift_is_restored_once_the_policy_says_so(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("restored", service, WANTED, drift={"policy": "Report"})
    resyncing.site.drift(service, {"description": "by hand"})
    resyncing.wait("restored", "DriftReported")
    resyncing.declare("restored", service, WANTED, drift={"policy": "Correct"})
    resyncing.converged("restored")
    assert resyncing.site.document(service)["description"] == "wanted"


def test_an_ignored_drift_is_no_drift_and_a_repair_leaves_it_alone(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("ignoring", service, WANTED, drift={"ignorePaths": ["settings.description"]})
    resyncing.site.drift(service, {"description": "by hand"})
    resyncing.looked_at(service, times=2)
    resyncing.converged("ignoring")
    assert len(resyncing.edits(service)) == 1

    resyncing.site.drift(service, {"properties.maxRecordCount": "17"})
    resyncing.wait_edits(service, 2)
    resyncing.converged("ignoring")
    document = resyncing.site.document(service)
    assert (document["description"], document["properties"]["maxRecordCount"]) == ("by hand", "2000")


@pytest.mark.parametrize(
    ("pause", "site_says", "service_says"),
    [
        ({"suspend": True}, "Suspended", "Suspended"),
        ({"managementPolicy": "Observe"}, "Reachable", "Observing"),
    ],
    ids=["suspended", "observed"],
)
def test_many_drifts_wait_for_a_person_and_a_restart_forgets_neither_question_nor_answer(
    control_plane: Cluster, pause: Json, site_says: str, service_says: str
) -> None:
    """The site is suspended while it is restored, or observed."""
    held: Json = {"massRepair": {"count": 2, "percent": 0}}
    with Workbench(control_plane) as bench:
        bench.start_site("--services=12")
        bench.register(drift=held)
        bench.start_operator(resync_seconds=1)
        names = {f"one-{number}": bench.fresh_service() for number in range(8)}
        for name, service in names.items():
            bench.declare(name, service, {"description": "wanted"})
        for name in names:
            bench.converged(name)
        bench.register(drift=held, **pause)
        bench.wait("prod", site_says, plural=SITES)
        for name, service in names.items():
            bench.site.drift(service, {"description": "restored from a backup"})
            bench.wait(name, service_says)
        bench.register(drift=held)
        for name in names:
            bench.wait(name, "SiteDiverged")
        site = bench.wait("prod", "SiteDiverged", plural=SITES)
        assert "8 services of this site differ" in condition(site)["message"]

        bench.operator.kill()
        bench.start_operator("another", resync_seconds=1)
        bench.looked_at(names["one-0"], times=2)
        bench.declare("one-0", names["one-0"], {"description": "a new wish"})
        bench.converged("one-0")
        assert [len(bench.edits(service)) for service in names.values()] == [2, *[1] * 7]

        question = site["status"]["divergence"]["id"]
        assert f"arcgis-operator.dev/restoreDrift={question}" in condition(site)["message"]
        bench.kubectl(
            "annotate",
            "agsite",
            "prod",
            "-n",
            bench.namespace,
            f"arcgis-operator.dev/restoreDrift={question}",
        )
        for name in names:
            bench.converged(name)
        assert {bench.site.document(service)["description"] for service in names.values()} == {
            "a new wish",
            "wanted",
        }
        assert [len(bench.edits(service)) for service in names.values()] == [2] * 8
        bench.wait("prod", "Reachable", plural=SITES, also=lambda body: "divergence" not in body["status"])
