"""Which service is meant."""

import pytest

from arcgis_operator.core.identity import ServiceRef, normalised_url, service_key_of

SAME_SITE = {
    "as written": "https://gis.example.com/arcgis",
    "capital letters in the host": "https://GIS.Example.COM/arcgis",
    "the default port": "https://gis.example.com:443/arcgis",
    "a slash at the end": "https://gis.example.com/arcgis/",
    "a dot at the end of the host": "https://gis.example.com./arcgis",
}
SPELLED = {
    "https://[::1]:6443/arcgis": "https://[::1]:6443/arcgis",
    "https://h:443/arcgis//": "https://h/arcgis",
    "https://h": "https://h",
    "https:///arcgis": "https:///arcgis",
}
OTHER_SITE = {
    "another port": "https://gis.example.com:6443/arcgis",
    "another context": "https://gis.example.com/arcgis2",
    "another host": "https://gis2.example.com/arcgis",
}
JOBS = {
    "in the root folder": ("/arcgis/admin/services/Roads.MapServer/edit", "roads.mapserver"),
    "in a folder": ("/arcgis/admin/services/Transport/Roads.MapServer/edit", "transport/roads.mapserver"),
    "another operation of it": ("/arcgis/admin/services/Roads.MapServer/scaling/edit", "roads.mapserver"),
    "as a person typed the address": ("/arcgis/admin/services/roads.mapserver/edit", "roads.mapserver"),
    "percent-encoded": ("/arcgis/admin/services/Stra%C3%9Fen.MapServer/edit", "strassen.mapserver"),
    "with a slash too many": ("/arcgis/admin/services//Roads.MapServer/edit", "roads.mapserver"),
    "of the whole address": ("https://h/arcgis/admin/services/Roads.MapServer/edit", "roads.mapserver"),
    "below a folder of a folder": ("/arcgis/admin/services/A/B/Roads.MapServer/edit", None),
    "a server without a dot": ("/arcgis/admin/services/Transport/MapServer", None),
    "not about a service": ("/arcgis/admin/system/backup", None),
    "about all services": ("/arcgis/admin/services/refreshAllServices", None),
    "about a folder": ("/arcgis/admin/services/Transport/createService", None),
    "empty": ("", None),
}


@pytest.mark.parametrize("url", SAME_SITE.values(), ids=SAME_SITE)
def test_two_spellings_of_one_site_are_one(url: str) -> None:
    assert normalised_url(url) == "https://gis.example.com/arcgis"


@pytest.mark.parametrize(("url", "spelled"), SPELLED.items(), ids=SPELLED)
def test_an_address_is_spelled_in_one_way(url: str, spelled: str) -> None:
    assert normalised_url(url) == spelled


@pytest.mark.parametrize("url", OTHER_SITE.values(), ids=OTHER_SITE)
def test_two_sites_stay_two(url: str) -> None:
    assert normalised_url(url) != "https://gis.example.com/arcgis"


@pytest.mark.parametrize(("uri", "key"), JOBS.values(), ids=JOBS)
def test_a_job_is_known_by_the_service_it_works_on(uri: str, key: str | None) -> None:
    assert service_key_of(uri) == key


def test_a_service_is_the_same_in_any_case_and_another_in_another_folder() -> None:
    assert (
        ServiceRef("Roads", "MapServer", "Transport").key == ServiceRef("ROADS", "MapServer", "transport").key
    )
    assert ServiceRef("Roads", "MapServer").key != ServiceRef("Roads", "MapServer", "Transport").key


def test_the_key_of_a_service_is_the_key_its_jobs_have() -> None:
    ref = ServiceRef("Straßen", "MapServer", "Verkehr")
    assert service_key_of(f"/arcgis/admin/services/{ref.title}/edit") == ref.key
