"""Features of the cluster: the API server's answers, the watch, the leader, statuses, ArcGISSites."""

from __future__ import annotations

import json
from random import Random

from features_access import labels
from features_broken import since
from pairs_scene import LAST, Catch, Script, When, feature, when

from harness.fault import Fault, same

BUSY = json.dumps({"kind": "Status", "message": "too many requests"}).encode()


def failing(draw: Random) -> Fault:
    code = draw.choice((429, 500, 503, 504))
    return Fault(code=code, headers={"Retry-After": "1"} if code == 429 else None, body=BUSY)


@feature("label read fails")
def label_read(script: Script, draw: Random) -> None:
    labels(script, draw)
    script.main_namespace = "team"
    start = draw.choice((*script.moments, 599.0, draw.uniform(10, LAST - 200)))
    script.catches.append(Catch("kube labels", failing(draw), start, draw.choice((1, 1, 3)), "team"))


@feature("Secret read fails")
def secret_read(script: Script, draw: Random) -> None:
    fault = draw.choice((failing(draw), Fault(code=404, body=b"{}"), Fault(code=403, body=BUSY)))
    script.catches.append(
        Catch("kube secret", fault, draw.choice((0.0, since(script, draw))), draw.choice((1, 2)))
    )
    script.do(when(script, draw), "expire")


@feature("object read fails")
def object_read(script: Script, draw: Random) -> None:
    fault = draw.choice(
        (failing(draw), Fault(breaks="hang"), Fault(breaks="request"), Fault(code=403, body=BUSY))
    )
    script.catches.append(
        Catch("kube get", fault, since(script, draw), draw.choice((1, 3)), "arcgisservices")
    )


@feature("object read is late")
def object_late(script: Script, draw: Random) -> None:
    fault = Fault(applied=True, rewrite=same)
    script.catches.append(
        Catch(
            "kube get", fault, since(script, draw), 1, "arcgisservices", arrives=draw.choice((1.0, 4.0, 8.0))
        )
    )


@feature("status write fails")
def status_write(script: Script, draw: Random) -> None:
    fault = draw.choice((
        failing(draw),
        Fault(code=500, body=BUSY, applied=True),
        Fault(breaks="hang", applied=True, rewrite=same),
        Fault(breaks="request", applied=True, rewrite=same),
        Fault(breaks="request"),
        Fault(code=409, body=b"{}"),
        Fault(code=403, body=BUSY),
        Fault(code=422, body=BUSY),
    ))  # fmt: skip
    phase = draw.choice(("Intended", "Running", "Idle"))
    script.catches.append(Catch(f"kube patch {phase}", fault, since(script, draw), draw.choice((1, 1, 3))))


@feature("list arrives late")
def list_late(script: Script, draw: Random) -> None:
    """Read by the API server, and under way while the watch tells something newer."""
    kind = draw.choice(("arcgissites", "arcgisservices"))
    start = draw.choice((590.0, 590.0, 1190.0, 1.0))
    script.catches.append(
        Catch(f"kube list {kind}", Fault(applied=True, rewrite=same), start, 1, "gis/", arrives=3.0)
    )
    what = draw.choice(("declare", "url", "secret", "access", "remake", "none"))
    near = When(1.0, f"late {kind}", 1)
    acts = {
        "declare": ("declare", {"name": "main", "text": "main while a list was late"}),
        "url": ("replace_site", {"name": "prod", "gap": 0.0, "spec": {"url": "https://green.test/arcgis"}}),
        "secret": ("site", {"name": "prod", "spec": {"credentials": {"secretRef": {"name": "login-new"}}}}),
        "access": ("site", {"name": "prod", "spec": {"access": []}}),
        "remake": ("remake", {"name": "main", "gap": 0.0, "text": "main anew"}),
    }
    if what in acts:
        act, facts = acts[what]
        script.do(near, act, **facts)
        if what == "secret":
            script.sites["new-account"] = {"_user": "new"}
        script.do(start + 25, "declare", name="main", text="main after a late list")


@feature("list fails")
def list_fails(script: Script, draw: Random) -> None:
    start = draw.choice((0.0, 590.0, 1190.0))
    kind = draw.choice(("arcgissites", "arcgisservices"))
    script.catches.append(Catch(f"kube list {kind}", failing(draw), start, draw.choice((1, 4)), "gis/"))


@feature("watch is dead")
def watch_dead(script: Script, draw: Random) -> None:
    """For minutes; only lists tell what is new."""
    script.ways["deaf"] = True
    at = draw.uniform(50, 900)
    script.do(at, "way", watch_dead_until=at + draw.choice((60.0, 400.0)))


@feature("watch lags")
def watch_lags(script: Script, draw: Random) -> None:
    script.ways["watch_lag"] = draw.choice((0.3, 1.0, 3.0))


@feature("restart")
def restart(script: Script, draw: Random) -> None:
    script.do(when(script, draw, before=5), "restart", gap=draw.choice((0.0, 1.0, 40.0)))


@feature("crash")
def crash(script: Script, draw: Random) -> None:
    script.do(when(script, draw, before=2), "crash", gap=draw.choice((0.0, 5.0)))


@feature("second replica")
def second_replica(script: Script, draw: Random) -> None:
    """On standby; the first one goes."""
    script.do(draw.uniform(5, 100), "stand_by")
    script.do(when(script, draw), "restart_first", crashes=draw.random() < 0.5)


@feature("two leaders")
def two_leaders(script: Script, draw: Random) -> None:
    """Somebody empties or deletes the Lease; the watch of one is behind."""
    way = draw.choice(("emptied", "deleted"))
    if way == "emptied":
        script.do(draw.uniform(2, 60), "stand_by")
    script.ways["behind"] = draw.choice((0.0, 0.3, 0.3))
    at = draw.choice(script.moments)
    script.do(max(1.0, at - draw.choice((0.1, 0.5, 1.0, 2.0, 3.0, 4.0))), "empty_lease", way=way)
    if draw.random() < 0.5:
        script.catches.append(Catch("site edit", Fault(seconds=1.0, applied=True, rewrite=same), at - 5, 3))


@feature("status without its journal", "status")
def status_stripped(script: Script, draw: Random) -> None:
    """From some time on, for good or for a while."""
    at, for_good = draw.choice((0.0, *(one - 1 for one in script.moments))), draw.random() < 0.6
    script.do(at, "strip", on=True)
    if for_good:
        script.ways["never rests"] = True
    else:
        script.do(LAST - 200, "strip", on=False)


@feature("status wiped", "status")
def status_wiped(script: Script, draw: Random) -> None:
    script.do(when(script, draw), "status", name="main", way="wipe")


@feature("status wiped over a restart", "status")
def status_wiped_restart(script: Script, draw: Random) -> None:
    """A restore without statuses: the operator is down meanwhile."""
    at = when(script, draw)
    script.do(at, "restart", gap=1.0)
    script.do(When(at.seconds + 0.5, at.trigger, at.nth), "status", name="main", way="wipe")


@feature("status restored", "status")
def status_restored(script: Script, draw: Random) -> None:
    script.do(draw.uniform(10, script.moments[0]), "keep_status", name="main")
    at = when(script, draw)
    script.do(at, "status", name="main", way="restore")
    if draw.random() < 0.5:
        script.do(When(max(0.0, at.seconds - 0.5), at.trigger, at.nth), "restart", gap=1.0)


@feature("restored from a backup", "status")
def restored(script: Script, draw: Random) -> None:
    """The object as it once was, with its status; the operator is down meanwhile, or not."""
    script.do(draw.uniform(10, script.moments[0]), "keep_status", name="main")
    at = when(script, draw)
    script.do(at, "restore", name="main", gap=draw.choice((0.0, 1.0, 30.0)))
    if draw.random() < 0.6:
        script.do(When(max(0.0, at.seconds - 0.5), at.trigger, at.nth), "restart", gap=1.0)


@feature("status of another version", "status")
def status_spoiled(script: Script, draw: Random) -> None:
    script.do(when(script, draw), "status", name="main", way="spoil")


@feature("site replaced")
def site_replaced(script: Script, draw: Random) -> None:
    gap = draw.choice((0.0, 1.0, 5.0, 30.0, 150.0))
    name = draw.choice(("prod", "prod", "other"))
    script.do(when(script, draw), "replace_site", name=name, gap=gap, spec={})


@feature("another owner's ArcGISSite")
def another_owner(script: Script, draw: Random) -> None:
    """Of the same address, with an account of its own; nobody need refer to it."""
    script.sites["twin"] = {"credentials": {"secretRef": {"name": "login-twin"}}, "_user": "twin"}


@feature("site moves")
def site_moves(script: Script, draw: Random) -> None:
    """To another address of it, and back or not."""
    at = when(script, draw, before=5)
    script.do(at, "site", name="prod", spec={"url": "https://moved.test/arcgis"})
    if draw.random() < 0.6:
        seconds = draw.choice((5.0, 60.0, 300.0))
        script.do(
            When(at.seconds + seconds, at.trigger, at.nth),
            "site",
            name="prod",
            spec={"url": "https://site.test/arcgis"},
        )


@feature("asked for one more try")
def asked(script: Script, draw: Random) -> None:
    for _ in range(2):
        script.do(when(script, draw), "ask", name="main")
