"""Addresses of one site. Every name or id is exactly one path segment, or there is no address for it."""

from urllib.parse import quote

import httpx

from arcgis_operator.core.identity import ServiceRef

ID_LIMIT = 128


class Addresses:
    """Addresses below `https://<host>/<context>`; a method gives None when a name cannot be one segment.

    Source: Overview page (layout), Generate Token page, Job page. Raises `ValueError` for a URL that is
    not plain https.
    """

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        if parsed.scheme != "https" or not parsed.host or parsed.userinfo or {"?", "#"} & set(url):
            raise ValueError("the address of a site is https://<host>/<context> and nothing more")
        self._path = parsed.raw_path.decode().rstrip("/")
        self._origin = str(parsed.copy_with(raw_path=b"/")).removesuffix("/")
        self.token = self._fixed("/sharing/rest/generateToken")
        self.root = self._fixed("/admin")
        self.mode = self._fixed("/admin/mode")
        self.jobs = self._fixed("/admin/jobs")
        self.services = self._fixed("/admin/services")

    def service(self, ref: ServiceRef) -> httpx.URL | None:
        """`<context>/admin/services/[<folder>/]<name>.<type>`."""
        return self._below("/admin/services", _names(ref))

    def folder(self, name: str) -> httpx.URL | None:
        """`<context>/admin/services/<folder>`; the root has no name."""
        return self._below("/admin/services", (name,)) if name else self.services

    def operation(self, ref: ServiceRef, path: tuple[str, ...]) -> httpx.URL | None:
        """`<service>/edit`, for example."""
        return self._below("/admin/services", (*_names(ref), *path))

    def job(self, job_id: str) -> httpx.URL | None:
        """`<context>/admin/jobs/<id>`: built from the id alone, `jobsUrl` is never followed."""
        return self._below("/admin/jobs", (job_id,)) if is_id(job_id) else None

    def _fixed(self, path: str) -> httpx.URL:
        return httpx.URL(self._origin + self._path + path)

    def _below(self, parent: str, names: tuple[str, ...]) -> httpx.URL | None:
        if not all(is_segment(name) for name in names):
            return None
        path = "/".join((self._path + parent, *(quote(name, safe="") for name in names)))
        return self._join(path)

    def _join(self, path: str) -> httpx.URL | None:
        """None unless the HTTP library would send this very path."""
        address = httpx.URL(self._origin + path)
        return address if address.raw_path == path.encode() else None


def _parsed(url: str) -> httpx.URL:
    """Hosts that look like an address or an international name, but are none, break the library later."""
    try:
        parsed = httpx.URL(url)
        parsed.host.encode()
    except (httpx.InvalidURL, UnicodeError):
        raise ValueError("the host of the site's url is neither a name nor an IPv4 address") from None
    return parsed


def is_segment(name: str) -> bool:
    """One segment in, one segment out, also behind a proxy that decodes before it looks."""
    return (
        name.isprintable()
        and not name.isspace()
        and name not in ("", ".", "..")
        and "/" not in name
        and "\\" not in name
    )


def is_id(text: object) -> bool:
    """Whether this can be the id of a job."""
    return isinstance(text, str) and len(text) <= ID_LIMIT and is_segment(text)


def _names(ref: ServiceRef) -> tuple[str, ...]:
    leaf = ref.leaf if ref.name and ref.type else ""
    return (ref.folder, leaf) if ref.folder else (leaf,)
