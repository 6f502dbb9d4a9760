"""Which handler answers which operation, and which operations need no token."""

from __future__ import annotations

from collections.abc import Callable

from arcgis_simulator.api import admin, catalogue, groups, jobs, portal, services, sharing
from arcgis_simulator.api.addresses import NOT_SIMULATED, UNKNOWN
from arcgis_simulator.api.call import Call, Reply
from arcgis_simulator.errors import SiteError

Handler = Callable[[Call], Reply]

# Those of the portal look for themselves who asks: it has other rights than the Administrator API.
PORTAL = frozenset(
    {"sharing", "info", "oauth2/authorize", "oauth2/signin", "oauth2/token", "portal", "myself", "user"}
)
OPEN = PORTAL | {"token", "login", UNKNOWN}
OPERATIONS = (
    *("edit", "start", "stop", "delete", "changeProvider", "scaling/edit", "mode/update"),
    *("exists", "createFolder", "canCreateService", "createService", "services/properties/update"),
    *("findServiceIds", "findServices", "getServicesById", "deleteServices", "refreshAllServices"),
)
# Source: "Version Introduced" of their pages; all others were there from the first release on.
SINCE = {
    "findServiceIds": "11.0",
    "getServicesById": "11.0",
    "placementPolicy": "11.2",
    "refreshAllServices": "12.0",
}

ROUTES: dict[tuple[str, str], Handler] = {
    ("POST", "token"): sharing.generate_token,
    ("GET", "login"): sharing.sign_in_page,
    ("POST", "login"): sharing.sign_in,
    ("GET", "root"): admin.root,
    ("GET", "mode"): admin.mode,
    ("POST", "mode/update"): admin.update_mode,
    ("GET", "services"): services.root_folder,
    ("GET", "folder"): services.folder,
    ("GET", "service"): services.service,
    ("GET", "status"): services.status,
    ("GET", "scaling"): services.scaling,
    ("POST", "edit"): services.edit,
    ("POST", "scaling/edit"): services.edit_scaling,
    ("POST", "start"): services.start,
    ("POST", "stop"): services.stop,
    ("POST", "changeProvider"): services.change_provider,
    ("GET", "sharing"): portal.version,
    ("GET", "info"): portal.info,
    ("GET", "oauth2/authorize"): portal.authorize,
    ("POST", "oauth2/signin"): portal.sign_in,
    ("POST", "oauth2/token"): portal.token,
    ("GET", "portal"): portal.portal,
    ("GET", "myself"): portal.myself,
    ("GET", "user"): portal.user,
    ("POST", "exists"): catalogue.exists,
    ("POST", "createFolder"): catalogue.create_folder,
    ("POST", "canCreateService"): catalogue.can_create,
    ("POST", "createService"): catalogue.create_service,
    ("POST", "delete"): services.delete,
    ("GET", "iteminfo"): services.item_info,
    ("GET", "placementPolicy"): services.placement_policy,
    ("POST", "findServiceIds"): groups.find_ids,
    ("POST", "findServices"): groups.find,
    ("POST", "getServicesById"): groups.get_by_id,
    ("POST", "deleteServices"): groups.delete,
    ("POST", "refreshAllServices"): groups.refresh,
    ("POST", "services/properties/update"): catalogue.update_properties,
    ("GET", "system/upgrades"): admin.upgrades,
    ("GET", "services/properties"): catalogue.properties,
    ("GET", "services/types"): catalogue.types,
    ("GET", "services/types/providers"): catalogue.providers,
    ("GET", "services/types/extensions"): catalogue.extensions,
    ("GET", "service jobs"): catalogue.tool_jobs,
    ("GET", "service jobs/query"): catalogue.find_tool_jobs,
    ("GET", "jobs"): jobs.jobs,
    ("GET", "job"): jobs.job,
    **{("GET", operation): services.operation_page for operation in OPERATIONS},
}
_KNOWN = frozenset(operation for _, operation in ROUTES)


def answer(call: Call) -> Reply:
    """The site's reply to a request. Raises :class:`SiteError` for every refusal."""
    operation = call.address.operation
    if operation not in OPEN:
        call.sign_in()
    if operation == NOT_SIMULATED:
        raise SiteError(501, "The simulated site does not simulate this part of the API.")
    if operation not in _KNOWN or not call.world.switches.at_least(SINCE.get(operation, "10.9")):
        raise SiteError(404, "Resource not found.", http=404)
    handler = handler_of(call.method, operation)
    if handler is None:
        raise SiteError(405, f"The method {call.method} is not supported here.")
    return handler(call)


def handler_of(method: str, operation: str) -> Handler | None:
    """Who answers. Assumed: a resource may be read with POST as well, as Esri's clients do if it is long."""
    return ROUTES.get((method, operation)) or _resource(method, operation)


def _resource(method: str, operation: str) -> Handler | None:
    readable = method in ("POST", "HEAD") and operation not in (
        "login",
        "token",
        "oauth2/authorize",
        *OPERATIONS,
    )
    return ROUTES.get(("GET", operation)) if readable else None
