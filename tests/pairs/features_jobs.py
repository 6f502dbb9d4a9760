"""Features of the jobs of the site: how they are listed and end, and those of colleagues."""

from __future__ import annotations

from random import Random

from features_broken import PAGE, refusal, since
from features_resources import more
from pairs_scene import HOUR, LAST, MAIN, Catch, Script, feature, when

from harness.fault import Fault


def _blind(script: Script, **switches: str) -> None:
    """What runs cannot be seen; what may run is waited for as long as a job may last."""
    script.switches |= switches
    script.ways["blind"] = True
    script.length = max(script.length, HOUR + 1200)


@feature("list of jobs forbidden", "list")
def list_forbidden(script: Script, draw: Random) -> None:
    _blind(script, jobs_list="forbidden")


@feature("list of jobs missing", "list")
def list_missing(script: Script, draw: Random) -> None:
    _blind(script, jobs_list="missing")


@feature("own jobs only", "list")
def list_own(script: Script, draw: Random) -> None:
    _blind(script, jobs_visible="own")


@feature("site without jobs", "list")
def no_jobs(script: Script, draw: Random) -> None:
    """A release before 10.9.1: an edit is over with its answer."""
    _blind(script, version="10.9")


@feature("jobs complete with an error", "outcome")
def jobs_complete_with_an_error(script: Script, draw: Random) -> None:
    """And yet what they were to do is done."""
    script.switches["completed_with_error"] = draw.choice(("A", "B"))
    script.ways["jobs fail"] = True


@feature("list of jobs refused once", "list")
def list_refused(script: Script, draw: Random) -> None:
    fault = draw.choice((
        Fault(code=404, headers={"content-type": "text/html"}, body=PAGE),
        Fault(code=403, headers={"content-type": "text/html"}, body=PAGE),
        refusal(403, "You do not have permissions."),
        Fault(code=500, body=PAGE),
    ))  # fmt: skip
    script.catches.append(Catch("site jobs", fault, since(script, draw), draw.choice((1, 1, 2))))


@feature("list of jobs lags")
def list_lags(script: Script, draw: Random) -> None:
    script.switches["jobs_lag_seconds"] = draw.choice((5.0, 30.0, 60.0))


@feature("jobs forgotten")
def forgotten(script: Script, draw: Random) -> None:
    """One that ended unread holds its slot for half an hour, and of one wish there may be three."""
    script.switches["jobs_kept_seconds"] = draw.choice((1.0, 10.0, 60.0))
    script.length = max(script.length, HOUR + 5400)


@feature("odd last word")
def odd_word(script: Script, draw: Random) -> None:
    """The jobs of a while never say a word that ends them."""
    word = draw.choice(("CANCELED", "UNAVAILABLE", "DONE"))

    def say(body: bytes) -> bytes:
        return body.replace(b'"COMPLETED"', f'"{word}"'.encode())

    script.catches.append(Catch("site job", Fault(rewrite=say), since(script, draw), float("inf")))
    script.length = max(script.length, HOUR + 2400)
    script.ways["sticks not"] = True


@feature("jobs unavailable at first")
def unavailable(script: Script, draw: Random) -> None:
    script.switches["job_unavailable_reads"] = draw.choice((1, 3))


@feature("jobs fail", "outcome")
def jobs_fail(script: Script, draw: Random) -> None:
    script.switches["job_outcome"] = draw.choice(("FAILED", "FAILED", "TIMED OUT", "CANCELLED"))
    script.switches["failed_edit_applies"] = draw.choice(("nothing", "part", "everything"))
    script.ways["jobs fail"] = True


@feature("a job hangs", "outcome")
def job_hangs(script: Script, draw: Random) -> None:
    """Until somebody ends it."""
    script.switches["job_outcome"] = ""
    script.do(LAST, "switch", job_outcome="COMPLETED")
    script.do(LAST + 0.1, "finish", outcome=draw.choice(("COMPLETED", "CANCELLED")))
    script.length = max(script.length, HOUR + 1800)


@feature("job unreadable")
def job_unreadable(script: Script, draw: Random) -> None:
    fault = draw.choice(
        (
            Fault(code=500, body=PAGE),
            refusal(404, "no such job"),
            Fault(breaks="hang"),
            refusal(403, "denied"),
        )
    )
    script.catches.append(Catch("site job", fault, since(script, draw), draw.choice((1, 3, 10))))


@feature("colleague's job")
def colleague(script: Script, draw: Random) -> None:
    start = when(script, draw, before=15)
    seconds = draw.choice((10.0, 100.0, 600.0))
    sets = draw.choice(({"maxIdleTime": 77}, {"description": "by a colleague"}))
    script.do(start, "colleague", title=MAIN, seconds=seconds, sets=sets)


@feature("colleague edits at once")
def colleague_at_once(script: Script, draw: Random) -> None:
    for _ in range(draw.choice((1, 2))):
        sets = draw.choice(({"maxIdleTime": 78}, {"description": "by hand"}, {"capabilities": "Map"}))
        script.do(when(script, draw, before=3), "drift", title=MAIN, sets=sets)


@feature("busy site")
def busy_site(script: Script, draw: Random) -> None:
    """Colleagues start jobs elsewhere all the time."""
    more(script, draw, 1)
    for number in range(60):
        at = script.moments[number % 2] - 60 + number * draw.choice((2.0, 4.0))
        script.do(
            max(1.0, at),
            "colleague",
            title="Utilities/Geometry.GeometryServer",
            seconds=5.0,
            sets={"maxIdleTime": number},
        )
