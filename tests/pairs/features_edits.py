"""Features of the edits we send: lost, late, refused, and what the site makes of them."""

from __future__ import annotations

from random import Random

from features_broken import PAGE, refusal, since
from pairs_scene import HOUR, Catch, Script, feature

from harness.fault import Fault, same


@feature("applied at once")
def applied_at_once(script: Script, draw: Random) -> None:
    script.switches["edit_applied"] = "submit"


@feature("site trims values", "value")
def trims(script: Script, draw: Random) -> None:
    script.ways["trims"] = True
    script.value = "  "
    script.length = max(script.length, HOUR + 2000)


@feature("edit's answer lost", "edit")
def answer_lost(script: Script, draw: Random) -> None:
    breaks = draw.choice(("answer", "answer", "hang"))
    script.catches.append(
        Catch(
            "site edit",
            Fault(breaks=breaks, applied=True, rewrite=same),
            since(script, draw),
            draw.choice((1, 1, 2)),
        )
    )


@feature("edit never arrives", "edit")
def never_arrives(script: Script, draw: Random) -> None:
    script.catches.append(
        Catch("site edit", Fault(breaks="request"), since(script, draw), draw.choice((1, 2)))
    )


@feature("edit arrives late", "edit")
def arrives_late(script: Script, draw: Random) -> None:
    """When nobody waits for its answer any more."""
    seconds = draw.choice((32.0, 45.0, 60.0))
    script.catches.append(Catch("site edit", Fault(late=True, seconds=seconds), since(script, draw)))


@feature("edit takes seconds", "edit")
def edit_slow(script: Script, draw: Random) -> None:
    seconds = draw.choice((1.0, 4.0, 15.0))
    script.catches.append(Catch("site edit", Fault(seconds=seconds, applied=True, rewrite=same), 0.0, 99))


@feature("edits refused", "edit")
def edits_refused(script: Script, draw: Random) -> None:
    text = draw.choice((
        "Property 'minScale' must be a number.",
        "Property 'provider' is read-only.",
        "Editing cannot be enabled: the data source is read only",
        "The service is being edited by another job.",
    ))  # fmt: skip
    script.catches.append(Catch("site edit", refusal(400, text), since(script, draw), float("inf")))
    script.ways["refuses edits"] = True


@feature("edit answered 503", "edit")
def edit_503(script: Script, draw: Random) -> None:
    applied = draw.random() < 0.5
    fault = Fault(code=503, headers={"retry-after": "2"}, body=PAGE, applied=applied)
    script.catches.append(Catch("site edit", fault, since(script, draw), draw.choice((1, 2))))
