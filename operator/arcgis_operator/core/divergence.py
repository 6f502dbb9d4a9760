"""Many drifts of one site at once: a restore, an upgrade, a folder that was published again.

Restoring them means restarting all these services, so a person is asked first. Drifts are counted before the
first of them is restored: what is at rest on the site is looked at once more. Kept in the status of the
ArcGISSite, so that a restart forgets neither the question nor the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from arcgis_operator.core.jsondoc import Json

MANY, UPGRADE = "Many", "Upgrade"
UPGRADE_SECONDS = 3600.0
"""So long after a site shows another version each drift counts as one of its upgrade."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """One question to a person. `cause` is MANY or UPGRADE, `count` the services that had drifted.

    `released`: a person says that they may be restored.
    """

    id: str
    cause: str
    count: int
    since_time: str
    released: bool = False

    def written(self) -> dict[str, Json]:
        """As `status.divergence`."""
        return {
            "id": self.id,
            "cause": self.cause,
            "count": self.count,
            "sinceTime": self.since_time,
            "released": self.released,
        }


def divergence_of(status: Mapping[str, Json]) -> Divergence | None:
    """The question that a status holds; None where there is none that can be read."""
    block = status.get("divergence")
    if not isinstance(block, Mapping) or not isinstance(block.get("id"), str) or not block["id"]:
        return None
    count = block.get("count")
    return Divergence(
        block["id"],
        str(block.get("cause", MANY)),
        count if isinstance(count, int) else 0,
        str(block.get("sinceTime", "")),
        block.get("released") is True,
    )
