"""Service documents: what an edit makes of one.

A document is the service JSON as a dict. These are pure functions from
documents to documents; they know nothing of jobs, restarts or requests.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

from arcgis_simulator.errors import SiteError
from arcgis_simulator.switches import Switches

Document = dict[str, Any]

IDENTITY = ("serviceName", "type", "folderName", "id")
# Assumed: these are the site's own; the Edit Service page names only serviceName and type.
SERVER_OWNED = (*IDENTITY, "deploymentId", "serverId", "portalProperties")
OTHER_OPERATIONS = {"provider": "provider_in_edit", "configuredState": "state_in_edit"}
_TYPE = re.compile("[A-Za-z]+Server")
KEPT = (*SERVER_OWNED, *OTHER_OPERATIONS)


def check_submitted(current: Document, submitted: Any, switches: Switches) -> Document:
    """The submitted document if the site takes it for this service; raises :class:`SiteError` if not."""
    if not isinstance(submitted, dict):
        raise SiteError(400, "The 'service' parameter must be a JSON object.")
    _check_identity(current, submitted)
    _check_shapes(submitted)
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
        new = {name: value for name, value in new.items() if name in current}
    if switches.property_values == "to-strings" and isinstance(new.get("properties"), dict):
        new["properties"] = {name: _as_text(value) for name, value in new["properties"].items()}
    return new


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
    _check_shapes(submitted)
    own = set(SERVER_OWNED) - {"serviceName", "type"}
    return {name: value for name, value in submitted.items() if name not in own}


def _is_served(name: Any, kind: Any) -> bool:
    """Whether an address can name it."""
    texts = isinstance(name, str) and isinstance(kind, str)
    return texts and re.fullmatch("[^/]+", name) is not None and _TYPE.fullmatch(kind) is not None


def _check_shapes(submitted: Document) -> None:
    """Refuses lists and objects that are none."""
    for name in ("properties", "jsonProperties", "frameworkProperties"):
        if not isinstance(submitted.get(name, {}), dict):
            raise SiteError(400, f"The property '{name}' must be a JSON object.")
    extensions = submitted.get("extensions", [])
    if not isinstance(extensions, list) or not all(_is_extension(entry) for entry in extensions):
        raise SiteError(400, "The property 'extensions' must be a list of objects with a 'typeName'.")


def _is_extension(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("typeName"), str)


def _check_instances(submitted: Document) -> None:
    low, high = submitted.get("minInstancesPerNode"), submitted.get("maxInstancesPerNode")
    if isinstance(low, int) and isinstance(high, int) and low > high:
        raise SiteError(400, "'minInstancesPerNode' must not be greater than 'maxInstancesPerNode'.")


def _check_strictness(current: Document, submitted: Document, switches: Switches) -> None:
    missing = [name for name in current if name not in submitted and name not in KEPT]
    if switches.missing_properties == "rejected" and missing:
        raise SiteError(400, f"Missing properties: {', '.join(missing)}.")
    unknown = [name for name in submitted if name not in current]
    if switches.unknown_properties == "rejected" and unknown:
        raise SiteError(400, f"Unknown properties: {', '.join(unknown)}.")
    for name in KEPT:
        switch = OTHER_OPERATIONS.get(name, "server_owned")
        if (
            name in submitted
            and submitted[name] != current.get(name)
            and getattr(switches, switch) == "rejected"
        ):
            raise SiteError(400, f"The property '{name}' cannot be changed by an edit.")
    values = submitted.get("properties", {}).values()
    if switches.property_values == "rejected" and not all(isinstance(value, str) for value in values):
        raise SiteError(400, "Every value in 'properties' must be a string.")
