"""What an operator is in the middle of when something breaks: data, one entry for each flow.

An entry here gets all its plans: a kill and a freeze at each of its requests, each fault in process, wrong
clocks. Its steps are words that each player knows: over real processes, in virtual time, beside many others.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Flow:
    """`before` brings everything to rest or to a wait; the fault comes somewhere in `then`.

    `edits` are the descriptions that our edits bring in a run where nothing breaks, `runs` the other
    operations in order, which come after so many of them as `first` says, else after all. A step is a word of
    a player and, if it needs one, a text. `gone`: no resource is left in the end.
    """

    before: tuple[str, ...]
    then: tuple[str, ...]
    edits: tuple[str, ...]
    runs: tuple[str, ...] = ()
    gone: bool = False
    first: int | None = None

    @property
    def operations(self) -> list[str]:
        """What the site accepts from us, in order."""
        edits = ["edit" for _ in self.edits]
        first = len(edits) if self.first is None else self.first
        return [*edits[:first], *self.runs, *edits[first:]]

    @property
    def has_jobless(self) -> bool:
        """Something that it sends has no job, so a lost answer is waited out."""
        return "changeProvider" in self.runs

    @property
    def starts(self) -> bool:
        """The flow is the start of an operator."""
        return "start" in self.then

    @property
    def has_standby(self) -> bool:
        """There is a second replica from the beginning."""
        return "stand_by" in self.before

    @property
    def is_alone(self) -> bool:
        """Nobody else can play meanwhile: it is about the operator or the whole site."""
        return not OF_ALL.isdisjoint(step.partition(" ")[0] for step in (*self.before, *self.then))


CREATE = "create"
CHANGES: Mapping[str, Flow] = {
    CREATE: Flow((), ("want one",), ("one",)),
    "update": Flow(("want one", "settle"), ("want two",), ("one", "two")),
    "update during a job": Flow(("want_slowly one",), ("want two", "end_job"), ("one", "two")),
    "revert during a job": Flow(
        ("want one", "settle", "want_slowly two"), ("want one", "end_job"), ("one", "two", "one")
    ),
    "drift": Flow(("want one", "settle"), ("drift", "look"), ("one", "one")),
    "foreign job": Flow(("foreign_job", "want one", "wait ServiceBusy"), ("end_job",), ("one",)),
    "status wiped": Flow(("want_slowly one",), ("wipe_status", "end_job"), ("one",)),
    "re-created": Flow(("want_slowly one",), ("delete", "want one", "end_job"), ("one",)),
    "deleted": Flow(("want_slowly one",), ("delete", "end_job"), ("one",), gone=True),
    "conflict resolved": Flow(
        ("elder_wants two", "want one", "wait Conflict"), ("elder_leaves",), ("two", "one")
    ),
    "site suspended": Flow(
        ("want one", "settle", "hold_all Suspended", "want two", "wait Suspended"),
        ("let_all_go Suspended",),
        ("one", "two"),
    ),
    "secret rotated": Flow(("want one", "settle", "rotate"), ("want two",), ("one", "two")),
    "restart": Flow(("want one", "settle", "stop"), ("start",), ("one",)),
    "two replicas": Flow(("stand_by",), ("want one",), ("one",)),
}
GATED: Mapping[str, Flow] = {
    "observed, then managed": Flow(
        ("hold Observing",), ("want one", "wait Observing", "let_go Observing"), ("one",)
    ),
    "approved": Flow(
        ("hold AwaitingApproval",), ("want one", "wait AwaitingApproval", "let_go AwaitingApproval"), ("one",)
    ),
    "window opened": Flow(
        ("hold OutsideWindow",), ("want one", "wait OutsideWindow", "let_go OutsideWindow"), ("one",)
    ),
    "suspended": Flow(
        ("want one", "settle", "hold Suspended"),
        ("want two", "wait Suspended", "let_go Suspended"),
        ("one", "two"),
    ),
    "drift reported, then restored": Flow(
        ("hold DriftReported", "want one", "settle"),
        ("drift", "look", "wait DriftReported", "let_go DriftReported"),
        ("one", "one"),
    ),
    "many drifts, then restored": Flow(
        ("hold_all SiteDiverged", "neighbour_settles", "want one", "settle"),
        ("neighbour_drifts", "drift", "look", "wait SiteDiverged", "let_all_go SiteDiverged"),
        ("one", "one"),
    ),
    "read-only site": Flow(
        ("want one", "settle", "close_site"), ("want two", "wait SiteReadOnly", "open_site"), ("one", "two")
    ),
}
"""A gate is shut when the flow begins, and is opened as soon as the resource says so."""
RUN_STATES: Mapping[str, Flow] = {
    "stopped": Flow(("want one", "settle", "state STOPPED"), ("want one",), ("one",), ("stop",)),
    "started again": Flow(
        ("state STOPPED", "want one", "settle", "state STARTED"), ("want one",), ("one",), ("stop", "start")
    ),
    "edited and stopped": Flow(
        ("want one", "settle", "state STOPPED"), ("want two",), ("one", "two"), ("stop",)
    ),
    "started during the stop": Flow(
        ("want one", "settle", "state STOPPED", "want_slowly one", "state STARTED"),
        ("want one", "end_job"),
        ("one",),
        ("stop", "start"),
    ),
}
PODS: Mapping[str, Flow] = {
    "moved": Flow(("want one", "settle", "pods DMaps"), ("want one",), ("one",), ("changeProvider",)),
    "moved and edited": Flow(
        ("want one", "settle", "pods DMaps"), ("want two",), ("one", "two"), ("changeProvider",), first=1
    ),
}
FLOWS: Mapping[str, Flow] = {**CHANGES, **GATED, **RUN_STATES, **PODS}


class Player(ABC, Generic[Done]):
    """Does what people and sites do, to one resource and its service."""

    def play(self, step: str) -> Done:
        """Does one step."""
        word, _, text = step.partition(" ")
        deed = getattr(self, word)
        done: Done = deed(text) if text else deed()
        return done

    @abstractmethod
    def want(self, text: str) -> Done:
        """Creates the resource with this description, or changes it."""

    @abstractmethod
    def want_slowly(self, text: str) -> Done:
        """The same, and waits until its job runs, which goes on for long, or until `end_job`."""

    @abstractmethod
    def end_job(self) -> Done:
        """The job that was slow, or a colleague's, ends; where time is cheap it does so by itself."""

    @abstractmethod
    def state(self, text: str) -> Done:
        """From the next wish on it is declared besides whether the service should run."""

    @abstractmethod
    def pods(self, text: str) -> Done:
        """From the next wish on its provider is declared besides."""

    @abstractmethod
    def hold(self, gate: str) -> Done:
        """From the next wish on this gate of the resource is shut."""

    @abstractmethod
    def let_go(self, gate: str) -> Done:
        """A person opens it."""

    @abstractmethod
    def settle(self) -> Done:
        """Waits until what is wanted is live, and the resource says so."""

    @abstractmethod
    def wait(self, reason: str) -> Done:
        """Waits until the resource is not Ready for this reason."""

    @abstractmethod
    def look(self) -> Done:
        """Asks the operator for one more look."""

    @abstractmethod
    def drift(self) -> Done:
        """The service is changed without a job."""


class BusyPlayer(Player[Done]):
    """Also does what colleagues do, and loses resources and what is known of them."""

    @abstractmethod
    def foreign_job(self) -> Done:
        """A colleague's job runs on the service, for long or until `end_job`."""

    @abstractmethod
    def wipe_status(self) -> Done:
        """The whole status of the resource is lost."""

    @abstractmethod
    def delete(self) -> Done:
        """The resource is deleted."""

    @abstractmethod
    def elder_wants(self, text: str) -> Done:
        """Another, older resource declares the service, and is settled."""

    @abstractmethod
    def elder_leaves(self) -> Done:
        """That one is deleted."""


class SitePlayer(Player[Done]):
    """Also does what concerns the whole site."""

    @abstractmethod
    def hold_all(self, gate: str) -> Done:
        """This gate of the ArcGISSite is shut."""

    @abstractmethod
    def let_all_go(self, gate: str) -> Done:
        """A person opens it."""

    @abstractmethod
    def close_site(self) -> Done:
        """The site takes no changes."""

    @abstractmethod
    def open_site(self) -> Done:
        """It takes them again."""

    @abstractmethod
    def neighbour_settles(self) -> Done:
        """Another resource has a service of its own, and is settled."""

    @abstractmethod
    def neighbour_drifts(self) -> Done:
        """That service is changed without a job."""


class SolePlayer(BusyPlayer[Done], SitePlayer[Done]):
    """Also does what concerns the operator itself, and its account."""

    @abstractmethod
    def rotate(self) -> Done:
        """The password changes, on the site and in the Secret, and tokens end."""

    @abstractmethod
    def stop(self) -> Done:
        """The operator is stopped, as a rollout does."""

    @abstractmethod
    def start(self) -> Done:
        """Another one starts."""

    @abstractmethod
    def stand_by(self) -> Done:
        """A second replica stands by."""


OF_ALL = SolePlayer.__abstractmethods__ - BusyPlayer.__abstractmethods__
