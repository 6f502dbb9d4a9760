"""Esri's own Python client where the site refuses, fails or is late, beside the operator.

What it makes of each answer is its own; it stands here because the operator must live with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from esri_runs import WAYS, Esri

from harness.bench import Workbench

OWNED = {"properties": {"maxRecordCount": "2345"}}
AS_MADE = [1, 1, "0.125", "2", "2Gi", "500Mi"]
SCALED = [2, 4, "0.125", "3", "3Gi", "500Mi"]
EDITED = "edited by the client"
AGAIN_WITHOUT_TOKEN = ["x-esri-authorization", None]
NOT_FOUND, NO_TOKEN = "Folder 'Nowhere' not found.", "Token Required"
INVALID = {"error": {"code": 498, "message": "Invalid Token.", "details": None}}


@pytest.fixture(scope="module")
def owned(managed: Workbench, esri: Esri) -> str:
    """A service that the operator holds in all of these."""
    service = managed.fresh_service()
    managed.converge_on("owned", service, OWNED)
    return service


@pytest.fixture(autouse=True)
def nothing_lost(owned: str, managed: Workbench) -> Iterator[None]:
    yield
    managed.site.clear_faults()
    managed.converged("owned")
    assert managed.site.document(owned)["properties"]["maxRecordCount"] == "2345"


# -- refusals --------------------------------------------------------------------

REFUSED: dict[str, tuple[dict[str, str], dict[str, tuple[Any, list[str | None]]]]] = {
    "by an HTTP status: after a sign-in at the page the second answer counts, to no token": (
        {"error_http": "real"},
        {
            **dict.fromkeys(("OAuth", "code"), (NO_TOKEN, AGAIN_WITHOUT_TOKEN)),
            **dict.fromkeys(("generateToken", "token"), (NOT_FOUND, ["x-esri-authorization"])),
        },
    ),
    "in form A: it is taken for an empty folder": (
        {"error_form": "A"},
        dict.fromkeys(WAYS, ("[]", ["x-esri-authorization"])),
    ),
}


@pytest.mark.xdist_group("esri-client")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("refusal", REFUSED)
def test_a_refusal(refusal: str, way: str, owned: str, managed: Workbench, esri: Esri) -> None:
    switches, by_way = REFUSED[refusal]
    told, presented = by_way[way]
    since = esri.newest()
    managed.site.switch(**switches)
    try:
        outcome = esri.run(way, owned, "an unknown folder is an error")
    finally:
        managed.site.switch(error_http="200", error_form="documented")
    assert told in str(outcome["an unknown folder is an error"])
    assert [one["token"] for one in esri.requests(since, operation="folder")] == presented


@pytest.mark.xdist_group("esri-client")
@pytest.mark.parametrize("way", WAYS)
def test_an_invalid_token_is_not_renewed_but_left_away(
    way: str, owned: str, managed: Workbench, esri: Esri
) -> None:
    since = esri.newest()
    managed.site.fault({"json": INVALID}, when="instead", path="/services/Generated$")
    assert NO_TOKEN in esri.run(way, owned, "reads")["reads"]
    assert [one["token"] for one in esri.requests(since, operation="folder")] == AGAIN_WITHOUT_TOKEN


# -- requests that come more than once -------------------------------------------


@dataclass(frozen=True)
class Repeated:
    """What breaks the requests for an operation, and what comes of the client's case."""

    case: str
    operation: str
    do: dict[str, Any]
    times: int
    when: str
    comes_to: Any
    received: int
    accepted: int
    pause: float = 0.0  # seconds between two of them


BUSY = {"json": {"error": {"code": 503, "message": "The site is too busy.", "details": None}}, "status": 503}
WAIT = {**BUSY, "status": 429, "headers": {"Retry-After": "1"}}
LOST = "Max retries exceeded"
REPEATED = {
    "an edit whose answer is lost is sent again": Repeated(
        "edits", "edit", {"drop": True}, 1, "after", EDITED, 2, 2
    ),
    "a scaling whose answer is lost is sent again": Repeated(
        "scales", "scaling/edit", {"drop": True}, 1, "after", SCALED, 2, 2
    ),
    "an edit that a busy site refuses is sent again at once": Repeated(
        "edits", "edit", BUSY, 2, "instead", EDITED, 3, 1
    ),
    "an edit that a busy site wants later is sent again then": Repeated(
        "edits", "edit", WAIT, 2, "instead", EDITED, 3, 1, pause=1.0
    ),
    "an edit is sent six times to a site that stays busy, and the reason is lost": Repeated(
        "edits", "edit", BUSY, 6, "instead", LOST, 6, 0
    ),
    "a scaling is sent six times to a site that stays busy, and the reason is lost": Repeated(
        "scales", "scaling/edit", BUSY, 6, "instead", LOST, 6, 0
    ),
}


@pytest.mark.xdist_group("esri-client")
@pytest.mark.parametrize("repeated", REPEATED.values(), ids=REPEATED)
def test_again(repeated: Repeated, managed: Workbench, esri: Esri) -> None:
    service, operation = managed.fresh_service(), repeated.operation
    name = f"again-{service[-14:-10]}"
    managed.converge_on(name, service, OWNED)
    since = esri.newest()
    managed.site.fault(
        repeated.do, when=repeated.when, times=repeated.times, operation=operation, service=service
    )
    outcome = esri.run("OAuth", service, repeated.case)[repeated.case]
    assert repeated.comes_to == (LOST if LOST in outcome else outcome)
    received = esri.requests(since, operation=operation, service=service)
    accepted = managed.site.journal(since, kind="accepted", operation=operation, service=service)
    assert (len(received), len(accepted)) == (repeated.received, repeated.accepted)
    assert len({record["digest"] for record in accepted}) <= 1
    pauses = [(after["ns"] - before["ns"]) / 1e9 for before, after in pairwise(received)]
    assert all(pause >= repeated.pause for pause in pauses)
    managed.converged(name)
    assert managed.site.document(service)["properties"]["maxRecordCount"] == "2345"


# -- jobs ------------------------------------------------------------------------


@pytest.mark.xdist_group("esri-client")
def test_a_job_that_starts_submitted_is_not_waited_for(managed: Workbench, esri: Esri) -> None:
    service = managed.fresh_service()
    managed.site.next_job(service=service, submitted_seconds=3600)
    since = esri.newest()
    assert esri.run("OAuth", service, "scales") == {"scales": AS_MADE}
    (accepted,) = managed.site.journal(since, kind="accepted", service=service)
    assert len(esri.requests(since, operation="job", job=accepted["job"])) == 1
    (shown,) = [job for job in managed.site.jobs() if job["jobid"] == accepted["job"]]
    assert shown["status"] == "SUBMITTED"
    managed.site.finish(accepted["job"])
    assert esri.run("OAuth", service, "reads the scaling") == {"reads the scaling": SCALED}


@pytest.mark.xdist_group("esri-client")
def test_that_a_job_failed_is_not_told(managed: Workbench, esri: Esri) -> None:
    service = managed.fresh_service()
    managed.site.next_job(service=service, outcome="FAILED")
    since = esri.newest()
    assert esri.run("OAuth", service, "scales") == {"scales": AS_MADE}
    (accepted,) = managed.site.journal(since, kind="accepted", service=service)
    assert managed.site.journal(since, kind="job", job=accepted["job"])[-1]["status"] == "FAILED"
    assert len(esri.requests(since, operation="job", job=accepted["job"])) >= 2
