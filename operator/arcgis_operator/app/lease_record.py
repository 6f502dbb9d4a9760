"""The Lease object: what it says, and the bodies we write. Pure, but for the wall clock in its times.

Those times are for people only: nobody decides by them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from arcgis_operator.adapters.kube.events import microtime
from arcgis_operator.adapters.kube.kinds import LEASES

SETTLED = "arcgis-operator.dev/settled"
HELD = "arcgis-operator.dev/held"  # stays when a person empties the record, and goes with a release

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A Lease, and since when (on the observer's clock) its record has been as it is."""

    lease: Object
    since: float

    @property
    def holder(self) -> str:
        """Empty when nobody holds it."""
        return holder(self.lease)

    def lasts(self, fallback: float) -> float:
        """How long this record must be respected without a change, in seconds."""
        return float(_spec(self.lease).get("leaseDurationSeconds") or fallback)


def noticed(before: Sighting | None, lease: Object, now: float) -> Sighting:
    """The sighting after reading `lease`: an unchanged record keeps its age."""
    unchanged = before is not None and _state(before.lease) == _state(lease)
    return Sighting(lease, before.since if before is not None and unchanged else now)


def holder(lease: Object) -> str:
    """Who holds it, empty for nobody."""
    return str(_spec(lease).get("holderIdentity") or "")


def is_held(lease: Object, by: str) -> bool:
    """Stored, and theirs."""
    return holder(lease) == by and bool((lease.get("metadata") or {}).get("resourceVersion"))


def says_settled(lease: Object) -> bool:
    """Released cleanly, with nothing in flight."""
    return not holder(lease) and _annotations(lease).get(SETTLED) == "true"


def is_released(lease: Object) -> bool:
    """Given back by its holder, with or without something in flight; or never held."""
    return not holder(lease) and HELD not in _annotations(lease)


def of_one_pod(one: str, other: str) -> bool:
    """The same process, or two of one pod, of which the first has ended when the second begins.

    A holder is `name_uid_process` then. A name alone proves nothing: the next pod may have it while the last
    one still runs on a node that nobody reaches.
    """
    pod, _, _ = one.rpartition("_")
    return one == other or (pod.count("_") == 1 and pod == other.rpartition("_")[0])


def blank(namespace: str, name: str) -> Object:
    """A Lease that does not exist yet."""
    return {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.name,
        "metadata": {"namespace": namespace, "name": name},
        "spec": {},
    }


def claimed(lease: Object, by: str, seconds: float) -> Object:
    """The Lease taken or renewed: what the last holder said about being settled is gone."""
    spec = _spec(lease)
    now = microtime(datetime.now(UTC))
    if spec.get("holderIdentity") != by:
        transitions = int(spec.get("leaseTransitions") or 0) + (1 if "leaseTransitions" in spec else 0)
        spec = {**spec, "holderIdentity": by, "acquireTime": now, "leaseTransitions": transitions}
    return _written(
        lease, {**spec, "leaseDurationSeconds": math.ceil(seconds), "renewTime": now}, {HELD: "true"}
    )


def released(lease: Object, *, settled: bool) -> Object:
    """The Lease without a holder."""
    spec = {**_spec(lease), "holderIdentity": "", "leaseDurationSeconds": 1}
    said = {SETTLED: "true"} if settled else {}
    return _written(lease, {**spec, "renewTime": microtime(datetime.now(UTC))}, said)


def _written(lease: Object, spec: Object, said: Mapping[str, str]) -> Object:
    others = {key: value for key, value in _annotations(lease).items() if key not in (SETTLED, HELD)}
    annotations = {**others, **said}
    return {**lease, "metadata": {**lease["metadata"], "annotations": annotations}, "spec": spec}


def _spec(lease: Object) -> Object:
    return lease.get("spec") or {}


def _annotations(lease: Object) -> Object:
    return lease.get("metadata", {}).get("annotations") or {}


def _state(lease: Object) -> tuple[Any, Object]:
    return lease.get("metadata", {}).get("uid"), _spec(lease)
