"""Two clocks: one that never jumps and counts suspended time, and the calendar."""

import time
from datetime import UTC, datetime


def boottime() -> float:
    """Seconds on a clock that also runs while the machine sleeps, where there is one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Clock:
    """What turns are timed by."""

    def monotonic(self) -> float:
        """Seconds, also while the machine sleeps."""
        return boottime()

    def now(self) -> datetime:
        """UTC."""
        return datetime.now(UTC)
