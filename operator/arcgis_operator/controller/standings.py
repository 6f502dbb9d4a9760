"""How the resources stand: Ready and its reason as last seen on each, counted for the metrics."""

from collections import Counter
from collections.abc import Mapping

from arcgis_operator.core import status
from arcgis_operator.core.identity import Name
from arcgis_operator.core.jsondoc import Json

Standing = tuple[str, str, str]
"""Kind, status of Ready, its reason."""


class Standings:
    """Thousands of resources share the few standings there are."""

    def __init__(self) -> None:
        self._of: dict[str, dict[Name, Standing]] = {}
        self._shared: dict[Standing, Standing] = {}

    def seen(self, kind: str, name: Name, body: Mapping[str, Json]) -> None:
        """The object as it came with an event or a list."""
        standing = (kind, *status.ready(body))
        self._of.setdefault(kind, {})[name] = self._shared.setdefault(standing, standing)

    def gone(self, kind: str, name: Name) -> None:
        """There is no such object any more."""
        self._of.get(kind, {}).pop(name, None)

    def counts(self) -> Counter[Standing]:
        """How many stand so."""
        return Counter(one for names in self._of.values() for one in names.values())
