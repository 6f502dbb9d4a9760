"""Features of change control: windows that are closed or open in the middle, plans that wait for approval."""

from __future__ import annotations

from random import Random
from typing import Any

from pairs_scene import LAST, Script, feature, when

LONG = "40h"


def opening(minute: int, duration: str = LONG) -> dict[str, Any]:
    """A window that opens so many minutes after the scene began, which is at noon."""
    return {"schedule": f"{minute} 12 23 11 *", "duration": duration}


@feature("window opens", "window")
def window_opens(script: Script, draw: Random) -> None:
    """The resource's own, soon after the start or much later."""
    script.do(0.5, "change", name="main", values={"windows": [opening(draw.choice((1, 2, 7, 20)))]})


@feature("window closes and opens", "window")
def window_closes(script: Script, draw: Random) -> None:
    """Around one of the changes, so that an edit is caught on its way; a person may let one plan through."""
    around = int(draw.choice(script.moments) // 60)
    shut = max(1, around + draw.choice((0, 0, 1)))
    windows = [opening(0, f"{shut}m"), opening(min(shut + draw.choice((2, 5)), int(LAST // 60)))]
    script.do(0.5, "change", name="main", values={"windows": windows})
    if draw.random() < 0.4:
        script.do(shut * 60 + draw.choice((20, 70)), "override", name="main")


@feature("window of the site", "window")
def window_of_the_site(script: Script, draw: Random) -> None:
    """For everybody there; its owner may open it before the time."""
    windows = {"windows": [opening(draw.choice((2, 7, 20)))]}
    script.sites["prod"] = {**script.sites.get("prod", {}), "change": windows}
    if draw.random() < 0.3:
        script.do(when(script, draw), "site", name="prod", spec={"change": {"windows": []}})


@feature("approval", "approval")
def approval(script: Script, draw: Random) -> None:
    """A person approves what is shown, again and again, once too early for the last wish or in time."""
    script.do(0.5, "change", name="main", values={"approval": "Manual"})
    moments = [at + draw.choice((5, 40, 90)) for at in (0.0, *script.moments)]
    for at in (*moments, LAST - 100, LAST + 100) if draw.random() < 0.8 else moments[:2]:
        script.do(at, "approve", name="main")
