"""The API server or the site is away for minutes, while there is something to do.

The resync comes every few seconds: also in the time of peace afterwards all is looked at again and again.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from endure_calm import BOUND_SECONDS, watched
from endure_crowd import Crowd
from endure_house import House

SIZE = 20
FOR_EVER: Any = {"times": None}


@dataclass(frozen=True, slots=True)
class Absence:
    """How something goes away and comes back, and whether resources can be changed meanwhile."""

    leave: Callable[[House], object]
    come_back: Callable[[House], object]
    changes: bool = True


CASES: Mapping[str, Absence] = {
    "kube-apiserver was killed": Absence(
        lambda house: house.plane.kill_apiserver(), lambda house: house.plane.start_apiserver(), changes=False
    ),
    "the site resets every connection": Absence(
        lambda house: house.site.fault({"reset": True}, **FOR_EVER), lambda house: house.site.clear_faults()
    ),
    "the site answers nothing": Absence(
        lambda house: house.site.fault({"hang": True}, **FOR_EVER), lambda house: house.site.clear_faults()
    ),
    "the site's door answers 503": Absence(
        lambda house: house.site.fault({"status": 503, "html": True}, **FOR_EVER),
        lambda house: house.site.clear_faults(),
    ),
}


SHARE = ("kube-apiserver was killed", "the site answers nothing")


@pytest.mark.timeout(900)
def test_what_was_away_for_long_is_caught_up_with_and_then_there_is_peace(
    lengths: Any, say: Any, case: str
) -> None:
    absence = CASES[case]
    seconds = 180.0 if lengths.full else 20.0
    with House(SIZE, resync_seconds=10) as house:
        crowd = Crowd(house.bench, house.site.world()["services"])
        early, late = crowd.add(SIZE // 2), crowd.add(SIZE // 2)
        crowd.wait_settled(BOUND_SECONDS * 2)
        crowd.change(*early)
        absence.leave(house)
        if absence.changes:
            crowd.change(*late)
        time.sleep(seconds)  # the length of the absence is what is tested
        absence.come_back(house)
        back = time.time()
        crowd.wait_settled(BOUND_SECONDS)
        calm = watched(house)
        settled = calm.wait(back, lengths.quiet_seconds)
        breaches = calm.ledger.breaches(crowd.declared())
        breaches += crowd.wrong_documents(house.site.world()["services"])
        assert house.operator.running, house.operator.log_tail()
    say(
        f"{case} for {seconds:g} s: the last write {settled:.1f} s after, then none for "
        f"{lengths.quiet_seconds:g} s; {len(breaches)} violations"
    )
    assert not breaches, "\n".join(breaches[:20])
