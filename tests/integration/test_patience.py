"""What is applied a little later than what needs it does not fail a rollout: it is waited for."""

from typing import Any

from arcgis_demo import parts
from harness.bench import PASSWORD, SERVICES, SITES, Workbench
from harness.kstatus import kstatus

SETTINGS = {"description": "wanted"}


def told(bench: Workbench, name: str, plural: str = SERVICES) -> set[str]:
    """All that a rollout could read of a resource."""
    return {kstatus(entry["responseObject"]) for entry in bench.status_writes(name, plural)}


def waiting_since(body: dict[str, Any]) -> str:
    return str(body["status"]["waitingSince"])


def test_a_secret_that_comes_later_fails_no_rollout(bench: Workbench) -> None:
    bench.start_site("--services=1")
    bench.register()
    bench.kubectl("delete", "secret", "prod-admin")
    bench.start_operator()
    service = bench.fresh_service()
    bench.declare("early", service, SETTINGS)
    bench.wait("early", "CredentialsUnreadable")
    bench.wait("prod", "CredentialsUnreadable", plural=SITES)
    assert bench.site.stats()["edits"] == 0

    account = {"username": parts.USERNAME, "password": PASSWORD}
    metadata = {"name": "prod-admin"}
    bench.kubectl.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": account})
    for what in ("agsvc/early", "agsite/prod"):
        bench.kubectl("wait", what, "--for=condition=Ready", "--timeout=30s")
    bench.converged("early")
    bench.wait("prod", "Reachable", plural=SITES)
    assert told(bench, "early") == told(bench, "prod", SITES) == {"InProgress", "Current"}
    assert "waitingSince" not in bench.status("early")


def test_what_is_not_announced_is_found_while_it_is_waited_for(bench: Workbench) -> None:
    """A label of a namespace, a service that is published: nobody tells the operator of these."""
    bench.start_site("--services=1")
    labelled = {"gis": bench.namespace}
    bench.kubectl("create", "namespace", f"{bench.namespace}-gis")
    bench.register(access=[{"namespaces": {"from": "Selector", "selector": {"matchLabels": labelled}}}])
    bench.start_operator()
    bench.declare("unlabelled", bench.fresh_service(), SETTINGS)
    bench.declare("unborn", "Unborn.MapServer", SETTINGS)
    bench.wait("unlabelled", "SiteNotAllowed")
    bench.kubectl("label", "namespace", bench.namespace, f"gis={bench.namespace}")
    bench.wait("unborn", "ServiceNotFound", seconds=60)
    bench.site.add_service(serviceName="Unborn", type="MapServer")
    for name in ("unlabelled", "unborn"):
        bench.converged(name, seconds=60)
        assert told(bench, name) == {"InProgress", "Current"}


def test_a_wait_ends_stalled_also_across_a_restart_and_a_change_begins_it_anew(bench: Workbench) -> None:
    bench.start_operator(patience_seconds=8)
    bench.declare("early", "FireWeatherWatch.MapServer", SETTINGS)
    begun = waiting_since(bench.wait("early", "SiteNotFound"))
    bench.operator.kill()
    bench.start_operator("second", patience_seconds=8)
    body = bench.wait("early", "SiteNotFound", also=lambda body: kstatus(body) == "Failed")
    assert waiting_since(body) == begun
    written = [kstatus(entry["responseObject"]) for entry in bench.status_writes("early")]
    assert written == ["InProgress", "Failed"]

    bench.declare("early", "FireWeatherWatch.MapServer", {"description": "other"})
    body = bench.wait("early", "SiteNotFound")
    assert waiting_since(body) > begun
    assert kstatus(body) == "InProgress"
    bench.wait("early", "SiteNotFound", also=lambda body: kstatus(body) == "Failed")
    bench.start_site()
    bench.register()
    bench.converged("early")
