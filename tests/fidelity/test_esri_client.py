"""Esri's own Python client, unmodified, on a site whose services the operator manages at the same time."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from arcgis_demo import parts
from harness.bench import PASSWORD, Workbench

SCRIPT = Path(__file__).parent / "esri_client.py"
WAYS = ("OAuth", "generateToken")
OWNED = {"properties": {"maxRecordCount": "2345"}}
SUCCESS = {"status": "success"}

EXACT: dict[str, Any] = {
    "signs in": [parts.USERNAME, "KubernetesAdmin"],
    "lists services": ["FireWeatherWatch", "SampleWorldCities"],
    "reads": True,
    "edits": "edited by the client",
    "scales": True,
    "follows jobs": [True, True],
    "stops": [SUCCESS, "STOPPED"],
    "starts": [SUCCESS, "STARTED"],
    "restarts": SUCCESS,
    "creates and deletes": [True, {"exists": True}, True, 0],
    "reads the properties of services": {"properties": {}},
    "lists types": True,
    "lists providers": True,
    "lists extensions": True,
    "can create": True,
    "reads the jobs of a tool": {"jobs": []},
    "queries the jobs of a tool": {},
    "reads the mode": {"isReadOnly": False},
    "read-only is told": True,
}
SAYS = {
    "a wrong password is refused": "Invalid username or password.",
    "an unknown folder is an error": "Folder 'Nowhere' not found.",
    "a folder twice is an error": "already exists",
    "the client itself asks a wrong address to change the provider": "Resource not found.",
    "the client itself cannot get the job of a tool": "TypeError",
    "the client itself has no admin.deployments": "no attribute 'deployments'",
    "the client itself cannot create a service in the root": "Resource not found.",
}


def command(bench: Workbench, python: Path, way: str, service: str, *cases: str) -> list[str]:
    authority = bench.directory / "esri-ca.pem"
    authority.write_text(bench.sites["prod"].ca)
    where = (bench.sites["prod"].url, authority, way, service, f"Made{way}")
    return [str(part) for part in (python, SCRIPT, *where, *cases)]


def run(bench: Workbench, python: Path, way: str, service: str, *cases: str) -> dict[str, Any]:
    done = subprocess.run(
        command(bench, python, way, service, *cases),
        input=PASSWORD + "\n",
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    outcomes: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return outcomes


@pytest.fixture(scope="module")
def story(managed: Workbench, esri_python: Path) -> dict[str, Any]:
    """What each case came to, in both ways to sign in, while the operator holds the service."""
    told: dict[str, Any] = {}
    for way in WAYS:
        service = managed.fresh_service()
        managed.converge_on(f"beside-{way.lower()}", service, OWNED)
        told[way] = {"service": service, **run(managed, esri_python, way, service)}
    return told


@pytest.mark.xdist_group("esri-client")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", EXACT)
def test_the_client(case: str, way: str, story: dict[str, Any]) -> None:
    assert story[way][case] == EXACT[case]


@pytest.mark.xdist_group("esri-client")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", SAYS)
def test_the_client_is_told(case: str, way: str, story: dict[str, Any]) -> None:
    assert SAYS[case] in story[way][case]


@pytest.mark.xdist_group("esri-client")
@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_the_client_or_of_the_operator_is_lost(
    way: str, story: dict[str, Any], managed: Workbench
) -> None:
    managed.converged(f"beside-{way.lower()}")
    live = managed.site.document(story[way]["service"])
    assert live["properties"]["maxRecordCount"] == "2345"
    assert live["description"] == "edited by the client"
    assert live["configuredState"] == "STARTED"


@pytest.mark.xdist_group("esri-client")
def test_an_edit_of_the_client_over_what_is_declared_is_drift(managed: Workbench, esri_python: Path) -> None:
    service = managed.fresh_service()
    managed.converge_on("overruled", service, OWNED)
    told = run(managed, esri_python, "OAuth", service, "edits what the operator declared")
    assert told == {"edits what the operator declared": "sent"}
    assert (
        "maxRecordCount is 17 on the site, 2345 here"
        in managed.wait_event("overruled", "DriftDetected")["note"]
    )
    managed.wait_edits(service, 3)
    managed.converged("overruled")


@pytest.mark.xdist_group("esri-client")
def test_while_a_job_of_the_client_runs_the_operator_says_the_service_is_busy(
    managed: Workbench, esri_python: Path
) -> None:
    service = managed.fresh_service()
    managed.site.next_job(service=service, hang=True)
    client = subprocess.Popen(
        command(managed, esri_python, "OAuth", service, "scales"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with client:
        assert client.stdin is not None
        client.stdin.write(PASSWORD + "\n")
        client.stdin.flush()
        accepted = managed.site.wait_for(
            lambda: managed.site.journal(kind="accepted", operation="scaling/edit", service=service)
        )
        managed.declare("busy", service, OWNED)
        managed.wait("busy", "ServiceBusy")
        assert managed.edits(service) == []
        managed.site.finish(accepted[0]["job"])
        out, _ = client.communicate(timeout=30)
    assert json.loads(out.splitlines()[-1]) == {"scales": True}
    managed.converged("busy")
