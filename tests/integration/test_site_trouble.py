"""A site that is away, turns us away or answers nonsense: said on the resource, and healed by itself."""

import json
from typing import Any

import pytest

from harness.bench import AWAY, PASSWORD, SITES, Workbench, condition, ready

SERVICE = "FireWeatherWatch.MapServer"
OTHER = "SampleWorldCities.MapServer"
SETTINGS = {"description": "wanted"}
TURN_MS = 1000
"""What was under way when a pause began has gone out by then."""


def logins(bench: Workbench) -> int:
    return len(bench.site.journal(kind="request", operation="token"))


def test_a_wrong_password_is_not_tried_in_a_row_and_a_right_one_is_taken_up(bench: Workbench) -> None:
    bench.start_site("--services=3")
    bench.register()
    bench.api.set_secret("prod-admin", {"password": "wrong"})
    bench.start_operator()
    services = {f"layer-{number}": bench.fresh_service() for number in range(3)}
    for name, service in services.items():
        bench.declare(name, service, SETTINGS)
    for name in services:
        body = bench.wait(name, "CredentialsRejected")
        assert condition(body, "Reconciling")["status"] == "True"
        assert "Login refused" in condition(body)["message"]
    assert bench.wait("prod", "CredentialsRejected", plural=SITES)
    assert logins(bench) == 1

    bench.api.set_secret("prod-admin", {"password": PASSWORD})
    for name, service in services.items():
        bench.converged(name)
        assert len(bench.edits(service)) == 1
    bench.wait("prod", "Reachable", plural=SITES)


def test_a_password_rotated_while_a_job_runs_is_taken_up_from_the_secret(bench: Workbench) -> None:
    bench.start_site()
    bench.register()
    bench.start_operator()
    bench.site.next_job(service=SERVICE, hang=True)
    bench.declare("rotated", SERVICE, SETTINGS)
    job = bench.wait_job("rotated")
    bench.site.set_user("siteadmin", "rotated password")
    bench.site.expire_tokens()
    bench.wait("rotated", "CredentialsRejected")
    bench.site.finish(job)
    bench.api.set_secret("prod-admin", {"password": "rotated password"})
    bench.converged("rotated")
    assert len(bench.edits(SERVICE)) == 1


def test_a_secret_or_ca_that_cannot_be_used_is_named(bench: Workbench) -> None:
    bench.start_site("--services=3")
    bench.register()
    bench.register(alias="no-secret", credentials={"secretRef": {"name": "missing"}})
    bench.register(alias="no-ca", tls={"caCertificateRef": {"name": "missing"}})
    bench.register(alias="no-trust", tls={})
    bench.start_operator()
    for site, reason, words in (
        ("no-secret", "CredentialsUnreadable", f"Secret {bench.namespace}/missing does not exist"),
        ("no-ca", "CredentialsUnreadable", f"ConfigMap {bench.namespace}/missing does not exist"),
        ("no-trust", AWAY, "certificate"),
    ):
        bench.declare(site, bench.fresh_service(), SETTINGS, site)
        assert words in condition(bench.came_to(site, reason))["message"], site
    assert bench.site.stats()["edits"] == 0


def test_an_expired_token_is_renewed_and_nobody_notices(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, hang=True)
    shared.declare("expired", service, SETTINGS)
    job = shared.wait_job("expired", "EXECUTING")
    shared.site.expire_tokens()
    shared.site.finish(job)
    shared.converged("expired")
    shared.site.expire_tokens()
    shared.converge_on("expired", service, {"description": "newer"})
    assert len(shared.edits(service)) == 2
    assert set(shared.reasons("expired")) == {"Submitting", "JobRunning", "Converged"}


def test_a_site_that_is_away_and_comes_back_gets_the_change_once(bench: Workbench) -> None:
    bench.start_site("--seed=one")
    bench.register()
    bench.start_operator(resync_seconds=2)
    bench.converge_on("calm", OTHER, {"description": "Cities of the world"})
    bench.sites["prod"].process.kill()

    bench.declare("changed", SERVICE, SETTINGS)
    body = bench.came_to("changed", AWAY)
    assert condition(body)["status"] == "Unknown"
    assert condition(body, "Reconciling")["status"] == "True"
    body = bench.wait("prod", "SiteUnreachable or CircuitOpen", plural=SITES)
    assert "connect" in condition(body)["message"].lower()
    assert condition(bench.get("calm"))["status"] == "True"

    bench.restart_site("--seed=one")
    bench.converged("changed")
    bench.wait("prod", "Reachable", plural=SITES)
    assert len(bench.edits(SERVICE)) == 1
    assert bench.edits(OTHER) == []


def test_a_site_that_is_away_for_long_is_asked_as_often_as_was_set(bench: Workbench) -> None:
    """Of the longest pause between two tries, one second here, nothing makes more; none is written down."""
    site = bench.start_site("--services=1")
    bench.register()
    bench.start_operator(backoff_seconds=1)
    service = bench.fresh_service()
    bench.converge_on("away", service, SETTINGS)
    site.fault({"status": 503, "html": True}, times=None)
    bench.declare("away", service, {"description": "wanted again"})
    said = bench.wait("away", "CircuitOpen")
    seen = len(site.journal(kind="request"))
    site.wait_for(lambda: len(site.journal(kind="request")) >= seen + 8, timeout_seconds=25)
    assert bench.get("away")["metadata"]["resourceVersion"] == said["metadata"]["resourceVersion"]
    site.clear_faults()
    bench.converged("away")
    assert len(bench.edits(service)) == 2


def test_an_authority_that_changes_is_taken_up(bench: Workbench) -> None:
    bench.start_site()
    bench.start_site(name="other")
    bench.register("other")
    bench.register(tls={"caCertificateRef": {"name": "other-ca"}})
    bench.start_operator()
    bench.declare("untrusted", SERVICE, SETTINGS)
    bench.came_to("untrusted", AWAY)
    right = {"data": {"ca.crt": bench.sites["prod"].ca}}
    bench.kubectl("patch", "configmap", "other-ca", "--type=merge", f"--patch={json.dumps(right)}")
    bench.converged("untrusted")
    assert len(bench.edits(SERVICE)) == 1


def test_a_site_that_hangs_while_its_job_runs_is_waited_for(bench: Workbench) -> None:
    bench.start_site("--job-seconds=1")
    bench.register()
    bench.start_operator(site_read_seconds=0.5)
    bench.declare("frozen", SERVICE, SETTINGS)
    bench.wait_job("frozen")
    bench.sites["prod"].process.freeze()
    bench.came_to("frozen", AWAY)
    bench.sites["prod"].process.thaw()
    bench.converged("frozen")
    assert len(bench.edits(SERVICE)) == 1


def test_a_ready_service_outlives_an_outage_only_for_a_while(bench: Workbench) -> None:
    bench.start_site()
    bench.register()
    bench.start_operator(resync_seconds=1, stale_after_seconds=3, site_read_seconds=0.5)
    bench.converge_on("stale", OTHER, {"description": "Cities of the world"})
    bench.sites["prod"].process.freeze()
    body = bench.came_to("stale", AWAY, also=lambda body: condition(body)["status"] == "Unknown")
    bench.sites["prod"].process.thaw()
    bench.converged("stale")
    assert "Reconciling" in [one["type"] for one in body["status"]["conditions"]]
    assert bench.edits(OTHER) == []


def test_a_site_that_asks_for_a_pause_gets_it_from_all_services(bench: Workbench) -> None:
    bench.start_site()
    bench.register()
    bench.start_operator(backoff_seconds=5)
    later = {"status": 503, "headers": {"retry-after": "3"}, "body": ""}
    bench.site.fault(later, when="instead", times=1, operation="jobs")
    bench.declare("first", OTHER, SETTINGS)
    bench.came_to("first", "SiteBusy")
    asked = bench.site.journal(kind="request", operation="jobs")[-1]
    bench.declare("meanwhile", SERVICE, SETTINGS)
    bench.came_to("meanwhile", "SiteBusy")
    bench.converged("meanwhile")
    since = [one["time_ms"] - asked["time_ms"] for one in bench.site.journal(asked["seq"], kind="request")]
    assert min(one for one in since if one > TURN_MS) >= 3000, since
    assert len(bench.edits(SERVICE)) == 1


def test_a_document_that_cannot_be_read_for_long_says_so_though_its_site_answers(bench: Workbench) -> None:
    """What the site answers of its jobs and of other services is no word about this one."""
    bench.start_site()
    bench.register()
    bench.start_operator(resync_seconds=1, stale_after_seconds=3)
    bench.converge_on("unread", OTHER, {"description": "Cities of the world"})
    bench.site.fault({"html": True}, when="instead", times=None, operation="service", service=OTHER)
    bench.came_to("unread", "BadAnswer", also=lambda body: condition(body)["status"] == "Unknown")
    bench.site.clear_faults()
    bench.converged("unread")
    assert bench.edits(OTHER) == []


NONSENSE: dict[str, tuple[dict[str, Any], str]] = {
    "a web page": ({"html": True}, "BadAnswer"),
    "a JSON list": ({"json": ["a"]}, "BadAnswer"),
    "a document of another shape": ({"json": {"properties": "none", "extensions": []}}, "BadAnswer"),
    "half a document": ({"body": '{"serviceName": "La'}, "BadAnswer"),
    "a server error": ({"status": 500, "body": "Internal Server Error"}, "SiteUnreachable"),
    "a request to come later": ({"status": 429, "headers": {"retry-after": "1"}, "body": ""}, "SiteBusy"),
    "a redirection": (
        {"status": 302, "headers": {"location": "https://sso.example/"}, "body": ""},
        "BadAnswer",
    ),
}


@pytest.mark.parametrize(("answer", "reason"), NONSENSE.values(), ids=NONSENSE)
def test_nothing_is_sent_while_the_document_cannot_be_read(
    shared: Workbench, answer: dict[str, Any], reason: str
) -> None:
    service = shared.fresh_service()
    name = f"nonsense-{service[-14:-10]}"
    shared.site.fault(answer, when="instead", times=None, operation="service", service=service)
    shared.declare(name, service, SETTINGS)
    shared.came_to(name, reason)
    assert shared.edits(service) == []
    shared.site.clear_faults()
    shared.converged(name)
    assert len(shared.edits(service)) == 1


def test_a_login_page_in_front_of_the_whole_site_is_told_from_an_outage(bench: Workbench) -> None:
    bench.start_site()
    bench.register()
    bench.site.fault({"html": True}, times=None)
    bench.start_operator()
    bench.declare("walled", SERVICE, SETTINGS)
    bench.wait("walled", "BadAnswer")
    bench.wait("prod", "BadAnswer", plural=SITES)
    bench.site.clear_faults()
    bench.converged("walled")
    assert len(bench.edits(SERVICE)) == 1


def test_a_service_that_does_not_exist_is_not_created_and_is_found_when_published(shared: Workbench) -> None:
    body = shared.declare("unborn", "Lab/Unborn.MapServer", SETTINGS)
    body = shared.wait("unborn", "ServiceNotFound")
    assert "Lab/Unborn.MapServer" in condition(body)["message"]
    assert condition(body, "Reconciling")["status"] == "True"
    assert "Lab/Unborn.MapServer" not in shared.site.world()["services"]
    shared.site.add_service(serviceName="Unborn", type="MapServer", folderName="Lab")
    shared.ask_again("unborn")
    shared.converged("unborn")


def test_a_site_that_does_not_exist_is_taken_up_when_it_is_made(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.declare("homeless", service, SETTINGS, "unknown")
    body = shared.wait("homeless", "SiteNotFound")
    assert f"ArcGISSite {shared.namespace}/unknown not found. Create it" in condition(body)["message"]
    shared.register(alias="unknown")
    shared.converged("homeless")
    assert len(shared.edits(service)) == 1


def test_a_service_removed_while_its_job_runs_is_not_found(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, hang=True)
    shared.declare("removed", service, SETTINGS)
    job = shared.wait_job("removed")
    shared.site.remove_service(service)
    shared.site.finish(job)
    shared.wait("removed", "ServiceNotFound")
    assert ready(shared.get("removed")) == "ServiceNotFound"
    assert len(shared.edits(service)) == 1


def test_nothing_is_sent_into_read_only_mode_and_all_of_it_after(bench: Workbench) -> None:
    bench.start_site()
    bench.register()
    bench.start_operator()
    bench.converge_on("patient", SERVICE, SETTINGS)
    bench.wait("prod", "Reachable", plural=SITES, also=lambda s: s["status"]["services"]["attached"] == 1)
    bench.site.read_only(True, "upgrading to 12.1")
    bench.declare("patient", SERVICE, {"description": "newer"})
    body = bench.wait("patient", "SiteReadOnly")
    assert "upgrading to 12.1" in condition(body)["message"]
    bench.site.read_only(False)
    bench.converged("patient")
    assert bench.sent(SERVICE, "description") == ["wanted", "newer"]


def test_a_bundle_of_certificates_may_have_comments_in_any_letters(bench: Workbench) -> None:
    bench.start_site()
    bench.register()
    bundle = f"# F\u0151tan\u00fas\u00edtv\u00e1ny\n{bench.sites['prod'].ca}"
    bench.kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "prod-ca"},
            "data": {"ca.crt": bundle},
        }
    )
    bench.start_operator()
    bench.wait("prod", "Reachable", plural=SITES)
