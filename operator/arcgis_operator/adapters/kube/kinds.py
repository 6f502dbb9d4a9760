"""The kinds of object that the operator touches, and their addresses."""

from dataclasses import dataclass
from urllib.parse import quote

GROUP = "arcgis-operator.dev"
VERSION = "v1alpha1"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of the Kubernetes API; `group` is empty for the core group."""

    group: str
    version: str
    plural: str
    name: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """`apps/v1`, as `apiVersion` writes it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def root(self) -> str:
        """The path of the group and version, where the API server lists what it serves."""
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"

    def path(self, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
        """The path of the collection, of one object, or of its subresource.

        `namespace` None means the whole cluster. Each name becomes one quoted segment.
        """
        segments = ["namespaces", namespace] if self.namespaced and namespace is not None else []
        segments += [part for part in (self.plural, name, subresource) if part is not None]
        return "/".join([self.root, *map(_segment, segments)])


def _segment(name: str) -> str:
    """Exactly one path segment; what a URL would resolve away is a bug of the caller."""
    if name in ("", ".", ".."):
        raise ValueError(f"{name!r} is not a name of Kubernetes")
    return quote(name, safe="")


ARCGIS_SERVICES = Kind(GROUP, VERSION, "arcgisservices", "ArcGISService")
ARCGIS_SITES = Kind(GROUP, VERSION, "arcgissites", "ArcGISSite")
SERVED = (ARCGIS_SITES, ARCGIS_SERVICES)
"""What this operator is for. Sites come first, as services point at them."""
SECRETS = Kind("", "v1", "secrets", "Secret")
CONFIGMAPS = Kind("", "v1", "configmaps", "ConfigMap")
NAMESPACES = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
LEASES = Kind("coordination.k8s.io", "v1", "leases", "Lease")
EVENTS = Kind("events.k8s.io", "v1", "events", "Event")
ACCESS_REVIEWS = Kind(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
