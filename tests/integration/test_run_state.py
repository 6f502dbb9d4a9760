"""Whether a service runs, declared beside its settings: an operation of its own, after them, and proved."""

from typing import Any

from harness.bench import Workbench, condition

Json = Any
WANTED = {"description": "wanted"}


def test_the_settings_are_live_before_the_service_is_stopped_and_both_before_ready(shared: Workbench) -> None:
    service = shared.fresh_service()
    body = shared.converge_on("both", service, WANTED, configuredState="STOPPED")
    assert shared.operations(service) == ["edit", "stop"]
    assert shared.most_jobs_at_once(service) == 1
    live = shared.site.document(service)
    assert (live["description"], live["configuredState"]) == ("wanted", "STOPPED")
    assert body["status"]["job"]["operation"] == "stop"
    assert [entry["operation"] for entry in body["status"]["history"]] == ["stop", "edit"]
    assert body["status"]["observed"]["configuredState"] == "STOPPED"
    assert set(body["status"]["journal"]["attempts"]) == {"edit", "stop"}
    assert condition(body)["message"].startswith("2 declared settings verified on the site")
    told = shared.wait_event("both", "PartlyLive")
    assert "The edit is verified on the site" in told["note"]


def test_a_state_alone_is_declared_and_changed_back(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.converge_on("alone", service, {}, configuredState="STOPPED")
    shared.converge_on("alone", service, {}, configuredState="STARTED")
    assert shared.operations(service) == ["stop", "start"]
    shared.converge_on("alone", service, {}, configuredState="STARTED")
    assert shared.operations(service) == ["stop", "start"]


def test_a_service_that_a_colleague_stops_is_started_again_and_its_settings_stay(
    resyncing: Workbench,
) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("runs", service, WANTED, configuredState="STARTED")
    resyncing.site.drift(service, {"configuredState": "STOPPED"})
    told = resyncing.wait_event("runs", "DriftDetected")
    assert 'configuredState was changed on the site: found "STOPPED", declared "STARTED"' in told["note"]
    resyncing.site.wait_for(lambda: resyncing.site.document(service)["configuredState"] == "STARTED")
    resyncing.converged("runs")
    assert resyncing.operations(service) == ["edit", "start"]


def test_a_state_that_is_not_declared_is_left_alone(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("free", service, WANTED)
    resyncing.site.drift(service, {"configuredState": "STOPPED"})
    resyncing.looked_at(service, times=2)
    assert resyncing.operations(service) == ["edit"]


def test_a_start_whose_job_fails_is_tried_three_times_and_the_settings_stay_live(bench: Workbench) -> None:
    bench.start_site("--services=3")
    bench.register()
    bench.start_operator(retry_seconds=1)
    service = bench.fresh_service()
    bench.site.drift(service, {"configuredState": "STOPPED"})
    bench.converge_on("broken", service, WANTED)
    for _ in range(3):
        bench.site.next_job(service=service, outcome="FAILED")
    bench.declare("broken", service, WANTED, configuredState="STARTED")
    body = bench.wait(
        "broken", "JobFailed", also=lambda one: condition(one, "Stalled").get("status") == "True"
    )
    assert bench.operations(service) == ["edit", "start", "start", "start"]
    attempts = body["status"]["journal"]["attempts"]
    assert (attempts["start"]["ended"], attempts["edit"].get("ended", 0)) == (3, 0)


def test_a_stop_whose_answer_is_lost_is_sent_once_and_so_is_the_edit_before_it(bench: Workbench) -> None:
    bench.start_site("--services=3")
    bench.register()
    bench.start_operator(settle_seconds=3)
    service = bench.fresh_service()
    for operation in ("edit", "stop"):
        bench.site.fault({"drop": True}, when="after", operation=operation, service=service)
    bench.converge_on("lost", service, WANTED, configuredState="STOPPED")
    assert bench.operations(service) == ["edit", "stop"]
    assert bench.most_jobs_at_once(service) == 1
