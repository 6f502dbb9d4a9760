"""Jobs that a site lists and does not show, or neither lists nor shows."""

from dataclasses import replace

import pytest
from listing_site import ROADS, FakeSite, history, job, unshown

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import JobsOn


@pytest.mark.parametrize(
    "failure",
    [
        Failure(Kind.UNSURE, "the site failed (500): planted", code=500),
        Failure(Kind.UNAUTHORISED, "the site does not accept the token (498)", code=498),
        Failure(Kind.REFUSED, "the site refused (400): planted", code=400),
        Failure(Kind.GARBLED, "the job has no status"),
    ],
    ids=lambda failure: failure.kind,
)
async def test_a_new_job_that_the_site_answers_for_with_an_error_may_run_until_it_is_read(
    failure: Failure,
) -> None:
    """Or until it has had its time: a job that nobody can ever read does not hold the site for ever."""
    site = FakeSite(job("j1"))
    index = site.index()
    site.jobs["j1"] = failure
    for seconds in (0, 60):
        site.now += seconds
        found = await index.on(ROADS)
        assert found.failure == Failure(Kind.GARBLED, "job j1 is listed but cannot be read")
    site.now += 1
    assert await index.on(ROADS) == JobsOn()
    site.jobs["j1"] = job("j1")
    site.now += 1
    assert [one.id for one in (await index.on(ROADS)).jobs] == ["j1"]


ANSWERED = {
    "no such job": (Failure(Kind.MISSING, "no"), True, True),
    "refused": (Failure(Kind.REFUSED, "no", 400), False, True),
    "failed": (Failure(Kind.UNSURE, "no", 500), False, True),
    "no answer": (Failure(Kind.UNSURE, "no"), False, False),
    "no right": (Failure(Kind.UNAUTHORISED, "no", 403), False, False),
    "later": (Failure(Kind.BUSY, "no", 503), False, False),
}
"""What a job's address answers: whether the job is gone where it is listed, and where it is not."""


@pytest.mark.parametrize("what", ANSWERED)
async def test_a_job_is_gone_that_the_site_neither_shows_nor_lists(what: str) -> None:
    failure, gone_if_listed, gone_if_not = ANSWERED[what]
    site = FakeSite(job("listed"))
    index = site.index()
    assert await index.is_gone("listed", failure) is gone_if_listed
    assert await index.is_gone("another", failure) is gone_if_not
    site.listed = Failure(Kind.UNSURE, "no", 500)
    site.now += 1
    assert await index.is_gone("another", failure) is (failure.kind is Kind.MISSING)


async def test_a_running_job_that_is_neither_shown_nor_listed_any_more_runs_for_its_time() -> None:
    site = FakeSite(job("theirs"))
    index = site.index()
    await index.on(ROADS)
    site.jobs["theirs"], site.listed = Failure(Kind.UNSURE, "no", 500), ()
    site.now += 50
    assert [one.status for one in (await index.on(ROADS)).jobs] == ["UNAVAILABLE"]
    site.now += 50
    assert (await index.on(ROADS)) == JobsOn(())


async def test_of_jobs_that_cannot_be_read_for_long_a_few_are_tried_with_each_list_in_turn() -> None:
    site = FakeSite()
    site.jobs |= unshown(*(f"j{number}" for number in range(20)))
    index = site.index()
    await index.on(ROADS)
    site.now += 61
    site.reads.clear()
    for expected in (8, 16, 24):
        site.now += 1
        assert (await index.on(ROADS)).failure is None
        assert len(site.reads) == expected
    assert len(set(site.reads)) == 20


async def test_a_long_list_of_which_nothing_can_be_read_is_none() -> None:
    site = FakeSite()
    site.jobs |= unshown(*(f"j{number}" for number in range(500)))
    index = site.index()
    assert (await index.on(ROADS)).failure is not None, "for the first time"
    site.now += 10
    assert await index.on(ROADS) == JobsOn(listed=False)
    assert len(site.reads) <= 80


async def test_a_job_that_cannot_be_read_and_began_long_before_others_holds_nobody() -> None:
    """Its place in the list tells when it began."""
    site = FakeSite()
    for number in range(40):
        site.jobs[f"j{number:02}"] = replace(job(f"j{number:02}", "COMPLETED"), start_ms=1 + number * 60_000)
    site.jobs |= unshown("j05")
    assert (await site.index().on(ROADS)).failure is None
    site.jobs |= unshown("j39")
    assert (await site.index().on(ROADS)).failure is not None


async def test_an_old_job_that_is_read_later_and_cannot_be_read_holds_nobody() -> None:
    site = FakeSite(*history())
    site.jobs |= unshown("j0200", "j0201")
    index = site.index()
    await index.on(ROADS)
    site.rest.set()
    await site.all_read.wait()
    assert (await index.on(ROADS)).failure is None
    assert len(site.reads) == len(history())
