"""Which service is meant, and when two ways of naming one mean the same."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.names import folded, same_name
from arcgis_operator.core.said import Raw


@dataclass(frozen=True, slots=True)
class Name:
    """Namespace and name of a resource."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def name_of(body: Mapping[str, Json]) -> Name:
    """Namespace and name of an object."""
    return Name(body["metadata"]["namespace"], body["metadata"]["name"])


@dataclass(frozen=True, slots=True)
class ServiceRef:
    """One service of a site: `folder` is empty for the root folder."""

    name: str
    type: str
    folder: str = ""

    @property
    def title(self) -> str:
        """`Transport/Roads.MapServer`, as people and the site write it."""
        return f"{self.folder}/{self.leaf}" if self.folder else self.leaf

    @property
    def leaf(self) -> str:
        """`Roads.MapServer`: one path segment of the Administrator API."""
        return f"{self.name}.{self.type}"

    @property
    def key(self) -> str:
        """The title without regard to case or the form of accents. Assumed: the site treats names so."""
        return folded(self.title)


def normalised_url(url: str) -> str:
    """Scheme and host in lower case, no default port, no trailing slash or dot."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port not in (None, 443) else ""
    return f"https://{host}{port}{parts.path.rstrip('/')}"


def operation_uri(context: str, ref: ServiceRef, path: tuple[str, ...]) -> str:
    """The operationURI of what is done to the service, as people read it: coded where it would be misread."""
    title = re.sub("[%?#]", lambda sign: quote(sign[0]), ref.title)
    return "/".join((f"/{context}/admin/services/{title}", *path))


def service_key_of(operation_uri: Raw) -> str | None:
    """The `ServiceRef.key` a job's operationURI speaks about, None when it is about something else.

    `/arcgis/admin/services/Transport/Roads.MapServer/edit` gives `transport/roads.mapserver`.
    Source: Job page, operationURI is a path below the context.
    """
    key, _ = _split(operation_uri)
    return key


def path_of(operation_uri: Raw) -> tuple[str, ...]:
    """What a job's operationURI says is done to the service: what stands behind it, in small letters."""
    return tuple(_split(operation_uri)[1])


def _split(operation_uri: Raw) -> tuple[str | None, list[str]]:
    """The key of the service, None when there is none, and what stands behind it."""
    path = operation_uri.partition("?")[0].partition("#")[0].casefold()
    _, found, rest = path.partition("/admin/services/")
    segments = [folded(unquote(part)) for part in rest.split("/") if part]
    named = next((i for i, part in enumerate(segments[:2]) if part.endswith("server") and "." in part), None)
    if not found or named is None:
        return None, []
    return "/".join(segments[: named + 1]), segments[named + 1 :]


def stranger(ref: ServiceRef, document: Mapping[str, Json]) -> Raw | None:
    """What the document says it is, where that is not the service that was asked for; None where it is.

    A site may find a service under names that are not its own: what is spelled otherwise here may be a place
    that the rules of access guard there. Assumed: a document in a folder names it in `folderName`.
    """
    asked = {"folderName": ref.folder, "serviceName": ref.name, "type": ref.type}
    said = {name: document[name] for name in asked if document.get(name) is not None}
    if all(
        isinstance(value, str) and same_name(value.strip("/"), asked[name]) for name, value in said.items()
    ):
        return None
    whole = {**asked, **said}
    title = f"{whole['serviceName']}.{whole['type']}"
    return Raw(f"{whole['folderName']}/{title}" if whole["folderName"] else title)
