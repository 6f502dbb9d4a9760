"""The adapter against the simulated site, in process: whole operations, and every switch of the wire."""

from typing import Any

import httpx
import pytest
from admin_wire import allowed, replacing

from arcgis_operator.adapters.admin import AdminClient, Credentials, SiteInfo, SiteMode
from arcgis_operator.core.failures import Accepted, Applied, Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.job import JobState
from arcgis_operator.core.jsondoc import dumps
from arcgis_simulator.clock import Clock
from arcgis_simulator.site import Site
from arcgis_simulator.tokens import User
from arcgis_simulator.world import World

FIRE = ServiceRef("FireWeatherWatch", "MapServer")
TRAFFIC = ServiceRef("TrafficCounts", "MapServer", "Transport")
USER = User("gis-admin", "right")


class Simulated:
    """A site in process on a clock that only the test moves, and a client of it."""

    def __init__(self, **switches: Any) -> None:
        self.clock = Clock(manual=True)
        self.world = World()
        self.site = Site(self.world, self.clock)
        self.world.set_user(USER)
        self.switch(**switches)

        async def credentials() -> Credentials:
            return Credentials(USER.username, USER.password)

        self.client = AdminClient(
            "https://site.test/arcgis",
            credentials,
            None,
            transport=httpx.ASGITransport(self.site.app),
            clock=self.seconds,
            wall=self.seconds,
        )

    def seconds(self) -> float:
        return self.clock.now_ms() / 1000

    def switch(self, **switches: Any) -> None:
        self.world.switches = self.world.switches.changed(switches)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.site.tick()

    async def edit(self, description: str = "new") -> Accepted | Applied | Failure:
        document = await self.client.service(FIRE)
        assert isinstance(document, dict), document
        return await self.client.submit(replacing(FIRE, {**document, "description": description}), allowed)

    @property
    def document(self) -> dict[str, Any]:
        found = self.world.catalogue.find("", FIRE.leaf)
        assert found is not None
        return found.document

    @property
    def received(self) -> list[dict[str, Any]]:
        return [record for record in self.site.journal.after(0, limit=1000) if record["kind"] == "request"]


@pytest.fixture
async def simulated():
    made = []

    def make(**switches: Any) -> Simulated:
        made.append(Simulated(**switches))
        return made[-1]

    yield make
    for one in made:
        await one.client.aclose()


async def test_an_edit_is_followed_from_its_submission_to_a_read_back(simulated):
    site = simulated()
    before = await site.client.service(FIRE)
    accepted = await site.edit("Edited asynchronously")
    assert isinstance(accepted, Accepted)
    assert accepted.status == "SUBMITTED"
    assert await site.client.jobs() == (accepted.job_id,)
    seen = []
    for _ in range(3):
        job = await site.client.job(accepted.job_id)
        seen.append((job.status, job.state, job.end_ms > 0))
        site.pass_time(1.5)
    assert seen == [
        ("SUBMITTED", JobState.RUNNING, False),
        ("EXECUTING", JobState.RUNNING, False),
        ("COMPLETED", JobState.COMPLETED, True),
    ]
    assert (job.username, job.service_key) == ("gis-admin", FIRE.key)
    assert job.operation_uri == "/arcgis/admin/services/FireWeatherWatch.MapServer/edit"
    assert job.result["service"]["description"] == "Edited asynchronously"
    after = await site.client.service(FIRE)
    assert after == {**before, "description": "Edited asynchronously"}
    assert dumps(after).replace("Edited asynchronously", before["description"]) == dumps(before)


async def test_root_and_mode_are_read(simulated):
    site = simulated(version="12.0")
    root = await site.client.root()
    assert isinstance(root, SiteInfo)
    assert root.version.startswith("12.0")
    assert await site.client.mode() == SiteMode(read_only=False)
    site.world.read_only = "Upgrade tonight"
    assert await site.client.mode() == SiteMode(read_only=True, message="Upgrade tonight")
    assert site.client.username == "gis-admin"


async def test_a_service_in_a_folder_is_found_without_regard_to_case(simulated):
    site = simulated()
    document = await site.client.service(TRAFFIC)
    assert document["serviceName"] == "TrafficCounts"
    lower = ServiceRef("trafficcounts", "mapserver", "transport")
    assert await site.client.service(lower) == document


async def test_one_login_serves_all_requests_and_no_request_has_its_token_in_the_query(simulated):
    site = simulated()
    await site.edit()
    await site.client.jobs()
    ways = [(record["operation"], record["token"]) for record in site.received]
    assert [operation for operation, _ in ways] == ["token", "service", "edit", "jobs"]
    assert not any(way == "query" for _, way in ways)


SUBMISSIONS: dict[str, dict[str, Any]] = {
    "form 1": {"submit_reply": "1"},
    "form 2": {"submit_reply": "2"},
    "an address inside the cluster": {"jobs_url": "internal"},
    "an address without admin": {"jobs_url": "without-admin", "submit_reply": "2"},
    "a strict referer": {"referer_checked": True},
    "a token that must be in the body": {"post_auth": "body"},
    "release 10.9.1": {"version": "10.9.1"},
    "release 12.1": {"version": "12.1"},
    "jobs with full resources": {"job_resource": "full"},
    "jobs with messages that are objects": {"job_messages": "objects"},
    "jobs without messages or resource": {"job_messages": "absent", "job_resource": "absent"},
    "jobs without a result": {"completed_result": "absent"},
    "a site whose clock is a day ahead": {"clock_skew_seconds": 86_400.0},
    "a site whose clock is a day behind": {"clock_skew_seconds": -86_400.0},
    "short tokens": {"token_minutes_max": 1.0},
    "errors with real codes": {"error_http": "real"},
}


@pytest.mark.parametrize("switches", SUBMISSIONS.values(), ids=SUBMISSIONS.keys())
async def test_an_edit_completes_on_a_site_with(simulated, switches):
    site = simulated(**switches)
    accepted = await site.edit("done")
    assert isinstance(accepted, Accepted), accepted
    assert accepted.job_id in site.world.jobs.jobs
    site.pass_time(0.6)
    site.pass_time(2.1)
    job = await site.client.job(accepted.job_id)
    assert (job.state, job.error) == (JobState.COMPLETED, "")
    assert all(isinstance(text, str) and text for text in job.messages)
    assert site.document["description"] == "done"


async def test_release_10_9_applies_an_edit_at_once_and_knows_no_jobs(simulated):
    site = simulated(version="10.9")
    assert await site.edit("at once") == Applied()
    assert site.document["description"] == "at once"
    assert (await site.client.jobs()).kind is Kind.MISSING


FAILURES: dict[str, tuple[dict[str, Any], str, bool]] = {  # switches, the word shown, an error text inside
    "a failed job, form A": ({"job_outcome": "FAILED", "failed_result": "A"}, "FAILED", True),
    "a failed job, form B": ({"job_outcome": "FAILED", "failed_result": "B"}, "FAILED", True),
    "a failed job without a result": ({"job_outcome": "FAILED", "failed_result": "absent"}, "FAILED", False),
    "a cancelled job": ({"job_outcome": "CANCELLED", "failed_result": "absent"}, "CANCELLED", False),
    "an error, undocumented": ({"job_outcome": "ERROR", "failed_result": "absent"}, "ERROR", False),
    "a time-out in one spelling": ({"job_outcome": "TIMED OUT"}, "TIMED OUT", True),
    "a time-out in the other": ({"job_outcome": "TIME OUT"}, "TIME OUT", True),
    "COMPLETED with form A inside": ({"completed_with_error": "A"}, "COMPLETED", True),
    "COMPLETED with form B inside": ({"completed_with_error": "B"}, "COMPLETED", True),
}


@pytest.mark.parametrize(("switches", "word", "error"), FAILURES.values(), ids=FAILURES.keys())
async def test_a_job_that_goes_wrong_is_read_as_failed(simulated, switches, word, error):
    site = simulated(**switches)
    accepted = await site.edit()
    for _ in range(3):
        site.pass_time(1.5)
    job = await site.client.job(accepted.job_id)
    assert (job.status, job.state, bool(job.error)) == (word, JobState.FAILED, error)


async def test_a_job_that_is_unavailable_for_a_while_is_presumed_to_run(simulated):
    site = simulated(job_unavailable_reads=1)
    accepted = await site.edit()
    assert (await site.client.job(accepted.job_id)).state is JobState.UNKNOWN
    assert (await site.client.job(accepted.job_id)).state is JobState.RUNNING


SHAPES: dict[str, dict[str, Any]] = {
    f"form {form}, HTTP {http}": {"error_form": form, "error_http": http}
    for form in ("A", "B", "documented")
    for http in ("200", "real")
}


@pytest.fixture(params=SHAPES.values(), ids=SHAPES.keys())
def shape(request):
    return request.param


async def test_what_is_not_there_is_missing_in_every_shape(simulated, shape):
    site = simulated(**shape)
    nowhere = ServiceRef("Nowhere", "MapServer", "Transport")
    for outcome in (
        await site.client.service(nowhere),
        await site.client.submit(
            replacing(nowhere, {"serviceName": "Nowhere", "type": "MapServer"}), allowed
        ),
        await site.client.job("j0000"),
    ):
        assert (outcome.kind, outcome.code) == (Kind.MISSING, 404)


async def test_jobs_that_may_not_be_listed_are_unauthorised_in_every_shape(simulated, shape):
    site = simulated(jobs_list="forbidden", **shape)
    assert (await site.client.jobs()).kind is Kind.UNAUTHORISED


async def test_a_user_without_the_right_is_unauthorised_in_every_shape(simulated, shape):
    site = simulated(**shape)
    site.world.set_user(User(USER.username, USER.password, "viewer"))
    assert (await site.client.service(FIRE)).kind is Kind.UNAUTHORISED


@pytest.mark.parametrize("code", [400, 403, 500, 503])
async def test_an_edit_in_read_only_mode_is_marked_in_every_shape(simulated, shape, code):
    """Whether the words are true tells the mode; see the tests of the session."""
    site = simulated(read_only_code=code, **shape)
    document = await site.client.service(FIRE)
    site.world.read_only = "The site is in read-only mode."
    fact = await site.client.submit(replacing(FIRE, document), allowed)
    assert (fact.read_only, fact.code) == (True, code)
    assert (await site.client.mode()).read_only


async def test_a_running_operation_is_busy_in_every_shape(simulated, shape):
    site = simulated(busy="refuse", **shape)
    assert isinstance(await site.edit("one"), Accepted)
    fact = await site.edit("two")
    assert (fact.kind, fact.read_only) == (Kind.BUSY, False)


async def test_a_refused_document_is_refused_in_every_shape(simulated, shape):
    site = simulated(unknown_properties="rejected", **shape)
    fact = await site.client.submit(replacing(FIRE, {**site.document, "noSuchProperty": 1}), allowed)
    assert (fact.kind, fact.code) == (Kind.REFUSED, 400)


async def test_expired_tokens_are_renewed_in_every_shape(simulated, shape):
    site = simulated(**shape)
    assert await site.client.jobs() == ()
    site.world.tokens.expire_all()
    assert isinstance(await site.edit(), Accepted)
    assert [record["operation"] for record in site.received].count("token") == 2


async def test_a_wrong_password_is_unauthorised_in_every_shape(simulated, shape):
    site = simulated(**shape)
    site.world.set_user(User(USER.username, "another"))
    failure = await site.client.jobs()
    assert failure.kind is Kind.UNAUTHORISED
    assert "Invalid username or password." in failure.detail


FAULTS: dict[str, tuple[dict[str, Any], Kind, Kind]] = {  # what the site does, for a read, for an edit
    "closes the connection": ({"drop": True}, Kind.UNSURE, Kind.UNSURE),
    "answers a sign-in page": ({"html": True}, Kind.GARBLED, Kind.UNSURE),
    "answers 502": ({"status": 502, "body": "Bad Gateway"}, Kind.UNSURE, Kind.UNSURE),
    "answers 429": ({"status": 429, "headers": {"Retry-After": "2"}}, Kind.BUSY, Kind.BUSY),
    "points elsewhere": ({"status": 302, "headers": {"Location": "/arcgis"}}, Kind.GARBLED, Kind.UNSURE),
    "answers nothing": ({"body": ""}, Kind.GARBLED, Kind.UNSURE),
    "answers an empty object": ({"json": {}}, Kind.GARBLED, Kind.UNSURE),
}


@pytest.mark.parametrize(("deed", "read", "edit"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_site_that_breaks_off_is_understood(simulated, deed, read, edit, when):
    site = simulated()
    document = await site.client.service(FIRE)
    for operation in ("service", "edit"):
        site.site.faults.add({"match": {"operation": operation}, "when": when, "do": deed})
    assert (await site.client.service(FIRE)).kind is read
    assert (await site.client.submit(replacing(FIRE, document), allowed)).kind is edit
    assert [record["operation"] for record in site.received].count("edit") == 1
