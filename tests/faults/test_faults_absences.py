"""Half an hour without the site or the API server, and words of the watch that go wrong: in virtual time."""

import asyncio

import pytest
from cell_clock import now
from cell_house import House, house
from cell_runs import SETTLES, document, judged
from cell_wire import Trap
from fault_kinds import KUBERNETES, SITE

from harness import virtual_time

HALF_AN_HOUR = 1800.0
RESYNC = 700.0
AWAY = [
    *(("site", kind) for kind in ("connect refused", "answer times out, not applied", "HTTP 503")),
    *(("kube", kind) for kind in ("refused", "no answer, not applied", "HTTP 503")),
]


@pytest.mark.parametrize("moment", ["at rest", "in a change"])
@pytest.mark.parametrize(("peer", "kind"), AWAY, ids=[" ".join(one) for one in AWAY])
def test_half_an_hour_of_absence_is_survived_and_followed_by_quiet(peer, kind, moment):
    async def scene() -> list[str]:
        with house() as place:
            before = document(place)
            async with place.running():
                place.declare("one")
                assert await place.until(place.converged, SETTLES), place.condition()
                fault = (SITE if peer == "site" else KUBERNETES)[kind]
                place.traps.append(Trap(peer, 1, float("inf"), fault))
                if moment == "in a change":
                    place.declare("two")
                await asyncio.sleep(HALF_AN_HOUR)
                place.alive()
                assert len(place.edits()) == 1
                place.traps.clear()
                return await judged(place, before, now(), 2 if moment == "in a change" else 1)

    assert virtual_time.run(scene()) == []


def _stale(place: House, body):  # an older object comes after the newer one
    old = {**body, "spec": {**body["spec"], "settings": {"description": "older"}}}
    older = {**old, "metadata": {**body["metadata"], "generation": 0, "resourceVersion": "1"}}
    return [(0.0, "CHANGED", body), (0.5, "CHANGED", older)]


def _deleted(place: House, body):  # told once; the next list puts it right
    place.word = lambda later: [(0.0, "CHANGED", later)]
    return [(0.0, "CHANGED", body), (0.3, "DELETED", body)]


WORDS = {
    "dropped": lambda place, body: [],
    "6 s late": lambda place, body: [(6.0, "CHANGED", body)],
    "30 s late": lambda place, body: [(30.0, "CHANGED", body)],
    "120 s late": lambda place, body: [(120.0, "CHANGED", body)],
    "duplicated": lambda place, body: [(0.0, "CHANGED", body)] * 2,
    "stale replay": _stale,
    "a deletion that is none": _deleted,
}


@pytest.mark.parametrize("word", WORDS)
def test_whatever_the_watch_says_the_change_is_made_once_within_one_resync(word):
    async def scene() -> list[str]:
        with house() as place:
            before = document(place)
            async with place.running():
                place.declare("one")
                assert await place.until(place.converged, SETTLES), place.condition()
                place.word = lambda body: WORDS[word](place, body)
                place.declare("two")
                return await judged(place, before, now(), 2, limit=RESYNC)

    assert virtual_time.run(scene()) == []
