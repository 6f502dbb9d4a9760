"""The objects of running jobs as they were last stored, so that a poll need not read them again."""

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.core.identity import Name
from arcgis_operator.core.record import Phase
from arcgis_operator.reconcilers.ports import Term

Kept = tuple[Term, Object]


class Polled:
    """One object for each key, from the end of one turn to the begin of the next.

    An object that is kept may grow old unseen while there is nothing to write, so news of a key ends it, and
    news that came while a turn was under way keeps that turn from leaving its object behind.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Kept | None] = {}  # None: a turn is under way, and nothing was told since

    def take(self, key: str, name: Name, term: Term) -> Object | None:
        """What the last turn of this term left of `name`; from now on news count."""
        kept, self._kept[key] = self._kept.get(key), None
        if kept is None:
            return None
        stored_in, body = kept
        metadata = body["metadata"]
        return body if stored_in is term and Name(metadata["namespace"], metadata["name"]) == name else None

    def leave(self, key: str, stored: Object, phase: Phase, term: Term) -> None:
        """The turn stored this: while its job runs that will do for the next poll, unless there was news."""
        if phase is not Phase.RUNNING:
            self._kept.pop(key, None)
        elif key in self._kept:
            metadata = {what: value for what, value in stored["metadata"].items() if what != "managedFields"}
            self._kept[key] = (term, {**stored, "metadata": metadata})

    def tell(self, key: str) -> None:
        """Something is told of the service: its next turn reads the object."""
        self._kept.pop(key, None)
