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
    """`before` brings everything to rest or to a wait; the fault comes with `then`, which waits for nothing.

    `edits` are the descriptions that our edits bring in a run where nothing breaks. A step is a word of
    a player and, if it needs one, a text. `gone`: no resource is left in the end.
    """

    before: tuple[str, ...]
    then: tuple[str, ...]
    edits: tuple[str, ...]
    gone: bool = False

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
        return not OF_ALL.isdisjoint((*self.before, *self.then))


FLOWS: Mapping[str, Flow] = {
    "create": Flow((), ("want one",), ("one",)),
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
        ("want one", "settle", "suspend", "want two", "wait Suspended"), ("resume",), ("one", "two")
    ),
    "secret rotated": Flow(("want one", "settle", "rotate"), ("want two",), ("one", "two")),
    "restart": Flow(("want one", "settle", "stop"), ("start",), ("one",)),
    "two replicas": Flow(("stand_by",), ("want one",), ("one",)),
}


class Player(ABC, Generic[Done]):
    """Does what people, colleagues and sites do, to one resource and its service."""

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
    def settle(self) -> Done:
        """Waits until what is wanted is live, and the resource says so."""

    @abstractmethod
    def wait(self, reason: str) -> Done:
        """Waits until the resource is not Ready for this reason."""

    @abstractmethod
    def look(self) -> Done:
        """Asks the operator for one more look."""

    @abstractmethod
    def end_job(self) -> Done:
        """The job that was slow, or a colleague's, ends; where time is cheap it does so by itself."""

    @abstractmethod
    def drift(self) -> Done:
        """The service is changed without a job."""

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


class SolePlayer(Player[Done]):
    """Also does what concerns the whole site or the operator itself."""

    @abstractmethod
    def suspend(self) -> Done:
        """The whole site is suspended."""

    @abstractmethod
    def resume(self) -> Done:
        """It is so no more."""

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


OF_ALL = SolePlayer.__abstractmethods__ - Player.__abstractmethods__
