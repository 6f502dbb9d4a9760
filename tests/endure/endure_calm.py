"""When peace returned, and that it lasts: no write to the site and none to the API server any more."""

import time
from dataclasses import dataclass

from endure_audit import Trail
from endure_house import House
from endure_ledger import Ledger

LOOK_SECONDS = 0.5
SETTLED_SECONDS = 15.0
JOB_SECONDS = 0.6
BOUND_SECONDS = SETTLED_SECONDS + JOB_SECONDS
"""So late may the last write be after the last fault."""


@dataclass(frozen=True, slots=True)
class Calm:
    """What is written to the site (`ledger`) and to the API server (`trail`), the Lease apart."""

    ledger: Ledger
    trail: Trail

    def read_on(self) -> None:
        """Takes in what has happened since."""
        self.ledger.read_on()
        self.trail.read_on()

    def wait(self, since: float, seconds: float) -> float:
        """Waits until nothing was written for so many seconds.

        Returns how long after `since` (in the time of the epoch) the last write was; at the latest after the
        bound.
        """
        while True:
            self.read_on()
            last = max(since, *(at for at, _ in self._newest()))
            assert last - since <= BOUND_SECONDS, f"still written: {self._newest()}"
            if time.time() - last >= seconds:
                return last - since
            time.sleep(LOOK_SECONDS)

    def _newest(self) -> list[tuple[float, str]]:
        return [*self.ledger.writes[-5:], *self.trail.writes[-5:]]


def watched(house: House) -> Calm:
    """What has been written in a house since it stands."""
    assert house.plane.audit_log
    return Calm(Ledger(house.site), Trail(house.plane.audit_log))
