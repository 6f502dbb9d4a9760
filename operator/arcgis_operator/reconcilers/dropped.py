"""Fields that come back otherwise than they were written: an older CustomResourceDefinition drops them.

Nothing that is sent hangs on them, so their status counts as stored; it is only not written again and again.
"""

from collections.abc import Iterator, Mapping

from arcgis_operator.core.identity import Name
from arcgis_operator.core.jsondoc import Json

Path = tuple[str, ...]


class Dropped:
    """By resource of one kind, as of its last write."""

    def __init__(self) -> None:
        self._paths: dict[Name, frozenset[Path]] = {}

    def wrote(self, name: Name, wanted: Mapping[str, Json], stored: Mapping[str, Json]) -> None:
        """What became of a status that was written."""
        self._paths[name] = frozenset(_differences(wanted, stored))
        if not self._paths[name]:
            self.over(name)

    def are_all(self, name: Name, wanted: Mapping[str, Json], stored: Mapping[str, Json]) -> bool:
        """Whether a write would bring nothing but what was dropped the last time."""
        return self._paths.get(name, frozenset()).issuperset(_differences(wanted, stored))

    def over(self, name: Name) -> None:
        """There is no such resource any more."""
        self._paths.pop(name, None)


def _differences(wanted: Mapping[str, Json], stored: Mapping[str, Json], under: Path = ()) -> Iterator[Path]:
    """The shortest paths at which the two differ."""
    for key in {*wanted, *stored}:
        one, other = wanted.get(key), stored.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _differences(one, other, (*under, key))
        elif one != other:
            yield (*under, key)
