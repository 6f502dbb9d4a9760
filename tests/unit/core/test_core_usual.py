"""When a job may be expected to end: by what others took, told once, in times that nothing moves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from situations import NOW, POLICY, case, job, record, seen

from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Accepted
from arcgis_operator.core.record import JobShown, Phase, stamp
from arcgis_operator.core.settle import settle
from arcgis_operator.core.status import parse, render
from arcgis_operator.core.usual import LEAST, Usual, expecting, usual_of

KNOWN = Usual(25, 40.0, 120.0)
USUAL = replace(POLICY, usual=KNOWN)
BODY = {"metadata": {"namespace": "gis", "name": "roads", "generation": 1, "uid": "u"}}


@pytest.mark.parametrize(
    ("took", "half", "nine_of_ten"),
    [
        ([3.0, 1.0, 2.0], 2.0, 3.0),
        ([1.0, 2.0, 3.0, 4.0], 2.0, 4.0),
        ([float(one) for one in range(1, 11)], 5.0, 9.0),
        ([5.0] * 40, 5.0, 5.0),
    ],
)
def test_half_and_nine_of_ten_took_so_long_at_most(
    took: list[float], half: float, nine_of_ten: float
) -> None:
    found = usual_of(took)
    assert found == Usual(len(took), half, nine_of_ten)
    assert sum(one <= half for one in took) * 2 >= len(took)
    assert sum(one <= nine_of_ten for one in took) * 10 >= len(took) * 9


def test_of_too_few_nothing_is_said() -> None:
    assert usual_of([9.0] * (LEAST - 1)) == Usual()
    unknown = settle(record(Phase.INTENDED), Accepted("j1", "SUBMITTED"), NOW, POLICY)
    assert unknown.message == "The site accepted the edit as job j1; waiting for it to finish."
    assert unknown.record.job is not None
    assert unknown.record.job.expected_end_time == ""
    assert expecting(JobShown(), KNOWN, None) == JobShown()


def test_the_write_that_names_the_job_says_when_it_may_end_and_no_later_look_says_something_else() -> None:
    accepted = settle(record(Phase.INTENDED), Accepted("j1", "SUBMITTED"), NOW, USUAL)
    assert accepted.message == (
        "The site accepted the edit as job j1; waiting for it to finish. By the last 25 edit jobs of the site"
        " it ends about 2026-11-23T19:45:54Z, 9 of 10 such by 2026-11-23T19:47:14Z."
    )
    first = render(BODY, accepted, NOW)
    assert (first["job"]["expectedEndTime"], first["job"]["latestEndTime"], first["job"]["pastJobs"]) == (
        "2026-11-23T19:45:54Z",
        "2026-11-23T19:47:14Z",
        25,
    )
    for minutes in (0, 1, 10):
        look = case(
            record=parse({**BODY, "status": first}),
            seen=seen(ours=job("SUBMITTED", start_ms=0)),
            now=NOW + timedelta(minutes=minutes),
            policy=replace(POLICY, usual=Usual(26 + minutes, 1.0, 2.0)),
        )
        assert decide(look).message == accepted.message
        assert render({**BODY, "status": first}, decide(look), look.now)["job"] == first["job"]


def test_the_job_of_a_lost_answer_is_expected_from_when_its_request_left() -> None:
    found = case(record=record(Phase.INTENDED), seen=seen(candidate=job(), others=(job(),)), policy=USUAL)
    shown = decide(found).record.job
    assert shown is not None
    assert shown.expected_end_time == stamp(NOW - timedelta(minutes=2) + timedelta(seconds=40))


def test_of_a_job_that_has_ended_nothing_is_expected() -> None:
    runs = settle(record(Phase.INTENDED), Accepted("j1", "SUBMITTED"), NOW, USUAL).record
    ended = decide(case(record=runs, seen=seen(ours=job("FAILED")), policy=USUAL)).record.job
    assert ended is not None
    assert (ended.status, ended.expected_end_time, ended.latest_end_time, ended.past_jobs) == (
        "FAILED",
        "",
        "",
        0,
    )
