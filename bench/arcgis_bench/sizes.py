"""What may be made smaller or set otherwise, for all scenarios."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of changes and resources; `idle_seconds` is how long nothing happens.

    `room` is the number of resources of that scenario, 500 on each site; `storm` is that of the services of
    each site which differ at once.
    `retained` are ended jobs that a site keeps; `load_seconds` is how long changes stream in,
    and `day_seconds` how long a day is.

    The rest are options of the contender, of which the reference knows `poll_seconds` only.
    """

    single: int = 100
    burst: int = 200
    big: int = 2000
    calm: int = 10_000
    growth: tuple[int, ...] = (100, 1000, 10_000)
    room: int = 30_000
    storm: int = 500
    idle_seconds: float = 600.0
    retained: int = 5000
    load_seconds: float = 600.0
    day_seconds: float = 360.0
    poll_seconds: float = 2.0
    poll_max_seconds: float = 10.0
    workers: int = 16

    def settings(self, **more: object) -> dict[str, object]:
        """Options of the contender."""
        return {
            "poll_seconds": self.poll_seconds,
            "poll_max_seconds": self.poll_max_seconds,
            "workers": self.workers,
            **more,
        }
