"""Service documents: what an edit makes of one.

A document is the service JSON as a dict. These are pure functions from
documents to documents; they know nothing of jobs, restarts or requests.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from arcgis_simulator.errors import SiteError
from arcgis_simulator.switches import Switches

Document = dict[str, Any]

IDENTITY = ("serviceName", "type", "folderName", "id")
# Assumed: these are the site's own; the Edit Service page names only serviceName and type.
SERVER_OWNED = (*IDENTITY, "deploymentId", "serverId", "portalProperties")
OTHER_OPERATIONS = {"provider": "provider_in_edit", "configuredState": "state_in_edit"}
_CONTAINERS = ("properties", "jsonProperties", "frameworkProperties")
_INSTANCES = ("minInstancesPerNode", "maxInstancesPerNode")
_TYPE = re.compile("[A-Za-z]+Server")
KEPT = (*SERVER_OWNED, *OTHER_OPERATIONS)


def check_submitted(current: Document, submitted: Any, switches: Switches) -> Document:
    """The submitted document if the site takes it for this service; raises :class:`SiteError` if not."""
    if not isinstance(submitted, dict):
        raise SiteError(400, "The 'service' parameter must be a JSON object.")
    _check_identity(current, submitted)
    _check_shapes(submitted, current)
    if any(submitted.get(name) != current.get(name) for name in _INSTANCES):
        _check_instances(submitted)
    _check_strictness(current, submitted, switches)
    return submitted


def edited(current: Document, submitted: Document, switches: Switches) -> Document:
    """The document after an edit: the submitted one with the site's own properties put back.

    Source: Edit Service page: properties that are left out are not kept.
    Assumed: changed properties of the site's own are passed over in silence.
    """
    base = current if switches.missing_properties == "kept" else {}
    new = {**copy.deepcopy(base), **copy.deepcopy(submitted)}
    for name in KEPT:
        if name in current and not _applies(name, submitted, switches):
            new[name] = copy.deepcopy(current[name])
        elif name not in current and name in SERVER_OWNED:
            new.pop(name, None)
    if switches.unknown_properties == "dropped":
        for holder, key, _ in list(_unknown(new, current)):
            del holder[key]
    if switches.new_extensions == "dropped" and isinstance(new.get("extensions"), list):
        new["extensions"] = [entry for entry in new["extensions"] if _name_of(entry) in _names(current)]
    return _respelled(new, current, switches)


def _respelled(new: Document, current: Document, switches: Switches) -> Document:
    """With values as the site writes them."""
    if switches.doubles == "kept" and isinstance(new.get("properties"), dict):
        before = current.get("properties") or {}
        new["properties"] = {
            name: _spelled(value, before.get(name)) for name, value in new["properties"].items()
        }
    if switches.property_values == "to-strings" and isinstance(new.get("properties"), dict):
        new["properties"] = {name: _as_text(value) for name, value in new["properties"].items()}
    owned = {name: new[name] for name in KEPT if name in new}
    return new if switches.texts == "as-sent" else {**_written(new, switches.texts), **owned}


def _unknown(submitted: Document, current: Document) -> Iterator[tuple[Document, str, str]]:
    """The keys that the service does not have, in the document and in its containers: holder, key, path."""
    known = dict(_holders(current))
    for path, holder in _holders(submitted):
        yield from ((holder, key, f"{path}{key}") for key in holder if key not in known.get(path, holder))


def _holders(document: Document) -> Iterator[tuple[str, Document]]:
    yield "", document
    for name in _CONTAINERS:
        if isinstance(document.get(name), dict):
            yield f"{name}.", document[name]
    for entry in document.get("extensions") or []:
        if _is_extension(entry) and isinstance(entry.get("properties"), dict):
            yield f"extensions.{entry['typeName']}.properties.", entry["properties"]


def _written(value: Any, texts: str) -> Any:
    """A value with its texts as the site keeps them."""
    if isinstance(value, dict):
        return {key: _written(one, texts) for key, one in value.items()}
    if isinstance(value, list):
        return [_written(one, texts) for one in value]
    if not isinstance(value, str):
        return value
    if texts == "nfc":
        return unicodedata.normalize("NFC", value)
    return value.replace("\r\n", "\n").replace("\n", "\r\n")


def _names(document: Document) -> list[Any]:
    listed = document.get("extensions")
    return [_name_of(entry) for entry in listed] if isinstance(listed, list) else []


def _name_of(entry: Any) -> Any:
    return entry.get("typeName") if isinstance(entry, dict) else None


def _spelled(value: Any, before: Any) -> Any:
    try:
        return before if float(value) == float(before) else value
    except (TypeError, ValueError):
        return value


def part_of(current: Document, submitted: Document) -> Document:
    """A submission of which only the plain settings arrived. Assumed: how an edit fails half-way."""
    return {**submitted, **{name: current[name] for name in ("properties", "extensions") if name in current}}


def changed(document: Document, sets: Mapping[str, Any], removes: Iterable[str] = ()) -> Document:
    """The document with the values at dotted paths set or removed.

    A step is a key, or in a list the ``typeName`` of an entry or its position:
    ``extensions.WMSServer.enabled``. Raises ``ValueError`` for a path that leads nowhere.
    """
    new = copy.deepcopy(document)
    for path, value in sets.items():
        holder, last = _holder(new, path)
        holder[last] = copy.deepcopy(value)
    for path in removes:
        holder, last = _holder(new, path)
        try:
            del holder[last]
        except (KeyError, IndexError) as error:
            raise ValueError(f"there is nothing at {path!r}") from error
    return new


def _holder(document: Document, path: str) -> tuple[Any, Any]:
    *steps, last = path.split(".")
    here: Any = document
    for step in steps:
        here = here[_key(here, step, path)]
    return here, _key(here, last, path, new=True)


def _key(here: Any, step: str, path: str, *, new: bool = False) -> Any:
    if isinstance(here, dict) and (new or step in here):
        return step
    if isinstance(here, list):
        for index, entry in enumerate(here):
            if str(index) == step or (isinstance(entry, dict) and entry.get("typeName") == step):
                return index
    raise ValueError(f"the path {path!r} leads nowhere at {step!r}")


def _applies(name: str, submitted: Document, switches: Switches) -> bool:
    switch = OTHER_OPERATIONS.get(name)
    return switch is not None and name in submitted and getattr(switches, switch) == "applied"


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, (str, dict, list)) or value is None else str(value)


def _check_identity(current: Document, submitted: Document) -> None:
    # Source: Edit Service page: serviceName and type may be left out. Assumed: another value is refused.
    for name in ("serviceName", "type"):
        if name in submitted and submitted[name] != current[name]:
            raise SiteError(400, f"The property '{name}' of the service cannot be changed by an edit.")


def check_new(submitted: Any) -> Document:
    """The document of a new service, without what is the site's own. Assumed: what is needed of it."""
    if not isinstance(submitted, dict) or not _is_served(submitted.get("serviceName"), submitted.get("type")):
        raise SiteError(400, "The service needs a 'serviceName' without slashes and a 'type' as MapServer.")
    _check_shapes(submitted, {})
    own = set(SERVER_OWNED) - {"serviceName", "type"}
    return {name: value for name, value in submitted.items() if name not in own}


def _is_served(name: Any, kind: Any) -> bool:
    """Whether an address can name it."""
    texts = isinstance(name, str) and isinstance(kind, str)
    return texts and re.fullmatch("[^/]+", name) is not None and _TYPE.fullmatch(kind) is not None


def _check_shapes(submitted: Document, current: Document) -> None:
    """Refuses lists and objects that are none, but nothing that the service itself shows."""
    for name in _CONTAINERS:
        value = submitted.get(name, {})
        if not isinstance(value, dict) and value != current.get(name):
            raise SiteError(400, f"The property '{name}' must be a JSON object.")
    before, extensions = current.get("extensions", []), submitted.get("extensions", [])
    if extensions == before:
        return
    known = before if isinstance(before, list) else []
    if not isinstance(extensions, list) or not all(_is_extension(one) or one in known for one in extensions):
        raise SiteError(400, "The property 'extensions' must be a list of objects with a 'typeName'.")


def _is_extension(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("typeName"), str)


def _in_order(properties: Any) -> bool:
    keys = list(properties) if isinstance(properties, dict) else []
    if not {"maxRecordCount", "dateFieldsTimezoneID"} <= set(keys):
        return True
    return keys.index("dateFieldsTimezoneID") == keys.index("maxRecordCount") + 1


def _all_texts(properties: Any) -> bool:
    return not isinstance(properties, dict) or all(isinstance(value, str) for value in properties.values())


def _check_instances(submitted: Document) -> None:
    low, high = submitted.get("minInstancesPerNode"), submitted.get("maxInstancesPerNode")
    if isinstance(low, int) and isinstance(high, int) and low > high:
        raise SiteError(400, "'minInstancesPerNode' must not be greater than 'maxInstancesPerNode'.")


def _check_strictness(current: Document, submitted: Document, switches: Switches) -> None:
    missing = [name for name in current if name not in submitted and name not in KEPT]
    if switches.missing_properties == "rejected" and missing:
        raise SiteError(400, f"Missing properties: {', '.join(missing)}.")
    unknown = [path for _, _, path in _unknown(submitted, current)]
    if switches.unknown_properties == "rejected" and unknown:
        raise SiteError(400, f"Unknown properties: {', '.join(unknown)}.")
    if switches.key_order == "documented" and not _in_order(submitted.get("properties")):
        raise SiteError(400, "'dateFieldsTimezoneID' must follow 'maxRecordCount'.")
    for name in KEPT:
        switch = OTHER_OPERATIONS.get(name, "server_owned")
        if (
            name in submitted
            and submitted[name] != current.get(name)
            and getattr(switches, switch) == "rejected"
        ):
            raise SiteError(400, f"The property '{name}' cannot be changed by an edit.")
    if switches.property_values == "rejected" and not _all_texts(submitted.get("properties")):
        raise SiteError(400, "Every value in 'properties' must be a string.")
