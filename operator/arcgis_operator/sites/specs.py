"""The ArcGISSites that are known, as their owners specified them."""

from collections.abc import Iterable, Mapping

from arcgis_operator.core.identity import Name
from arcgis_operator.core.model import SiteWanted, SpecInvalid

Spec = SiteWanted | SpecInvalid


class Specs:
    """Fed by the informer; read in every turn."""

    def __init__(self) -> None:
        self._specs: dict[Name, Spec] = {}

    def put(self, name: Name, spec: Spec) -> None:
        """What is known of one that is made anew is another value."""
        self._specs[name] = spec

    def drop(self, name: Name) -> None:
        """It is gone."""
        self._specs.pop(name, None)

    def of(self, name: Name) -> Spec | None:
        """None when there is no such ArcGISSite."""
        return self._specs.get(name)

    def all(self) -> Mapping[Name, Spec]:
        """As they are now."""
        return dict(self._specs)

    def valid(self) -> Iterable[tuple[Name, SiteWanted]]:
        """Those that can be used."""
        return [(name, spec) for name, spec in self._specs.items() if isinstance(spec, SiteWanted)]
