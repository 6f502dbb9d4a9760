"""What a full list tells: turns for what is gone as well."""

from types import SimpleNamespace
from typing import Any, get_args

from dispatched import dispatched

from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES, SERVED
from arcgis_operator.controller.queue import WorkQueue
from arcgis_operator.core.identity import Name
from arcgis_operator.core.keys import FolderKey, Key, ServiceKey, SiteKey
from arcgis_operator.core.wake import RESYNC

SITE = Name("gis", "prod")
BODY: dict[str, Any] = {
    "metadata": {"namespace": SITE.namespace, "name": SITE.name, "uid": "first"},
    "spec": {"url": "https://gis.example.com/arcgis", "credentials": {"secretRef": {"name": "account"}}},
}


async def test_a_site_whose_deletion_was_missed_gets_the_turn_that_ends_its_session() -> None:
    """Else its session, with its credentials, lives on while nobody declares the site."""
    queue: WorkQueue[Key] = WorkQueue()
    dispatch, registry = dispatched(queue)
    dispatch.seen(ARCGIS_SITES, "CHANGED", BODY)
    queue.take()
    queue.done(SiteKey(SITE))
    dispatch.rows[ARCGIS_SITES].news.begin(None)
    dispatch.list_ended(ARCGIS_SITES)
    assert registry.site(SITE) is None
    assert queue.take() == SiteKey(SITE)


async def test_what_is_remembered_of_a_service_that_nobody_declares_gets_a_turn_in_every_resync() -> None:
    """Its key may be lost with the turn in which a term ends, and its slot would be taken for ever."""
    queue: WorkQueue[Key] = WorkQueue()
    remembered = {"https://gis.example.com/arcgis|roads.mapserver"}
    dispatch, _ = dispatched(queue, services=SimpleNamespace(remembered=lambda: remembered))
    await dispatch.look_at_everything(within=0.0)
    assert queue.take() == ServiceKey("https://gis.example.com/arcgis|roads.mapserver")


async def test_what_is_made_anew_while_a_list_is_read_is_not_gone() -> None:
    """The list shows the moment in which it was not there."""
    dispatch, registry = dispatched(WorkQueue())
    where = {"siteRef": {"name": "prod"}, "service": {"name": "Roads", "type": "MapServer"}}
    metadata = {"namespace": "gis", "name": "roads", "creationTimestamp": "", "uid": "first"}
    resource: dict[str, Any] = {"metadata": metadata, "spec": where}
    dispatch.seen(ARCGIS_SITES, "CHANGED", BODY)
    dispatch.seen(ARCGIS_SERVICES, "CHANGED", resource)
    for kind in SERVED:
        dispatch.rows[kind].news.begin(None)
    dispatch.seen(ARCGIS_SITES, "DELETED", BODY)
    dispatch.seen(ARCGIS_SERVICES, "DELETED", resource)
    dispatch.seen(ARCGIS_SITES, "CHANGED", {**BODY, "metadata": {**BODY["metadata"], "uid": "second"}})
    dispatch.seen(ARCGIS_SERVICES, "CHANGED", {**resource, "metadata": {**metadata, "uid": "second"}})
    for kind in SERVED:
        dispatch.list_ended(kind)
    assert registry.site(SITE)
    assert registry.is_known(Name("gis", "roads"))


async def test_every_kind_that_is_watched_has_a_row_and_every_sort_of_key_a_turn() -> None:
    dispatch, _ = dispatched(WorkQueue())
    assert dispatch.rows.keys() == set(SERVED)
    sorts = [sort for row in dispatch.rows.values() for sort in row.turns]
    assert sorted(map(str, sorts)) == sorted(map(str, get_args(Key)))


async def test_the_log_names_the_resource_or_the_folder_that_a_turn_is_about() -> None:
    dispatch, registry = dispatched(WorkQueue())
    where = {"siteRef": {"name": "prod"}, "service": {"name": "Roads", "type": "MapServer"}}
    metadata = {"namespace": "gis", "name": "roads", "creationTimestamp": "", "uid": "first"}
    key = ServiceKey(registry.service_seen({"metadata": metadata, "spec": where}))
    keys: tuple[Key, ...] = (key, ServiceKey("x|y"), FolderKey("x|f"), SiteKey(SITE))
    about = [dispatch.about(one)["fields"] for one in keys]
    assert [facts.get("resource") for facts in about] == ["gis/roads", None, None, "gis/prod"]
    assert [facts.get("key") for facts in about] == ["|gis/roads", "x|y", "x|f", None]


async def test_on_standby_no_turn_is_given_and_no_crash_told() -> None:
    dispatch, _ = dispatched(WorkQueue(), sites=None)
    assert await dispatch.turn(SiteKey(SITE)) is RESYNC
    await dispatch.crashed(SiteKey(SITE), ValueError())


async def test_a_crash_in_the_glance_at_a_folder_is_told_by_the_log_alone() -> None:
    dispatch, _ = dispatched(WorkQueue(), term=object())
    await dispatch.crashed(FolderKey("x|f"), ValueError())


def test_a_turn_waits_for_the_others_at_the_site_that_it_asks_much_of() -> None:
    keys: tuple[Key, ...] = (ServiceKey("x|f/y"), FolderKey("x|f"), SiteKey(SITE))
    assert [key.site_url for key in keys] == ["x", "x", None]
