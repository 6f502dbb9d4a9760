"""What differs between the declared settings and the live document, and the document that mends it.

Only declared leaves are looked at or changed; everything else is carried through untouched, because the site
forgets what an edit leaves out. Source: Edit Service page.
"""

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from arcgis_operator.core import jsondoc
from arcgis_operator.core.change import SHOWN, Change, hashed, text_of
from arcgis_operator.core.jsondoc import Json, printable
from arcgis_operator.core.model import Leaf, LeafKind, Path
from arcgis_operator.core.places import EXTENSIONS, live_value, put
from arcgis_operator.core.said import Show
from arcgis_operator.core.values import MISSING, absent, empty, fitted, rendered, same

CAPABILITIES = "capabilities"
SPEC, DRIFT = "Spec", "Drift"


@dataclass(frozen=True, slots=True)
class Plan:
    """All that differs on one service of one site; `cause` is SPEC or DRIFT, `due` is the next operation.

    `name` is its hash, made once.
    """

    site_url: str
    service_id: str
    changes: tuple[Change, ...]
    cause: str
    due: str = ""
    name: str = ""

    def hash(self, show: Show) -> str:
        """`sha256:…` of site, service and changes, in whatever order they stand.

        The same wish from another starting point is another plan, whose approval is another one.
        """
        changes = sorted((hashed(change, show) for change in self.changes), key=lambda one: one[0])
        return jsondoc.digest([self.site_url, self.service_id, changes])

    def named(self, show: Show) -> "Plan":
        """The same, with its hash as its name."""
        return replace(self, name=self.hash(show))

    def without(self, paths: Collection[Path]) -> "Plan":
        """What is left of it once the changes of these paths are live."""
        left = tuple(change for change in self.changes if change.path not in paths)
        return replace(self, changes=left, name="")


def differing(leaves: tuple[Leaf, ...], document: Mapping[str, Json]) -> tuple[Leaf, ...]:
    """The leaves whose live value is another one, in the order they are declared."""
    return tuple(leaf for leaf in leaves if not matches(leaf, document))


def matches(leaf: Leaf, document: Mapping[str, Json]) -> bool:
    """Whether a leaf is live. An extension that is not in the list, or does not say, is not offered."""
    live = live_value(document, leaf.path)
    if leaf.kind is LeafKind.FLAG and leaf.path[0] == EXTENSIONS and absent(live):
        listed = document.get(EXTENSIONS)
        return leaf.value is False and (not listed or isinstance(listed, list) or empty(listed))
    words = leaf.path[-1] == CAPABILITIES and isinstance(leaf.value, str)  # in jsonProperties, one text
    return same(leaf.kind, leaf.value, live) or (words and same(LeafKind.SET, leaf.value, live))


def changes(leaves: tuple[Leaf, ...], document: Mapping[str, Json]) -> tuple[Change, ...]:
    """The differences, in the order they are declared."""
    return tuple(
        Change(leaf.path, live_value(document, leaf.path), rendered(leaf.kind, leaf.value))
        for leaf in differing(leaves, document)
    )


def overlay(leaves: tuple[Leaf, ...], document: Mapping[str, Json]) -> dict[str, Json]:
    """The live document with every differing leaf put in place. `misfit.misfit` must be None.

    A new extension gets all that is declared of it.
    """
    whole: dict[str, Json] = copy.deepcopy(dict(document))
    due = differing(leaves, document)
    fresh = {leaf.path[:2] for leaf in due if _is_new_extension(leaf, document)}
    for leaf in leaves:
        if leaf in due or leaf.path[:2] in fresh:
            put(whole, leaf.path, fitted(leaf.kind, leaf.value, live_value(document, leaf.path)))
    return whole


def _is_new_extension(leaf: Leaf, document: Mapping[str, Json]) -> bool:
    return leaf.path[0] == EXTENSIONS and live_value(document, leaf.path[:2]) is MISSING


def digest(leaves: tuple[Leaf, ...], site_url: str, service_id: str) -> str:
    """Names the wanted state of one service of one site: another site or a re-created service is another."""
    wanted = sorted(
        ([list(leaf.path), rendered(leaf.kind, leaf.value)] for leaf in leaves), key=lambda item: item[0]
    )
    return jsondoc.digest([site_url, service_id, wanted])


def live_text(document: Mapping[str, Json], leaf: Leaf) -> str:
    """The live value of a leaf, to be read by people."""
    return printable(text_of(leaf.path, live_value(document, leaf.path)), SHOWN) or '""'
