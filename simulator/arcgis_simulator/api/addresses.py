"""What the path of a request means.

Works on the raw path, segment by segment, so that ``a%2Fb`` is one name and not two.
Source: page "Overview of the ArcGIS Enterprise Administrator API" and the pages of each resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

_SERVICE = re.compile(r".\.[A-Za-z]+Server$", re.IGNORECASE)

UNKNOWN = "unknown"
NOT_SIMULATED = "not simulated"
_FIXED = {
    ("sharing", "rest", "generateToken"): "token",
    ("rest", "info"): "info",
    ("sharing", "rest"): "sharing",
    ("sharing", "rest", "info"): "info",
    ("sharing", "rest", "oauth2", "authorize"): "oauth2/authorize",
    ("sharing", "rest", "oauth2", "token"): "oauth2/token",
    ("sharing", "oauth2", "signin"): "oauth2/signin",
    ("sharing", "rest", "portals", "self"): "portal",
    ("sharing", "rest", "community", "self"): "myself",
    ("admin",): "root",
    ("admin", "login"): "login",
    ("admin", "services"): "services",
    ("admin", "services", "exists"): "exists",
    ("admin", "services", "createFolder"): "createFolder",
    ("admin", "services", "canCreateService"): "canCreateService",
    ("admin", "services", "createService"): "createService",
    ("admin", "services", "deleteServices"): "deleteServices",
    ("admin", "services", "findServiceIds"): "findServiceIds",
    ("admin", "services", "findServices"): "findServices",
    ("admin", "services", "getServicesById"): "getServicesById",
    ("admin", "services", "refreshAllServices"): "refreshAllServices",
    ("admin", "services", "properties"): "services/properties",
    ("admin", "services", "properties", "update"): "services/properties/update",
    ("admin", "services", "types"): "services/types",
    ("admin", "services", "types", "providers"): "services/types/providers",
    ("admin", "services", "types", "extensions"): "services/types/extensions",
    ("admin", "jobs"): "jobs",
    ("admin", "mode"): "mode",
    ("admin", "mode", "update"): "mode/update",
    ("admin", "system", "upgrades"): "system/upgrades",
}
# Documented, and refused as what they are: the simulated site has nothing behind them.
_NOT_SIMULATED = {
    ("admin", "services", "refreshAutoDeployedServices"),
    ("admin", "services", "webhooks"),
}
_OF_SERVICE = {
    (): "service",
    ("edit",): "edit",
    ("start",): "start",
    ("stop",): "stop",
    ("delete",): "delete",
    ("jobs",): "service jobs",
    ("jobs", "query"): "service jobs/query",
    ("status",): "status",
    ("iteminfo",): "iteminfo",
    ("placementPolicy",): "placementPolicy",
    ("placementPolicy", "edit"): NOT_SIMULATED,
    ("webhooks",): NOT_SIMULATED,
    ("changeProvider",): "changeProvider",
    ("scaling",): "scaling",
    ("scaling", "edit"): "scaling/edit",
}
# With a name in them: what `resolve` reads segment by segment.
_NAMED = {
    "/admin/jobs/{job}": "job",
    "/jobs/{job}": "job",
    "/sharing/rest/community/users/{user}": "user",
    "/admin/services/{folder}": "folder",
    "/admin/services/{folder}/createService": "createService",
}
_SERVICES = ("/admin/services/{name}.{type}", "/admin/services/{folder}/{name}.{type}")


@dataclass(frozen=True, slots=True)
class Address:
    """``operation`` is the word of journal and fault rules; the names are as the client spelled them."""

    operation: str
    folder: str = ""
    service: str = ""  # name.type, without the folder
    job: str = ""
    user: str = ""  # of the portal
    beside_admin: bool = False  # <context>/jobs/<id>, as one documented reply has it

    @property
    def title(self) -> str | None:
        """``folder/name.type`` or ``name.type``, or None where no service is meant."""
        if not self.service:
            return None
        name = self.service.replace("/", "%2F")
        return f"{self.folder}/{name}" if self.folder else name


def resolve(raw_path: str, context: str) -> Address:
    """The address behind a raw path. A trailing slash is passed over (Assumed)."""
    parts = raw_path.removesuffix("/").split("/")[1:]
    first, *segments = [unquote(part) for part in parts] or [""]
    if first != context:
        return Address(UNKNOWN)
    fixed = _FIXED.get(tuple(segments))
    if fixed:
        return Address(fixed)
    if tuple(segments) in _NOT_SIMULATED:
        return Address(NOT_SIMULATED)
    match segments:
        case ["admin", "jobs", job]:
            return Address("job", job=job)
        case ["sharing", "rest", "community", "users", user]:
            return Address("user", user=user)
        case ["jobs", job]:
            return Address("job", job=job, beside_admin=True)
        case ["admin", "services", *rest]:
            return _below_services(rest)
    return Address(UNKNOWN)


def templates() -> Iterator[tuple[str, str]]:
    """Every path below the context, with names in braces, and its operation."""
    for segments, operation in _FIXED.items():
        yield "/" + "/".join(segments), operation
    yield from _NAMED.items()
    for service in _SERVICES:
        for rest, operation in _OF_SERVICE.items():
            if operation != NOT_SIMULATED:
                yield "/".join((service, *rest)), operation


def _below_services(rest: list[str]) -> Address:
    if _SERVICE.search(rest[0]):
        return _of_service("", rest[0], rest[1:])
    if len(rest) == 1:
        return Address("folder", folder=rest[0])
    if rest[1:] == ["createService"]:
        return Address("createService", folder=rest[0])
    if _SERVICE.search(rest[1]):
        return _of_service(rest[0], rest[1], rest[2:])
    return Address(UNKNOWN)


def _of_service(folder: str, service: str, rest: list[str]) -> Address:
    operation = _OF_SERVICE.get(tuple(rest), UNKNOWN)
    return Address(operation, folder=folder, service=service)
