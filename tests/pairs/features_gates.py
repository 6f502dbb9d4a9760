"""Features of what a spec lets be sent: nothing at all, or no repair of what somebody else changed."""

from __future__ import annotations

import itertools
from random import Random

from features_resources import folder_of_many, over
from pairs_scene import LAST, MAIN, STORM_BOUND, Script, feature, when


@feature("observed resource", "observe")
def observed_resource(script: Script, draw: Random) -> None:
    """For a while, or from some time on."""
    start = when(script, draw, before=20)
    script.do(start, "specify", name="main", values={"managementPolicy": "Observe"})
    if draw.random() < 0.8:
        script.do(
            over(start, draw, (5, 60, 200)), "specify", name="main", values={"managementPolicy": "Manage"}
        )


@feature("observed site", "observe")
def observed_site(script: Script, draw: Random) -> None:
    """For a while; or from the start, until it is trusted."""
    if draw.random() < 0.3:
        script.sites["prod"] = {**script.sites.get("prod", {}), "managementPolicy": "Observe"}
        script.do(LAST / 2, "site", name="prod", spec={"managementPolicy": "Manage"})
        return
    start = when(script, draw, before=20)
    script.do(start, "site", name="prod", spec={"managementPolicy": "Observe"})
    script.do(over(start, draw, (5, 60, 200)), "site", name="prod", spec={"managementPolicy": "Manage"})


@feature("drift is only reported", "drift")
def reported(script: Script, draw: Random) -> None:
    """Somebody changes what is declared, at any time and when the last wish has long been live."""
    script.do(0.5, "specify", name="main", values={"drift": {"policy": "Report"}})
    calm = script.moments[-1] + max(script.job_seconds, 60) + draw.choice((30, 100))
    for number, at in enumerate((when(script, draw), calm)):
        script.do(at, "drift", title=MAIN, sets={"description": f"by hand {number}"})
    if draw.random() < 0.5:
        script.do(calm + draw.choice((1, 20)), "ask", name="main")
    if draw.random() < 0.3:
        script.do(calm + 300, "specify", name="main", values={"drift": {"policy": "Correct"}})


def _paused(script: Script, at: float, **spec: object) -> None:
    """Whoever restores a site often stops the operator there until the site is back."""
    script.do(at - 15, "site", name="prod", spec=spec)
    script.do(at + 150, "site", name="prod", spec={"suspend": False, "managementPolicy": "Manage"})


def _read_only(script: Script, at: float) -> None:
    script.do(at - 15, "read_only", message="restored from a backup")
    script.do(at + 150, "read_only", message=None)


PAUSES = (
    lambda script, at: None,
    lambda script, at: _paused(script, at, suspend=True),
    lambda script, at: _paused(script, at, managementPolicy="Observe"),
    _read_only,
    lambda script, at: script.do(at - 1, "switch", version="11.5"),
)
"""What comes before a storm; an upgrade is one as well."""


@feature("storm of drifts")
def storm(script: Script, draw: Random) -> None:
    """A restore or an upgrade: every service of a folder differs at once; perhaps a person answers."""
    folder_of_many(script, draw)
    script.sites["prod"] = {
        **script.sites.get("prod", {}),
        "drift": {"massRepair": {"count": STORM_BOUND, "percent": 0}},
    }
    at = draw.choice((150.0, 700.0, script.moments[-1] + 400))
    draw.choice(PAUSES)(script, at)
    comes, apart = draw.choice(("drift", "drift", "republish")), draw.choice((0.0, 0.3, 20.0))
    again = (at + 550,) if at < 200 and draw.random() < 0.5 else ()
    for number, begins in itertools.product(range(8), (at, *again)):
        sets = {"sets": {"description": f"restored {begins:.0f} {number}"}} if comes == "drift" else {}
        script.do(begins + number * apart, comes, title=f"Many/Layer{number}.MapServer", **sets)
    for begins in again:
        script.do(begins - 200, "answer", name="prod")
        if draw.random() < 0.5:
            script.do(begins + draw.choice((0.5, 3.0, 30.0)), "restart", gap=0.2)
    for number in range(draw.choice((0, 0, 8))):
        script.do(at + 170 + draw.random(), "ask", name=f"layer{number}")
    if draw.random() < 0.5:
        script.do(LAST - 20, "answer", name="prod")
        if draw.random() < 0.5:  # while it is restored
            script.do(LAST - 20 + draw.choice((0.5, 3.0, 30.0, 100.0)), "restart", gap=0.2)
