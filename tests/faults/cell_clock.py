"""The time of a cell: that of its loop, for the operator, the site and the test alike."""

import asyncio
from datetime import UTC, datetime

from arcgis_simulator.clock import Clock

BASE = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
"""When a loop begins."""


def now() -> float:
    return asyncio.get_running_loop().time()


class LoopClock(Clock):
    """The site's time is the loop's."""

    def now_ms(self) -> int:
        return int(BASE.timestamp() * 1000 + now() * 1000)
