"""Esri's own Python client, unmodified, on a site whose services the operator manages at the same time."""

import contextlib
import json
import subprocess
from typing import Any

import pytest
from esri_runs import WAYS, Esri

from arcgis_demo import parts
from harness.bench import PASSWORD, Workbench

OWNED = {"properties": {"maxRecordCount": "2345"}}
SUCCESS = {"status": "success"}

EXACT: dict[str, Any] = {
    "signs in": [parts.USERNAME, "KubernetesAdmin"],
    "lists folders": True,
    "lists services": ["FireWeatherWatch", "SampleWorldCities"],
    "reads": True,
    "edits": "edited by the client",
    "scales": [2, 4, "0.125", "3", "3Gi", "500Mi"],
    "chooses a folder": ["Generated", 2, "/"],
    "follows jobs": [True, True],
    "stops": [SUCCESS, "STOPPED"],
    "starts": [SUCCESS, "STARTED"],
    "restarts": SUCCESS,
    "creates and deletes": [True, {"exists": True}, True, 0],
    "reads the properties of services": {"preferSharedInstances": True},
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
    "chooses no folder that is none": "Folder does not exist.",
    "a folder twice is an error": "already exists",
    "deployments are not simulated": "Resource not found.",
    "the client itself asks a wrong address to change the provider": "Resource not found.",
    "the client itself asks a wrong address to set the properties of services": "KeyError: 'status'",
    "the client itself cannot get the job of a tool": "TypeError",
    "the client itself has no admin.deployments": "no attribute 'deployments'",
    "the client itself cannot create a service in the root": "Resource not found.",
}


ASKED_BY_WAY: dict[str, list[tuple[str, str, str]]] = {
    "OAuth": [("GET", "oauth2/authorize", "token"), ("POST", "oauth2/signin", "")],
    "code": [
        ("GET", "oauth2/authorize", "token"),
        ("GET", "oauth2/authorize", "code"),
        ("POST", "oauth2/signin", ""),
        ("POST", "oauth2/token", ""),
    ],
    "generateToken": [("POST", "token", "")],
    "token": [("POST", "token", "")],
}
"""What leads to a token: method, operation, ``response_type``; each at least once, in this order."""
TOLD = [
    (case, way)
    for case in SAYS
    for way in WAYS
    if (case, way) != ("a wrong password is refused", "token")  # which knows no password
]


@pytest.fixture(scope="module")
def story(managed: Workbench, esri: Esri) -> dict[str, Any]:
    """What each case came to, in every way to sign in, while the operator holds the service."""
    told: dict[str, Any] = {}
    for way in WAYS:
        service, name = managed.fresh_service(), f"beside-{way.lower()}"
        managed.converge_on(name, service, OWNED)
        since = esri.newest()
        outcomes = esri.run(way, service)
        told[way] = {"name": name, "service": service, "requests": esri.requests(since), **outcomes}
    return told


@pytest.mark.xdist_group("esri-client")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", EXACT)
def test_the_client(case: str, way: str, story: dict[str, Any]) -> None:
    assert story[way][case] == EXACT[case]


@pytest.mark.xdist_group("esri-client")
@pytest.mark.parametrize(("case", "way"), TOLD)
def test_the_client_is_told(case: str, way: str, story: dict[str, Any]) -> None:
    assert SAYS[case] in story[way][case]


@pytest.mark.xdist_group("esri-client")
@pytest.mark.parametrize("way", WAYS)
def test_the_client_signs_in_this_way_and_shows_its_token_in_a_header(
    way: str, story: dict[str, Any]
) -> None:
    requests = [one for one in story[way]["requests"] if one["operation"] not in ("info", "unknown")]
    first = next(at for at, one in enumerate(requests) if one["token"])
    asked = [
        (one["method"], one["operation"], one["fields"].get("response_type", "")) for one in requests[:first]
    ]
    assert list(dict.fromkeys(asked)) == ASKED_BY_WAY[way]
    shown = {one["token"] for one in requests if one["path"].startswith("/arcgis/admin")}
    assert shown == {"x-esri-authorization"}


@pytest.mark.xdist_group("esri-client")
def test_the_client_itself_does_not_hand_its_ca_to_the_request_for_a_code_s_token(
    managed: Workbench, esri: Esri
) -> None:
    with esri.page_for("code"):
        done = esri.process("code", managed.fresh_service(), "signs in", trusts=False)
    assert done.returncode == 1
    assert "sharing/rest/oauth2/token (Caused by SSLError" in done.stderr


@pytest.mark.xdist_group("esri-client")
@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_the_client_or_of_the_operator_is_lost(
    way: str, story: dict[str, Any], managed: Workbench
) -> None:
    managed.converged(story[way]["name"])
    live = managed.site.document(story[way]["service"])
    assert live["properties"]["maxRecordCount"] == "2345"
    assert live["description"] == "edited by the client"
    assert live["configuredState"] == "STARTED"


@pytest.mark.xdist_group("esri-client")
def test_an_edit_of_the_client_over_what_is_declared_is_drift(managed: Workbench, esri: Esri) -> None:
    service = managed.fresh_service()
    managed.converge_on("overruled", service, OWNED)
    told = esri.run("OAuth", service, "edits what the operator declared")
    assert told == {"edits what the operator declared": "sent"}
    assert (
        'maxRecordCount was changed on the site: found "17", declared "2345"'
        in managed.wait_event("overruled", "DriftDetected")["note"]
    )
    managed.wait_edits(service, 3)
    managed.converged("overruled")


@pytest.mark.xdist_group("esri-client")
def test_while_a_job_of_the_client_runs_the_operator_says_the_service_is_busy(
    managed: Workbench, esri: Esri
) -> None:
    service = managed.fresh_service()
    managed.site.next_job(service=service, hang=True)
    client = subprocess.Popen(
        esri.command("OAuth", service, "scales"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with client, contextlib.ExitStack() as ends:
        ends.callback(client.kill)  # a failure below must not wait for a job that hangs
        assert client.stdin is not None
        client.stdin.write(PASSWORD + "\n")
        client.stdin.flush()
        accepted = managed.site.wait_for(
            lambda: managed.site.journal(kind="accepted", operation="scaling/edit", service=service),
            timeout_seconds=60,  # the client takes seconds to be imported
        )
        managed.declare("busy", service, OWNED)
        managed.wait("busy", "ServiceBusy")
        assert managed.edits(service) == []
        managed.site.finish(accepted[0]["job"])
        out, _ = client.communicate(timeout=30)
    assert json.loads(out.splitlines()[-1]) == {"scales": EXACT["scales"]}
    managed.converged("busy")
