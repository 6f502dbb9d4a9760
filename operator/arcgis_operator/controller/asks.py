"""Who asks for a turn, and how urgently. Made before those who give the turns, so everybody may ask."""

from arcgis_operator.controller.queue import Priority, WorkQueue
from arcgis_operator.core.keys import Key, ServiceKey
from arcgis_operator.reconcilers.polled import Polled


class Asks:
    """The ways in which a key comes onto the queue."""

    def __init__(self, queue: WorkQueue[Key], polled: Polled) -> None:
        self._queue, self._polled = queue, polled

    def told(self, key: Key) -> None:
        """Something is told of it: a turn now, which reads the object whatever was stored last."""
        if isinstance(key, ServiceKey):
            self._polled.tell(key.service)
        self._queue.add(key, Priority.CHANGE)

    def go_on(self, key: Key) -> None:
        """What it waited for is there: a slot, or more that the site shows."""
        self._queue.add(key, Priority.OPEN)

    def look(self, key: Key, within: float = 0.0) -> None:
        """When nothing more urgent is to be done."""
        self._queue.add(key, Priority.RESYNC, within)
