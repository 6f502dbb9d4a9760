"""The requests of Esri's sample script over a whole site, of whose services the operator manages some."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from recycle_script import RecycleScript

from arcgis_demo import parts
from arcgis_devcluster import Cluster
from harness.bench import PASSWORD, Workbench

Shown = tuple[str, str, str | None, str]
"""Method, operation, where the token was, service."""
SAMPLER = "sampler"
OWNED: Mapping[str, dict[str, Any]] = {
    "Generated/Layer0001.MapServer": {"properties": {"maxRecordCount": "2345"}},
    "Generated/Layer0002.MapServer": {"maxIdleTime": 900, "description": "held by the operator"},
    "Transport/Addresses.GeocodeServer": {"maxUsageTime": 1200},
}
RELEASES = {"11.5": ("02:15", True), "12.0": ("03:45", False)}
"""From 12.0 on a service restarts by itself, and a person who is asked says no."""
CASES = [pytest.param(version, *how, id=version) for version, how in RELEASES.items()]


@pytest.fixture(scope="module")
def site(control_plane: Cluster) -> Iterator[Workbench]:
    """Small, for every service of it is edited and restarted; the operator looks at its own every second.

    Its version is switched, and in the hour after an upgrade a person is asked before a drift is restored.
    """
    with Workbench(control_plane) as bench:
        bench.start_site("--services=4")
        bench.site.set_user(SAMPLER, PASSWORD)
        bench.register(drift={"massRepair": {"action": "Off"}})
        bench.start_operator(resync_seconds=1)
        bench.site.switch(restart_seconds=0.0)  # of an edit: a service that does not run is not restarted
        for service, settings in OWNED.items():
            bench.converge_on(named(service), service, settings)
        yield bench


def named(service: str) -> str:
    """The resource that holds a service."""
    return service.replace("/", "-").casefold()


def ran(
    bench: Workbench,
    recycle_at: str,
    *,
    restart: bool,
    meanwhile: Callable[[str], object] = lambda service: None,
) -> RecycleScript:
    trust = ssl.create_default_context(cadata=bench.sites["prod"].ca)
    with httpx.Client(verify=trust, trust_env=False, timeout=10) as http:
        script = RecycleScript(http, bench.sites["prod"].url, 0.1, meanwhile)
        script.run(SAMPLER, PASSWORD, recycle_at, restart=restart)
    return script


def expected(script: RecycleScript, *, restart: bool) -> list[Shown]:
    """What the site should have received, in order."""
    restarts = [
        ("POST", operation, "body", one) if operation != "status" else ("GET", operation, "query", one)
        for one in script.services
        for operation in ("status", "stop", "start")
        if operation == "status" or one in script.restarted
    ]
    return [
        ("POST", "token", None, ""),
        ("GET", "services", "query", ""),
        *[("GET", "folder", "query", "")] * len(script.folders),
        *(
            (method, operation, "query", one)
            for one in script.services
            for method, operation in (("GET", "service"), ("POST", "edit"))
        ),
        *(restarts if restart else []),
        *(("GET", "job", "query", "") for seen in script.followed.values() for _ in seen),
    ]


@pytest.mark.parametrize(("version", "recycle_at", "restart"), CASES)
def test_the_script_and_the_operator_lose_nothing(
    site: Workbench, version: str, recycle_at: str, restart: bool
) -> None:
    site.site.switch(version=version)
    before, since = site.site.world()["services"], site.site.journal()[-1]["seq"]
    script = ran(site, recycle_at, restart=restart)

    received = site.site.journal(since, kind="request", username=SAMPLER)
    shown = [(one["method"], one["operation"], one["token"], one.get("service", "")) for one in received]
    assert shown == expected(script, restart=restart)
    assert script.folders == ["Generated", "System", "Transport", "Utilities"]
    touched = [service for service in before if not service.startswith("Hosted/")]
    assert sorted(script.services) == sorted(touched)
    assert set(script.edited.values()) == {"success"}
    started = {service for service in touched if before[service]["configuredState"] == "STARTED"}
    assert set(script.restarted) == (started if restart else set())
    assert len(script.followed) == len(script.restarted)

    for service in OWNED:
        site.looked_at(service, 2)
        site.converged(named(service))
    after = site.site.world()["services"]
    assert after == {
        service: {**document, "recycleStartTime": recycle_at} if service in touched else document
        for service, document in before.items()
    }
    assert [one for one in site.site.journal(since, kind="accepted") if one["username"] != SAMPLER] == []


def test_on_a_site_as_it_comes_the_script_restarts_every_service(tmp_path: Path) -> None:
    """No switch is changed: an edit is answered when its restart is over, on a slow machine too."""
    site = parts.start_site(tmp_path, "plain", PASSWORD)
    try:
        trust = ssl.create_default_context(cadata=site.ca)
        with httpx.Client(verify=trust, trust_env=False, timeout=60) as http:
            script = RecycleScript(http, site.url, 0.1)
            script.run(parts.USERNAME, PASSWORD, "02:15", restart=True)
    finally:
        site.process.terminate()
    assert len(script.services) == 7
    assert set(script.restarted) == set(script.services)
    assert [seen[-1] for seen in script.followed.values()] == ["COMPLETED"] * 7


OVERTAKEN, ENTERED = "Generated/Layer0003.MapServer", "Generated/Layer0004.MapServer"
LATE = "04:45"


def test_an_old_document_that_the_script_sends_over_a_change_is_put_right(site: Workbench) -> None:
    """The script reads, the operator edits, the script sends what it had read: both changes are live."""
    wanted = {"description": "changed while the script had the document"}

    def meanwhile(service: str) -> None:
        if service == OVERTAKEN:
            site.converge_on("overtaken", service, wanted)

    before = site.site.document(OVERTAKEN)
    script = ran(site, LATE, restart=False, meanwhile=meanwhile)
    assert script.edited[OVERTAKEN] == "success"
    site.wait_edits(OVERTAKEN, 2)
    site.converged("overtaken")
    assert site.sent(OVERTAKEN, "recycleStartTime") == [before["recycleStartTime"], LATE]
    assert site.site.document(OVERTAKEN) == {**before, **wanted, "recycleStartTime": LATE}


@pytest.mark.parametrize("busy", ["accept", "refuse"])
def test_an_edit_of_the_script_into_our_job_harms_nothing_that_is_declared(
    site: Workbench, busy: str
) -> None:
    """A site that takes it puts our whole document over it when the job ends, and tells nobody.

    Where the site refuses it, the sample stops, as it reads `status` of an error.
    """
    wanted = {"description": f"its job runs when the script edits: {busy}"}
    jobs: list[str] = []

    def meanwhile(service: str) -> None:
        if service == ENTERED:
            site.site.next_job(service=service, hang=True)
            site.declare("entered", service, wanted)
            jobs.append(site.wait_job("entered"))

    before, sent = site.site.document(ENTERED), len(site.edits(ENTERED))
    site.site.switch(busy=busy)
    stops = pytest.raises(KeyError, match="status") if busy == "refuse" else nullcontext()
    with stops:
        ran(site, LATE, restart=False, meanwhile=meanwhile)
    site.site.switch(busy="accept")
    site.site.finish(*jobs)
    site.converged("entered")
    site.looked_at(ENTERED, 2)
    site.converged("entered")
    assert site.site.document(ENTERED) == {**before, **wanted}
    assert len(site.edits(ENTERED)) == sent + 1
