"""What a full list tells: turns for what is gone as well."""

from types import SimpleNamespace
from typing import Any

from arcgis_operator.controller.dispatch import Dispatch, site_key
from arcgis_operator.controller.queue import WorkQueue
from arcgis_operator.controller.registry import Registry
from arcgis_operator.reconcilers.ports import Name

SITE = Name("gis", "prod")
BODY: dict[str, Any] = {
    "metadata": {"namespace": SITE.namespace, "name": SITE.name},
    "spec": {"url": "https://gis.example.com/arcgis", "credentials": {"secretRef": {"name": "account"}}},
}


async def test_a_site_whose_deletion_was_missed_gets_the_turn_that_ends_its_session() -> None:
    """Else its session, with its credentials, lives on while nobody declares the site."""
    queue: WorkQueue[str] = WorkQueue()
    registry = Registry(lambda _: None)
    registry.site_seen(BODY)
    dispatch = Dispatch(queue, registry, lambda: None)
    dispatch.gone("site", [SITE])
    assert queue.take() == site_key(SITE)


async def test_what_is_remembered_of_a_service_that_nobody_declares_gets_a_turn_in_every_resync() -> None:
    """Its key may be lost with the turn in which a term ends, and its slot would be taken for ever."""
    queue: WorkQueue[str] = WorkQueue()
    dispatch = Dispatch(queue, Registry(lambda _: None), lambda: None)
    services: Any = SimpleNamespace(remembered=lambda: {"https://gis.example.com/arcgis|roads.mapserver"})
    dispatch.connect(services, services, services)
    dispatch.look_at_everything(within=0.0)
    assert queue.take() == "https://gis.example.com/arcgis|roads.mapserver"
