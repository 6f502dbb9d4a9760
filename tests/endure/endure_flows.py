"""The flows that can be played side by side on one operator, each on a resource and a service of its own.

None looks at a clock. With some more, in which the site does not do its part at once.
"""

from collections.abc import Mapping
from typing import Any

from harness.bench import SERVICES, Workbench
from harness.flows import FLOWS, BusyPlayer, Flow
from harness.gates import SERVICE_GATES
from harness.merge_patch import merged

BESIDE: Mapping[str, Flow] = {
    **{name: flow for name, flow in FLOWS.items() if not (flow.is_alone or flow.has_jobless)},
    "status wiped at rest": Flow(("want one", "settle"), ("wipe_status", "look"), ("one",)),
    "the job failed once": Flow(("fail_job",), ("want one",), ("one", "one")),
    "the edit was not answered": Flow(("lose_answer",), ("want one",), ("one",)),
    "the edit never arrived": Flow(("lose_edit",), ("want one",), ("one",)),
}


class Actor(BusyPlayer[None]):
    """The resource is `name`, its service has the title `service`.

    `spec` is what stands in its spec beside what every wish has.
    """

    def __init__(self, bench: Workbench, name: str, service: str) -> None:
        self.bench, self.name, self.service = bench, name, service
        self.spec: dict[str, Any] = {}
        self._held = ""  # a job that runs until it is told to end

    def act(self, flow: Flow) -> None:
        """Plays it to its end, when as much as it sends has been accepted and all is settled."""
        for step in (*flow.before, *flow.then):
            self.play(step)
        self.bench.wait_operations(self.service, len(flow.operations))
        if not flow.gone:
            self.settle()

    def want(self, text: str) -> None:
        self.bench.declare(self.name, self.service, {"description": text}, **self.spec)

    def want_slowly(self, text: str) -> None:
        self.bench.site.next_job(service=self.service, hang=True)
        accepted = len(self.bench.operations(self.service))
        self.want(text)
        self.bench.wait_operations(self.service, accepted + 1)
        self._held = self.bench.wait_job(self.name)

    def state(self, text: str) -> None:
        self.spec = {**self.spec, "configuredState": text}

    def pods(self, text: str) -> None:
        self.spec = {**self.spec, "provider": text}

    def hold(self, gate: str) -> None:
        self.spec = merged(self.spec, SERVICE_GATES[gate].shut["spec"])

    def let_go(self, gate: str) -> None:
        patch = SERVICE_GATES[gate].opens(self.bench.get(self.name))
        self.spec = merged(self.spec, patch.get("spec", {}))
        self.bench.api.merge(SERVICES, self.name, patch)

    def settle(self) -> None:
        self.bench.converged(self.name)

    def wait(self, reason: str) -> None:
        self.bench.came_to(self.name, reason)

    def look(self) -> None:
        self.bench.looked_at(self.service, asked=lambda: self.bench.ask_again(self.name))

    def end_job(self) -> None:
        self.bench.site.finish(self._held)

    def drift(self) -> None:
        self.bench.site.drift(self.service, {"description": "somebody else's"})

    def foreign_job(self) -> None:
        self._held = self.bench.site.foreign_job(self.service, hang=True)

    def wipe_status(self) -> None:
        self.bench.api.merge(SERVICES, self.name, {"status": None}, subresource="status")

    def delete(self) -> None:
        self.bench.api.delete(SERVICES, self.name)

    def elder_wants(self, text: str) -> None:
        self.bench.converge_on(self._elder, self.service, {"description": text})

    def elder_leaves(self) -> None:
        self.bench.api.delete(SERVICES, self._elder)

    def fail_job(self) -> None:
        """The next job on the service fails."""
        self.bench.site.next_job(service=self.service, outcome="FAILED")

    def lose_answer(self) -> None:
        """The next edit is applied and not answered."""
        self.bench.site.fault({"drop": True}, when="after", operation="edit", service=self.service)

    def lose_edit(self) -> None:
        """The next edit never arrives."""
        self.bench.site.fault({"drop": True}, operation="edit", service=self.service)

    @property
    def _elder(self) -> str:
        return f"a-{self.name}"
