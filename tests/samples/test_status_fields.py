"""The status as the operator remembers it and as the schema has room for it."""

import math
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from arcgis_operator.core.annotations import REQUEST_SIGNS, REQUESTED, requests_in
from arcgis_operator.core.conditions import MAX_MESSAGE
from arcgis_operator.core.decide import KEPT_SENDS
from arcgis_operator.core.history import KEPT, PATH_SIGNS, PATHS, with_last
from arcgis_operator.core.operations import OPERATIONS
from arcgis_operator.core.record import (
    JobShown,
    Journal,
    LineShown,
    Observed,
    Phase,
    PlanShown,
    Record,
    Tried,
    moment,
)
from arcgis_operator.core.said import Raw, Shown
from arcgis_operator.core.status import ALONE, LONGEST, MOST, OLDER, render, written_fields
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.core.wake import After

CRD = Path(__file__).resolve().parents[2] / "crds" / "arcgisservices.yaml"


def status() -> dict[str, Any]:
    version = yaml.safe_load(CRD.read_text())["spec"]["versions"][0]
    found: dict[str, Any] = version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    return found


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        ("journal", Journal),
        ("job", JobShown),
        ("plan", PlanShown),
        ("line", LineShown),
        ("observed", Observed),
    ],
)
def test_the_schema_knows_what_the_operator_writes_and_nothing_else(block: str, kind: type[Any]) -> None:
    written = {field.name.replace("_", "").lower() for field in fields(kind)}
    assert written == {name.lower() for name in known(block)}


def known(block: str) -> set[str]:
    """What the schema knows, but for what only an older version writes."""
    return set(status()[block]["properties"]) - (set(OLDER) if block == "journal" else set())


def test_the_schema_knows_what_is_tried_for_each_operation() -> None:
    written = {field.name.replace("_", "").lower() for field in fields(Tried)}
    attempts = status()["journal"]["properties"]["attempts"]
    assert written == {name.lower() for name in attempts["additionalProperties"]["properties"]}
    assert attempts["maxProperties"] >= len(OPERATIONS)


def test_a_journal_of_an_older_version_is_not_pruned() -> None:
    """It runs on while the kinds are upgraded: else it would find nothing kept of what it writes."""
    assert set(OLDER) <= set(status()["journal"]["properties"])


def test_the_names_that_are_compared_with_an_installed_schema_are_those_of_ours() -> None:
    """Else a start would call our own CustomResourceDefinition an older one."""
    found = status()
    assert sorted(found) == sorted([*ALONE, *written_fields()])
    for block, names in written_fields().items():
        assert sorted(names) == sorted(known(block))


def test_the_bounds_of_the_schema_have_room_for_what_is_kept() -> None:
    found = status()
    assert found["history"]["maxItems"] >= KEPT
    paths = found["history"]["items"]["properties"]["paths"]
    assert (paths["maxItems"], paths["items"]["maxLength"]) == (PATHS, PATH_SIGNS)
    assert found["journal"]["properties"]["sends"]["maxItems"] >= KEPT_SENDS
    assert found["conditions"]["items"]["properties"]["message"]["maxLength"] >= MAX_MESSAGE
    assert found["journal"]["properties"]["phase"]["enum"] == [phase.value for phase in Phase]


LONG = "x" * 5000
TOLD = ("operation", "outcome", "status", "plan", "duration")
CHANGER = ("username", "operation", "status")
TAKEN_IN_SHORT = {"id", "jobId", "messages"}
"""Made here, or bounded where the site's answer is read."""


def long_one(kind: type[Any]) -> Any:
    """Every text as long as can be, but for those that come in short."""
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.type is str and not field.name.endswith(("_time", "id")):
            values[field.name] = LONG
    return kind(**values)


def excess(schema: dict[str, Any], value: Any, at: str) -> list[str]:
    """What of a value is beyond its schema."""
    if isinstance(value, str):
        return [at] if len(value) > schema.get("maxLength", math.inf) else []
    if isinstance(value, list):
        over = [at] if len(value) > schema.get("maxItems", math.inf) else []
        return over + [one for part in value for one in excess(schema["items"], part, f"{at}[]")]
    if isinstance(value, dict) and "additionalProperties" in schema:
        every = schema["additionalProperties"]
        return [one for name, part in value.items() for one in excess(every, part, f"{at}.{name}")]
    if isinstance(value, dict) and "properties" in schema:
        return [
            one
            for name, part in value.items()
            for one in excess(schema["properties"][name], part, f"{at}.{name}")
        ]
    return []


def test_whatever_the_site_and_annotations_say_the_status_can_be_stored() -> None:
    change = {"operation": LONG, "path": LONG, "from": LONG, "to": LONG}
    asked = requests_in(dict.fromkeys(REQUESTED, LONG))
    assert len(asked) > REQUEST_SIGNS
    record = Record(
        known=True,
        handled=asked + LONG,
        journal=replace(
            long_one(Journal),
            phase=Phase.RUNNING,
            sends=("2026-11-23T12:00:00Z",) * 50,
            attempts={"edit": long_one(Tried)},
        ),
        job=replace(long_one(JobShown), messages=("x",) * 50, result={"service": LONG}),
        history=({"id": "j0", **dict.fromkeys(TOLD, LONG), "paths": [LONG] * 50, "changedBy": [LONG] * 50},)
        * 50,
        plan=replace(
            long_one(PlanShown),
            cause="Spec",
            changes=(change,) * 50,
            changers=(dict.fromkeys(CHANGER, LONG),) * 50,
        ),
        observed=long_one(Observed),
    )
    now = moment("2026-11-23T12:00:00Z")
    assert now is not None
    written = render(
        {"metadata": {"generation": 1}}, Verdict(Reason.CONVERGED, LONG, record, wake=After(1.0)), now
    )
    assert excess({"properties": status()}, written, "status") == []


def test_the_bounds_are_those_of_the_schema() -> None:
    """None is shorter than need be, and each text that is not made here has one."""
    found: dict[str, set[int]] = {}

    def walk(schema: dict[str, Any], name: str) -> None:
        if bound := schema.get("maxLength", schema.get("maxItems")):
            found.setdefault(name, set()).add(bound)
        for key, part in schema.get("properties", {}).items():
            walk(part, key)
        for inner in ("items", "additionalProperties"):
            if inner in schema:
                walk(schema[inner], name)

    for block in ("journal", "job", "history", "plan", "line", "observed"):
        walk(status()[block], block)
    expected = {
        name: {table[name] for table in (LONGEST, MOST) if name in table} for name in (*LONGEST, *MOST)
    }
    assert {name: bounds for name, bounds in found.items() if name not in TAKEN_IN_SHORT} == {
        name: bounds for name, bounds in expected.items() if name not in TAKEN_IN_SHORT
    }


def told_at_last() -> tuple[dict[str, Any], set[str]]:
    """A whole entry of the history, and what the schema knows of one."""
    plan = PlanShown(
        "sha256:1",
        "sha256:2",
        "Drift",
        "",
        1,
        ({"operation": "edit", "path": "a"},),
        True,
        ({"username": "anna"},),
        override="sha256:1 now",
    )
    journal = Journal(Phase.RUNNING, "id", "edit", generation=1, attempts={"edit": Tried("sha256:2", 1)})
    job = JobShown(Raw("j1"), Shown("COMPLETED"), submit_time="then", duration="1s")
    about = Record(known=True, journal=journal, plan=plan)
    (entry,) = with_last(about, "Converged", job, datetime(2026, 11, 23, tzinfo=UTC))
    return dict(entry), set(status()["history"]["items"]["properties"])


def test_the_schema_knows_what_is_told_of_an_operation_that_is_over() -> None:
    entry, known = told_at_last()
    assert entry.keys() == known


def test_the_schema_knows_what_is_told_of_a_job_that_may_have_made_a_drift() -> None:
    known = status()["plan"]["properties"]["changers"]["items"]["properties"]
    assert known.keys() == {"id", *CHANGER, "endTime"}
