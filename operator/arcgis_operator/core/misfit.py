"""Why declared settings cannot be sent to the service as it is; nothing is sent then.

Two kinds: something stands in the way (a list, a text, a value of another kind), or the service keeps a key
in another place or another spelling, so that an edit would be taken and change nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import PROVIDER, PROVIDERS, RUN_STATE, RUN_STATES, Leaf, Path
from arcgis_operator.core.places import EXTENSIONS, child, entries, live_value, spec_path, spelled
from arcgis_operator.core.plan import differing, live_text
from arcgis_operator.core.sentences import STATE_UNTOLD, provider_fixed
from arcgis_operator.core.values import MISSING, Unfit, empty, fitted, kind_name, same

CONTAINERS = ("properties", "jsonProperties", "frameworkProperties")
IN_JSON = ("maxRecordCount", "capabilities")
"""What a feature service with provider SDS keeps in jsonProperties. Source: Service page, sample document."""
SHOWN = 3


class Why(StrEnum):
    """What kind of misfit it is."""

    SHAPE = "shape"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why nothing can be sent, in sentences."""

    why: Why
    message: str


def misfit(leaves: tuple[Leaf, ...], document: Mapping[str, Json]) -> Misfit | None:
    """The first kind of misfit among the leaves that differ, None when all can be put in place."""
    due = differing(leaves, document)
    for why, judge in ((Why.SHAPE, shape_problem), (Why.KEY, key_problem)):
        problems = [text for leaf in due if (text := judge(leaf, document))]
        if problems:
            more = [f"{len(problems) - SHOWN} more."] if len(problems) > SHOWN else []
            return Misfit(why, " ".join([*problems[:SHOWN], *more]))
    return None


def shape_problem(leaf: Leaf, document: Mapping[str, Json]) -> str | None:
    """What stands in the way of a leaf, None when nothing does."""
    if leaf.path == RUN_STATE:
        return None if live_value(document, RUN_STATE) in RUN_STATES else STATE_UNTOLD
    if leaf.path == PROVIDER:
        return None if document.get("provider") in PROVIDERS else provider_fixed(live_text(document, leaf))
    node: Json = document
    for depth in range(len(leaf.path) - 1):
        node = child(node, leaf.path[depth])
        here = leaf.path[: depth + 1]
        if empty(node) or (here == (EXTENSIONS,) and node == {}):
            return None
        if problem := _in_the_way(here, node, leaf.path[depth + 1]):
            return problem
    live = child(node, leaf.path[-1])
    if not isinstance(fitted(leaf.kind, leaf.value, live), Unfit):
        return None
    holds, wanted = kind_name(live), kind_name(leaf.value)
    return f"{spec_path(leaf.path)} is {holds} on the site, but the spec declares {wanted}. Declare {holds}."


def _in_the_way(path: Path, node: Json, step: str) -> str | None:
    wanted = "a list" if path == (EXTENSIONS,) else "an object"
    if kind_name(node) != wanted:
        holds = kind_name(node)
        return f"{spec_path(path)} is {holds} on the site, not {wanted}: nothing can be set inside it."
    if isinstance(node, list) and len(found := entries(node, step)) > 1:
        names = ", ".join(str(one["typeName"]) for one in found[:SHOWN])
        return f"The service has the extension {step} more than once ({names}): it is unclear which is meant."
    return None


def key_problem(leaf: Leaf, document: Mapping[str, Json]) -> str | None:
    """Where a key that the service does not have is found there instead, None when nowhere."""
    if live_value(document, leaf.path) is not MISSING:
        return None
    other = _other_case(leaf.path, document)
    if other:
        return f"The service has no {spec_path(leaf.path)}; it has {spec_path(other)}. Use that spelling."
    place = _other_place(leaf.path, document)
    return f"This service keeps {leaf.path[-1]} in {place}: declare it there." if place else None


def twins(leaves: tuple[Leaf, ...], document: Mapping[str, Json]) -> Iterator[str]:
    """Settings that a service keeps a second time in jsonProperties, undeclared and with another value.

    Assumed: what stands there is what its clients get.
    """
    declared = {leaf.path for leaf in leaves}
    for leaf in leaves:
        twin = ("jsonProperties", leaf.path[-1])
        held = live_value(document, twin)
        if leaf.path[-1] not in IN_JSON or leaf.path[0] in (EXTENSIONS, *twin[:1]) or twin in declared:
            continue
        if held is not MISSING and not same(leaf.kind, leaf.value, held):
            yield (
                f"The service also keeps {leaf.path[-1]} in jsonProperties, with another value. "
                f"Declare {spec_path(twin)} as well."
            )


def _other_case(path: Path, document: Mapping[str, Json]) -> Path | None:
    """The path with the first key that the service spells in other letters."""
    node: Json = document
    for depth, step in enumerate(path):
        if isinstance(node, Mapping) and spelled(node, step) not in node:
            found = next((key for key in node if key.casefold() == step.casefold()), None)
            return (*path[:depth], found, *path[depth + 1 :]) if found else None
        node = child(node, step)
    return None


def _other_place(path: Path, document: Mapping[str, Json]) -> str | None:
    """The other container that holds the key, as under spec."""
    if path[0] == EXTENSIONS or len(path) > 2 or (len(path) == 1 and path[0] not in IN_JSON):
        return None
    places = [name for name in _holders(path[-1], document) if name != path[0]]
    if not places and path[0] != "jsonProperties" and path[-1] in IN_JSON:
        places = ["jsonProperties"] if document.get("provider") == "SDS" else places
        places = places or [name for name in (path[-1],) if name in document]
    return f"settings.{places[0]}" if places else None


def _holders(key: str, document: Mapping[str, Json]) -> Iterator[str]:
    for name in CONTAINERS:
        held = document.get(name)
        if isinstance(held, Mapping) and key.casefold() in {one.casefold() for one in held}:
            yield name
