"""What may happen to one resource, each as a flow that ends with the edits that the site must have accepted.

Flows run side by side on one operator, each on a resource and a service of its own. None looks at a clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.bench import SERVICES, Workbench

Json = Any
SLOW: Json = {"seconds": 1.5}


@dataclass(frozen=True, slots=True)
class Actor:
    """Does to the resource `name` and to its `service` what people and sites do."""

    bench: Workbench
    name: str
    service: str

    def wants(self, text: str) -> None:
        self.bench.declare(self.name, self.service, {"description": text})

    def gets(self, text: str) -> None:
        self.wants(text)
        self.settles()

    def settles(self) -> None:
        self.bench.converged(self.name)

    def starts_slowly(self, text: str) -> None:
        """Wants it, and its job runs when this returns."""
        self.bench.site.next_job(service=self.service, **SLOW)
        self.wants(text)
        self.bench.wait_job(self.name)

    def is_looked_at(self) -> None:
        """A person asks for it, and it is settled afterwards."""
        self.bench.looked_at(self.service, asked=lambda: self.bench.ask_again(self.name))
        self.settles()


def _updated(actor: Actor) -> list[str]:
    actor.gets("one")
    actor.gets("two")
    return ["one", "two"]


def _updated_during_the_job(actor: Actor) -> list[str]:
    actor.starts_slowly("one")
    actor.gets("two")
    return ["one", "two"]


def _reverted_during_the_job(actor: Actor) -> list[str]:
    actor.gets("one")
    actor.starts_slowly("two")
    actor.gets("one")
    return ["one", "two", "one"]


def _drifted(actor: Actor) -> list[str]:
    actor.gets("one")
    actor.bench.site.drift(actor.service, {"description": "somebody else's"})
    actor.bench.ask_again(actor.name)
    actor.bench.wait_edits(actor.service, 2)
    actor.settles()
    return ["one", "one"]


def _beside_a_foreign_job(actor: Actor) -> list[str]:
    actor.bench.site.foreign_job(actor.service, **SLOW)
    actor.gets("one")
    return ["one"]


def _wiped(actor: Actor) -> list[str]:
    actor.gets("one")
    actor.bench.api.merge(SERVICES, actor.name, {"status": None}, subresource="status")
    actor.is_looked_at()
    return ["one"]


def _wiped_during_the_job(actor: Actor) -> list[str]:
    actor.starts_slowly("one")
    actor.bench.api.merge(SERVICES, actor.name, {"status": None}, subresource="status")
    actor.settles()
    return ["one"]


def _created_again(actor: Actor) -> list[str]:
    actor.starts_slowly("one")
    actor.bench.api.delete(SERVICES, actor.name)
    actor.gets("one")
    return ["one"]


def _failed_once(actor: Actor) -> list[str]:
    actor.bench.site.next_job(service=actor.service, outcome="FAILED")
    actor.gets("one")
    return ["one", "one"]


def _not_answered(actor: Actor) -> list[str]:
    actor.bench.site.fault({"drop": True}, when="after", operation="edit", service=actor.service)
    actor.gets("one")
    return ["one"]


def _never_arrived(actor: Actor) -> list[str]:
    actor.bench.site.fault({"drop": True}, operation="edit", service=actor.service)
    actor.gets("one")
    return ["one"]


FLOWS: Mapping[str, Callable[[Actor], list[str]]] = {
    "updated": _updated,
    "updated during the job": _updated_during_the_job,
    "reverted during the job": _reverted_during_the_job,
    "drifted": _drifted,
    "beside a foreign job": _beside_a_foreign_job,
    "status wiped": _wiped,
    "status wiped during the job": _wiped_during_the_job,
    "created again during the job": _created_again,
    "the job failed once": _failed_once,
    "the edit was not answered": _not_answered,
    "the edit never arrived": _never_arrived,
}
