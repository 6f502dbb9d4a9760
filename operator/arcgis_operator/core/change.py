"""One setting that differs: exact, so that it can be compared and hashed; and as people may see it.

An exact change holds whatever the site holds, secrets too. It never prints itself: `shown` does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from arcgis_operator.core import jsondoc
from arcgis_operator.core.contrast import contrasted
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.masking import masked
from arcgis_operator.core.model import Path
from arcgis_operator.core.places import spec_path
from arcgis_operator.core.said import Raw, Show, Shown, plainly
from arcgis_operator.core.sentences import NOT_SET, SEVERAL, changed
from arcgis_operator.core.values import MISSING, UNCLEAR, kind_name

SHOWN = 96


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Change:
    """One difference: path below the service document, live value, declared value.

    Nothing is cut or masked; `before` may be `MISSING` or `UNCLEAR`. Equal ones are so digit by digit.
    """

    path: Path
    before: Json
    after: Json

    def __repr__(self) -> str:
        return f"Change({spec_path(self.path)!r}, …)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Change) and self._exact == other._exact

    def __hash__(self) -> int:
        return hash(self._exact)

    @property
    def _exact(self) -> tuple[Path, str, str]:
        return self.path, exact(self.before), exact(self.after)


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change as people may see it: `path` as under spec, values of 96 characters at most, masked."""

    path: str
    before: str
    after: str

    def __str__(self) -> str:
        return changed(self.path, self.before, self.after)

    @property
    def parts(self) -> tuple[str, str, str]:
        """Path, live value, declared value."""
        return self.path, self.before, self.after

    def entry(self, operation: str) -> Mapping[str, str]:
        """As the status lists it, under the operation that makes it."""
        return {"operation": operation, "path": self.path, "from": self.before, "to": self.after}


def shown(change: Change, show: Show = plainly) -> ShownChange:
    """The change for a status, an event or a log."""
    before, after = (whole(change.path, value, show) for value in (change.before, change.after))
    return ShownChange(spec_path(change.path), *contrasted(before, after, SHOWN))


def whole(path: Path, value: Json, show: Show) -> Shown:
    """All of a value that people may see: masked, but not cut, in whatever order the site answers in."""
    return show(Raw(text_of(path, _sorted(value))))


def text_of(path: Path, value: Json) -> str:
    """A value as a text, masked by the names that it stands under."""
    if value is MISSING or value is UNCLEAR:
        return NOT_SET if value is MISSING else SEVERAL
    value = masked(value, path)
    return value if isinstance(value, str) else jsondoc.dumps(value)


def exact(value: Json) -> str:
    """Tells a value from every other one; no JSON where there is none, or more than one."""
    return text_of((), value) if value is MISSING or value is UNCLEAR else jsondoc.canonical(value)


def hashed(change: Change, show: Show) -> tuple[Json, ...]:
    """What a public hash may cover: the declared value exactly, the live one as far as people may see it.

    Whoever reads the status reads the spec beside it, but not the site: a hash over a short secret that
    only the site holds would let it be guessed. See `docs/explanation/decisions/0014`.
    """
    live = whole(change.path, change.before, show)
    return list(change.path), kind_name(change.before), live, exact(change.after)


def _sorted(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
