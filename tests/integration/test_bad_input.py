"""Bad input: a clear error at admission, or Stalled with what to do. Nothing is sent, a good spec heals."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.bench import SERVICES, Workbench, condition, resource

TABLE = Path(__file__).resolve().parents[1] / "samples" / "services.yaml"
ROWS: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text())["rows"]
REFUSED = {row["name"]: row for row in ROWS if row["admission"] == "refused" and "settings" in row["spec"]}
DROPPED = "null in the open part has no meaning"  # of a key it knows, the API server drops it at a create
UNREADABLE = {
    row["name"]: row
    for row in ROWS
    if row["admission"] == "accepted" and row["parse"] == "invalid" and row["name"] != DROPPED
    if "settings" in row["spec"]
}
GOOD = {"description": "wanted"}


def stalled(bench: Workbench, name: str, reason: str) -> Any:
    return bench.wait(name, reason, also=lambda body: condition(body, "Stalled").get("status") == "True")


def waits(bench: Workbench, name: str, reason: str) -> Any:
    """For what others may still bring; Stalled comes after the patience."""
    return bench.wait(name, reason, also=lambda body: condition(body, "Reconciling").get("status") == "True")


@pytest.mark.parametrize("row", UNREADABLE.values(), ids=UNREADABLE)
def test_a_spec_that_cannot_be_followed_stalls_and_a_later_good_one_converges(
    shared: Workbench, row: dict[str, Any]
) -> None:
    service = shared.fresh_service()
    name = f"bad-{service[-14:-10]}"
    shared.declare(name, service, row["spec"]["settings"])
    body = stalled(shared, name, "SpecInvalid")
    assert row["parse_message"] in condition(body)["message"]
    assert "spec.settings" in condition(body)["message"]
    assert shared.edits(service) == []
    shared.converge_on(name, service, GOOD)
    assert len(shared.edits(service)) == 1


def test_a_refused_change_leaves_the_service_as_the_last_good_spec_made_it(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.converge_on("refused", service, GOOD)
    for name, row in REFUSED.items():
        body = resource("refused", service, row["spec"]["settings"])
        answer = shared.api.put(SERVICES, "refused", body)
        assert answer.status_code in (400, 422), name
    assert shared.get("refused")["metadata"]["generation"] == 1
    assert len(shared.edits(service)) == 1


def test_a_spec_that_becomes_unreadable_while_its_job_runs_is_told_after_the_job(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, hang=True)
    shared.declare("becomes-bad", service, GOOD)
    job = shared.wait_job("becomes-bad")
    shared.declare("becomes-bad", service, {"properties": {"count": None}})
    body = shared.wait("becomes-bad", "JobRunning")
    assert "leave the line out" in condition(body)["message"]
    shared.site.finish(job)
    stalled(shared, "becomes-bad", "SpecInvalid")
    shared.converge_on("becomes-bad", service, GOOD)
    assert len(shared.edits(service)) == 1


def test_an_edit_that_the_site_refuses_is_not_sent_again(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.switch(unknown_properties="rejected")
    shared.declare("unwelcome", service, {"jsonProperties": {"novel": 1}})
    body = stalled(shared, "unwelcome", "EditRefused")
    assert "Unknown properties: jsonProperties" in condition(body)["message"]
    assert "arcgis-operator.dev/requestedAt" in condition(body)["message"]
    posted = len(shared.site.journal(kind="request", operation="edit", service=service))
    shared.site.switch(unknown_properties="stored")
    assert posted == 1
    shared.converge_on("unwelcome", service, GOOD)
    assert len(shared.edits(service)) == 1


def test_a_site_that_does_not_allow_the_namespace_is_left_alone_until_it_does(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.register(alias="private", access=[])
    shared.declare("stranger", service, GOOD, "private")
    body = waits(shared, "stranger", "SiteNotAllowed")
    assert "spec.access" in condition(body)["message"]
    assert shared.edits(service) == []
    shared.register(alias="private", access=[{"namespaces": {"from": "Same"}}])
    shared.converged("stranger")


def test_the_sites_own_folders_must_be_allowed_by_name(shared: Workbench) -> None:
    service = "Hosted/WildfireResponse.FeatureServer"
    shared.declare("hosted", service, GOOD)
    waits(shared, "hosted", "SiteNotAllowed")
    assert shared.edits(service) == []


def test_a_resource_that_declares_nothing_is_ready_and_says_so(shared: Workbench) -> None:
    service = shared.fresh_service()
    body = shared.converge_on("empty", service, {})
    assert "0 settings are declared" in condition(body)["message"]
    assert shared.edits(service) == []
