"""Generated documents, specs and foreign edits through the real overlay and the simulated site's own edit.

Whole: 100 batches of 600. `make test` plays a share of them. A failure names the number of its case.
"""

import copy
from typing import Any

import pytest
from document_draw import Drawn, draw
from document_judge import as_the_site_keeps, at, kind, owned, still_offered, undeclared

from arcgis_operator.core import jsondoc, plan
from arcgis_operator.core.change import shown
from arcgis_operator.core.misfit import misfit
from arcgis_operator.core.model import Desired, Leaf
from arcgis_operator.core.service_spec import parse_service
from arcgis_simulator import documents, jsontext
from arcgis_simulator.switches import Switches

BATCHES, IN_A_BATCH = 100, 600
Json = Any


def leaves_of(drawn: Drawn) -> tuple[Leaf, ...] | None:
    """None where the spec is refused by itself."""
    service = {"name": "Roads", "type": "MapServer"}
    spec = {"siteRef": {"name": "prod"}, "service": service, "settings": drawn.settings}
    found = parse_service({"metadata": {"namespace": "gis"}, "spec": spec})
    return found.leaves if isinstance(found, Desired) else None


def stored(drawn: Drawn, live_text: str, sent: dict[str, Json]) -> str:
    """What the simulated site serves after it took the edit."""
    switches = Switches(property_values="to-strings" if drawn.habit == "to strings" else "kept")
    current = jsontext.loads(live_text)
    submitted = documents.check_submitted(current, jsontext.loads(jsondoc.dumps(sent)), switches)
    return jsontext.dumps(as_the_site_keeps(drawn.habit, documents.edited(current, submitted, switches)))


def judge(number: int) -> str:
    """Plays one case: `invalid`, `misfit`, `live` or `edited`. Raises AssertionError."""
    drawn = draw(number)
    leaves = leaves_of(drawn)
    if leaves is None:
        return "invalid"
    outcome = play(drawn, leaves, drawn.text)
    if outcome == "edited":
        live = jsondoc.loads(stored(drawn, drawn.text, plan.overlay(leaves, jsondoc.loads(drawn.text))))
        play(drawn, leaves, jsondoc.dumps(disturbed(drawn, live)))
    return outcome


def disturbed(drawn: Drawn, live: dict[str, Json]) -> dict[str, Json]:
    """The document after a colleague's edit."""
    other = copy.deepcopy(live)
    if isinstance(other.get("properties"), dict):
        other["properties"].update(jsondoc.loads(drawn.foreign))
    return {**other, "description": "by a colleague"}


def play(drawn: Drawn, leaves: tuple[Leaf, ...], text: str) -> str:
    live = jsondoc.loads(text)
    assert jsondoc.dumps(live) == jsondoc.dumps(jsondoc.loads(jsondoc.dumps(live))), "digits"
    off = [leaf.path[1] for leaf in leaves if leaf.path[-1] == "enabled" and leaf.value is False]
    if not plan.differing(leaves, live):
        assert still_offered(off, live) == []
        return "live"
    if misfit(leaves, live) is not None:
        return "misfit"
    sent = plan.overlay(leaves, live)
    paths = [owned(leaf.path, sent) for leaf in leaves]
    before, after = undeclared(live, paths), undeclared(sent, paths)
    assert [piece for piece in after if piece[0][-1] != "typeName" or piece in before] == before
    for path in paths:
        was, now = kind(at(live, path)), kind(at(sent, path))
        assert was in ("void", now) or now == "void", (path, at(live, path), at(sent, path))
    changes = [shown(change) for change in plan.changes(leaves, live)]
    assert all(change.before != change.after for change in changes), changes
    again = jsondoc.loads(stored(drawn, text, sent))
    assert plan.differing(leaves, again) == (), plan.changes(leaves, again)
    assert still_offered(off, again) == []
    return "edited"


@pytest.mark.plans
@pytest.mark.parametrize("batch", range(BATCHES))
def test_an_edit_keeps_what_nobody_declared_and_converges_at_once(batch: int) -> None:
    seen: dict[str, int] = {}
    for number in range(batch * IN_A_BATCH, (batch + 1) * IN_A_BATCH):
        try:
            outcome = judge(number)
        except Exception as error:
            raise AssertionError(f"case {number}: {type(error).__name__} {error}") from error
        seen[outcome] = seen.get(outcome, 0) + 1
    assert seen.keys() == {"invalid", "misfit", "live", "edited"}, seen
    assert seen["edited"] > IN_A_BATCH / 4, seen
