"""What is asked of several services at once: found by their properties or ids, removed, restarted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arcgis_simulator.api.admin import refuse_if_read_only
from arcgis_simulator.api.call import Call, Reply
from arcgis_simulator.api.services import SUCCESS, submitted
from arcgis_simulator.catalogue import Service
from arcgis_simulator.errors import SiteError, service_not_found
from arcgis_simulator.jobs import Work

# Source: Find Services page. Assumed: Find Service IDs takes those of folder, type and provider.
FILTERS = {
    "filterFolderName": "folderName",
    "filterServiceName": "serviceName",
    "filterServiceType": "type",
    "filterServiceId": "id",
    "filterProvider": "provider",
}
ID_FILTERS = ("filterFolderName", "filterServiceType", "filterProvider")


def find_ids(call: Call) -> Reply:
    """Source: Find Service IDs page: without a filter, all. Assumed: the names of filters and field."""
    return Reply({"filteredServiceIds": [_id(one) for one in _matching(call, ID_FILTERS)]}, page="result")


def find(call: Call) -> Reply:
    """Source: Find Services page, deprecated since 10.9.1. Assumed: the answer."""
    found = [call.world.document(one) for one in _matching(call, tuple(FILTERS))]
    return Reply({"services": found}, page="result")


def get_by_id(call: Call) -> Reply:
    """Source: Get Services by IDs page: ids with commas between. Assumed: an id of nothing is passed over."""
    asked = call.fields.get("serviceIDs", "")
    if not asked:
        raise SiteError(400, "The parameter 'serviceIDs' is required.")
    by_id = {_id(one): one for one in call.world.catalogue.services.values()}
    wanted = [by_id[one] for one in map(str.strip, asked.split(",")) if one in by_id]
    return Reply({"services": [call.world.document(one) for one in wanted]}, page="result")


def delete(call: Call) -> Reply:
    """Source: Delete Services page: ``services``, ``async``. Assumed: all of them or none."""
    refuse_if_read_only(call)
    listed = call.json_field("services")
    if not isinstance(listed, list) or not listed or not all(map(_names_one, listed)):
        raise SiteError(400, "'services' must be a list of objects with 'serviceName' and 'type'.")
    keys = [_named(call, one).key for one in listed]
    return _submit(call, Work("deleteServices", keys), asynchronous=call.flag("async"))


def refresh(call: Call) -> Reply:
    """Source: Refresh All Services page, since 12.0: a job, in form 2. Assumed: they restart at its end."""
    refuse_if_read_only(call)
    return _submit(call, Work("refreshAllServices"), asynchronous=True)


def _submit(call: Call, work: Work, *, asynchronous: bool) -> Reply:
    world = call.world
    job = world.submit_group(work, call.username, asynchronous=asynchronous and world.switches.has_jobs)
    return Reply(SUCCESS, page="result") if job is None else submitted(call, job, form="2")


def _matching(call: Call, names: tuple[str, ...]) -> Iterator[Service]:
    asked = {FILTERS[name]: call.fields[name].strip("/") for name in names if call.fields.get(name)}
    for one in call.world.catalogue.services.values():
        if all(_text(one, field) == value.casefold() for field, value in asked.items()):
            yield one


def _text(service: Service, field: str) -> str:
    return str(service.document.get(field, "")).casefold()


def _id(service: Service) -> str:
    return str(service.document["id"])


def _names_one(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("folderName", ""), str):
        return False
    return all(isinstance(entry.get(name), str) and entry[name] for name in ("serviceName", "type"))


def _named(call: Call, entry: dict[str, str]) -> Service:
    folder, name = entry.get("folderName", "").strip("/"), f"{entry['serviceName']}.{entry['type']}"
    found = call.world.catalogue.find(folder, name)
    if found is None:
        raise service_not_found(f"{folder}/{name}".strip("/"), call.world.switches)
    return found
