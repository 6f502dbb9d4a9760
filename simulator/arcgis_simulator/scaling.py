"""What a service scaling specification may say, and what it does to the deployments."""

from __future__ import annotations

import re
from typing import Any

from arcgis_simulator.catalogue import Catalogue, Service
from arcgis_simulator.errors import SiteError

_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_RESOURCES = ("memoryMin", "memoryMax", "cpuMin", "cpuMax")


def check(catalogue: Catalogue, service: Service, spec: Any) -> list[dict[str, Any]]:
    """The entries of ``{"scalingSpec": [...]}``, or raises :class:`SiteError`. Assumed: codes and texts."""
    entries = spec.get("scalingSpec") if isinstance(spec, dict) else None
    if not isinstance(entries, list) or not entries:
        raise SiteError(
            400, "The 'serviceScalingSpec' parameter must be an object with a 'scalingSpec' list."
        )
    for entry in entries:
        _check_entry(service, entry)
    return entries


def apply(catalogue: Catalogue, entries: list[dict[str, Any]]) -> None:
    """Replaces each named deployment's settings. Assumed: an entry replaces, what it leaves out is lost."""
    for entry in entries:
        held = catalogue.deployments[entry["deploymentId"]]
        catalogue.deployments[entry["deploymentId"]] = {**entry, **named(held)}


def named(entry: dict[str, Any]) -> dict[str, Any]:
    """What identifies a deployment."""
    return {name: entry[name] for name in ("deploymentType", "deploymentId")}


def _check_entry(service: Service, entry: Any) -> None:
    if not isinstance(entry, dict) or entry.get("deploymentId") not in service.deployments:
        raise SiteError(400, f"Every entry must name a 'deploymentId' of the service '{service.title}'.")
    replicas = entry.get("replicas")
    if not isinstance(replicas, dict) or not _range(replicas.get("min"), replicas.get("max")):
        raise SiteError(400, "'replicas' must hold whole numbers 'min' and 'max', with min not above max.")
    resources = entry.get("resources")
    if not isinstance(resources, dict) or not all(_quantity(resources.get(name)) for name in _RESOURCES):
        raise SiteError(400, f"'resources' must hold quantities for {', '.join(_RESOURCES)}.")


def _range(low: Any, high: Any) -> bool:
    return type(low) is int and type(high) is int and 0 <= low <= high


def _quantity(value: Any) -> bool:
    return isinstance(value, str) and _QUANTITY.fullmatch(value) is not None
