"""Jobs that do not end well: a few tries with pauses, then a person is told what to do."""

from typing import Any

import pytest

from harness.bench import Workbench, condition

SETTINGS = {"description": "wanted"}
SAID = "insufficient memory on the node"

ENDS: dict[str, dict[str, Any]] = {
    "FAILED": {"outcome": "FAILED", "messages": [SAID]},
    "FAILED without a word": {"outcome": "FAILED", "messages": [], "result": {}},
    "CANCELLED": {"outcome": "CANCELLED"},
    "TIMED OUT": {"outcome": "TIMED OUT"},
    "TIME OUT": {"outcome": "TIME OUT"},
    "TIMED_OUT": {"outcome": "TIMED_OUT"},
}


def stalled(bench: Workbench, name: str, reason: str) -> Any:
    return bench.wait(name, reason, also=lambda body: condition(body, "Stalled").get("status") == "True")


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_three_jobs_that_end_badly_stall_the_resource_and_a_better_spec_converges(
    shared: Workbench, end: dict[str, Any]
) -> None:
    service = shared.fresh_service()
    name = f"failing-{service[-14:-10]}"
    shared.site.next_job(service=service, times=3, seconds=0.1, **end)
    shared.declare(name, service, SETTINGS)
    body = stalled(shared, name, "JobFailed")
    job = shared.edits(service)[-1]["job"]
    assert len(shared.edits(service)) == 3
    assert job in condition(body)["message"]
    assert "arcgis-operator.dev/requestedAt" in condition(body)["message"]
    assert body["status"]["job"]["status"] == end["outcome"]
    assert body["status"]["job"]["attempt"] == 3
    assert shared.most_jobs_at_once(service) == 1

    shared.converge_on(name, service, {"description": "better"})
    assert len(shared.edits(service)) == 4


def test_a_failed_job_says_what_the_site_said_and_when_the_next_try_is(bench: Workbench) -> None:
    service = "FireWeatherWatch.MapServer"
    bench.start_site()
    bench.register()
    bench.start_operator(retry_seconds=2)
    bench.site.next_job(service=service, outcome="FAILED", messages=[SAID])
    bench.declare("told", service, SETTINGS)
    body = bench.came_to("told", "JobFailed")
    assert SAID in condition(body)["message"]
    assert "Attempt 2 follows at" in condition(body)["message"]
    assert condition(body, "Reconciling")["status"] == "True"
    bench.converged("told")
    assert len(bench.edits(service)) == 2


def test_a_person_may_ask_for_one_more_try(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, times=3, outcome="FAILED", seconds=0.1)
    shared.declare("asked", service, SETTINGS)
    stalled(shared, "asked", "JobFailed")
    shared.ask_again("asked")
    shared.converged("asked")
    assert len(shared.edits(service)) == 4
    assert shared.status("asked")["lastHandledReconcileAt"]


def test_a_completed_job_with_an_error_inside_has_failed(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, hang=True, times=3)
    shared.declare("inside", service, SETTINGS)
    for number in range(3):
        shared.wait_edits(service, number + 1)
        job = shared.edits(service)[number]["job"]
        shared.site.fault({"json": completed_with_error(job, service)}, times=None, path=f"/jobs/{job}$")
        shared.site.finish(job, "FAILED")
    body = stalled(shared, "inside", "JobFailed")
    assert "Service failed to start." in condition(body)["message"]
    assert body["status"]["job"]["status"] == "COMPLETED"
    assert len(shared.edits(service)) == 3
    shared.site.clear_faults()


def completed_with_error(job: str, service: str) -> dict[str, Any]:
    """Source: ArcGIS Server's Job page shows such a job."""
    return {
        "jobid": job,
        "status": "COMPLETED",
        "operationURI": f"/arcgis/admin/services/{service}/edit",
        "username": "siteadmin",
        "starttime": 1700000000000,
        "endtime": 1700000001000,
        "result": {"status": "error", "code": 500, "messages": ["Service failed to start."]},
    }


def test_a_completed_job_with_an_error_inside_whose_settings_are_live_is_converged(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, result={"error": {"code": 500, "message": "late", "details": []}})
    shared.converge_on("warned", service, SETTINGS)
    assert len(shared.edits(service)) == 1


def test_settings_that_the_site_ignores_are_given_up_after_three_jobs(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.switch(unknown_properties="dropped")
    shared.declare("ignored", service, {"description": "wanted", "jsonProperties": {"novel": 1}})
    body = stalled(shared, "ignored", "EditNotSticking")
    shared.site.switch(unknown_properties="stored")
    assert "settings.jsonProperties.novel" in condition(body)["message"]
    assert len(shared.edits(service)) == 3
    shared.converge_on("ignored", service, {"description": "wanted"})
    assert len(shared.edits(service)) == 3


def test_a_job_that_is_unavailable_for_a_while_is_waited_for(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, unavailable=4)
    shared.converge_on("hidden", service, SETTINGS)
    assert len(shared.edits(service)) == 1


@pytest.mark.parametrize("code", [404, 400, 500])
def test_a_job_forgotten_while_it_runs_is_presumed_to_run(shared: Workbench, code: int) -> None:
    """Nobody knows how the site answers an id that it does not know; its list has no such job."""
    service, name = shared.fresh_service(), f"forgotten-{code}"
    shared.site.switch(unknown_job_code=code)
    shared.site.next_job(service=service, seconds=2)
    shared.declare(name, service, SETTINGS)
    shared.site.forget(shared.wait_job(name, "EXECUTING"))
    body = shared.came_to(name, "LookingForJob")
    assert "treated as running" in condition(body)["message"]
    shared.converged(name)
    shared.site.switch(unknown_job_code=404)
    assert len(shared.edits(service)) == 1


def test_a_job_that_runs_too_long_is_followed_and_one_that_is_lost_too_long_is_replaced(
    bench: Workbench,
) -> None:
    bench.start_site("--services=2")
    bench.register()
    bench.start_operator(job_timeout_seconds=1.5)
    late, lost = bench.fresh_service(), bench.fresh_service()
    for service in (late, lost):
        bench.site.next_job(service=service, hang=True)
    bench.declare("late", late, SETTINGS)
    bench.declare("lost", lost, SETTINGS)
    late_job = bench.wait_job("late")
    bench.site.forget(bench.wait_job("lost"))

    bench.wait("late", "JobOverdue")
    bench.converged("lost")
    assert (len(bench.edits(late)), len(bench.edits(lost))) == (1, 2)
    bench.site.finish(late_job)
    bench.converged("late")
    assert len(bench.edits(late)) == 1
