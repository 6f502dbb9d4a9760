"""The shared list of a site's jobs: read rarely, never too old, nothing running is lost from sight."""

import asyncio
from dataclasses import replace

import pytest
from listing_site import ROADS, URI, FakeSite, job, past

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.usual import Usual


async def test_a_new_id_is_read_once_and_an_ended_job_never_again() -> None:
    """Two looks, one read."""
    site = FakeSite(job("j1", "COMPLETED"))
    index = site.index()
    for _ in range(2):
        found = await index.on(ROADS)
        assert [one.id for one in found.jobs] == ["j1"]
    assert site.reads == ["j1"]


async def test_a_running_job_is_read_again_by_those_who_ask_about_its_service() -> None:
    """And only by those."""
    other = "/arcgis/admin/services/Rivers.MapServer/edit"
    site = FakeSite(job("j1"), job("j2", uri=other))
    index = site.index()
    await index.on(ROADS)
    site.reads.clear()
    site.jobs["j1"] = job("j1", "COMPLETED")
    found = await index.on(ROADS)
    assert [one.ended for one in found.jobs] == [True]
    assert site.reads == ["j1"]


async def test_a_look_that_takes_an_older_list_shares_it_for_so_long() -> None:
    site = FakeSite()
    index = site.index()
    for moment, lists in ((100.0, 1), (101.9, 1), (102.1, 2)):
        site.now = moment
        await index.on(ROADS, within=2.0)
        assert site.lists == lists


async def test_fresh_looks_at_the_same_time_share_the_next_list() -> None:
    """One list is under way; those who come meanwhile need one that begins later, and get one together."""
    site = FakeSite(job("j1"))
    index = site.index()
    site.gate.clear()
    first = asyncio.create_task(index.on(ROADS))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    site.now = 101.0
    later = [asyncio.create_task(index.on(ROADS)) for _ in range(20)]
    await asyncio.sleep(0)
    site.gate.set()
    await asyncio.gather(first, *later)
    assert site.lists == 2


async def test_a_running_job_that_the_site_forgets_is_presumed_to_run_for_a_while() -> None:
    """404 is unseen, not over."""
    site = FakeSite(job("j1"))
    index = site.index()
    await index.on(ROADS)
    del site.jobs["j1"]
    site.now += 59
    assert [one.ended for one in (await index.on(ROADS)).jobs] == [False]
    site.now += 2
    assert (await index.on(ROADS)).jobs == ()


async def test_two_who_find_at_the_same_time_that_a_job_is_lost_agree() -> None:
    """The turn of its service, and that of the first in line for a slot."""
    site = FakeSite(job("j1"))
    site.listed = ("j1",)
    index = site.index()
    await index.on(ROADS)
    del site.jobs["j1"]
    site.now += 61
    site.reading.clear()
    line = asyncio.create_task(index.look_at_running("we", followed=()))
    turn = asyncio.create_task(index.on(ROADS))
    for _ in range(10):
        await asyncio.sleep(0)
    site.reading.set()
    await line
    assert (await turn).jobs == ()


NOT_LISTABLE = (Kind.MISSING, Kind.UNAUTHORISED, Kind.REFUSED)


def hidden(seconds: int) -> Failure:
    """What a look says while a refusal of the list is not believed yet."""
    text = (
        "the site refuses to list its jobs (no): one may run unseen, so nothing is sent until they are "
        f"listed, or were refused for {seconds} s more"
    )
    return Failure(Kind.GARBLED, text)


@pytest.mark.parametrize("kind", NOT_LISTABLE)
async def test_a_site_that_steadily_refuses_to_list_its_jobs_is_believed_after_a_while(kind: Kind) -> None:
    """One refusal may be that of a moment; a list, or another answer, begins the time anew."""
    site = FakeSite()
    index, refused, away = site.index(), Failure(kind, "no", 403), Failure(Kind.UNSURE, "reset")
    for listed, seconds, failure, is_listed in (
        (refused, 0, hidden(10), True),
        (refused, 9, hidden(1), True),
        (away, 1, away, True),
        (refused, 1, hidden(10), True),
        (refused, 10, None, False),
        (refused, 1, None, False),
    ):
        site.listed, site.now = listed, site.now + seconds
        found = await index.on(ROADS)
        assert (found.failure, found.listed) == (failure, is_listed)


@pytest.mark.parametrize("kind", [Kind.MISSING, Kind.REFUSED])
async def test_a_page_in_the_place_of_a_list_says_nothing_of_the_jobs(kind: Kind) -> None:
    """Something in front of the site speaks; however often."""
    site = FakeSite()
    index = site.index()
    site.listed = Failure(kind, "a web page (404)")
    for _ in range(3):
        found = await index.on(ROADS)
        text = "the list of jobs cannot be read: a web page (404)"
        assert (found.failure, found.listed) == (Failure(Kind.GARBLED, text), True)
        site.now += 100


async def test_a_refused_login_is_told_as_that_and_is_no_refusal_of_the_list() -> None:
    """The list was not asked for, however long that goes on; a refusal afterwards is the first one."""
    site = FakeSite()
    index, login = site.index(), Failure(Kind.UNAUTHORISED, "login refused")
    for listed, failure in ((login, login), (login, login), (Failure(Kind.REFUSED, "no", 400), hidden(10))):
        site.listed = listed
        found = await index.on(ROADS)
        assert (found.failure, found.listed) == (failure, True)
        site.now += 100


@pytest.mark.parametrize("kind", NOT_LISTABLE)
async def test_a_refused_list_where_jobs_were_listed_is_believed_once_a_job_has_had_its_time(
    kind: Kind,
) -> None:
    """Until then one may run unseen, so the look fails; a list in between begins that time anew."""
    site = FakeSite()
    index = site.index()
    refused = Failure(kind, "no", 403)
    for listed, seconds, failure, is_listed in (
        (None, 0, None, True),
        (refused, 40, hidden(20), True),
        (refused, 20, hidden(0), True),
        (None, 30, None, True),
        (refused, 60, hidden(10), True),
        (refused, 10, None, False),
        (refused, 1, None, False),
    ):
        site.listed, site.now = listed, site.now + seconds
        found = await index.on(ROADS)
        assert (found.failure, found.listed) == (failure, is_listed)


@pytest.mark.parametrize(("word", "seconds"), [("UNAVAILABLE", 61), ("MELTING", 61), ("EXECUTING", 10**6)])
async def test_a_word_that_nobody_knows_counts_as_running_only_as_long_as_a_job_may_run(
    word: str, seconds: int
) -> None:
    """One that says that it runs does run, however long."""
    site = FakeSite(job("j1", word))
    index = site.index()
    assert [one.id for one in (await index.on(ROADS)).jobs] == ["j1"]
    site.now += seconds
    assert bool((await index.on(ROADS)).jobs) == (word == "EXECUTING")


async def test_a_job_that_ran_until_a_moment_ago_still_runs_when_its_word_is_lost() -> None:
    site = FakeSite(job("j1"))
    index = site.index()
    await index.on(ROADS)
    site.now += 1000
    await index.on(ROADS)
    site.jobs["j1"] = job("j1", "UNAVAILABLE")
    site.now += 59
    assert [one.id for one in (await index.on(ROADS)).jobs] == ["j1"]
    site.now += 2
    assert (await index.on(ROADS)).jobs == ()


async def test_a_list_or_a_new_job_that_cannot_be_read_now_fails_the_look() -> None:
    """Nothing is concluded from half a list."""
    site = FakeSite()
    site.listed = Failure(Kind.UNSURE, "timed out")
    assert (await site.index().on(ROADS)).failure == site.listed
    site = FakeSite(job("j1"))
    away = Failure(Kind.UNSURE, "reset")
    site.jobs["j1"] = away
    assert (await site.index().on(ROADS)).failure == away


async def test_after_a_failed_list_the_next_look_lists_again() -> None:
    """And reads what it could not."""
    site = FakeSite(job("j1"))
    index = site.index()
    site.jobs["j1"] = Failure(Kind.UNSURE, "reset")
    await index.on(ROADS)
    site.jobs["j1"] = job("j1")
    site.now += 0.1
    assert [one.id for one in (await index.on(ROADS)).jobs] == ["j1"]


async def test_results_are_not_kept_in_memory() -> None:
    """Ten thousand documents would not fit."""
    site = FakeSite(job("j1", "COMPLETED"))
    found = await site.index().on(ROADS)
    assert found.jobs == (replace(job("j1", "COMPLETED"), result={}),)


async def test_services_with_running_jobs_of_ours_are_known_for_the_slots() -> None:
    """Others' jobs and ended ones take no slot."""
    site = FakeSite(
        job("j1"),
        job("j2", uri="/arcgis/admin/services/A.MapServer/edit", username="they"),
        job("j3", "COMPLETED", uri="/arcgis/admin/services/B.MapServer/edit"),
    )
    index = site.index()
    await index.on(ROADS)
    assert index.running("we") == {ROADS}


async def test_a_job_that_nobody_asks_about_is_forgotten_when_it_was_not_listed_for_so_long() -> None:
    """A site has many services that nobody declares here, and each of their jobs was new once."""
    rivers = "/arcgis/admin/services/Rivers.MapServer/edit"
    site = FakeSite(job("j1", uri=rivers))
    index = site.index()
    for seconds, listed, running in (
        (0, True, True),
        (100, True, True),
        (60, False, True),
        (1, False, False),
    ):
        site.now += seconds
        site.listed = None if listed else ()
        await index.on(ROADS)
        assert index.running("we") == ({"rivers.mapserver"} if running else set())
    assert site.reads == ["j1"]


@pytest.mark.timeout(10)
async def test_who_asks_in_the_moment_in_which_a_list_ends_gets_the_next_one() -> None:
    """The ended list is not waited for without end: nothing else in the process would run."""
    site = FakeSite(job("j1"))
    site.listed = Failure(Kind.BUSY, "later")
    site.gate.clear()
    index = site.index()
    first = asyncio.create_task(index.on(ROADS))
    await site.asked.wait()
    site.now += 1
    site.gate.set()  # the list ends in the next step of the loop, the second one asks in the step after it
    second = asyncio.create_task(index.on(ROADS))
    assert (await first).failure == (await second).failure == site.listed
    assert site.lists == 2


async def test_a_job_that_the_site_named_to_us_is_not_read_because_a_list_names_it() -> None:
    """Who asks about its service still reads it, for it runs."""
    site = FakeSite(job("j1"))
    index = site.index()
    index.noted(job("j1", "SUBMITTED"))
    await index.on("rivers.mapserver")
    assert site.reads == []
    assert index.running("we") == {ROADS}
    await index.on(ROADS)
    assert site.reads == ["j1"]


async def test_a_job_seen_to_end_runs_no_more_and_is_forgotten_with_the_list() -> None:
    """Nothing of it stays."""
    site = FakeSite(job("j1"))
    index = site.index()
    index.noted(job("j1"))
    index.noted(job("j1", "COMPLETED"))
    assert index.running("we") == set()
    site.jobs.clear()
    assert (await index.on(ROADS)).jobs == ()


async def test_how_long_edits_take_is_learned_from_the_short_ones_that_succeeded() -> None:
    """By the site's own clock; a failed job, another operation and a job without times teach nothing."""
    site = FakeSite()
    index = site.index()
    assert index.usual_seconds() == 0
    for number, seconds in enumerate([30, 31, 32, 33, 34, 35, 36, 37, 38, 300]):
        index.noted(replace(past(number, 0), end_ms=past(number, 0).start_ms + 1000 * seconds))
    odd = past(50, 0)
    for other in (
        replace(odd, status="FAILED"),
        replace(odd, operation_uri=URI.replace("/edit", "/start")),
        replace(odd, start_ms=0),
    ):
        index.noted(other)
    assert index.usual_seconds() == 31


async def test_how_long_jobs_took_is_told_for_each_operation_by_itself() -> None:
    index = FakeSite().index()
    for number in range(6):
        start = past(number, 0)
        uri = URI if number % 2 else URI.replace("/edit", "/start")
        index.noted(replace(start, operation_uri=uri, end_ms=start.start_ms + 1000 * (number + 1)))
    assert index.usual("edit") == Usual(3, 4.0, 6.0)
    assert index.usual("start") == Usual(3, 3.0, 5.0)
    assert index.usual("stop") == Usual()


async def test_of_jobs_that_ended_long_ago_only_the_ids_are_kept_and_they_are_not_read_again() -> None:
    """Nobody knows how long a site keeps its jobs: what is kept of each must be little."""
    site = FakeSite(job("old", "COMPLETED"), job("slow"))
    index = site.index()
    await index.on(ROADS)
    site.now += 121
    site.jobs["slow"] = job("slow", "COMPLETED")
    site.jobs["new"] = job("new", "COMPLETED")
    found = await index.on(ROADS)
    assert {one.id for one in found.jobs} == {"slow", "new"}, "one that ended late is as good as a new one"
    site.now += 121
    site.reads.clear()
    assert (await index.on(ROADS)).jobs == ()
    assert site.reads == []


async def test_an_old_job_that_somebody_reads_again_is_known_again() -> None:
    site = FakeSite(job("old", "COMPLETED"))
    index = site.index()
    await index.on(ROADS)
    site.now += 121
    assert (await index.on(ROADS)).jobs == ()
    index.noted(job("old", "COMPLETED"))
    assert [one.id for one in (await index.on(ROADS)).jobs] == ["old"]


async def test_an_old_id_that_leaves_the_list_is_forgotten() -> None:
    site = FakeSite(job("old", "COMPLETED"))
    index = site.index()
    await index.on(ROADS)
    site.now += 121
    await index.on(ROADS)
    old = site.jobs.pop("old")
    site.now += 1
    await index.on(ROADS)
    site.jobs["old"] = old
    site.now += 1
    assert [one.id for one in (await index.on(ROADS)).jobs] == ["old"]


async def test_a_job_that_was_concluded_is_not_presumed_to_run_when_the_site_forgets_it() -> None:
    """Its settings are live. One that the site lists all the same is read anew; one that ended is kept."""
    site = FakeSite(job("j1"), job("j2"), job("j3", "COMPLETED"))
    index = site.index()
    await index.on(ROADS)
    del site.jobs["j1"]
    for job_id in ("j1", "j2", "j3", "never heard of"):
        index.over(job_id)
    site.now += 1
    assert [one.id for one in (await index.on(ROADS)).jobs if not one.ended] == ["j2"]
    assert index.running("we") == {ROADS}
