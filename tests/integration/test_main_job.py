"""The main job: one change of the spec is one edit, and the status holds the whole truth, in few writes."""

import json
import re

from harness.apiserver import written_at
from harness.bench import SERVICES, SITES, Workbench, condition, ready

WORDS = ["SUBMITTED", "EXECUTING", "COMPLETED"]


def test_one_change_of_the_spec_is_one_edit_and_four_status_writes(bench: Workbench) -> None:
    service = "FireWeatherWatch.MapServer"
    bench.start_site("--job-seconds=2.5", "--submitted-seconds=0.1")
    bench.register()
    bench.start_operator(poll_seconds=1, poll_max_seconds=1)
    body = bench.converge_on("fire-weather", service, {"description": "updated hourly"})

    job = bench.edits(service)[0]["job"]
    ended = bench.site.journal(kind="job", job=job, status="COMPLETED")[0]
    writes = bench.status_writes("fire-weather")
    proved = [entry for entry in writes if condition(entry["responseObject"])["status"] == "True"]

    assert bench.site.stats()["services"][service] == {"edits": 1, "restarts": 1, "jobs": [job]}
    assert len(writes) <= 4, bench.story("fire-weather")
    assert bench.reasons("fire-weather") == ["Submitting", "JobRunning", "Converged"]
    assert 0 <= written_at(proved[0]) - ended["time_ms"] / 1000 < 2
    assert body["status"]["job"]["id"] == job
    assert re.fullmatch("[0-9a-f]{32}", body["status"]["journal"]["id"]), "a W3C trace id"
    assert body["status"]["job"]["result"]["service"]["description"] == "updated hourly"
    assert bench.site.document(service)["description"] == "updated hourly"


def test_the_sites_own_words_are_shown_while_its_job_runs(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, submitted_seconds=1, seconds=3)
    shared.converge_on("words", service, {"description": "wanted"})
    shown = [entry["responseObject"]["status"].get("job", {}) for entry in shared.status_writes("words")]
    assert [job["status"] for job in shown if job.get("id")] == WORDS


def test_an_unchanged_resource_is_not_written_again(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("calm", service, {"description": "wanted"})
    before = len(resyncing.status_writes("calm"))
    resyncing.looked_at(service, times=3)
    assert len(resyncing.status_writes("calm")) == before
    assert len(resyncing.edits(service)) == 1


def test_a_resource_that_matches_from_the_start_sends_nothing(shared: Workbench) -> None:
    service = shared.fresh_service()
    live = shared.site.document(service)["properties"]["maxRecordCount"]
    shared.converge_on("adopted", service, {"properties": {"maxRecordCount": int(live)}})
    assert shared.edits(service) == []
    assert len(shared.status_writes("adopted")) == 1


def test_a_restart_of_the_operator_changes_nothing_that_is_converged(bench: Workbench) -> None:
    bench.start_site("--services=3")
    bench.register()
    bench.start_operator("first")
    services = {f"layer-{number}": bench.fresh_service() for number in range(3)}
    for name, service in services.items():
        bench.declare(name, service, {"description": "wanted"})
    for name in services:
        bench.converged(name)
    bench.wait("prod", "Reachable", plural=SITES, also=lambda s: s["status"]["services"]["attached"] == 3)
    assert bench.operator.terminate() == 0

    before = {name: len(bench.status_writes(name)) for name in services}
    site_before = len(bench.status_writes("prod", SITES))
    bench.start_operator("second", resync_seconds=1)
    for service in services.values():
        bench.looked_at(service, times=2)

    assert [len(bench.edits(service)) for service in services.values()] == [1, 1, 1]
    assert {name: len(bench.status_writes(name)) for name in services} == before
    assert len(bench.status_writes("prod", SITES)) == site_before + 2, "its first login is noted, then is not"


def test_a_change_that_goes_live_is_one_event_with_its_job_and_what_was_changed(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, seconds=1)
    shared.converge_on("events", service, {"description": "wanted"})
    job = shared.edits(service)[0]["job"]
    event = shared.wait_event("events", "Converged")
    assert job in event["note"]
    assert event["note"].endswith('→ "wanted".')
    assert "Changed: settings.description " in event["note"]
    assert [(one["reason"], one["type"]) for one in shared.api.events("events")] == [("Converged", "Normal")]


def test_a_spec_of_300_kilobytes_is_one_edit_like_any_other(shared: Workbench) -> None:
    """Row S15: no copy of the spec is kept anywhere, so no limit of annotations is met."""
    service = shared.fresh_service()
    properties = {f"long{number:03}": "x" * 3000 for number in range(100)}
    shared.converge_on("large", service, {"properties": properties})
    assert properties.items() <= shared.site.document(service)["properties"].items()
    shared.api.merge(SERVICES, "large", {"metadata": {"labels": {"colleague": "was-here"}}})
    shared.ask_again("large")
    shared.wait("large", "Converged", also=lambda body: body["status"].get("lastHandledReconcileAt"))
    assert len(shared.edits(service)) == 1
    assert len(json.dumps(shared.status("large"))) < 32 * 1024


def test_ready_is_unknown_and_pending_before_the_first_look(bench: Workbench) -> None:
    body = bench.declare("early", "FireWeatherWatch.MapServer", {"description": "wanted"})
    assert (condition(body)["status"], ready(body)) == ("Unknown", "Pending")
    assert body["status"]["observedGeneration"] == -1


def test_the_metrics_tell_how_many_resources_stand_how(bench: Workbench) -> None:
    def shown(kind: str, ready: str, reason: str, count: int) -> bool:
        labels = f'kind="{kind}",ready="{ready}",reason="{reason}"'
        return f"arcgis_operator_resources{{{labels}}} {count}.0" in bench.metrics()

    bench.start_site("--services=2")
    bench.register()
    bench.start_operator()
    first, second = bench.fresh_service(), bench.fresh_service()
    bench.converge_on("one", first, {"description": "wanted"})
    bench.converge_on("two", second, {"description": "wanted"})
    bench.site.wait_for(lambda: shown("service", "True", "Converged", 2))
    bench.site.wait_for(lambda: shown("site", "True", "Reachable", 1))
    bench.kubectl("delete", "arcgisservice", "two")
    bench.site.wait_for(lambda: shown("service", "True", "Converged", 1))
