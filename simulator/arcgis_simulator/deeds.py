"""What each operation does to the site once it is accepted; true where a started service restarts for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from arcgis_simulator import documents, scaling
from arcgis_simulator.catalogue import Service

if TYPE_CHECKING:
    from arcgis_simulator.world import World


def _edit(world: World, service: Service, payload: Any) -> bool:
    # Source: Edit Service page: an edit can restart it. Assumed: every edit of a started one does.
    provider = service.document.get("provider")
    world.replace(service, documents.edited(service.document, payload, world.switches))
    if service.document.get("provider") != provider and world.switches.provider_changes_deployment:
        world.catalogue.redeploy(service, str(service.document["provider"]))
    return world.switches.restarts_after_edit


def _start(world: World, service: Service, _: Any) -> bool:
    world.replace(service, {**service.document, "configuredState": "STARTED"})
    return False


def _stop(world: World, service: Service, _: Any) -> bool:
    world.replace(service, {**service.document, "configuredState": "STOPPED"})
    return False


def _delete(world: World, service: Service, _: Any) -> bool:
    world.remove_service(service)
    return False


def _delete_all(world: World, keys: Iterable[str]) -> None:
    for service in [world.catalogue.services[key] for key in keys if key in world.catalogue.services]:
        world.remove_service(service)


def _refresh_all(world: World, _: Any) -> None:
    for service in world.catalogue.services.values():
        if service.started:
            world.restart(service, None)


def _scale(world: World, service: Service, payload: Any) -> bool:
    scaling.apply(world.catalogue, payload)
    return False


def _provide(world: World, service: Service, payload: Any) -> bool:
    changes = payload != service.document.get("provider")
    world.replace(service, {**service.document, "provider": payload})
    if changes and world.switches.provider_changes_deployment:
        world.catalogue.redeploy(service, payload)
    return bool(changes)


OF_SERVICE = {
    "edit": _edit,
    "start": _start,
    "stop": _stop,
    "delete": _delete,
    "scaling/edit": _scale,
    "changeProvider": _provide,
}
OF_GROUP = {"deleteServices": _delete_all, "refreshAllServices": _refresh_all}
