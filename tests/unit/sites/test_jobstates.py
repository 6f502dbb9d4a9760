"""One job id, one state: the printed table is what the code does, and the table of jobs is what was seen."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as some
from listing_site import ROADS, job

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import Job
from arcgis_operator.sites import jobstates
from arcgis_operator.sites.jobstates import PAST, WAITING, Ended, Running, State, Unread
from arcgis_operator.sites.jobtable import JobTable

LONG, NOW = 60.0, 1000.0
NO = Failure(Kind.REFUSED, "no", 400)
RUNS, DONE = job("j1"), job("j1", "COMPLETED")
STATES: dict[str, State | None] = {
    "–": None,
    "Unread": Unread(NOW, NO),
    "Waiting": WAITING,
    "Running": Running(RUNS, ROADS, ran_at=NOW, seen_at=NOW),
    "Ended": Ended(DONE, ROADS, ran_at=NOW, since=NOW, old=False),
    "Past": PAST,
}
Seen = Callable[[State | None], State | None]


def listed(seconds: float) -> Seen:
    return lambda one: one and jobstates.after_list(one, NOW + seconds, LONG)


def not_listed(seconds: float) -> Seen:
    return lambda one: one and jobstates.after_other_list(one, NOW + seconds, LONG)


def gone(seconds: float) -> Seen:
    return lambda one: jobstates.after_gone(one, NOW + seconds, LONG)


SEEN: dict[str, Seen] = {
    "read, it runs": lambda one: jobstates.after_read(one, RUNS, NOW),
    "read, it has ended": lambda one: jobstates.after_read(one, DONE, NOW),
    "read in vain": lambda one: jobstates.after_vain_read(one, NO, NOW),
    "listed": listed(2 * LONG),
    "listed, long after": listed(2 * LONG + 1),
    "not listed": not_listed(LONG),
    "not listed, long after": not_listed(LONG + 1),
    "gone": gone(LONG),
    "gone, long after": gone(LONG + 1),
    "old by its place in the list": jobstates.after_place,
    "let be": jobstates.after_let_be,
    "concluded": jobstates.after_conclusion,
}


def test_the_printed_table_is_what_the_code_does() -> None:
    printed = (jobstates.__doc__ or "").partition("<!-- states -->\n")[2].partition("\n<!--")[0]
    names = {type(state): name for name, state in STATES.items()}
    rows = [["seen", *STATES], ["---"] * (1 + len(STATES))]
    rows += [[seen, *(names[type(after(one))] for one in STATES.values())] for seen, after in SEEN.items()]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    assert printed.splitlines() == [line.replace(" --- ", "---") for line in lines]


@pytest.mark.parametrize("seen", [one for one in SEEN if not one.startswith("read, ")])
def test_only_a_read_lets_a_job_run_or_end(seen: str) -> None:
    """A job that was seen to end does not run because of a list, nor does one that runs end."""
    for before in STATES.values():
        after = SEEN[seen](before)
        assert type(after) is type(before) or not isinstance(after, Running | Ended)


def test_a_job_that_had_time_is_no_news_when_it_has_ended_and_is_one_when_it_ran_until_now() -> None:
    assert jobstates.after_read(WAITING, DONE, NOW) == Ended(
        jobstates.after_read(None, DONE, NOW).job, ROADS, NOW, NOW, old=True
    )
    ended = jobstates.after_read(jobstates.after_read(WAITING, RUNS, NOW), DONE, NOW)
    assert isinstance(ended, Ended)
    assert not ended.old


# ---- the table of jobs, beside what follows from all that was seen, in whatever order

IDS = ("a", "b", "c")
WORDS = ("EXECUTING", "COMPLETED", "UNAVAILABLE")
Event = tuple[str, object]
EVENTS = some.one_of(
    some.tuples(some.just("read"), some.tuples(some.sampled_from(IDS), some.sampled_from(WORDS))),
    some.tuples(some.just("in vain"), some.sampled_from(IDS)),
    some.tuples(some.just("list"), some.frozensets(some.sampled_from(IDS))),
)


def told(events: list[Event]) -> JobTable:
    """The real table after these, within the time that a job may run."""
    table = JobTable(LONG)
    for at, (what, seen) in enumerate(events):
        match what, seen:
            case "read", (str(job_id), str(word)):
                table.read(job(job_id, word), at)
            case "in vain", str(job_id):
                table.read_in_vain(job_id, NO, at)
            case "list", frozenset(ids):
                table.listed(ids, at)
    return table


def last_read(events: list[Event], job_id: str) -> str | None:
    """The word of the last read; None once a list did not name a job that had ended by then."""
    words = [(at, seen[1]) for at, (what, seen) in enumerate(events) if what == "read" and seen[0] == job_id]  # type: ignore[index]
    if not words:
        return None
    at, word = words[-1]
    lists = [seen for what, seen in events[at:] if what == "list"]
    dropped = word == "COMPLETED" and any(job_id not in ids for ids in lists)  # type: ignore[operator]
    return None if dropped else str(word)


def unread(events: list[Event], job_id: str) -> bool:
    """Asked for in vain while nothing was known of it, and neither read nor dropped from the list since."""
    for at, event in enumerate(events):
        if event == ("in vain", job_id) and last_read(events[:at], job_id) is None:
            later = events[at:]
            read = any(what == "read" and seen[0] == job_id for what, seen in later)  # type: ignore[index]
            if not read and all(job_id in seen for what, seen in later if what == "list"):  # type: ignore[operator]
                return True
    return False


@given(some.lists(EVENTS, max_size=12))
def test_in_whatever_order_lists_and_reads_come_the_table_says_what_was_seen_last(
    events: list[Event],
) -> None:
    table, now = told(events), len(events)
    known = {one: word for one in IDS if (word := last_read(events, one))}
    found = table.on(ROADS, now)
    assert {str(one.id): str(one.status) for one in found.jobs} == known
    assert not found.old
    assert {one.job.id for one in table.running()} == {one for one in known if known[one] != "COMPLETED"}
    hidden = table.hidden(now)
    assert bool(hidden) == any(unread(events, one) for one in IDS)
    assert set(table.to_read(IDS, now, turns=8)) == {one for one in IDS if one not in known}


@given(some.lists(EVENTS, max_size=12))
def test_a_job_that_no_list_names_any_more_runs_for_as_long_as_a_job_may(events: list[Event]) -> None:
    table = told(events)
    running: list[Job] = [one.job for one in table.running()]
    table.listed(frozenset(), len(events) + LONG)
    later = table.running()
    assert {one.job.id for one in later} <= {one.id for one in running}
    table.listed(frozenset(), len(events) + LONG + 1)
    assert table.running() == []
    assert table.on(ROADS, len(events) + LONG + 1).jobs == ()
