"""Features of the site: its documents, its moods, its accounts."""

from __future__ import annotations

from random import Random

from features_broken import JSON_TYPE, PAGE, refusal, since
from features_resources import folder_of_many
from pairs_scene import HOUR, LAST, MAIN, Catch, Script, When, feature, when

from harness.fault import Fault


@feature("slow site")
def slow_site(script: Script, draw: Random) -> None:
    script.ways["latency"] = draw.choice((0.7, 1.2, 1.7, 2.6, 3.0))


@feature("stale documents")
def stale(script: Script, draw: Random) -> None:
    """For a while after each change; at times the wish changes, or changes back, in that while or before."""
    seconds = script.switches["stale_read_seconds"] = draw.choice((2.0, 8.0, 9.5))
    way, first = draw.choice(("", "less", "back")), draw.choice((1, 2))
    soon = draw.choice((0.2, script.job_seconds - 0.3, script.job_seconds + seconds / 2))
    if way == "less":
        script.do(When(0.2, "edit", first), "wish", name="main", text="more", more={"maxIdleTime": 777})
        script.do(When(soon, "edit", first + 1), "wish", name="main", text="less", more={})
    if way == "back":
        script.do(When(0.2, "edit", first), "wish", name="main", text="there", more={})
        script.do(When(soon, "edit", first + 1), "wish", name="main", text=f"main v{first}", more={})


@feature("stale folders", "folder")
def stale_folders(script: Script, draw: Random) -> None:
    script.ways["folder_age"] = draw.choice((30.0, 90.0))
    folder_of_many(script, draw)


@feature("document unreadable once")
def document_unreadable(script: Script, draw: Random) -> None:
    """Or three times: a service that seems to be missing is looked at with each resync only."""
    fault = draw.choice((
        Fault(code=500, body=PAGE), refusal(404, "no such service"), Fault(code=404, body=PAGE),
        Fault(breaks="hang"), refusal(403, "denied"), Fault(code=200, body=b"{}", headers=JSON_TYPE),
    ))  # fmt: skip
    script.catches.append(Catch("site service", fault, since(script, draw), draw.choice((1, 3))))
    script.length = max(script.length, HOUR + 1200)


@feature("site away")
def site_away(script: Script, draw: Random) -> None:
    """For minutes."""
    fault = draw.choice((Fault(breaks="connect"), Fault(code=503, body=PAGE), Fault(code=502, body=PAGE)))
    start, seconds = when(script, draw, before=10), draw.choice((10, 70, 200))
    at = 700.0 if start.trigger else start.seconds
    script.do(at, "break_site", fault=fault, until=at + seconds)


@feature("site asks to wait", "end")
def asks_to_wait(script: Script, draw: Random) -> None:
    """From some time on, for good: 503 with ten minutes."""
    at = draw.choice((script.moments[1] + 5, script.moments[0] + 1.0))
    fault = refusal(503, "later", 503, **{"retry-after": "600"})
    script.do(at, "break_site", fault=fault, until=10**9)
    script.ways |= {"asks to wait from": at, "away for ever": True}


@feature("login refused", "end")
def login_refused(script: Script, draw: Random) -> None:
    """The account's password was changed there, and nobody has told us."""
    at = draw.choice((script.moments[1] + 5, script.moments[0] + 1.0))
    script.do(at, "password", user="gitops", password="another", told=False)
    script.ways |= {"refused from": at, "refused for ever": True}


@feature("password changes")
def password_changes(script: Script, draw: Random) -> None:
    """Site and Secret, not at the same moment."""
    start = draw.uniform(50, LAST - 300)
    script.do(start, "password", user="gitops", password="n3w-Passw0rd-of-it", told=False)
    script.do(start + draw.choice((0.0, 3.0, 45.0)), "secret", password="n3w-Passw0rd-of-it")


@feature("password is a word of the path", "password")
def password_word(script: Script, draw: Random) -> None:
    script.password = draw.choice(("services", "FireWeatherWatch", "MapServer", "gitops", "admin", "edit"))


@feature("short tokens")
def short_tokens(script: Script, draw: Random) -> None:
    script.switches["token_minutes_max"] = draw.choice((1.0, 2.0))
    script.do(when(script, draw), "expire")


@feature("read-only site")
def read_only(script: Script, draw: Random) -> None:
    start = when(script, draw, before=10)
    at = 650.0 if start.trigger else start.seconds
    script.do(at, "read_only", message="The site is in read-only mode.")
    script.do(at + draw.choice((4, 60, 400)), "read_only", message=None)


@feature("republished")
def republished(script: Script, draw: Random) -> None:
    script.do(when(script, draw, before=60), "republish", title=MAIN)
