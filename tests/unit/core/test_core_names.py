"""Names as sites compare them, and places that are guarded under every spelling."""

import pytest

from arcgis_operator.core.access import allowed
from arcgis_operator.core.guarded import kept_by_site, keys_of
from arcgis_operator.core.identity import ServiceRef, service_key_of, stranger
from arcgis_operator.core.model import AccessRule
from arcgis_operator.core.names import same_name, unseen

SPELLINGS = [
    "Utilities",
    "UTILITIES",
    "Ut\u0131l\u0131t\u0131es",
    "\uff35tilities",
    "Utilities.",
    "UT\u0130L\u0130T\u0130ES",
    "Uti\u200blities",
    "Utilities\ufe0f",
    "\u00datilities",
]
KEPT = [
    *("filePath", "FilePath", "file_path", "FILEPATH", "path", "\ufb01lePath", "f\u0131lePath", "toolbox"),
    *(
        "outputDir",
        "output-dir",
        "jobsDirectory",
        "virtualOutputDir",
        "virtualAnything",
        "cacheDir",
        "serviceId",
    ),
    *("connectionString", "adminServiceInfo", "dataSource", "datasources", "workspace"),
    "customDataProviderInfo",
]
FREE = [
    "useLocalCacheDir",
    "maxRecordCount",
    "isCached",
    "datasetName",
    "description",
    "hasDataSource",
    "units",
]


@pytest.mark.parametrize("folder", SPELLINGS, ids=ascii)
def test_a_guarded_folder_is_guarded_under_every_spelling(folder: str) -> None:
    assert not allowed((AccessRule("All", {}, None),), "gis", "gis", {}, folder)


def test_a_rule_allows_what_it_names_and_nothing_that_a_site_may_keep_apart() -> None:
    rule = AccessRule("All", {}, frozenset({"stra\u00dfen", "utilities"}))
    found = [
        allowed((rule,), "gis", "gis", {}, name)
        for name in ("STRA\u1e9eEN", "STRASSEN", "Utilities", SPELLINGS[2])
    ]
    assert found == [True, False, True, False]


@pytest.mark.parametrize("key", KEPT, ids=ascii)
def test_what_the_site_keeps_is_kept_in_all_letters(key: str) -> None:
    assert kept_by_site(key)


@pytest.mark.parametrize("key", FREE)
def test_a_setting_is_not_kept_for_its_name(key: str) -> None:
    assert not kept_by_site(key)


def test_keys_are_found_at_every_depth() -> None:
    assert list(keys_of({"a": [{"b": 1}, 2], "c": {"d": {}}})) == ["a", "c", "b", "d"]


def test_signs_that_are_not_seen() -> None:
    assert [unseen(text) for text in ("Roads", "Ro\u00adads", "Ro\u115fads", "\u9053\u8def")] == [
        False,
        True,
        True,
        False,
    ]


def test_the_form_of_an_accent_makes_no_other_name() -> None:
    assert same_name("Caf\u00e9", "CAFE\u0301")
    one, other = ServiceRef("Caf\u00e9", "MapServer"), ServiceRef("Cafe\u0301", "MapServer")
    assert one.key == other.key == service_key_of("/arcgis/admin/services/Cafe%CC%81.MapServer/edit")


STRANGERS: dict[str, tuple[dict[str, object], str | None]] = {
    "it says nothing": ({}, None),
    "it is the one": ({"folderName": "TRANSPORT", "serviceName": "roads", "type": "MapServer"}, None),
    "a folder with slashes": ({"folderName": "/Transport"}, None),
    "a null": ({"folderName": None}, None),
    "another folder": ({"folderName": "Utilities"}, "Utilities/Roads.MapServer"),
    "the root folder": ({"folderName": ""}, "Roads.MapServer"),
    "another name": ({"serviceName": "Rails"}, "Transport/Rails.MapServer"),
    "another type": ({"type": "GPServer"}, "Transport/Roads.GPServer"),
    "no text": ({"serviceName": 5}, "Transport/5.MapServer"),
}


@pytest.mark.parametrize(("document", "said"), STRANGERS.values(), ids=STRANGERS)
def test_a_document_is_compared_with_what_was_asked_for(
    document: dict[str, object], said: str | None
) -> None:
    assert stranger(ServiceRef("Roads", "MapServer", "Transport"), document) == said
