"""Who probably made a drift, as far as the jobs of the site tell."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from situations import NOW, case, job, journal, live, proved, seen, wanting

from arcgis_operator.core import who
from arcgis_operator.core.case import Case, Hold
from arcgis_operator.core.change import SHOWN
from arcgis_operator.core.decide import decide
from arcgis_operator.core.job import Job
from arcgis_operator.core.model import DriftPolicy
from arcgis_operator.core.record import Phase, PlanShown
from arcgis_operator.core.said import Raw, Shown
from arcgis_operator.core.sentences import LONGEST, LONGEST_EVENT
from arcgis_operator.core.verdict import Reason, Verdict

Json = Any
REPORTING = replace(wanting(), drift=DriftPolicy(report=True))
OBSERVES = (Hold(Reason.OBSERVING, "so it is"),)
HELD = (Hold(Reason.VERIFYING, "counting"),)


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def others(name: str = "anna", ago: float = 60, **changed: Json) -> Job:
    """A job of somebody that ended so many seconds ago."""
    at = ms(NOW - timedelta(seconds=ago))
    return job("COMPLETED", f"j-{name}", username=name, start_ms=at - 5000, end_ms=at, **changed)


ANNA = {
    "id": "j-anna",
    "username": "anna",
    "operation": "edit",
    "status": "COMPLETED",
    "endTime": "2026-11-23T19:44:14Z",
}
BY_ANNA = "Probably by anna (edit, job j-anna, ended 2026-11-23T19:44:14Z)."


def drift(*jobs: Job, **changed: Json) -> Case:
    return replace(case(record=proved(), seen=seen(changers=jobs)), **changed)


def planned(verdict: Verdict) -> PlanShown:
    assert verdict.record.plan is not None
    return verdict.record.plan


def test_a_drift_that_is_restored_names_who_probably_made_it() -> None:
    verdict = decide(drift(others()))
    assert planned(verdict).changers == (ANNA,)
    assert [note.message for note in verdict.notes] == [
        'settings.description was changed on the site: found "old", declared "new". '
        f"{BY_ANNA} Restoring the declared value."
    ]


@pytest.mark.parametrize(
    "held",
    [{"desired": REPORTING}, {"unsent": OBSERVES}],
    ids=["it is only reported", "nothing is ever sent"],
)
def test_a_drift_that_is_not_restored_names_who_probably_made_it(held: Json) -> None:
    verdict = decide(drift(others(), **held))
    assert verdict.effect is None
    assert planned(verdict).changers == (ANNA,)
    assert f"{BY_ANNA} No" in verdict.message


def test_new_settings_are_nobody_s_doing() -> None:
    verdict = decide(case(seen=seen(changers=(others(),)), unsent=OBSERVES))
    assert planned(verdict).changers == ()
    assert "Probably" not in verdict.message
    assert "No recent job" not in verdict.message


def test_where_no_job_tells_or_none_are_listed_that_is_said() -> None:
    assert who.NOBODY in decide(drift(desired=REPORTING)).message
    hidden = drift(desired=REPORTING, seen=seen(listed=False))
    assert who.UNLISTED in decide(hidden).message


MANY = tuple(others(name, ago) for ago, name in enumerate(("eve", "dan", "cyd", "ben", "anna", "adam"), 60))
TOLD = {
    "two people": (MANY[:2], "Probably by one of these: eve (edit, job j-eve, ended 2026-11-23T19:44:14Z), "),
    "more than there is room for": (
        tuple(replace(one, id=Raw(f"{one.id:j>37}")) for one in MANY[:4]),
        "Probably by one of these: eve, dan, cyd, ben.",
    ),
    "one person twice": (
        (others(), replace(others(ago=70), id=Raw("j2"))),
        "Probably by anna (edit, job j-anna, ended 2026-11-23T19:44:14Z), anna (edit, job j2, ended",
    ),
    "one person again and again": (
        tuple(replace(others(), id=Raw(f"j{number:036}")) for number in range(4)),
        "Probably by anna. ",
    ),
    "a job that failed": (
        (replace(others(), status=Raw("FAILED")),),
        "Probably by anna (edit FAILED, job j-anna, ended",
    ),
    "another operation": (
        (replace(others(), operation_uri=Raw("/arcgis/admin/services/Roads.MapServer/changeProvider")),),
        "Probably by anna (changeProvider, job j-anna, ended",
    ),
    "a job without an end time": ((replace(others(), end_ms=0),), "Probably by anna (edit, job j-anna)."),
    "a job that does not say whose it is": (
        (replace(others(), username=Raw("")),),
        "Probably by somebody (edit, job",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_all_who_may_have_done_it_are_named(name: str) -> None:
    jobs, words = TOLD[name]
    assert words in decide(drift(*jobs, desired=REPORTING)).message


def test_the_five_latest_are_kept() -> None:
    kept = planned(decide(drift(*MANY))).changers
    assert [one["username"] for one in kept] == ["eve", "dan", "cyd", "ben", "anna"]


def test_of_more_than_five_the_same_stay_at_each_look() -> None:
    """Else each look would write the status."""
    crowd = tuple(replace(others(), id=Raw(f"j{number}")) for number in range(7))
    first = decide(drift(*crowd, drifts=HELD))
    again = decide(drift(*reversed(crowd), record=first.record, drifts=HELD))
    assert again.record.plan == first.record.plan


def test_what_the_site_says_of_a_job_is_masked_cut_and_printable() -> None:
    def masked(text: Raw, least: int = 1) -> Shown:
        return Shown(text.replace("hunter2", "***"))

    name = "an\x1bna hunter2 " + "x" * 300
    (one,) = planned(decide(drift(others(name, show=masked)))).changers
    assert one["username"].startswith("an na *** ")
    assert len(one["username"]) == 64
    assert "hunter2" not in str(one)


def test_who_was_found_first_stays_while_it_is_the_same_drift() -> None:
    """A colleague who does something else to the service later did not make it."""
    first = decide(drift(others(), drifts=HELD))
    later = decide(drift(others("ben", ago=20), others(), record=first.record, drifts=HELD))
    assert planned(later).changers == (ANNA,)
    sent = decide(drift(others("ben", ago=20), record=later.record))
    assert planned(sent).changers == (ANNA,)
    assert BY_ANNA in sent.notes[0].message


def test_who_ran_at_the_same_time_is_named_once_that_job_has_ended() -> None:
    first = decide(drift(others(), drifts=HELD))
    beside = replace(others("ben", ago=10), start_ms=ms(NOW - timedelta(seconds=63)))
    both = planned(decide(drift(beside, others(), record=first.record, drifts=HELD)))
    assert [one["username"] for one in both.changers] == ["ben", "anna"]


def test_a_job_that_the_site_lists_late_is_named_and_one_that_began_later_is_not() -> None:
    first = decide(drift(drifts=HELD))
    assert planned(first).changers == ()
    late = decide(drift(others(), record=first.record, drifts=HELD, now=NOW + timedelta(minutes=9)))
    assert planned(late).changers == (ANNA,)
    after = others("ben", ago=-400)
    later = decide(drift(after, record=first.record, drifts=HELD, now=NOW + timedelta(minutes=9)))
    assert planned(later).changers == ()


def test_whoever_changes_more_of_it_is_named_beside_who_changed_it_first() -> None:
    wanted = wanting(copyright="ours")
    base = {"desired": wanted, "record": proved(wanted), "drifts": HELD}
    first = decide(
        drift(others(), **base | {"seen": seen(document=live(copyright="ours"), changers=(others(),))})
    )
    more = seen(changers=(others("ben", 10), others()), document=live(copyright="theirs"))
    both = planned(decide(drift(**base | {"record": first.record, "seen": more})))
    assert [one["username"] for one in both.changers] == ["ben", "anna"]


def test_a_new_wish_forgets_who_changed_the_old_one() -> None:
    first = decide(drift(others(), drifts=HELD))
    newer = decide(drift(others(), record=first.record, desired=wanting("newer")))
    assert planned(newer).cause == "Spec"
    assert planned(newer).changers == ()


def test_the_history_names_who_made_the_drift_that_was_restored() -> None:
    twice = (others(), replace(others(), id=Raw("j2")), others("ben"))
    sent = decide(drift(*twice)).record
    running = replace(sent, journal=replace(sent.journal, phase=Phase.RUNNING, job_id=Raw("j9")))
    done = seen(ours=job("COMPLETED", "j9"), document=live("new"))
    assert decide(case(record=running, seen=done)).record.history[0]["changedBy"] == ["anna", "ben"]


def test_however_much_is_told_what_to_do_fits_behind_it() -> None:
    long = wanting(**{f"p{number}": "x" * SHOWN for number in range(9)})
    reported = replace(long, drift=DriftPolicy(report=True))
    names = tuple(others(f"{number}" * 64) for number in range(5))
    message = decide(drift(*names, desired=reported, record=proved(long))).message
    assert len(message) <= LONGEST
    assert message.endswith("declare what is live.")
    note = decide(drift(*names, desired=long, record=proved(long))).notes[0].message
    assert len(note) <= LONGEST_EVENT
    assert note.endswith("Restoring the declared values.")


def test_nothing_is_told_of_a_drift_before_the_site_was_read() -> None:
    unread = case(record=replace(proved(), journal=journal(Phase.RUNNING)), seen=None)
    assert decide(unread).record.plan is None


def test_a_plan_that_does_not_say_since_when_may_be_anybodys() -> None:
    first = decide(drift(drifts=HELD))
    timeless = replace(first.record, plan=replace(planned(first), since_time=""))
    assert planned(decide(drift(others("ben", ago=-400), record=timeless, drifts=HELD))).changers != ()


def test_a_time_beyond_all_calendars_is_left_out() -> None:
    (one,) = planned(decide(drift(replace(others(), end_ms=10**18)))).changers
    assert "endTime" not in one
