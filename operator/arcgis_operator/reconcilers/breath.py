"""Long work in the event loop, in stretches so short that nobody else waits for long.

How long a step takes grows with the load of the machine and the size of what is looked at: so time is
counted, not steps. All who work for long share the time of one round: each does a step, then asks.
"""

import asyncio

STRETCH_SECONDS = 0.02


class Breath:
    """One for all long work of a process. Belongs to one event loop, whose clock it goes by."""

    def __init__(self) -> None:
        self._until: float | None = None  # when this round has been long; None before anybody asked

    def is_due(self) -> bool:
        """Whether others have waited for long enough: go on in the next round."""
        loop = asyncio.get_running_loop()
        if self._until is None:
            self._until = loop.time() + STRETCH_SECONDS
            loop.call_soon(self._anew)
        return loop.time() >= self._until

    def _anew(self) -> None:
        self._until = None
