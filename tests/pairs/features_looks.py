"""Features of how often services are compared with the site."""

from __future__ import annotations

from random import Random

from features_resources import over
from pairs_scene import LAST, Script, feature, when

INTERVALS = ("10s", "60s", "20m", "24h")
"""More often than all that a scene waits for, and more rarely than a resync."""


@feature("resync interval of the site")
def of_the_site(script: Script, draw: Random) -> None:
    """From the start, and perhaps another one from some time on; in the end nobody has to wait a day."""
    script.sites["prod"] = {**script.sites.get("prod", {}), "resyncInterval": draw.choice(INTERVALS)}
    if draw.random() < 0.5:
        later = {"resyncInterval": draw.choice((*INTERVALS, None))}
        script.do(when(script, draw), "site", name="prod", spec=later)
    script.do(LAST, "site", name="prod", spec={"resyncInterval": None})


@feature("resync interval of the resource")
def of_the_resource(script: Script, draw: Random) -> None:
    """From some time on, perhaps for a while."""
    start = when(script, draw, before=20)
    script.do(start, "specify", name="main", values={"resyncInterval": draw.choice(INTERVALS)})
    if draw.random() < 0.5:
        script.do(over(start, draw, (30, 200)), "specify", name="main", values={"resyncInterval": None})
    script.do(LAST, "specify", name="main", values={"resyncInterval": None})
