"""What can be asked of all services together, and making and removing what stands in the catalogue."""

from __future__ import annotations

from typing import Any

from arcgis_simulator.api.admin import refuse_if_read_only
from arcgis_simulator.api.call import Call, Reply
from arcgis_simulator.api.services import SUCCESS
from arcgis_simulator.documents import check_new
from arcgis_simulator.errors import SiteError
from arcgis_simulator.world import ALL_PROVIDERS, PROVIDERS

# Assumed: the fields of the three lists; Esri's Python client hands them through.
_EXTENSIONS = ("FeatureServer", "KmlServer", "WCSServer", "WFSServer", "WMSServer")


def exists(call: Call) -> Reply:
    """Source: Exists page: ``folderName``, ``serviceName``, ``type``; a folder alone may be asked for."""
    fields, catalogue = call.fields, call.world.catalogue
    folder, name = fields.get("folderName", "").strip("/"), fields.get("serviceName", "")
    if not name:
        return Reply({"exists": catalogue.folder(folder) is not None}, page="result")
    return Reply(
        {"exists": catalogue.find(folder, f"{name}.{fields.get('type', '')}") is not None}, page="result"
    )


def create_folder(call: Call) -> Reply:
    """Source: Create Folder page, with its refusal in form B."""
    refuse_if_read_only(call)
    name, catalogue = call.fields.get("folderName", ""), call.world.catalogue
    if not name or "/" in name:
        raise SiteError(400, "The parameter 'folderName' is required.")
    if " " in name:
        raise SiteError(500, "Folder name is invalid. The name contains illegal character ' '.")
    if catalogue.folder(name) is not None:
        raise SiteError(500, f"Folder '{name}' already exists.")
    catalogue.add_folder(name)
    return Reply(SUCCESS, page="result")


def create_service(call: Call) -> Reply:
    """Source: Create Service page: ``serviceJson``. Assumed: synchronous, and what else is needed of it."""
    refuse_if_read_only(call)
    document = check_new(call.json_field("serviceJson"))
    folder = call.folder() if call.address.folder else ""
    try:
        call.world.create_service({**document, "folderName": folder})
    except ValueError as error:
        raise SiteError(500, f"The service cannot be created: {error}") from error
    return Reply(SUCCESS, page="result")


def can_create(call: Call) -> Reply:
    """Assumed: whatever type the site has; documented nowhere, Esri's Python client asks it."""
    return Reply(SUCCESS, page="result")


def properties(call: Call) -> Reply:
    """Source: Services Properties page: what a new service is made with."""
    return Reply({"preferSharedInstances": call.world.prefers_shared})


def update_properties(call: Call) -> Reply:
    """Source: Update Services Properties page: ``properties``, of which there is one."""
    refuse_if_read_only(call)
    wanted = call.json_field("properties")
    value = wanted.get("preferSharedInstances") if isinstance(wanted, dict) else None
    if not isinstance(value, bool) or len(wanted) != 1:
        raise SiteError(400, "The parameter 'properties' takes {\"preferSharedInstances\": true | false}.")
    call.world.prefers_shared = value
    return Reply(SUCCESS, page="result")


def types(call: Call) -> Reply:
    """Source: Types page. Assumed: the types that the site has."""
    kinds = sorted({str(service.document["type"]) for service in call.world.catalogue.services.values()})
    return Reply({"types": [{"Name": kind, "Provider": list(PROVIDERS)} for kind in kinds]})


def providers(call: Call) -> Reply:
    """Source: Providers page: texts. Assumed: all of them are enabled."""
    return Reply({"providers": [*ALL_PROVIDERS], "enabledProviders": [*ALL_PROVIDERS]})


def extensions(call: Call) -> Reply:
    """Source: the package ``arcgis`` 2.4.4, which asks for it. Assumed: the fields."""
    return Reply({"extensions": [{"typeName": name} for name in _EXTENSIONS]})


def tool_jobs(call: Call) -> Reply:
    """The jobs of a geoprocessing service. Assumed: there are none, the site runs no tools."""
    call.service()
    return Reply({"jobs": []})


def find_tool_jobs(call: Call) -> Reply:
    """Source: Esri's Python client reads an object, and -1 as the end."""
    call.service()
    body: dict[str, Any] = {"results": {}, "nextStart": -1}
    return Reply(body)
