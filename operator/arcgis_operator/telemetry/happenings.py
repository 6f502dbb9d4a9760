"""What happens in the operator, as values. Whoever does it tells; metrics, log and probes are listeners."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from arcgis_operator.core.record import Record
from arcgis_operator.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Concluded:
    """A turn of a resource came to its end; `before` is what was on record, None for an ArcGISSite."""

    key: str
    before: Record | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class StatusWritten:
    """A status was written, or not: `outcome` is `Written`, or the kind of failure."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Sent:
    """An operation was sent to a site; `outcome` is what its answer means."""

    operation: str
    outcome: str


@dataclass(frozen=True, slots=True)
class SiteAnswered:
    """A site answered a request, with an HTTP status; None where no answer came."""

    operation: str
    code: int | None


@dataclass(frozen=True, slots=True)
class KubeAnswered:
    """The API server answered a request: the code is `2xx`, the HTTP status of a refusal, or `none`."""

    verb: str
    code: str


@dataclass(frozen=True, slots=True)
class KubeRefused:
    """The API server refused a request for want of rights; its own words."""

    verb: str
    words: str


@dataclass(frozen=True, slots=True)
class EventLost:
    """A Kubernetes event could not be posted."""


@dataclass(frozen=True, slots=True)
class WatchLost:
    """A connection of the watch broke, or was silent for too long."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The watch ended, and begins anew."""


@dataclass(frozen=True, slots=True)
class Resynced:
    """A full list is complete, but for the namespaces that were passed over."""

    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TermBegan:
    """This replica leads."""


@dataclass(frozen=True, slots=True)
class TermEnded:
    """It leads no more."""


Happening = (
    Concluded
    | StatusWritten
    | Sent
    | SiteAnswered
    | KubeAnswered
    | KubeRefused
    | EventLost
    | WatchLost
    | Restarted
    | Resynced
    | TermBegan
    | TermEnded
)

Tell = Callable[[Happening], None]


Sort = TypeVar("Sort", bound=Happening)


class Teller:
    """Tells each listener of the sorts that it listens to. A listener is quick and never raises."""

    def __init__(self) -> None:
        self._listeners: dict[type[object], list[Callable[[Any], None]]] = {}

    def listen(self, sort: type[Sort], listener: Callable[[Sort], None]) -> None:
        """From now on the listener is told of this sort."""
        self._listeners.setdefault(sort, []).append(listener)

    def __call__(self, happening: Happening) -> None:
        """Tell of it."""
        for listener in self._listeners.get(type(happening), ()):
            listener(happening)


Facts = ParamSpec("Facts")


def telling(tell: Tell, sort: Callable[Facts, Happening]) -> Callable[Facts, None]:
    """For a part that knows nothing of happenings: what it calls with the facts of one sort."""

    def told(*facts: Facts.args, **named: Facts.kwargs) -> None:
        tell(sort(*facts, **named))

    return told
