"""Plays flows on a stage: real processes, a real API server, a real site."""

import secrets

from arcgis_demo import parts
from harness.bench import SERVICES, SITES
from harness.flows import SolePlayer
from harness.gates import SERVICE_GATES, SITE_GATES
from harness.stage import Stage


class StagePlayer(SolePlayer[None]):
    def __init__(self, stage: Stage) -> None:
        self.stage, self.bench, self.site = stage, stage.bench, stage.site
        self._next_door = ""

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

    def state(self, text: str) -> None:
        self.stage.specify(configuredState=text)

    def pods(self, text: str) -> None:
        self.stage.specify(provider=text)

    def hold(self, gate: str) -> None:
        self.stage.specify(**SERVICE_GATES[gate].shut["spec"])

    def let_go(self, gate: str) -> None:
        patch = SERVICE_GATES[gate].opens(self.bench.get(self.stage.name))
        self.stage.specify(**patch.get("spec", {}))
        self.bench.api.merge(SERVICES, self.stage.name, patch)

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

    def hold_all(self, gate: str) -> None:
        self.bench.api.merge(SITES, "prod", SITE_GATES[gate].shut)

    def let_all_go(self, gate: str) -> None:
        asked = self.bench.wait("prod", gate, plural=SITES)
        self.bench.api.merge(SITES, "prod", SITE_GATES[gate].opens(asked))

    def close_site(self) -> None:
        self.site.read_only(True)

    def open_site(self) -> None:
        self.site.read_only(False)

    def neighbour_settles(self) -> None:
        self.stage.beside.append(f"{self.stage.name}-neighbour")
        self._next_door = self.bench.fresh_service()
        self.bench.converge_on(self.stage.beside[0], self._next_door, {"description": "as it was"})

    def neighbour_drifts(self) -> None:
        self.site.drift(self._next_door, {"description": "quick fix"})

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
