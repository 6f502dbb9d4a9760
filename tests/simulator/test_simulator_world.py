"""The world without HTTP: jobs on the clock, restarts, providers, scaling."""

import copy
from typing import Any

import pytest

from arcgis_simulator.errors import SiteError
from arcgis_simulator.jobs import Job, Plan, Work
from arcgis_simulator.switches import Switches
from arcgis_simulator.world import World

FIRE = "FireWeatherWatch.MapServer"


class Story:
    """A world, what it told, and short ways to act on one service."""

    def __init__(self, **switches: Any) -> None:
        self.world = World(switches=Switches().changed(switches))
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.world.emit = lambda kind, **facts: self.told.append((kind, facts))
        self.world.advance(1_000_000)
        found = self.world.catalogue.find("", FIRE)
        assert found is not None
        self.fire = found

    def edit(self, description: str, plan: Plan | None = None) -> Job:
        if plan is not None:
            self.world.jobs.arrange(plan)
        document = {**copy.deepcopy(self.fire.document), "description": description}
        job = self.world.submit(self.fire, Work("edit", document), "siteadmin", asynchronous=True)
        assert job is not None
        return job

    def wait(self, seconds: float) -> None:
        self.world.advance(self.world.now_ms + round(seconds * 1000))

    def statuses(self, job: Job) -> list[str]:
        return [facts["status"] for kind, facts in self.told if kind == "job" and facts["job"] == job.jobid]


def test_a_job_goes_from_submitted_over_executing_to_completed() -> None:
    story = Story(submitted_seconds=1, job_seconds=2)
    job = story.edit("new")
    assert (job.status, job.end_ms) == ("SUBMITTED", 0)
    story.wait(1)
    assert (job.status, job.end_ms, job.updated_ms) == ("EXECUTING", 0, 1_001_000)
    story.wait(2)
    assert (job.status, job.end_ms, job.start_ms) == ("COMPLETED", 1_003_000, 1_000_000)
    assert job.result == {"service": story.fire.document}


def test_one_long_step_of_the_clock_passes_through_every_status_at_its_own_time() -> None:
    story = Story(submitted_seconds=1, job_seconds=2)
    job = story.edit("new")
    story.wait(3600)
    assert story.statuses(job) == ["SUBMITTED", "EXECUTING", "COMPLETED"]
    assert job.end_ms == 1_003_000


def test_an_edit_takes_effect_when_its_job_ends_and_restarts_a_started_service_once() -> None:
    story = Story()
    story.edit("new")
    story.wait(1)
    assert story.fire.document["description"] != "new"
    story.wait(1.5)
    assert story.fire.document["description"] == "new"
    assert (story.fire.edits, story.fire.restarts) == (1, 1)
    assert story.world.status(story.fire) == {"configuredState": "STARTED", "realTimeState": "STOPPED"}
    story.wait(1)
    assert story.world.status(story.fire)["realTimeState"] == "STARTED"


def test_an_edit_of_a_stopped_service_restarts_nothing() -> None:
    story = Story()
    story.world.submit(story.fire, Work("stop"), "siteadmin", asynchronous=False)
    story.edit("new")
    story.wait(10)
    assert (story.fire.edits, story.fire.restarts) == (1, 0)


def test_before_12_an_edit_does_not_restart_the_service() -> None:
    story = Story(version="11.5")
    story.edit("new")
    story.wait(10)
    assert story.fire.restarts == 0


@pytest.mark.parametrize("outcome", ["FAILED", "CANCELLED", "TIMED OUT", "ERROR", "SOMETHING ELSE"])
def test_a_job_that_does_not_complete_changes_nothing_and_says_why(outcome: str) -> None:
    story = Story()
    job = story.edit("new", Plan(outcome=outcome))
    story.wait(10)
    assert job.status == outcome
    assert job.messages is not None
    assert "error" in str(job.result)
    assert story.fire.document["description"] != "new"
    assert story.fire.restarts == 0


def test_a_cancelled_job_shows_cancelling_before() -> None:
    story = Story()
    job = story.edit("new", Plan(outcome="CANCELLED"))
    story.wait(10)
    assert story.statuses(job) == ["SUBMITTED", "EXECUTING", "CANCELLING", "CANCELLED"]


def test_a_failed_job_may_have_applied_everything_or_a_part() -> None:
    for extent, records in (("everything", "7"), ("part", "1000")):
        story = Story(failed_edit_applies=extent)
        document = copy.deepcopy(story.fire.document)
        document["description"] = "new"
        document["properties"]["maxRecordCount"] = "7"
        story.world.jobs.arrange(Plan(outcome="FAILED"))
        story.world.submit(story.fire, Work("edit", document), "siteadmin", asynchronous=True)
        story.wait(10)
        assert story.fire.document["description"] == "new"
        assert story.fire.document["properties"]["maxRecordCount"] == records


def test_an_edit_may_take_effect_at_submission_and_then_not_again_at_the_end() -> None:
    story = Story(edit_applied="submit")
    story.edit("new")
    assert story.fire.document["description"] == "new"
    story.wait(10)
    assert story.fire.restarts == 1


def test_a_job_that_hangs_stays_until_it_is_ended_by_hand() -> None:
    story = Story()
    job = story.edit("new", Plan(outcome=None))
    story.wait(86_400)
    assert job.status == "EXECUTING"
    story.world.jobs.finish(job, "COMPLETED")
    assert (job.status, story.fire.document["description"]) == ("COMPLETED", "new")


def test_a_job_ended_by_hand_does_not_end_again() -> None:
    story = Story()
    job = story.edit("new")
    story.world.jobs.finish(job, "FAILED")
    story.wait(10)
    assert story.statuses(job) == ["SUBMITTED", "FAILED"]


def test_a_completed_job_may_carry_an_error() -> None:
    story = Story(completed_with_error="B")
    job = story.edit("new")
    story.wait(10)
    assert (job.status, job.result["error"]["code"]) == ("COMPLETED", 500)


def test_unavailable_is_answered_as_often_as_arranged() -> None:
    story = Story()
    job = story.edit("new", Plan(unavailable_reads=2))
    assert [story.world.jobs.read(job)["status"] for _ in range(3)] == ["UNAVAILABLE"] * 2 + ["SUBMITTED"]


def test_a_forgotten_job_is_gone_but_its_work_is_done() -> None:
    story = Story()
    job = story.edit("new")
    story.world.jobs.forget(job)
    story.wait(10)
    assert story.world.jobs.listed("siteadmin") == []
    assert story.fire.document["description"] == "new"


def test_ended_jobs_are_forgotten_after_the_time_of_the_switch() -> None:
    story = Story(jobs_kept_seconds=60)
    job = story.edit("new")
    story.wait(30)
    assert story.world.jobs.listed("siteadmin") == [job.jobid]
    story.wait(60)
    assert story.world.jobs.listed("siteadmin") == []


def test_a_new_job_appears_in_the_list_after_the_lag() -> None:
    story = Story(jobs_lag_seconds=5)
    job = story.edit("new")
    assert story.world.jobs.listed("siteadmin") == []
    story.wait(5)
    assert story.world.jobs.listed("siteadmin") == [job.jobid]


def test_a_second_edit_while_a_job_runs_is_accepted() -> None:
    story = Story()
    story.edit("one")
    story.edit("two")
    story.wait(10)
    assert (story.fire.edits, story.fire.document["description"]) == (2, "two")


def test_a_second_edit_while_a_job_runs_may_be_refused_as_busy() -> None:
    story = Story(busy="refuse")
    story.edit("one")
    with pytest.raises(SiteError, match="another administrative operation"):
        story.edit("two")
    assert story.fire.edits == 1


def test_a_second_edit_while_a_job_runs_may_wait_for_its_end() -> None:
    story = Story(busy="queue", submitted_seconds=1, job_seconds=2)
    first, second = story.edit("one"), story.edit("two")
    story.wait(3)
    assert (first.status, second.status) == ("COMPLETED", "SUBMITTED")
    story.wait(3)
    assert second.status == "COMPLETED"


def test_an_edit_by_somebody_else_is_a_job_of_that_user() -> None:
    story = Story()
    document = {**story.fire.document, "description": "theirs"}
    job = story.world.foreign_edit(story.fire, "colleague", document, Plan())
    story.wait(10)
    assert (job.username, story.fire.document["description"]) == ("colleague", "theirs")


def test_drift_changes_the_document_without_an_edit() -> None:
    story = Story()
    story.world.drift(story.fire, {"properties.maxRecordCount": "5"}, ["capabilities"])
    assert story.fire.document["properties"]["maxRecordCount"] == "5"
    assert "capabilities" not in story.fire.document
    assert story.fire.edits == 0


def test_a_read_may_be_stale_for_a_while_after_an_edit() -> None:
    story = Story(stale_read_seconds=30)
    story.edit("new")
    story.wait(10)
    assert story.world.document(story.fire)["description"] != "new"
    story.wait(30)
    assert story.world.document(story.fire)["description"] == "new"


def test_a_shared_service_uses_the_pods_of_its_type() -> None:
    world = Story().world
    shared = [s for s in world.catalogue.services.values() if s.document["provider"] == "DMaps"]
    assert len({s.document["deploymentId"] for s in shared}) == 1
    world.change_provider(shared[0], "ArcObjects11", "siteadmin")
    assert shared[0].document["deploymentId"] != shared[1].document["deploymentId"]
    world.change_provider(shared[0], "DMaps", "siteadmin")
    assert shared[0].document["deploymentId"] == shared[1].document["deploymentId"]


def test_a_provider_that_cannot_be_changed_is_refused_in_form_a() -> None:
    world = Story().world
    for folder, name, provider in (
        ("Transport", "RoadClosures.FeatureServer", "DMaps"),
        ("Utilities", "PrintingTools.GPServer", "DMaps"),
        ("", FIRE, "dmaps"),
    ):
        service = world.catalogue.find(folder, name)
        assert service is not None
        with pytest.raises(SiteError, match="is not permitted") as refused:
            world.change_provider(service, provider, "siteadmin")
        assert refused.value.body(world.switches)["status"] == "error"


def test_scaling_an_entry_changes_all_services_that_share_its_pods() -> None:
    world = Story().world
    one, other = [s for s in world.catalogue.services.values() if s.document["provider"] == "DMaps"][:2]
    spec = copy.deepcopy({"scalingSpec": world.catalogue.scaling(one)})
    spec["scalingSpec"][0]["replicas"] = {"min": 2, "max": 4, "scalingMode": "manual"}
    world.submit(one, world.check_scaling(one, spec), "siteadmin", asynchronous=False)
    assert world.catalogue.scaling(other)[0]["replicas"]["max"] == 4


BAD_SCALING: dict[str, dict[str, Any]] = {
    "another deployment": {"deploymentId": "k0"},
    "more at least than at most": {"replicas": {"min": 3, "max": 1}},
    "a quantity that is none": {
        "resources": {"memoryMin": "lots", "memoryMax": "2Gi", "cpuMin": "1", "cpuMax": "2"}
    },
    "a quantity left out": {"resources": {"memoryMin": "1Gi"}},
}


@pytest.mark.parametrize("change", BAD_SCALING.values(), ids=BAD_SCALING)
def test_scaling_refuses(change: dict[str, Any]) -> None:
    story = Story()
    entry = {**story.world.catalogue.scaling(story.fire)[0], **change}
    with pytest.raises(SiteError) as refused:
        story.world.check_scaling(story.fire, {"scalingSpec": [entry]})
    assert refused.value.code == 400


def test_a_web_tool_has_two_deployments() -> None:
    world = Story().world
    tool = world.catalogue.find("utilities", "printingtools.gpserver")
    assert tool is not None
    assert [entry["deploymentType"] for entry in world.catalogue.scaling(tool)] == [
        "GPServer",
        "GPSyncServer",
    ]


def test_the_example_of_the_vendor_is_there_as_it_is_published() -> None:
    document = Story().fire.document
    assert (document["id"], document["deploymentId"]) == ("sckomokcru548qo27uhde", "kx21q2lis4z5beekzep0k")
    assert [entry["typeName"] for entry in document["extensions"]] == [
        "WMSServer",
        "KmlServer",
        "FeatureServer",
    ]
    assert (document["maxIdleTime"], document["configuredState"]) == (180, "STARTED")


def test_ids_have_the_documented_shapes_and_never_repeat() -> None:
    ids = World().ids
    jobs = {ids.job() for _ in range(1000)}
    assert len(jobs) == 1000
    assert {len(job) for job in jobs} == {37}
    assert (len(ids.service()), ids.deployment()[0]) == (21, "k")


def test_services_can_be_generated_in_folders_of_a_thousand() -> None:
    world = World(generated=2030)
    counts = [len(list(world.catalogue.in_folder(f"Generated{number}"))) for number in ("", 1, 2)]
    assert counts == [1000, 1000, 30]


JOBS_BY_SWITCH: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a job may fail by default": ({"job_outcome": "FAILED"}, {"status": "FAILED"}),
    "a job may hang by default": ({"job_outcome": ""}, {"status": "EXECUTING", "endtime": 0}),
    "a completed job may say nothing": ({"completed_result": "absent"}, {"result": None}),
    "a failed job may say nothing": (
        {"job_outcome": "FAILED", "failed_result": "absent", "job_messages": "absent"},
        {"result": None, "messages": None},
    ),
    "the resource may be left out": ({"job_resource": "absent"}, {"resource": None}),
    "the resource may say more": (
        {"job_resource": "full"},
        {"resource": {"name": "FireWeatherWatch", "type": "service", "operation": "edit"}},
    ),
    "the first read may be unavailable": ({"job_unavailable_reads": 1}, {"status": "UNAVAILABLE"}),
}


@pytest.mark.parametrize(("switches", "expected"), JOBS_BY_SWITCH.values(), ids=JOBS_BY_SWITCH)
def test_a_job_under_a_switch(switches: dict[str, Any], expected: dict[str, Any]) -> None:
    story = Story(**switches)
    job = story.edit("new")
    story.wait(10)
    shown = story.world.jobs.read(job)
    assert {name: shown.get(name) for name in expected} == expected


@pytest.mark.parametrize(("shape", "kind"), [("strings", str), ("objects", dict)])
def test_messages_may_be_strings_or_objects(shape: str, kind: type) -> None:
    story = Story(job_outcome="FAILED", job_messages=shape, failed_result="B")
    job = story.edit("new")
    story.wait(10)
    assert job.messages is not None
    assert isinstance(job.messages[0], kind)
    assert "error" in job.result


def test_a_user_may_see_only_own_jobs_in_the_list() -> None:
    story = Story(jobs_visible="own")
    story.edit("new")
    assert story.world.jobs.listed("colleague") == []


def test_a_job_may_wait_until_the_restart_is_over() -> None:
    story = Story(job_waits_for_restart=True, edit_restarts="always", version="11.5", restart_seconds=60)
    story.edit("new")
    story.wait(2.5)
    assert (story.fire.restarts, story.world.status(story.fire)["realTimeState"]) == (1, "STARTED")


def test_a_change_of_provider_may_keep_the_deployment() -> None:
    story = Story(provider_changes_deployment=False)
    before = story.fire.document["deploymentId"]
    story.world.change_provider(story.fire, "DMaps", "siteadmin")
    assert story.fire.document["deploymentId"] == before
