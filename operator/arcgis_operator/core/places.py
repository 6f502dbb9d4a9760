"""The place of a setting in a live document: found as the site spells it, entered only through objects."""

import unicodedata
from collections.abc import Mapping

from arcgis_operator.core import jsondoc
from arcgis_operator.core.jsondoc import Json, printable
from arcgis_operator.core.model import BESIDE, Path
from arcgis_operator.core.values import MISSING, UNCLEAR

EXTENSIONS = "extensions"
AFTER = {
    "dateFieldsTimezoneID": "maxRecordCount",
    "dateFieldsRespectsDayLightSavingTime": "dateFieldsTimezoneID",
}
"""Keys that stand directly after another one. Source: ArcGIS Server, Service types page (map service)."""


def live_value(document: Mapping[str, Json], path: Path) -> Json:
    """The value at a path, `MISSING` when there is none, `UNCLEAR` where an extension is there twice."""
    node: Json = document
    for step in path:
        node = child(node, step)
        if node is MISSING or node is UNCLEAR:
            return node
    return node


def child(node: Json, step: str) -> Json:
    """What stands under a key, or the entry of a list of extensions with this typeName."""
    if isinstance(node, list):
        found = entries(node, step)
        return found[0] if len(found) == 1 else UNCLEAR if found else MISSING
    return node.get(spelled(node, step), MISSING) if isinstance(node, Mapping) else MISSING


def spelled(node: Mapping[str, Json], step: str) -> str:
    """The key as the live document spells it: only the form of accents may differ."""
    if step in node or step.isascii():
        return step
    form = unicodedata.normalize("NFC", step)
    found = [key for key in node if unicodedata.normalize("NFC", key) == form]
    return found[0] if len(found) == 1 else step


def entries(listed: list[Json], name: str) -> list[dict[str, Json]]:
    """The extensions of this name, without regard to case: two spellings may both be offered."""
    named = [item for item in listed if isinstance(item, dict) and isinstance(item.get("typeName"), str)]
    return [item for item in named if item["typeName"].casefold() == name.casefold()]


def put(document: dict[str, Json], path: Path, value: Json) -> None:
    """Put a value at a path; what leads there is entered or made. Nothing on the way may be in the way."""
    node: Json = document
    for depth, step in enumerate(path[:-1]):
        node = _entered(node, step, new=[] if depth == 0 and step == EXTENSIONS else {})
    _insert(node, spelled(node, path[-1]), value)


def _entered(node: Json, step: str, new: Json) -> Json:
    if isinstance(node, list):
        found = entries(node, step)
        if not found:
            found = [{"typeName": step}]
            node.append(found[0])
        return found[0]
    key = spelled(node, step)
    if not isinstance(node.get(key), type(new)):
        _insert(node, key, new)
    return node[key]


def _insert(node: dict[str, Json], key: str, value: Json) -> None:
    """A new key goes to the end, or beside the one that it belongs to; what stands there does not move."""
    names = [name for name in node if name != key]
    fresh = key not in node
    node[key] = value
    place = _place(names, key)
    if fresh and place is not None:
        names.insert(place, key)
        items = {name: node[name] for name in names}
        node.clear()
        node.update(items)


def _place(names: list[str], key: str) -> int | None:
    before = AFTER.get(key)
    if before in names:
        return names.index(before) + 1
    return next((at for at, name in enumerate(names) if AFTER.get(name) == key), None)


def spec_path(path: Path) -> str:
    """`settings.extensions[WMSServer].enabled`; keys with dots or brackets in quotes; at most 192 signs."""
    return printable(_written(path), 192)


def is_within(path: Path, place: str) -> bool:
    """Whether a setting stands at or below a place that is written as `spec_path` writes it."""
    written = _written(path)
    return written == place or written.startswith((f"{place}.", f"{place}["))


def _written(path: Path) -> str:
    if path in BESIDE:
        return path[0]
    text = "settings"
    for index, step in enumerate(path):
        if index == 1 and path[0] == EXTENSIONS:
            text += f"[{step}]"
        elif step.replace("_", "").replace("-", "").isalnum():
            text += f".{step}"
        else:
            text += f"[{jsondoc.dumps(step)}]"
    return text
