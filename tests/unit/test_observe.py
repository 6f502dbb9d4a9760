"""What a turn makes of the jobs that a site lists."""

from dataclasses import dataclass, replace
from typing import Any, cast

from arcgis_operator.core.job import Job
from arcgis_operator.core.record import Journal, Phase, Record
from arcgis_operator.reconcilers.ledger import Entry
from arcgis_operator.reconcilers.observe import observe
from arcgis_operator.reconcilers.ports import JobsOn

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
    seen = await observe(site, "roads.mapserver", None, at_rest, entry, 0.0, presumed=False, fresh=True)
    assert (seen.strays, seen.listed_ids, seen.candidate) == ((), frozenset(), None)
    unanswered = Record(known=True, journal=INTENT)
    seen = await observe(site, "roads.mapserver", None, unanswered, entry, 0.0, presumed=False, fresh=True)
    assert seen.candidate == OURS
