"""Who wrote the journal in a status, told by `metadata.managedFields`.

Source: Kubernetes, "Server-Side Apply", Field Management: whoever changes a field owns it from then on, under
the name that its user agent begins with; `time` is when an owner last changed something of its own. The
journal is one field (`x-kubernetes-map-type: atomic`). A restore may put back the owners as well, with their
times (Source: Velero, `pkg/restore`), so what is older than the object itself is of an earlier one.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.record import moment

WRITER = "arcgis-operator"
SKEW = timedelta(seconds=60)  # between the clocks of several API servers
NEVER = datetime.min.replace(tzinfo=UTC)


def is_put_back(body: Mapping[str, Json]) -> bool:
    """Whether somebody else wrote the journal of this object: it may be older than what it replaced.

    Where nothing is said of owners, the journal is taken as ours.
    """
    metadata = body.get("metadata") or {}
    created = moment(str(metadata.get("creationTimestamp", ""))) or NEVER
    return any(
        entry.get("manager") != WRITER or (moment(str(entry.get("time", ""))) or created) + SKEW < created
        for entry in _owners(metadata)
    )


def _owners(metadata: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    for entry in metadata.get("managedFields") or ():
        fields = (entry.get("fieldsV1") or {}).get("f:status") or {}
        if "f:journal" in fields:
            yield entry
