"""What a full list tells: turns for what is gone as well."""

from types import SimpleNamespace
from typing import Any

from arcgis_operator.controller.dispatch import Dispatch, Word, site_key
from arcgis_operator.controller.queue import WorkQueue
from arcgis_operator.core.identity import Name
from arcgis_operator.reconcilers.registry import Registry

SITE = Name("gis", "prod")
BODY: dict[str, Any] = {
    "metadata": {"namespace": SITE.namespace, "name": SITE.name, "uid": "first"},
    "spec": {"url": "https://gis.example.com/arcgis", "credentials": {"secretRef": {"name": "account"}}},
}


async def test_a_site_whose_deletion_was_missed_gets_the_turn_that_ends_its_session() -> None:
    """Else its session, with its credentials, lives on while nobody declares the site."""
    queue: WorkQueue[str] = WorkQueue()
    registry = Registry(lambda _: None)
    dispatch = Dispatch(queue, registry, lambda: None)
    dispatch.seen("site", "CHANGED", BODY)
    queue.take()
    queue.done(site_key(SITE))
    dispatch.news["site"].begin(None)
    dispatch.list_ended("site")
    assert registry.site(SITE) is None
    assert queue.take() == site_key(SITE)


async def test_what_is_remembered_of_a_service_that_nobody_declares_gets_a_turn_in_every_resync() -> None:
    """Its key may be lost with the turn in which a term ends, and its slot would be taken for ever."""
    queue: WorkQueue[str] = WorkQueue()
    dispatch = Dispatch(queue, Registry(lambda _: None), lambda: None)
    services: Any = SimpleNamespace(remembered=lambda: {"https://gis.example.com/arcgis|roads.mapserver"})
    dispatch.connect(services, services, services)
    dispatch.look_at_everything(within=0.0)
    assert queue.take() == "https://gis.example.com/arcgis|roads.mapserver"


async def test_what_is_made_anew_while_a_list_is_read_is_not_gone() -> None:
    """The list shows the moment in which it was not there."""
    registry = Registry(lambda _: None)
    dispatch = Dispatch(WorkQueue(), registry, lambda: None)
    where = {"siteRef": {"name": "prod"}, "service": {"name": "Roads", "type": "MapServer"}}
    metadata = {"namespace": "gis", "name": "roads", "creationTimestamp": "", "uid": "first"}
    resource: dict[str, Any] = {"metadata": metadata, "spec": where}
    dispatch.seen("site", "CHANGED", BODY)
    dispatch.seen("service", "CHANGED", resource)
    words: tuple[Word, ...] = ("site", "service")
    for word in words:
        dispatch.news[word].begin(None)
    dispatch.seen("site", "DELETED", BODY)
    dispatch.seen("service", "DELETED", resource)
    dispatch.seen("site", "CHANGED", {**BODY, "metadata": {**BODY["metadata"], "uid": "second"}})
    dispatch.seen("service", "CHANGED", {**resource, "metadata": {**metadata, "uid": "second"}})
    for word in words:
        dispatch.list_ended(word)
    assert registry.site(SITE)
    assert registry.is_known(Name("gis", "roads"))
