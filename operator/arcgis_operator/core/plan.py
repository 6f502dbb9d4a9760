"""What differs between the declared settings and the live document, and the document that mends it.

Only declared leaves are looked at or changed; everything else is carried through untouched, because the site
forgets what an edit leaves out. Source: Edit Service page.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from arcgis_operator.core import jsondoc
from arcgis_operator.core.jsondoc import Json, printable
from arcgis_operator.core.masking import MASK, is_secret
from arcgis_operator.core.model import Leaf, LeafKind, Path

MISSING: Final = object()
CONTAINERS = ("properties", "frameworkProperties", "jsonProperties")
SHOWN = 96


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `path` as under spec, texts cut to 96 characters and masked."""

    path: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path} {self.before} -> {self.after}"


def shape_problem(document: Mapping[str, Json]) -> str | None:
    """Why the document cannot be merged into, None when it can."""
    for name in CONTAINERS:
        if not _object_or_null(document.get(name)):
            return f"{name} is not an object"
    extensions = document.get("extensions") or []
    if not isinstance(extensions, list) or not all(_names_type(item) for item in extensions):
        return "extensions is not a list of objects with a typeName"
    names = [item["typeName"] for item in extensions]
    return "extensions names a typeName twice" if len(set(names)) != len(names) else None


def _names_type(item: Json) -> bool:
    if not isinstance(item, Mapping) or not isinstance(item.get("typeName"), str):
        return False
    return _object_or_null(item.get("properties"))


def _object_or_null(value: Json) -> bool:
    return value is None or isinstance(value, Mapping)


def differing(leaves: tuple[Leaf, ...], document: Mapping[str, Json]) -> tuple[Leaf, ...]:
    """The leaves whose live value is another one, in the order they are declared."""
    return tuple(leaf for leaf in leaves if not SAME[leaf.kind](leaf.value, live_value(document, leaf.path)))


def changes(leaves: tuple[Leaf, ...], document: Mapping[str, Json]) -> tuple[Change, ...]:
    """The differences, to be read by people."""
    return tuple(
        Change(
            path=spec_path(leaf.path),
            before=_shown(leaf.path, live_value(document, leaf.path)),
            after=_shown(leaf.path, rendered(leaf)),
        )
        for leaf in differing(leaves, document)
    )


def overlay(leaves: tuple[Leaf, ...], document: Mapping[str, Json]) -> dict[str, Json]:
    """The live document with every differing leaf put in place. `shape_problem` must be None."""
    whole: dict[str, Json] = copy.deepcopy(dict(document))
    for leaf in differing(leaves, document):
        _put(whole, leaf.path, rendered(leaf))
    return whole


def digest(leaves: tuple[Leaf, ...], site_url: str, service_id: str) -> str:
    """Names the wanted state of one service of one site: another site or a re-created service is another."""
    wanted = sorted(([list(leaf.path), rendered(leaf)] for leaf in leaves), key=lambda item: item[0])
    return jsondoc.digest([site_url, service_id, wanted])


def rendered(leaf: Leaf) -> Json:
    """The value as the site writes it: most are texts. Source: Service page, sample documents."""
    return RENDER[leaf.kind](leaf.value)


def live_value(document: Mapping[str, Json], path: Path) -> Json:
    """The value at a path, `MISSING` when there is none."""
    node: Json = document
    for step in path:
        node = _child(node, step)
        if node is MISSING:
            return MISSING
    return node


def spec_path(path: Path) -> str:
    """`settings.extensions[WMSServer].enabled`; keys with dots or brackets in quotes."""
    text = "settings"
    for index, step in enumerate(path):
        if index == 1 and path[0] == "extensions":
            text += f"[{step}]"
        elif step.replace("_", "").replace("-", "").isalnum():
            text += f".{step}"
        else:
            text += f"[{jsondoc.dumps(step)}]"
    return printable(text, 192)


def live_text(document: Mapping[str, Json], leaf: Leaf) -> str:
    """The live value of a leaf, to be read by people."""
    return _shown(leaf.path, live_value(document, leaf.path))


def _child(node: Json, step: str) -> Json:
    if isinstance(node, list):
        return next(
            (item for item in node if isinstance(item, Mapping) and item.get("typeName") == step), MISSING
        )
    return node.get(step, MISSING) if isinstance(node, Mapping) else MISSING


def _put(whole: dict[str, Json], path: Path, value: Json) -> None:
    node: Json = whole
    for depth, step in enumerate(path[:-1]):
        node = _entered(node, step, new=[] if depth == 0 and step == "extensions" else {})
    node[path[-1]] = value


def _entered(node: Json, step: str, new: Json) -> Json:
    if isinstance(node, list):
        found = _child(node, step)
        if found is MISSING:
            found = {"typeName": step}
            node.append(found)
        return found
    if not isinstance(node.get(step), type(new)):
        node[step] = new
    return node[step]


def _shown(path: Path, value: Json) -> str:
    if value is MISSING:
        return "(not set)"
    if is_secret(path[-1]):
        return MASK
    text = value if isinstance(value, str) else jsondoc.dumps(value)
    return printable(text, SHOWN) or '""'


def _text_of(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _words(value: Json) -> frozenset[str]:
    items = value if isinstance(value, list) else str(value).split(",")
    return frozenset(word.strip() for word in items if word.strip())


def _number(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _absent(live: Json) -> bool:
    return live is MISSING or live is None


def _same_text(wanted: Json, live: Json) -> bool:
    return bool(wanted == "" if _absent(live) else wanted == live)


def _same_integer(wanted: Json, live: Json) -> bool:
    return live is not MISSING and _number(wanted) == _number(live)


def _same_set(wanted: Json, live: Json) -> bool:
    return _words(wanted) == (frozenset() if _absent(live) else _words(live))


def _same_scalar(wanted: Json, live: Json) -> bool:
    if _absent(live):
        return bool(wanted == "")
    if isinstance(wanted, bool):
        return _text_of(wanted) == _text_of(live).strip().lower()
    if isinstance(wanted, (int, float)):
        return _number(wanted) == _number(live)
    return bool(wanted == _text_of(live))


def _same_json(wanted: Json, live: Json) -> bool:
    if isinstance(wanted, list):
        return (
            isinstance(live, list)
            and len(wanted) == len(live)
            and all(_same_json(a, b) for a, b in zip(wanted, live, strict=True))
        )
    if isinstance(wanted, Mapping):
        return (
            isinstance(live, Mapping)
            and wanted.keys() == live.keys()
            and all(_same_json(item, live[key]) for key, item in wanted.items())
        )
    return _same_scalar(wanted, live)


RENDER: dict[LeafKind, Callable[[Json], Json]] = {
    LeafKind.TEXT: lambda value: value,
    LeafKind.INTEGER: lambda value: value,
    LeafKind.SET: ",".join,
    LeafKind.FLAG: _text_of,
    LeafKind.SCALAR: _text_of,
    LeafKind.JSON: lambda value: value,
}
SAME: dict[LeafKind, Callable[[Json, Json], bool]] = {
    LeafKind.TEXT: _same_text,
    LeafKind.INTEGER: _same_integer,
    LeafKind.SET: _same_set,
    LeafKind.FLAG: _same_scalar,
    LeafKind.SCALAR: _same_scalar,
    LeafKind.JSON: _same_json,
}
