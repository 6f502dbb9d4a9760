"""What an operator is in the middle of when something breaks: one entry for each flow.

A new operation of the operator gets all its plans by one more entry here. `prepare` brings everything to
rest with an operator that leads; `act` is what a person, a colleague or the site does then, and waits for
nothing. In the flow that starts an operator, `act` is that start.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from arcgis_demo import parts
from harness.bench import SERVICES, SITES, resource
from harness.stage import Stage


@dataclass(frozen=True, slots=True)
class Flow:
    """`edits` is how many edits of ours the site accepts in all, in a run where nothing breaks.

    `standby`: a second replica is there from the start. `starts`: the flow is the start of an operator.
    `gone`: no resource is left in the end.
    """

    prepare: Callable[[Stage], None]
    act: Callable[[Stage], None]
    edits: int
    standby: bool = False
    starts: bool = False
    gone: bool = False


def nothing(stage: Stage) -> None:
    """The leader is all that is needed."""


def declared(stage: Stage) -> None:
    stage.declare()


def converged(stage: Stage) -> None:
    stage.declare()
    stage.converged()


def changed(stage: Stage) -> None:
    stage.declare(description=f"changed by {stage.name}")


def job_running(stage: Stage) -> None:
    stage.site.next_job(service=stage.service, hang=True)
    stage.declare()
    stage.bench.wait_job(stage.name)


def changed_during_the_job(stage: Stage) -> None:
    changed(stage)
    stage.site.finish(stage.job())


def job_to_be_reverted(stage: Stage) -> None:
    converged(stage)
    stage.site.next_job(service=stage.service, hang=True)
    changed(stage)
    stage.wait(lambda: len(stage.bench.edits(stage.service)) == 2)
    stage.bench.wait_job(stage.name)


def reverted_during_the_job(stage: Stage) -> None:
    stage.declare(description=f"wanted by {stage.name}")
    stage.site.finish(stage.job())


def drifted(stage: Stage) -> None:
    stage.site.drift(stage.service, {"description": "quick fix"})
    stage.ask_again()


def foreign_job(stage: Stage) -> None:
    stage.foreign = stage.site.foreign_job(stage.service, hang=True)
    stage.declare()
    stage.bench.wait(stage.name, "ServiceBusy")


def foreign_job_ends(stage: Stage) -> None:
    stage.site.finish(stage.foreign)


def wiped_during_the_job(stage: Stage) -> None:
    stage.bench.api.merge(SERVICES, stage.name, {"status": None}, subresource="status")
    stage.site.finish(stage.job())


def created_again_during_the_job(stage: Stage) -> None:
    stage.bench.api.delete(SERVICES, stage.name)
    stage.bench.api.create(SERVICES, resource(stage.name, stage.service, stage.settings))
    stage.site.finish(stage.job())


def deleted_during_the_job(stage: Stage) -> None:
    stage.bench.api.delete(SERVICES, stage.name)
    stage.site.finish(stage.job())


def elder(stage: Stage) -> str:
    """Also elder by its name, which decides when both are created within one second."""
    return f"a-{stage.name}"


def in_conflict(stage: Stage) -> None:
    """The older one is another resource; this one waits behind it."""
    stage.names.append(elder(stage))
    stage.bench.converge_on(elder(stage), stage.service, {"description": "wanted by the elder"})
    stage.declare()
    stage.bench.wait(stage.name, "Conflict")


def elder_deleted(stage: Stage) -> None:
    stage.bench.api.delete(SERVICES, elder(stage))


def site_suspended(stage: Stage) -> None:
    converged(stage)
    stage.bench.api.merge(SITES, "prod", {"spec": {"suspend": True}})
    changed(stage)
    stage.bench.wait(stage.name, "Suspended")


def site_resumed(stage: Stage) -> None:
    stage.bench.api.merge(SITES, "prod", {"spec": {"suspend": False}})


def password_rotated(stage: Stage) -> None:
    converged(stage)
    password = secrets.token_hex(8)
    stage.site.set_user(parts.USERNAME, password)
    stage.bench.api.set_secret("prod-admin", {"password": password})
    stage.site.expire_tokens()


def stopped(stage: Stage) -> None:
    converged(stage)
    assert stage.replicas[0].process.terminate() == 0


def started(stage: Stage) -> None:
    stage.start("second")


FLOWS: Mapping[str, Flow] = {
    "create": Flow(nothing, declared, 1),
    "update": Flow(converged, changed, 2),
    "update during a job": Flow(job_running, changed_during_the_job, 2),
    "revert during a job": Flow(job_to_be_reverted, reverted_during_the_job, 3),
    "drift": Flow(converged, drifted, 2),
    "foreign job": Flow(foreign_job, foreign_job_ends, 1),
    "status wiped": Flow(job_running, wiped_during_the_job, 1),
    "re-created": Flow(job_running, created_again_during_the_job, 1),
    "deleted": Flow(job_running, deleted_during_the_job, 1, gone=True),
    "conflict resolved": Flow(in_conflict, elder_deleted, 2),
    "site suspended": Flow(site_suspended, site_resumed, 2),
    "secret rotated": Flow(password_rotated, changed, 2),
    "restart": Flow(stopped, started, 1, starts=True),
    "two replicas": Flow(nothing, declared, 1, standby=True),
}
