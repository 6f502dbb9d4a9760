"""Which service is meant, and when two ways of naming one mean the same."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


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
        """The title without regard to case. Assumed: the site treats names so."""
        return self.title.casefold()


def normalised_url(url: str) -> str:
    """Scheme and host in lower case, no default port, no trailing slash or dot."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port not in (None, 443) else ""
    return f"https://{host}{port}{parts.path.rstrip('/')}"


def service_key_of(operation_uri: str) -> str | None:
    """The `ServiceRef.key` a job's operationURI speaks about, None when it is about something else.

    `/arcgis/admin/services/Transport/Roads.MapServer/edit` gives `transport/roads.mapserver`.
    Source: Job page, operationURI is a path below the context.
    """
    _, found, rest = operation_uri.casefold().partition("/admin/services/")
    segments = [unquote(part).casefold() for part in rest.split("/") if part]
    named = next((i for i, part in enumerate(segments[:2]) if part.endswith("server") and "." in part), None)
    return "/".join(segments[: named + 1]) if found and named is not None else None
