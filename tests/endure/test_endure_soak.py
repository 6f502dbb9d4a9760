"""Hundreds of resources that change all the time, under faults without end.

A service takes twelve edits in an hour, no more: a resource that has had its share is deleted, and another
one takes its place on a service that nobody has touched. In the first part of the time the operator is also
killed; in the rest one process lives through everything else, and what it needs may not grow. The site
forgets ended jobs after a while: what a list costs that grows for ever is measured in the benchmark.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from endure_calm import BOUND_SECONDS, Calm, watched
from endure_crowd import EDITS_OF_ONE, Crowd
from endure_growth import Diary
from endure_house import House
from endure_mischief import FAULTS, WITH_KILLS, Fault, Mischief

log = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each page that is read says nothing

PART_WITH_KILLS = 0.3
PART_TO_WARM_UP = 0.2
MOST_GROWTH_PERCENT = 5.0
LEAST_EDITS_PER_MINUTE = 500
CHANGES_PER_SECOND = 13.0
MOST_UNDER_WAY = 60
"""So many changes at a time, as a slow machine would never settle in the time that a fault may cost."""
LOOK_SECONDS = 0.5
TELL_SECONDS = 60.0
JOBS_KEPT_SECONDS = 120.0
SHORT_SECONDS = 20.0
PATIENCE = 120.0


@dataclass(slots=True)
class Soak:
    """One house under load, and those who watch it."""

    house: House
    crowd: Crowd
    calm: Calm
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)

    def go_on(self, seconds: float, faults: Mapping[str, Fault], look: Callable[[], str]) -> None:
        """Changes what is settled, as fast as wanted, with such faults meanwhile.

        Calls `look` on the way; what it says goes to the log now and then (`--log-cli-level=INFO` shows it).
        """
        began = before = told = time.monotonic()
        with Mischief(self.house, self.chance, faults) as mischief:
            while before < began + seconds:
                time.sleep(max(0.0, before + LOOK_SECONDS - time.monotonic()))
                now = time.monotonic()
                self.calm.read_on()
                self._change(int(CHANGES_PER_SECOND * (now - before)))
                before = now
                seen = look()
                if now - told >= TELL_SECONDS:
                    told, faults_done = now, (self.done + mischief.done).total()
                    log.info("%d edits, %d faults; %s", self.calm.ledger.count, faults_done, seen)
        self.done += mischief.done

    def _change(self, count: int) -> None:
        newest = self.calm.trail.newest
        settled = [self.crowd.members[name] for name in sorted(self.crowd.settled(newest.values()))]
        self.chance.shuffle(settled)
        room = MOST_UNDER_WAY - (len(self.crowd.members) - len(settled))
        for member in settled[: max(0, min(count, room))]:
            if member.spent:
                self.crowd.replace(member)
                del newest[member.name]
            else:
                self.crowd.change(member)

    def breaches(self) -> list[str]:
        """All that the journal of the site and the audit log have against the operator."""
        found = self.calm.ledger.breaches(self.crowd.declared())
        found += self.crowd.wrong_documents(self.house.site.world()["services"])
        for member in self.crowd.everybody:
            for number, edit in enumerate(self.calm.ledger.edits.get(member.service, []), 1):
                if self.calm.trail.stored(member.name, edit.at + 0.002) < number:
                    found.append(f"{member.service}: {edit.wanted!r} was sent before its intent was stored")
        return found


@pytest.mark.timeout(3 * 3600)
def test_nothing_is_lost_doubled_or_leaked_under_faults_without_end(lengths: Any, say: Any) -> None:
    seconds, size = (lengths.minutes * 60, 200) if lengths.minutes else (SHORT_SECONDS, 40)
    services = size + int(CHANGES_PER_SECOND * seconds / (EDITS_OF_ONE - 1))
    with House(services) as house:
        house.site.switch(jobs_kept_seconds=JOBS_KEPT_SECONDS)
        crowd = Crowd(house.bench, house.site.world()["services"])
        crowd.add(size)
        crowd.wait_settled(PATIENCE)
        chance = random.Random(lengths.seed)
        calm = watched(house)
        soak = Soak(house, crowd, calm, chance)
        soak.go_on(seconds * PART_WITH_KILLS, WITH_KILLS, lambda: "with kills")
        diary, began = Diary(house.operator.pid), time.time()
        soak.go_on(seconds * (1 - PART_WITH_KILLS), FAULTS, diary.look)
        over = time.time()
        crowd.wait_settled(BOUND_SECONDS)
        settled = calm.wait(over, lengths.quiet_seconds)
        breaches = soak.breaches()
        assert house.operator.running, house.operator.log_tail()
        assert house.operator.pid == diary.pid
    grown = diary.growth(began + seconds * PART_TO_WARM_UP)
    say(
        f"soak of {seconds:g} s, seed {lengths.seed}, {size} at a time: {calm.ledger.count} edits on "
        f"{len(crowd.everybody)} services, {soak.done.total()} faults of {len(soak.done)} kinds; "
        f"{len(breaches)} violations; the last write {settled:.1f} s after the last fault, then none for "
        f"{lengths.quiet_seconds:g} s; at the end {diary.said()}, growth "
        + ", ".join(f"{name} {percent:+.1f} %" for name, percent in grown.items())
    )
    assert not breaches, "\n".join(breaches[:20])
    if lengths.minutes:
        assert calm.ledger.count >= LEAST_EDITS_PER_MINUTE * lengths.minutes
        assert max(grown.values()) < MOST_GROWTH_PERCENT, grown
