"""From the operator of commit f03c483 to this one, in the middle of an edit, and back: one edit, none lost.

`stored/` holds what that commit installed, and an ArcGISService as its operator left it in the API server:
intent stored, job running, job ended. The site is given the edit of that moment.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from built import MANIFESTS

from arcgis_demo import parts
from arcgis_devcluster import ControlPlane
from arcgis_operator.core.authorship import WRITER
from harness.apiserver import wait_until
from harness.bench import PATIENCE, SERVICES, Workbench

STORED = Path(__file__).with_name("stored")
INSTALLED = STORED / "install-f03c483.yaml"
LEFT = json.loads((STORED / "services-f03c483.json").read_text())
SERVICE = "FireWeatherWatch.MapServer"
NAME = "fire-weather"
WANTED = "as declared"
Json = Any


@pytest.fixture
def old() -> Iterator[Workbench]:
    """What f03c483 installed, with a site; no operator runs."""
    with ControlPlane.start() as cluster, Workbench(cluster) as bench:
        go_back(bench)
        bench.start_site()
        bench.register(drift=None)  # which the old kinds do not know
        yield bench


def go_back(bench: Workbench) -> None:
    bench.cluster.kubectl.apply(INSTALLED, "--force-conflicts")


def go_on(bench: Workbench) -> None:
    """As the README installs: everything of this commit over what is there."""
    for folder in (parts.ROOT / "crds", MANIFESTS / "overlays" / "cluster"):
        bench.cluster.kubectl("apply", "--server-side", "--force-conflicts", "-k", str(folder))


def leave(bench: Workbench, stage: str, job: str) -> None:
    """Stores the service as the old operator left it, a second ago, with the ids and addresses of today."""
    left = LEFT["stages"][stage]
    bench.declare(NAME, SERVICE, left["spec"]["settings"])
    taken = datetime.fromisoformat(left["taken"])
    shift = datetime.now(UTC) - timedelta(seconds=1) - taken
    text = json.dumps(left["status"])
    for was, now in (
        (LEFT["site"]["url"], bench.sites["prod"].url),
        (LEFT["site"]["serviceId"], bench.site.document(SERVICE)["id"]),
        (LEFT["job"], job),
    ):
        text = text.replace(was, now)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", lambda found: later(found[0], shift), text)
    bench.api.merge(SERVICES, NAME, {"status": json.loads(text)}, subresource="status", writer=WRITER)
    stored = bench.status(NAME)
    assert stored["journal"] == json.loads(text)["journal"], "the old kinds take it whole"


def later(time: str, shift: timedelta) -> str:
    return f"{datetime.fromisoformat(time) + shift:%Y-%m-%dT%H:%M:%SZ}"


def edit(bench: Workbench) -> str:
    """The edit that the old operator had sent; the id of its job, which runs until it is told to end."""
    document = {"description": WANTED}
    return bench.site.foreign_job(SERVICE, username=parts.USERNAME, document=document, hang=True)


def followed(bench: Workbench, job: str) -> None:
    """Until the operator has asked for the running job."""
    wait_until(
        lambda: bench.site.journal(kind="request", operation="job", job=job),
        PATIENCE,
        lambda: bench.story(NAME),
    )


@pytest.mark.parametrize("stage", ["intent", "running"])
def test_an_edit_that_the_old_operator_had_sent_is_followed_and_not_sent_again(
    old: Workbench, stage: str
) -> None:
    """With the intent alone the answer was lost: its job is found among those of the site."""
    job = edit(old)
    leave(old, stage, job)
    go_on(old)
    old.start_operator()
    followed(old, job)
    old.site.finish(job)
    body = old.converged(NAME)
    assert [one["job"] for one in old.edits(SERVICE)] == [job]
    assert body["status"]["job"]["id"] == job
    assert old.site.document(SERVICE)["description"] == WANTED


def test_an_intent_of_the_old_operator_that_was_never_sent_is_sent_once(old: Workbench) -> None:
    leave(old, "intent", "none")
    go_on(old)
    old.start_operator()
    old.converged(NAME)
    assert old.sent(SERVICE, "description") == [WANTED]


def test_what_the_old_operator_had_proved_is_left_alone_and_kept_so(old: Workbench) -> None:
    old.site.drift(SERVICE, {"description": WANTED})
    leave(old, "converged", "j0f0e0d0c-0000-4000-8000-000000000000")
    go_on(old)
    old.start_operator(resync_seconds=1)
    old.looked_at(SERVICE, times=2)
    old.converged(NAME)
    assert old.edits(SERVICE) == []


@pytest.mark.parametrize("stage", ["intent", "running"])
def test_the_kinds_of_the_old_version_come_back_while_an_edit_runs(old: Workbench, stage: str) -> None:
    """A rollback brings the old kinds first: what they do not know is dropped, and no edit with it.

    The note of a login is dropped, too: a new operator that starts then tries none, until the kinds are back.
    """
    job = edit(old)
    leave(old, stage, job)
    go_on(old)
    old.start_operator("new")
    followed(old, job)
    go_back(old)
    old.operator.kill()
    old.start_operator("again", lease_seconds=2, renew_deadline_seconds=1.5, lease_retry_seconds=0.3)
    old.site.finish(job)
    old.wait(NAME, "CredentialsUnreadable")
    go_on(old)
    old.converged(NAME)
    assert [one["job"] for one in old.edits(SERVICE)] == [job]


def test_under_the_old_kinds_a_wait_whose_begin_is_dropped_is_written_once(old: Workbench) -> None:
    old.start_operator(resync_seconds=1)
    old.declare(NAME, SERVICE, {"description": WANTED}, site="missing")
    status = old.wait(NAME, "SiteNotFound")["status"]
    assert "waitingSince" not in status
    seen, written = looks(old), len(old.audited(NAME))
    wait_until(lambda: looks(old) >= seen + 3, PATIENCE, lambda: old.story(NAME))
    assert len(old.audited(NAME)) == written


def looks(bench: Workbench) -> float:
    """How often the operator found no site."""
    name = 'arcgis_operator_reconciles_total{reason="SiteNotFound"} '
    return next(
        float(line.rpartition(" ")[2]) for line in bench.metrics().splitlines() if line.startswith(name)
    )
