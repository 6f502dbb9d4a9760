"""A container killed and started again in its pod: it takes its own Lease back, and goes on where it was.

The Lease has its shipped times: another pod would wait fifteen seconds for the dead one's.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime
from statistics import median
from typing import Any

import pytest

from harness.bench import Workbench
from harness.cuts import CUTS
from harness.stage import Replica, Stage

SHIPPED_LEASE = {"lease_seconds": 15, "renew_deadline_seconds": 10, "lease_retry_seconds": 2}
POD = {"pod_name": "operator-0", "pod_uid": "6f1f0a5e-4a53-4c5c-9d0a-0c6f5f0f7d10"}
LEASE_SECONDS = 2.0
"""How long the program takes to start is judged on the image: `tests/image`."""
ONCE_MORE = "before the edit is taken"
"""Its own request is thrown away: it comes twice, and the second one is the edit."""
KILLS = list(CUTS)[1:]
FEW = ["before the edit is taken", "after the edit was taken", "while the job runs"]


def said_at(replica: Replica, message: str) -> float:
    return datetime.fromisoformat(json.loads(replica.lines(message)[0])["ts"]).timestamp()


@pytest.mark.timeout(600)
def test_a_container_that_is_killed_and_started_again_leads_in_seconds_and_sends_no_edit_more(
    ground: Workbench, lengths: Any, say: Callable[[str], None]
) -> None:
    leads, waits = [], []
    for cut in KILLS if lengths.full else FEW:
        with Stage(ground) as stage:
            first = stage.start("first", **SHIPPED_LEASE, **POD).leads()
            trap = CUTS[cut].arm(stage, first)
            stage.declare()
            trap.sprung()
            first.process.kill()
            trap.release()
            again = stage.start("again", **SHIPPED_LEASE, **POD)
            began = time.time()
            again.leads()
            leads.append(said_at(again, "leading") - began)
            waits.append(said_at(again, "leading") - said_at(again, "started"))
            stage.judge(received=(2,) if cut == ONCE_MORE else (1,))
    say(
        f"{len(leads)} kills of a container, each at another request: leads {median(leads):.2f} s after its "
        f"new start (median; {max(leads):.2f} s at most), of which {median(waits):.2f} s for the Lease "
        f"({max(waits):.2f} s); 0 edits more"
    )
    assert max(waits) <= LEASE_SECONDS
