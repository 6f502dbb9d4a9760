"""The status as the operator remembers it and as the schema has room for it."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from arcgis_operator.core.decide import KEPT_HISTORY, KEPT_SENDS
from arcgis_operator.core.record import JobShown, Journal, Observed, Phase, Plan
from arcgis_operator.core.status import MAX_MESSAGE

CRD = Path(__file__).resolve().parents[2] / "crds" / "arcgisservices.yaml"


def status() -> dict[str, Any]:
    version = yaml.safe_load(CRD.read_text())["spec"]["versions"][0]
    found: dict[str, Any] = version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    return found


@pytest.mark.parametrize(
    ("block", "kind"), [("journal", Journal), ("job", JobShown), ("plan", Plan), ("observed", Observed)]
)
def test_the_schema_knows_what_the_operator_writes_and_nothing_else(block: str, kind: type[Any]) -> None:
    written = {field.name.replace("_", "").lower() for field in fields(kind)}
    assert written == {name.lower() for name in status()[block]["properties"]}


def test_the_bounds_of_the_schema_have_room_for_what_is_kept() -> None:
    found = status()
    assert found["history"]["maxItems"] >= KEPT_HISTORY
    assert found["journal"]["properties"]["sends"]["maxItems"] >= KEPT_SENDS
    assert found["conditions"]["items"]["properties"]["message"]["maxLength"] >= MAX_MESSAGE
    assert found["journal"]["properties"]["phase"]["enum"] == [phase.value for phase in Phase]
