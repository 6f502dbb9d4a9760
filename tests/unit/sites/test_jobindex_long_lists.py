"""A list of thousands of jobs that nobody here has read: what may run comes first."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from listing_site import ROADS, FakeSite, history, unshown

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.sites.jobindex import PAUSE_SECONDS
from harness import virtual_time


@pytest.mark.parametrize("newest_first", [False, True])
async def test_of_a_thousand_old_jobs_only_the_recent_ones_are_read_before_the_first_answer(
    newest_first: bool,
) -> None:
    """The rest is read later; what has ended is no news, as somebody's edit of late would be."""
    jobs = sorted(history(), key=lambda one: one.start_ms, reverse=newest_first)
    site = FakeSite(*jobs)
    index = site.index()
    found = await index.on(ROADS)
    recent = {one.id for one in found.jobs}
    assert recent >= {f"j{number:04}" for number in range(988, 1000)}
    assert len(site.reads) < 100
    site.rest.set()
    await site.all_read.wait()
    assert sorted(site.reads) == [one.id for one in history()]
    again = await index.on(ROADS)
    assert {one.id for one in again.jobs} == recent
    assert len(again.old) == 1000 - len(recent), "one may be what an unanswered request became"
    index.noted(again.old[0])
    assert len((await index.on(ROADS)).old) == len(again.old), "read once more it is no younger"


async def test_a_job_that_runs_among_a_thousand_is_found_wherever_it_stands() -> None:
    """At once when it began of late, else when the old ones are read."""
    jobs = history()
    jobs[995] = replace(jobs[995], status="EXECUTING", end_ms=0)
    jobs[500] = replace(jobs[500], status="EXECUTING", end_ms=0)
    site = FakeSite(*jobs)
    index = site.index()
    found = await index.on(ROADS)
    assert [one.id for one in found.jobs if not one.ended] == ["j0995"]
    site.rest.set()
    await site.all_read.wait()
    found = await index.on(ROADS)
    assert sorted(one.id for one in found.jobs if not one.ended) == ["j0500", "j0995"]


@pytest.mark.parametrize(
    "order",
    [
        lambda jobs: sorted(jobs, key=lambda one: hash(one.id)),
        lambda jobs: jobs[::2] + jobs[1::2],
        lambda jobs: jobs[:990] + jobs[:989:-1],
    ],
    ids=["by id", "by node", "the newest first, but only they"],
)
async def test_a_long_list_that_is_not_in_the_order_of_time_is_read_whole_first(order: Any) -> None:
    """A sample may not show it; what was read because of the sample does."""
    site = FakeSite(*order(history()))
    await site.index().on(ROADS)
    assert len(set(site.reads)) == 1000


def test_old_jobs_are_read_again_after_a_failure_until_all_are_known() -> None:
    """A site that does not answer meanwhile loses nothing."""

    async def story() -> None:
        site = FakeSite(*history())
        index = site.index()
        await index.on(ROADS)
        away, site.jobs["j0500"] = site.jobs["j0500"], Failure(Kind.UNSURE, "the site stopped answering")
        site.rest.set()
        await asyncio.sleep(1)
        assert site.reads[-1] == "j0500"
        site.jobs["j0500"] = away
        await asyncio.sleep(PAUSE_SECONDS)
        assert len(set(site.reads)) == 1000
        assert site.reads.count("j0500") == 2

    virtual_time.run(story())


async def test_a_job_of_late_that_cannot_be_read_holds_its_time_though_old_ones_are_read_meanwhile() -> None:
    """What is read by and by are the old ones: it is none of them."""
    site = FakeSite(*history())
    site.jobs |= unshown("j0995")
    index = site.index()
    site.rest.set()
    for seconds in (0, 30, 30):
        site.now += seconds
        found = await index.on(ROADS)
        assert found.failure == Failure(Kind.GARBLED, "job j0995 is listed but cannot be read")
        for _ in range(2000):
            await asyncio.sleep(0)
    site.now += 1
    assert (await index.on(ROADS)).failure is None


async def test_an_index_that_is_closed_while_it_reads_a_long_list_does_not_go_on_by_itself() -> None:
    site = FakeSite(*history())
    index = site.index()
    asking = asyncio.create_task(index.on(ROADS))
    await site.asked.wait()
    index.close()
    await asking
    assert "old jobs" not in {task.get_name() for task in asyncio.all_tasks()}
