"""Gates that a person shuts and opens, by their reasons: as patches of the object that each belongs to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = Any
_ALWAYS = [{"type": "Deny", "schedule": "0 0 * * *", "duration": "24h"}]


@dataclass(frozen=True, slots=True)
class Gate:
    """`shut` and what `opens` answers are merge patches; the latter is asked with the object as it waits."""

    shut: Json
    opens: Callable[[Json], Json]


def _spec(**fields: Json) -> Json:
    return {"spec": fields}


def _plan(body: Json) -> str:
    return str(body["status"]["plan"]["hash"])


SERVICE_GATES: Mapping[str, Gate] = {
    "Observing": Gate(_spec(managementPolicy="Observe"), lambda _: _spec(managementPolicy="Manage")),
    "DriftReported": Gate(_spec(drift={"policy": "Report"}), lambda _: _spec(drift={"policy": "Correct"})),
    "AwaitingApproval": Gate(
        _spec(change={"approval": "Manual"}), lambda body: _spec(change={"approvedPlan": _plan(body)})
    ),
    "OutsideWindow": Gate(_spec(change={"windows": _ALWAYS}), lambda _: _spec(change={"windows": []})),
    "Suspended": Gate(_spec(suspend=True), lambda _: _spec(suspend=False)),
}
SITE_GATES: Mapping[str, Gate] = {
    "Suspended": Gate(_spec(suspend=True), lambda _: _spec(suspend=False)),
    "SiteDiverged": Gate(
        _spec(drift={"massRepair": {"count": 1, "percent": 0}}),
        lambda body: {
            "metadata": {
                "annotations": {"arcgis-operator.dev/restoreDrift": body["status"]["divergence"]["id"]}
            }
        },
    ),
}
