"""The exact requests at which an operator is killed or frozen: the request is parked there meanwhile.

One to the API server is parked by the operator's proxy, one to the site by the site itself. The operator
needs no hooks, and no time is guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.planted import Match, Moment, Rule
from harness.stage import PATIENCE, Replica, Stage

HOLD = "cut"
STATUS = r"/arcgisservices/[^/]+/status$"


@dataclass(frozen=True, slots=True)
class Cut:
    """A request of one replica: a status write that stores a `phase`, or an `operation` of the site.

    Afterwards it is dropped (it never arrives, or its answer does not) if `lost`; else it goes on.
    `job_seconds`: how long the job of this case takes.
    """

    when: Moment
    phase: Literal["Intended", "Running", "Idle", ""] = ""
    operation: str = ""
    lost: bool = False
    job_seconds: float | None = None

    def arm(self, stage: Stage, replica: Replica) -> "Trap":
        """Parks the next such request of this case."""
        if self.job_seconds is not None:
            stage.site.next_job(service=stage.service, seconds=self.job_seconds)
        if self.phase:
            match = Match(method="PATCH", path=STATUS, phase=self.phase)
            return Trap(self, stage, replica, replica.proxy.rule(match, when=self.when, hold=True))
        if self.operation != "job":
            self.hold(stage)
        return Trap(self, stage, replica, None)

    def hold(self, stage: Stage) -> None:
        """Lets the site park the next such request; a job of this case there must be."""
        known: dict[str, Any] = {"operation": self.operation}
        if self.operation in ("edit", "service"):
            known["service"] = stage.service
        if self.operation == "job":
            known["path"] = stage.job()
        stage.site.fault({"hold": HOLD}, when=self.when, **known)


@dataclass(frozen=True, slots=True)
class Trap:
    """An armed cut."""

    cut: Cut
    stage: Stage
    replica: Replica
    rule: Rule | None

    def sprung(self) -> None:
        """Waits until the request is parked."""
        if self.cut.operation == "job":
            self.cut.hold(self.stage)
        if self.rule is None:
            self.stage.wait(lambda: any(one["hold"] == HOLD for one in self.stage.site.holds()))
        else:
            assert self.rule.parked.wait(PATIENCE), self.stage.story()

    def release(self) -> None:
        """Lets the request go on, or drops it."""
        if self.rule is None:
            self.stage.site.release(HOLD, drop=self.cut.lost)
        else:
            self.replica.proxy.release(self.rule, drop=self.cut.lost)


CUTS: Mapping[str, Cut] = {
    "before the jobs are listed": Cut("before", operation="jobs", lost=True),
    "before the service is read": Cut("before", operation="service", lost=True),
    "before the intent is stored": Cut("before", phase="Intended", lost=True),
    "after the intent was stored": Cut("after", phase="Intended"),
    "before the edit is taken": Cut("before", operation="edit", lost=True),
    "after the edit was taken": Cut("after", operation="edit"),
    "before the job is on record": Cut("before", phase="Running", lost=True),
    "after the job is on record": Cut("after", phase="Running"),
    "while the job runs": Cut("before", operation="job", lost=True, job_seconds=4),
    "before the end is on record": Cut("before", phase="Idle", lost=True),
    "after the end is on record": Cut("after", phase="Idle"),
}
"""Where a crash can hurt: each request of an edit's life, before it arrives and after it was answered."""
