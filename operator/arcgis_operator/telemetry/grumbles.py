"""The listener that logs what the API server refuses: the same words only now and then."""

import logging

from arcgis_operator.telemetry.happenings import KubeRefused
from arcgis_operator.telemetry.logs import Seldom, fields

log = logging.getLogger(__name__)


class Grumbles:
    """Rights that are missing are missing for long."""

    def __init__(self) -> None:
        self._seldom = Seldom()

    def __call__(self, one: KubeRefused) -> None:
        """Log it, unless the same was said of late."""
        if self._seldom.may_say(f"{one.verb} {one.words}"):
            log.warning("request to the API server refused", extra=fields(verb=one.verb, reason=one.words))
