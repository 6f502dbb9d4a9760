"""Every shape that the site's answers may have, one switch at a time: the outcome is the same."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from arcgis_devcluster import Cluster
from harness.bench import Workbench, condition

SERVICES = 60
SHAPES: dict[str, dict[str, Any]] = {
    "a bare submit reply": {"submit_reply": "2"},
    "job addresses inside the cluster": {"submit_reply": "1", "jobs_url": "internal"},
    "job addresses without the directory": {"jobs_url": "without-admin"},
    "errors of form A": {"error_form": "A"},
    "errors of form B": {"error_form": "B"},
    "errors of form A with their HTTP codes": {"error_form": "A", "error_http": "real"},
    "errors of form B with their HTTP codes": {"error_form": "B", "error_http": "real"},
    "errors inside failed jobs of form B": {"failed_result": "B", "job_messages": "objects"},
    "failed jobs without result and messages": {"failed_result": "absent", "job_messages": "absent"},
    "completed jobs without result": {"completed_result": "absent", "job_resource": "absent"},
    "only our own jobs listed": {"jobs_visible": "own"},
    "jobs that may not be listed": {"jobs_list": "forbidden"},
    "no list of jobs": {"jobs_list": "missing"},
    "edits applied at submission": {"edit_applied": "submit"},
    "documents that are read late": {"stale_read_seconds": 0.5},
    "values turned into texts": {"property_values": "to-strings"},
    "properties kept that an edit left out": {"missing_properties": "kept"},
    "server-owned properties refused": {"server_owned": "rejected", "provider_in_edit": "rejected"},
    "a clock an hour ahead": {"clock_skew_seconds": 3600},
    "a clock an hour behind": {"clock_skew_seconds": -3600},
    "tokens in the body only": {"post_auth": "body", "referer_checked": True},
}


@pytest.fixture(scope="module")
def shared(control_plane: Cluster) -> Iterator[Workbench]:
    """An operator that soon believes that no job from before its start runs, where the site lists none."""
    with Workbench(control_plane) as bench:
        bench.start_site(f"--services={SERVICES}")
        bench.register()
        bench.start_operator(job_timeout_seconds=20)
        yield bench


@pytest.fixture
def switch(shared: Workbench) -> Iterator[Callable[..., None]]:
    """Sets switches, and puts them back at the end; where jobs are not listed, they never were."""
    before = shared.site.world()["switches"]

    def switched(**values: Any) -> None:
        shared.site.switch(**values)
        if {"jobs_list", "version"} & values.keys():
            shared.meet_anew()

    yield switched
    shared.site.switch(**before)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_job_and_its_failure_and_a_missing_service_are_understood(
    shared: Workbench, switch: Callable[..., None], shape: dict[str, Any]
) -> None:
    switch(**shape)
    service = shared.fresh_service()
    name = f"shape-{service[-14:-10]}"
    shared.declare(f"missing-{name}", f"Lab/{name}.MapServer", {"description": "wanted"})
    shared.converge_on(name, service, {"description": "first", "properties": {"maxRecordCount": 5}})
    assert len(shared.edits(service)) == 1
    shared.site.next_job(service=service, outcome="FAILED", seconds=0.1)
    shared.converge_on(name, service, {"description": "second", "properties": {"maxRecordCount": 5}})
    assert shared.sent(service, "description") == ["first", "second", "second"]
    told = [entry["outcome"] for entry in shared.status(name)["history"]]
    assert told == ["Converged", "JobFailed", "Converged"]
    shared.wait(f"missing-{name}", "ServiceNotFound")


def test_a_site_without_asynchronous_jobs_applies_the_edit_at_once(
    shared: Workbench, switch: Callable[..., None]
) -> None:
    switch(version="10.9")
    service = shared.fresh_service()
    shared.converge_on("old-site", service, {"description": "wanted"})
    assert len(shared.edits(service)) == 1


@pytest.mark.parametrize("form", ["A", "B"])
@pytest.mark.parametrize("http", ["200", "real"])
def test_an_edit_refused_as_busy_waits_until_the_other_operation_is_over(
    shared: Workbench, switch: Callable[..., None], form: str, http: str
) -> None:
    switch(busy="refuse", jobs_visible="own", error_form=form, error_http=http)
    service = shared.fresh_service()
    name = f"busy-{form.lower()}-{http}"
    job = shared.site.foreign_job(service, hang=True)
    shared.declare(name, service, {"description": "wanted"})
    body = shared.wait(name, "ServiceBusy")
    assert "another administrative operation" in condition(body)["message"]
    shared.site.finish(job)
    shared.converged(name)
    assert len(shared.edits(service)) == 1


def test_where_jobs_are_listed_no_more_nothing_is_sent_until_they_are_again(
    shared: Workbench, switch: Callable[..., None]
) -> None:
    service = shared.fresh_service()
    shared.converge_on("listed", service, {"description": "first"})
    shared.site.switch(jobs_list="forbidden")
    shared.declare("listed", service, {"description": "second"})
    assert "one may run unseen" in condition(shared.wait("listed", "BadAnswer"))["message"]
    assert shared.sent(service, "description") == ["first"]
    shared.site.switch(jobs_list="ids")
    shared.converged("listed")
    assert shared.sent(service, "description") == ["first", "second"]


def test_a_lost_answer_where_jobs_cannot_be_listed_is_settled_by_reading_the_service(
    shared: Workbench, switch: Callable[..., None]
) -> None:
    switch(jobs_list="forbidden")
    service = shared.fresh_service()
    shared.site.fault({"drop": True}, when="after", operation="edit", service=service)
    shared.converge_on("blind", service, {"description": "wanted"})
    assert len(shared.edits(service)) == 1


def test_a_lost_answer_without_trace_where_jobs_cannot_be_listed_needs_a_person(
    shared: Workbench, switch: Callable[..., None]
) -> None:
    switch(jobs_list="forbidden")
    service = shared.fresh_service()
    shared.site.fault({"drop": True}, when="before", operation="edit", service=service)
    shared.declare("unknown", service, {"description": "wanted"})
    body = shared.wait("unknown", "OutcomeUnknown")
    intent = body["status"]["journal"]["id"]
    assert f"arcgis-operator.dev/abandon={intent}" in condition(body)["message"]
    assert condition(body, "Stalled")["status"] == "True"
    shared.declare("unknown", service, {"description": "newer"})
    shared.wait("unknown", "OutcomeUnknown")
    assert shared.edits(service) == []
    shared.annotate("unknown", abandon=intent)
    shared.converged("unknown")
    assert shared.sent(service, "description") == ["newer"]
