"""The wall clock of the operator or of the site is a day off, or jumps by a day: no flow notices."""

import json
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from endure_flows import BESIDE, Actor

from arcgis_devcluster import ChildProcess, Cluster
from harness.bench import PASSWORD, PLANTED, Workbench
from harness.canaries import told
from harness.site import SiteControl
from harness.stage import SETTINGS as STAGED

DAY = 86400.0
JUMP_SECONDS = 3.0
WRONG = Path(__file__).parent / "wrong_clock"
SETTINGS: Mapping[str, object] = {
    **STAGED,
    "lease_seconds": 6,
    "renew_deadline_seconds": 4,
    "lease_retry_seconds": 1,
}
"""With twenty flows at once a busy machine loses a lease of two seconds: what failed then was no clock."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """By how much each is off; several numbers: it jumps from one to the next every few seconds."""

    operator: tuple[float, ...] = (0.0,)
    site: tuple[float, ...] = (0.0,)
    restarted: tuple[float, ...] = (0.0,)
    """The clock of the operator that follows the first one."""


CASES: Mapping[str, Clocks] = {
    "the operator is a day ahead": Clocks(operator=(DAY,)),
    "the operator is a day behind": Clocks(operator=(-DAY,)),
    "the operator jumps by a day": Clocks(operator=(DAY, 0, -DAY), restarted=(DAY, 0, -DAY)),
    "the site is a day ahead": Clocks(site=(DAY,)),
    "the site is a day behind": Clocks(site=(-DAY,)),
    "the site jumps by a day": Clocks(site=(DAY, 0, -DAY)),
    "both are off, and apart": Clocks(operator=(DAY,), site=(-DAY,), restarted=(-DAY,)),
    "both jump": Clocks(operator=(DAY, -DAY), site=(-DAY, 0, DAY), restarted=(0, DAY)),
}
SHARE = ("the operator jumps by a day", "both are off, and apart")


@contextmanager
def site_clock(site: SiteControl, offsets: tuple[float, ...]) -> Iterator[None]:
    """Puts the site's clock wrong meanwhile."""
    over = threading.Event()
    site.switch(clock_skew_seconds=offsets[0])

    def jump() -> None:
        for offset in cycle(offsets):
            if over.wait(JUMP_SECONDS):
                return
            site.switch(clock_skew_seconds=offset)

    thread = threading.Thread(target=jump)
    if len(offsets) > 1:
        thread.start()
    yield
    over.set()
    if len(offsets) > 1:
        thread.join()


@contextmanager
def clock_of_children(offsets: tuple[float, ...]) -> Iterator[None]:
    """Whoever is started meanwhile lives in another time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(WRONG), prepend=os.pathsep)
        patch.setenv("WRONG_CLOCK", " ".join(map(str, offsets)))
        yield


def was_off(process: ChildProcess) -> bool:
    """Whether some of its log lines bear a time that is hours away from ours."""
    stamps = (json.loads(line)["ts"] for line in process.lines())
    return any(abs(datetime.fromisoformat(stamp).timestamp() - time.time()) > DAY / 2 for stamp in stamps)


def all_flows(bench: Workbench) -> dict[str, Actor]:
    """Plays all flows side by side; whom each was played by."""
    actors = {flow: Actor(bench, re.sub(r"\W", "-", flow), bench.fresh_service()) for flow in BESIDE}
    with ThreadPoolExecutor(len(BESIDE)) as pool:
        played = [pool.submit(actor.act, BESIDE[flow]) for flow, actor in actors.items()]
    for future in played:
        future.result()
    return actors


def test_every_flow_passes_when(control_plane: Cluster, say: Any, case: str) -> None:
    wrong = CASES[case]
    with Workbench(control_plane) as bench:
        site = bench.start_site(f"--services={len(BESIDE)}")
        bench.register()
        with site_clock(site, wrong.site):
            with clock_of_children(wrong.operator):
                first = bench.start_operator("first", **SETTINGS)
            played = all_flows(bench)
            first.kill()
            with clock_of_children(wrong.restarted):
                second = bench.start_operator("second", **SETTINGS)
            for actor in played.values():
                actor.spec = {}  # no gate is shut any more
                actor.want("at last")
                actor.settle()
        for flow, actor in played.items():
            assert bench.sent(actor.service, "description") == [*BESIDE[flow].edits, "at last"], flow
            assert bench.most_jobs_at_once(actor.service) == 1, flow
            assert site.document(actor.service)["description"] == "at last", flow
        for process, offsets in ((first, wrong.operator), (second, wrong.restarted)):
            assert was_off(process) == any(offsets), f"{process.name} did not live in the time it was given"
        assert second.running
        assert not told(second.log.read_text(), (PASSWORD, PLANTED))
    say(f"{case}: {len(BESIDE)} flows and a restart passed")
