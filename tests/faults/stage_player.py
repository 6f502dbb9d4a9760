"""Plays flows on a stage: real processes, a real API server, a real site."""

import secrets

from arcgis_demo import parts
from harness.bench import SERVICES, SITES
from harness.flows import SolePlayer
from harness.stage import Stage


class StagePlayer(SolePlayer[None]):
    def __init__(self, stage: Stage) -> None:
        self.stage, self.bench, self.site = stage, stage.bench, stage.site

    @property
    def elder(self) -> str:
        """Also elder by its name, which decides when both are created within one second."""
        return f"a-{self.stage.name}"

    def want(self, text: str) -> None:
        self.stage.declare(description=text)

    def want_slowly(self, text: str) -> None:
        self.site.next_job(service=self.stage.service, hang=True)
        self.want(text)
        self.stage.wait(self.stage.running_jobs)
        self.bench.wait_job(self.stage.name)

    def settle(self) -> None:
        self.stage.converged()

    def wait(self, reason: str) -> None:
        self.bench.wait(self.stage.name, reason)

    def look(self) -> None:
        self.stage.ask_again()

    def end_job(self) -> None:
        for job in self.stage.running_jobs():
            self.site.finish(job)

    def drift(self) -> None:
        self.site.drift(self.stage.service, {"description": "quick fix"})

    def foreign_job(self) -> None:
        self.site.foreign_job(self.stage.service, hang=True)

    def wipe_status(self) -> None:
        self.bench.api.merge(SERVICES, self.stage.name, {"status": None}, subresource="status")

    def delete(self) -> None:
        self.bench.api.delete(SERVICES, self.stage.name)

    def elder_wants(self, text: str) -> None:
        self.stage.names.append(self.elder)
        self.bench.converge_on(self.elder, self.stage.service, {"description": text})

    def elder_leaves(self) -> None:
        self.bench.api.delete(SERVICES, self.elder)

    def suspend(self) -> None:
        self.bench.api.merge(SITES, "prod", {"spec": {"suspend": True}})

    def resume(self) -> None:
        self.bench.api.merge(SITES, "prod", {"spec": {"suspend": False}})

    def rotate(self) -> None:
        password = secrets.token_hex(8)
        self.site.set_user(parts.USERNAME, password)
        self.bench.api.set_secret("prod-admin", {"password": password})
        self.site.expire_tokens()

    def stop(self) -> None:
        assert self.stage.replicas[0].process.terminate() == 0

    def start(self) -> None:
        self.stage.start("second")

    def stand_by(self) -> None:
        self.stage.start("standby").watches()
