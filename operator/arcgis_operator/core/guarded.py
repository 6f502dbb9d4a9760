"""Places that a spec may not reach, under any spelling: the site's own folders, and what it keeps itself.

Assumed: what of a service's properties is a path, an id or a data source; seen in documents of services.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.names import bare

OWN_FOLDERS = frozenset(("system", "utilities", "hosted"))
"""Folders of the site's own services: allowed only where a rule names them."""

FRAMEWORK = {
    name.lower(): name
    for name in (
        "minInstancesPerNode",
        "maxInstancesPerNode",
        "instancesPerContainer",
        "maxWaitTime",
        "maxStartupTime",
        "maxIdleTime",
        "maxUsageTime",
        "recycleInterval",
        "recycleStartTime",
        "keepAliveInterval",
        "loadBalancing",
        "isolationLevel",
    )
}
"""Settings that stand beside `properties` and have no meaning in it. Source: Service page."""

_KEPT = frozenset(
    (
        "adminserviceinfo",
        "connection",
        "connectionproperties",
        "customdataproviderinfo",
        "database",
        "databases",
        "dataset",
        "outputstore",
        "serviceid",
        "serviceitemid",
        "toolbox",
        "workspaceinfo",
    )
)
_KEPT_ENDS = (
    "connectionstring",
    "datasource",
    "datasources",
    "datastore",
    "dir",
    "directories",
    "directory",
    "path",
    "workspace",
    "workspaces",
)
_SWITCHES = ("use", "is", "has", "enable", "allow")  # useLocalCacheDir is a setting


def kept_by_site(key: str) -> bool:
    """Whether the site keeps what stands under this key, in whatever letters the key is written."""
    name = bare(key)
    if name in _KEPT or name.startswith("virtual"):
        return True
    return name.endswith(_KEPT_ENDS) and not name.startswith(_SWITCHES)


def keys_of(value: Json) -> Iterator[str]:
    """All keys of a value, at every depth."""
    return chain.from_iterable(objects_of(value))


def objects_of(value: Json) -> Iterator[Mapping[str, Json]]:
    """The value and all objects in it, at every depth."""
    if isinstance(value, Mapping):
        yield value
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for item in inner:
        yield from objects_of(item)
