"""The site's clock: the only place that reads the machine's time.

In real mode it runs with the machine's monotonic clock from the wall time at
its start, so it never goes back; in manual mode only ``advance`` moves it.
"""

from __future__ import annotations

import time

_START_OF_MANUAL_MS = 1_635_961_389_632  # the start time of the job in the vendor's sample


class Clock:
    """Site time in epoch milliseconds."""

    def __init__(self, *, manual: bool = False, start_ms: int | None = None) -> None:
        self.manual = manual
        now = _START_OF_MANUAL_MS if manual else time.time_ns() // 1_000_000
        self._base_ms = now if start_ms is None else start_ms
        self._anchor_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        """Now, in epoch milliseconds; never smaller than an earlier answer."""
        if self.manual:
            return self._base_ms
        return self._base_ms + (time.monotonic_ns() - self._anchor_ns) // 1_000_000

    def advance(self, seconds: float) -> int:
        """Moves the time forward and answers the new one. Raises ``ValueError`` for a step back."""
        if seconds < 0:
            raise ValueError("the clock only goes forward; the switch clock_skew_seconds shows other times")
        self._base_ms += round(seconds * 1000)
        return self.now_ms()
