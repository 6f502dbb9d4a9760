"""What a turn tells the count of drifts."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from arcgis_operator.core import plan
from arcgis_operator.core.case import Case, Policy, Seen
from arcgis_operator.core.decide import decide
from arcgis_operator.core.identity import Name, ServiceRef
from arcgis_operator.core.model import Desired, Leaf, LeafKind, SiteRef
from arcgis_operator.core.record import Condition, Journal, Observed, Record, Tried
from arcgis_operator.reconcilers.drifts import Drifts

NOW, URL = datetime(2026, 12, 1, tzinfo=UTC), "https://gis.example.com/arcgis"
WANTED = (Leaf(("description",), LeafKind.TEXT, "new"),)
DIGEST = plan.digest(WANTED, URL, "s1")


@dataclass
class Count:
    """What it was told, in order."""

    told: list[str] = field(default_factory=list)

    def looked(self, site: Name, key: str, drifts: bool, asked_at: float) -> None:
        self.told.append("drifts" if drifts else "matches")

    def passed(self, key: str, began_at: float) -> None:
        self.told.append("passed")

    def hold(self, site: Name, key: str) -> None:
        return None


def drifted(ended_for: float) -> Case:
    """What was proved live shows another description, so long after the last operation ended."""
    return Case(
        desired=Desired(SiteRef("gis", "prod"), ServiceRef("Roads", "MapServer"), WANTED),
        generation=1,
        record=Record(
            known=True,
            ready=Condition("True", "Converged", "", 1),
            journal=replace(Journal(), attempts={"edit": Tried(digest=DIGEST)}),
            observed=Observed("s1", "ArcObjects11", "STARTED", DIGEST, "2026-11-30T00:00:00Z"),
        ),
        seen=Seen(document={"id": "s1", "description": "old"}, listed_ids=frozenset()),
        now=NOW,
        policy=Policy(),
        site_url=URL,
        username="gitops",
        fresh_id="intent-2",
        ended_for=ended_for,
    )


@pytest.mark.parametrize(
    ("ended_for", "told"),
    [(600.0, ["drifts", "passed"]), (Policy().verify_grace_seconds, ["drifts", "passed"]), (1.0, [])],
)
def test_what_is_read_too_early_after_an_operation_is_not_taken_for_a_service_that_does_not_drift(
    ended_for: float, told: list[str]
) -> None:
    count = Count()
    drifts, case = Drifts(count), drifted(ended_for)  # type: ignore[arg-type]
    drifts.holds("roads", case)
    drifts.ended("roads", case, decide(case), began_at=0.0)
    assert count.told == told
