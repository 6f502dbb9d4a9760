"""Features of a service that is declared to run or not, and on whose pods: operations beside the edit."""

from __future__ import annotations

from random import Random

from features_broken import since
from features_resources import over
from pairs_scene import MAIN, Catch, Script, When, feature, when

from harness.fault import Fault, same

STATES = ("STARTED", "STOPPED")
PROVIDERS = ("ArcObjects11", "DMaps")


@feature("declared to run or not")
def declared(script: Script, draw: Random) -> None:
    """From the start or some time on, and otherwise at another time."""
    start = draw.choice((When(0.5), when(script, draw)))
    script.do(start, "specify", name="main", values={"configuredState": draw.choice(STATES)})
    for _ in range(draw.choice((0, 1, 2))):
        at = draw.choice((when(script, draw), over(start, draw, (1, 5, 60))))
        script.do(at, "specify", name="main", values={"configuredState": draw.choice(STATES)})


@feature("a colleague stops what should run")
def stopped(script: Script, draw: Random) -> None:
    """And perhaps changes a setting at the same time."""
    script.do(0.5, "specify", name="main", values={"configuredState": "STARTED"})
    for number in range(draw.choice((1, 2))):
        sets = {"configuredState": "STOPPED"}
        if draw.random() < 0.5:
            sets["description"] = f"by hand {number}"
        at = when(script, draw)
        script.do(at, "drift", title=MAIN, sets=sets)
        script.do(over(at, draw, (1, 20, 90)), "ask", name="main")


@feature("answer to a start or stop lost")
def answer_lost(script: Script, draw: Random) -> None:
    script.do(0.5, "specify", name="main", values={"configuredState": "STOPPED"})
    script.do(when(script, draw), "specify", name="main", values={"configuredState": "STARTED"})
    for word in ("start", "stop"):
        breaks = draw.choice(("answer", "hang", "request"))
        fault = Fault(breaks=breaks, applied=breaks != "request", rewrite=same)
        script.catches.append(Catch(f"site {word}", fault, since(script, draw), draw.choice((1, 2))))


@feature("declared on pods of its own or shared ones")
def declared_pods(script: Script, draw: Random) -> None:
    """From the start or some time on, and otherwise at another time."""
    start = draw.choice((When(0.5), when(script, draw)))
    script.do(start, "specify", name="main", values={"provider": draw.choice(PROVIDERS)})
    for _ in range(draw.choice((0, 1, 2))):
        at = draw.choice((when(script, draw), over(start, draw, (1, 5, 60))))
        script.do(at, "specify", name="main", values={"provider": draw.choice(PROVIDERS)})


@feature("a colleague moves it to other pods")
def moved(script: Script, draw: Random) -> None:
    """And perhaps changes a setting at the same time."""
    script.do(0.5, "specify", name="main", values={"provider": "ArcObjects11"})
    for number in range(draw.choice((1, 2))):
        sets = {"provider": "DMaps"}
        if draw.random() < 0.5:
            sets["description"] = f"on shared pods {number}"
        at = when(script, draw)
        script.do(at, "drift", title=MAIN, sets=sets)
        script.do(over(at, draw, (1, 20, 90)), "ask", name="main")


@feature("answer to a change of provider lost")
def move_lost(script: Script, draw: Random) -> None:
    script.do(0.5, "specify", name="main", values={"provider": draw.choice(PROVIDERS)})
    script.do(when(script, draw), "specify", name="main", values={"provider": "DMaps"})
    breaks = draw.choice(("answer", "hang", "request"))
    fault = Fault(breaks=breaks, applied=breaks != "request", rewrite=same)
    script.ways["works"] = draw.choice((0.0, 20.0, 200.0, 550.0))
    script.catches.append(Catch("site changeProvider", fault, since(script, draw), draw.choice((1, 2))))


@feature("change of provider takes long")
def move_slow(script: Script, draw: Random) -> None:
    """Longer than its answer is waited for, perhaps."""
    script.ways["works"] = draw.choice((5.0, 40.0, 100.0, 300.0, 590.0))
    script.do(draw.choice((0.5, 30)), "specify", name="main", values={"provider": "DMaps"})
    if draw.random() < 0.5:
        script.do(when(script, draw), "specify", name="main", values={"provider": "ArcObjects11"})
