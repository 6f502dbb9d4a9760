"""Whose pods run a service: changed by a request without a job, before the settings, and proved."""

from typing import Any

from harness.bench import Workbench, condition

Json = Any
WANTED = {"description": "wanted"}
SENDS = "changeProvider"


def test_the_provider_is_changed_before_the_settings_and_both_before_ready(shared: Workbench) -> None:
    service = shared.fresh_service()
    before = shared.site.document(service)
    body = shared.converge_on("pods", service, WANTED, provider="DMaps")
    assert shared.operations(service) == [SENDS, "edit"]
    live = shared.site.document(service)
    assert (live["description"], live["provider"]) == ("wanted", "DMaps")
    assert live["deploymentId"] != before["deploymentId"]
    kept = {"description", "provider", "deploymentId"}
    assert {k: v for k, v in live.items() if k not in kept} == {
        k: v for k, v in before.items() if k not in kept
    }
    history = body["status"]["history"]
    assert [(entry["operation"], entry["outcome"]) for entry in history] == [
        ("edit", "Converged"),
        (SENDS, "Applied"),
    ]
    assert body["status"]["observed"]["provider"] == "DMaps"
    assert condition(body)["message"].startswith("2 declared settings verified on the site")
    assert set(body["status"]["journal"]["attempts"]) == {SENDS, "edit"}


def test_a_provider_alone_is_declared_and_changed_back(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.converge_on("back", service, {}, provider="DMaps")
    shared.converge_on("back", service, {}, provider="ArcObjects11")
    shared.converge_on("back", service, {}, provider="ArcObjects11")
    assert shared.operations(service) == [SENDS, SENDS]


def test_a_provider_that_a_colleague_changes_is_put_back(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("own", service, WANTED, provider="ArcObjects11")
    resyncing.site.drift(service, {"provider": "DMaps"})
    told = resyncing.wait_event("own", "DriftDetected")
    assert 'provider was changed on the site: found "DMaps", declared "ArcObjects11"' in told["note"]
    resyncing.site.wait_for(lambda: resyncing.site.document(service)["provider"] == "ArcObjects11")
    resyncing.converged("own")
    assert resyncing.operations(service) == ["edit", SENDS]


def test_a_provider_that_is_not_declared_is_left_alone(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("free", service, WANTED)
    resyncing.site.drift(service, {"provider": "DMaps"})
    resyncing.looked_at(service, times=2)
    assert resyncing.operations(service) == ["edit"]


def test_a_refusal_is_shown_as_the_site_said_it_and_is_given_up_after_three(shared: Workbench) -> None:
    """A service of a type that cannot share pods."""
    service = "Transport/Addresses.GeocodeServer"
    shared.declare("refused", service, WANTED, provider="DMaps")
    body = shared.wait(
        "refused", "EditRefused", also=lambda one: condition(one, "Stalled").get("status") == "True"
    )
    told = condition(body)["message"]
    assert "The site refused the change of provider (500): Changing the provider of the service" in told
    assert "is not permitted" in told
    assert "Giving up after 3 attempts. Fix the cause or the spec" in told
    assert shared.operations(service) == []


def test_a_provider_that_cannot_be_exchanged_gets_nothing(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.drift(service, {"provider": "SDS"})
    shared.declare("fixed", service, WANTED, provider="DMaps")
    body = shared.wait("fixed", "ShapeMismatch")
    assert "The site runs the service with provider SDS." in condition(body)["message"]
    assert shared.operations(service) == []


def test_a_change_whose_answer_is_lost_is_ready_when_it_shows_and_what_follows_waits(
    bench: Workbench,
) -> None:
    service = waits_at_most(bench, job_timeout_seconds=6)
    bench.site.fault({"drop": True}, when="after", operation=SENDS, service=service)
    bench.converge_on("lost", service, {}, provider="DMaps")
    assert bench.get("lost")["status"]["journal"]["phase"] == "Intended"
    bench.declare("lost", service, WANTED, provider="DMaps")
    told = condition(bench.wait("lost", "LookingForJob"))["message"]
    assert "It has no job that could be looked for, so it may still be under way" in told
    assert bench.operations(service) == [SENDS]
    bench.converged("lost")
    assert bench.operations(service) == [SENDS, "edit"]


def test_a_change_that_never_arrived_is_sent_once_more(bench: Workbench) -> None:
    service = waits_at_most(bench, job_timeout_seconds=3)
    bench.site.fault({"drop": True}, when="before", operation=SENDS, service=service)
    bench.converge_on("again", service, {}, provider="DMaps")
    assert bench.operations(service) == [SENDS]


def waits_at_most(bench: Workbench, job_timeout_seconds: float) -> str:
    """A service of a site, and an operator that waits so long, and a settle time, for what has no job."""
    bench.start_site("--services=3")
    bench.register()
    bench.start_operator(settle_seconds=2, job_timeout_seconds=job_timeout_seconds)
    return bench.fresh_service()
