"""What a turn makes of the jobs that a site lists."""

from dataclasses import dataclass, replace
from typing import Any, cast

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import Job, JobsOn
from arcgis_operator.core.record import Journal, Phase, Record
from arcgis_operator.reconcilers.ledger import Entry
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
LOOK: dict[str, Any] = {"presumed": False, "overdue": False, "unseen_in": 0.0, "fresh": True, "clock": float}


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
    entry = Entry(explained=frozenset())
    at_rest = Record(known=True, journal=replace(INTENT, phase=Phase.IDLE))
    seen = await observe(site, "roads.mapserver", None, at_rest, entry, 0.0, **LOOK)
    assert (seen.strays, seen.listed_ids, seen.candidate) == ((), frozenset(), None)
    unanswered = Record(known=True, journal=INTENT)
    seen = await observe(site, "roads.mapserver", None, unanswered, entry, 0.0, **LOOK)
    assert seen.candidate == OURS


async def test_a_job_that_was_there_before_the_intent_is_not_what_became_of_it() -> None:
    """An edit of a resource deleted since may have begun half a minute before."""
    site = cast("Any", ListingSite(JobsOn((OURS,))))
    sent_here = Entry(explained=frozenset({OURS.id}), facts={"i1": Failure(Kind.UNSURE, "no answer")})
    sent_elsewhere = Entry(explained=frozenset({OURS.id}))
    for entry, candidate, guessed in ((sent_here, None, False), (sent_elsewhere, OURS, True)):
        record = Record(known=True, journal=INTENT)
        seen = await observe(site, "roads.mapserver", None, record, entry, 0.0, **LOOK)
        assert (seen.candidate, seen.guessed) == (candidate, guessed)


async def test_a_job_that_came_after_the_intent_that_this_process_sent_is_no_guess() -> None:
    site = cast("Any", ListingSite(JobsOn((OURS,))))
    entry = Entry(explained=frozenset(), facts={"i1": Failure(Kind.UNSURE, "no answer")})
    seen = await observe(
        site, "roads.mapserver", None, Record(known=True, journal=INTENT), entry, 0.0, **LOOK
    )
    assert (seen.candidate, seen.guessed) == (OURS, False)
