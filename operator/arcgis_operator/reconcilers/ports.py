"""What a turn needs from the floors above it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Fact, Failure
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.job import Job
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import Desired

Guard = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Name:
    """Namespace and name of a resource."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Claim:
    """Who speaks for one canonical service: the oldest resource; the others are in conflict with it."""

    winner: Name | None
    losers: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class JobsOn:
    """The jobs on one service that the site lists. `listed` False: the site does not let them be listed.

    `old` had ended long before they were read: no news, but one may be what an unanswered request became.
    """

    jobs: tuple[Job, ...] = ()
    old: tuple[Job, ...] = ()
    failure: Failure | None = None
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Resting:
    """A resource that says of itself that nothing is to be done for it."""

    key: str
    namespace: str
    desired: Desired


class Clock(Protocol):
    """Two clocks: one that never jumps and counts suspended time, and the calendar."""

    def monotonic(self) -> float:
        """Seconds."""

    def now(self) -> datetime:
        """UTC."""


class Term(Protocol):
    """One acquisition of the lease. Sends belong to one term only."""

    @property
    def acquired_at(self) -> float:
        """On the monotonic clock."""

    @property
    def starts_settled(self) -> bool:
        """Nothing that was sent before this term can still arrive."""

    def check(self) -> str | None:
        """None while the term is ours; else why nothing may be sent. No await."""


class Site(Protocol):
    """One live session with a site."""

    @property
    def url(self) -> str:
        """Normalised."""

    @property
    def username(self) -> str:
        """Who we are there, empty until a token was made."""

    def gate(self) -> Hold | None:
        """Why the site is not even read now."""

    def sending(self, key: str) -> Hold | None:
        """Why nothing may be sent for this service now."""

    def call_when_free(self, key: str) -> bool:
        """Wake the service when a job slot becomes free. The first in line (True) also looks by itself."""

    def occupy(self, key: str, busy: bool) -> None:
        """Take or free the service's job slot."""

    def pace(self) -> Awaitable[None]:
        """Wait until the site's request budget allows another turn; inside the turn nothing waits."""

    def job(self, job_id: str) -> Awaitable[Job | Failure]:
        """One job, read now."""

    def jobs_on(self, service_key: str, within: float) -> Awaitable[JobsOn]:
        """The jobs on a service, from a list that began at most so many seconds before this call."""

    def usual_job_seconds(self, key: str) -> float:
        """What short edits of late took; 0 when that is not known, infinity where others tell of it."""

    def document(self, ref: ServiceRef) -> Awaitable[Mapping[str, Json] | Failure]:
        """The service document, read now."""

    def folder(
        self, name: str, refs: Sequence[ServiceRef]
    ) -> Awaitable[Mapping[str, Mapping[str, Json]] | Failure | None]:
        """The documents of these services of one folder by `ServiceRef.leaf` in lower case, read at once.

        None where that does not pay, or is not proved to be what single reads give.
        """

    def edit(self, ref: ServiceRef, document: Mapping[str, Json], guard: Guard) -> Awaitable[Fact]:
        """Submit an asynchronous edit."""


class Sites(Protocol):
    """The sessions."""

    def resolve(self, desired: Desired, namespace: str) -> Awaitable[Site | Hold]:
        """The session for a resource of this namespace, or why it gets none."""

    def at(self, url: str) -> Site | None:
        """The session with the site at this URL, None when no resource names it any more."""

    def left(self, key: str) -> None:
        """The service has nothing open and waits for nothing: no site keeps a job slot for it."""


class Registry(Protocol):
    """Which resources speak about which service."""

    def claim(self, key: str) -> Claim:
        """The resources on a canonical service, oldest first."""

    def identify(self, key: str, service_id: str) -> bool:
        """Note the id the site gave a service; False when another key already stands for it."""

    def speaks(self, key: str, name: Name, uid: str) -> bool:
        """Whether this very object is known to be on the service now."""

    def resting(self, folder: str) -> list[Resting]:
        """The resources at rest in one folder of one site, named by `folder_of` a key."""

    def forget(self, name: Name) -> None:
        """The resource is gone."""
