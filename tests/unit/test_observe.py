"""What a turn makes of the jobs that a site lists."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

from arcgis_operator.core.changers import SKEW
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import Job, JobsOn
from arcgis_operator.core.memory import Memory, Waits
from arcgis_operator.core.record import JobShown, Journal, Observed, Phase, Record, stamp
from arcgis_operator.reconcilers.observe import observe

EDIT = "/arcgis/admin/services/Roads.MapServer/edit"
OURS = Job(id="j1", status="FAILED", operation_uri=EDIT, username="gitops", start_ms=1_700_000_100_000)
INTENT = Journal(
    phase=Phase.INTENDED,
    id="i1",
    operation_uri=EDIT,
    username="gitops",
    site_url="https://gis.example.com/arcgis",
    intent_time="2023-11-14T22:13:20Z",
)
LOOK: dict[str, Any] = {"waits": Waits(), "fresh": True, "clock": float}


@dataclass
class ListingSite:
    jobs: JobsOn
    url: str = INTENT.site_url
    username: str = "gitops"

    async def jobs_on(self, service_key: str, within: float) -> JobsOn:
        return self.jobs

    async def job(self, job_id: str) -> Job:
        return OURS


async def test_a_job_that_ended_long_ago_is_no_stray_edit_and_may_be_what_an_unanswered_intent_became() -> (
    None
):
    site = cast("Any", ListingSite(JobsOn(old=(OURS,))))
    memory = Memory(explained=frozenset())
    at_rest = Record(known=True, journal=replace(INTENT, phase=Phase.IDLE))
    seen = await observe(site, "roads.mapserver", None, at_rest, memory, **LOOK)
    assert (seen.strays, seen.listed_ids, seen.candidate) == ((), frozenset(), None)
    unanswered = Record(known=True, journal=INTENT)
    seen = await observe(site, "roads.mapserver", None, unanswered, memory, **LOOK)
    assert seen.candidate == OURS


async def test_a_job_that_was_there_before_the_intent_is_not_what_became_of_it() -> None:
    """An edit of a resource deleted since may have begun half a minute before."""
    site = cast("Any", ListingSite(JobsOn((OURS,))))
    sent_here = Memory(explained=frozenset({OURS.id}), facts={"i1": Failure(Kind.UNSURE, "no answer")})
    sent_elsewhere = Memory(explained=frozenset({OURS.id}))
    for memory, candidate, guessed in ((sent_here, None, False), (sent_elsewhere, OURS, True)):
        record = Record(known=True, journal=INTENT)
        seen = await observe(site, "roads.mapserver", None, record, memory, **LOOK)
        assert (seen.candidate, seen.guessed) == (candidate, guessed)


async def test_a_job_that_came_after_the_intent_that_this_process_sent_is_no_guess() -> None:
    site = cast("Any", ListingSite(JobsOn((OURS,))))
    memory = Memory(explained=frozenset(), facts={"i1": Failure(Kind.UNSURE, "no answer")})
    seen = await observe(site, "roads.mapserver", None, Record(known=True, journal=INTENT), memory, **LOOK)
    assert (seen.candidate, seen.guessed) == (OURS, False)


BY_ANNA = replace(OURS, id="j2", username="anna", status="COMPLETED", end_ms=OURS.start_ms + 5000)
BY_BEN = replace(BY_ANNA, id="j3", username="ben", end_ms=BY_ANNA.end_ms + 1000)
AT_REST = Record(known=True, journal=replace(INTENT, phase=Phase.IDLE))


async def changers(jobs: JobsOn, memory: Memory, record: Record = AT_REST) -> list[str]:
    """The jobs that may have changed the service."""
    site = cast("Any", ListingSite(jobs))
    seen = await observe(site, "roads.mapserver", None, record, memory, **LOOK)
    return [job.id for job in seen.changers]


async def test_what_ended_since_the_service_was_verified_here_may_have_changed_it() -> None:
    """The newest first; not what was listed then, and not what still runs."""
    running = replace(BY_BEN, id="j4", status="EXECUTING", end_ms=0)
    jobs = JobsOn((BY_ANNA, BY_BEN, running), old=(replace(BY_BEN, id="j5"),))
    assert await changers(jobs, Memory(verified=frozenset())) == ["j3", "j2"]
    assert await changers(jobs, Memory(verified=frozenset({"j2"}))) == ["j3"]


async def test_of_what_another_process_verified_the_clocks_tell() -> None:
    def verified(seconds: float) -> Record:
        at = datetime.fromtimestamp(BY_ANNA.end_ms / 1000 + seconds, UTC)
        return replace(AT_REST, observed=Observed(verified_time=stamp(at)))

    jobs = JobsOn((BY_ANNA,), old=(replace(BY_ANNA, id="j5"),))
    within, beyond = SKEW.total_seconds(), SKEW.total_seconds() + 60
    assert await changers(jobs, Memory(), verified(within)) == ["j2", "j5"]
    assert await changers(jobs, Memory(), verified(beyond)) == []
    put_back = replace(verified(beyond), observed=None, proved=verified(beyond).observed)
    assert await changers(jobs, Memory(), put_back) == []
    assert await changers(jobs, Memory()) == ["j2", "j5"]


async def test_jobs_of_ours_did_not_change_it() -> None:
    ours = [replace(BY_ANNA, id=name) for name in ("shown", "past", "open", "followed")]
    record = replace(
        AT_REST,
        journal=replace(AT_REST.journal, job_id="open"),
        job=JobShown(id="shown"),
        history=({"id": "past"},),
    )
    assert await changers(JobsOn(tuple(ours)), Memory(open_job="followed"), record) == []


async def test_a_job_under_our_name_is_somebody_s_unless_something_of_ours_is_open() -> None:
    by_us = replace(BY_ANNA, username="gitops")
    assert await changers(JobsOn((by_us,)), Memory()) == ["j2"]
    assert await changers(JobsOn((by_us,)), Memory(), Record(known=True, journal=INTENT)) == []
