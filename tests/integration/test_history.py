"""What was done to a service stands in its status: who reads it later needs neither log nor events."""

from typing import Any

from harness.bench import SERVICES, Workbench

Json = Any
SERVICE = "FireWeatherWatch.MapServer"


def told(body: Json, *names: str) -> list[tuple[Json, ...]]:
    """These fields of each entry, the newest first."""
    return [tuple(entry.get(name) for name in names) for entry in body["status"]["history"]]


def test_failures_repairs_and_changes_are_told_once_each_and_outlive_the_operator(bench: Workbench) -> None:
    bench.start_site()
    bench.register()
    bench.start_operator(resync_seconds=1)
    wanted = {"description": "wanted", "properties": {"maxRecordCount": 7}}
    bench.converge_on("told", SERVICE, wanted)
    bench.site.next_job(service=SERVICE, outcome="FAILED", seconds=0.1)
    bench.converge_on("told", SERVICE, {**wanted, "description": "later"})
    assert bench.operator.terminate() == 0
    bench.site.drift(SERVICE, {"description": "by hand"})
    bench.start_operator("second", resync_seconds=1)
    bench.wait_edits(SERVICE, 4)
    body = bench.converged("told")

    jobs = [edit["job"] for edit in reversed(bench.edits(SERVICE))]
    assert [job for (job,) in told(body, "id")] == jobs
    assert told(body, "outcome", "cause", "status", "attempt", "generation") == [
        ("Converged", "Drift", "COMPLETED", 1, 2),
        ("Converged", "Spec", "COMPLETED", 2, 2),
        ("JobFailed", "Spec", "FAILED", 1, 2),
        ("Converged", "Spec", "COMPLETED", 1, 1),
    ]
    assert told(body, "changeCount", "paths")[0] == (1, ["settings.description"])
    assert told(body, "changeCount", "paths")[3] == (
        2,
        ["settings.description", "settings.properties.maxRecordCount"],
    )
    assert all(sent <= over for sent, over in told(body, "submitTime", "endTime"))
    assert "by hand" not in str(body["status"]["history"])

    writes = len(bench.status_writes("told"))
    bench.looked_at(SERVICE, times=3)
    assert len(bench.status_writes("told")) == writes, "nothing changes, so nothing is written"


def test_an_approved_change_says_so_and_a_wiped_history_decides_nothing(shared: Workbench) -> None:
    service = shared.fresh_service()
    change = {"approval": "Manual"}
    shared.declare("asked", service, {"description": "wanted"}, change=change)
    plan = shared.wait("asked", "AwaitingApproval")["status"]["plan"]
    assert "approved" not in plan
    change["approvedPlan"] = plan["hash"]
    body = shared.converge_on("asked", service, {"description": "wanted"}, change=change)
    assert told(body, "approved", "plan", "outcome") == [(True, plan["hash"], "Converged")]

    shared.api.merge(SERVICES, "asked", {"status": {"history": None}}, subresource="status")
    shared.ask_again("asked")
    shared.wait("asked", "Converged", also=lambda body: body["status"].get("lastHandledReconcileAt"))
    assert len(shared.edits(service)) == 1
