"""What an edit makes of a service document."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from arcgis_simulator import documents, jsontext
from arcgis_simulator.catalogue import Catalogue
from arcgis_simulator.errors import SiteError
from arcgis_simulator.ids import Ids
from arcgis_simulator.seed import plant
from arcgis_simulator.switches import Switches

CURRENT: dict[str, Any] = {
    "serviceName": "Roads",
    "type": "MapServer",
    "id": "s1",
    "deploymentId": "k1",
    "provider": "DMaps",
    "configuredState": "STARTED",
    "description": "old",
    "capabilities": "Map",
    "properties": {"maxRecordCount": "1000", "minScale": "5"},
    "extensions": [
        {"typeName": "WMSServer", "enabled": "true"},
        {"typeName": "WCSServer", "properties": {"dpi": "96"}},
    ],
}
KEPT = {"serviceName", "type", "id", "deploymentId", "provider", "configuredState"}


def edit(submitted: Any, **switches: Any) -> dict[str, Any]:
    chosen = Switches().changed(switches)
    return documents.edited(CURRENT, documents.check_submitted(CURRENT, submitted, chosen), chosen)


def test_an_edit_that_leaves_a_property_out_loses_it() -> None:
    assert set(edit({"description": "new"})) == KEPT | {"description"}


def test_an_edit_that_leaves_out_one_of_the_properties_loses_it() -> None:
    assert edit({"properties": {"minScale": "5"}})["properties"] == {"minScale": "5"}


def test_what_the_site_owns_stays_as_it_is() -> None:
    tried = dict.fromkeys(KEPT - {"serviceName", "type"}, "other")
    assert {name: edit(tried)[name] for name in KEPT} == {name: CURRENT[name] for name in KEPT}


def test_an_edit_does_not_invent_what_the_site_owns() -> None:
    assert "portalProperties" not in edit({"portalProperties": {"isHosted": True}})


SWITCHED: dict[str, tuple[dict[str, str], Any, dict[str, Any]]] = {
    "what is left out may be kept": (
        {"missing_properties": "kept"},
        {"description": "x"},
        {"capabilities": "Map"},
    ),
    "an unknown property may be stored": ({}, {"new": 1}, {"new": 1}),
    "an unknown property may be dropped": ({"unknown_properties": "dropped"}, {"new": 1}, {"new": None}),
    "a provider may be taken over": ({"provider_in_edit": "applied"}, {"provider": "X"}, {"provider": "X"}),
    "a state may be taken over": (
        {"state_in_edit": "applied"},
        {"configuredState": "STOPPED"},
        {"configuredState": "STOPPED"},
    ),
    "an unknown key in a container may be dropped": (
        {"unknown_properties": "dropped"},
        {"properties": {"minScale": "6", "new": "1"}, "jsonProperties": {"a": 1}},
        {"properties": {"minScale": "6"}, "jsonProperties": None},
    ),
    "an unknown key of an extension may be dropped": (
        {"unknown_properties": "dropped"},
        {"extensions": [{"typeName": "WCSServer", "properties": {"dpi": "72", "new": "1"}}]},
        {"extensions": [{"typeName": "WCSServer", "properties": {"dpi": "72"}}]},
    ),
    "texts may be kept in one form of Unicode": (
        {"texts": "nfc"},
        {"description": "u\u0308ber", "properties": {"a": ["e\u0301"]}},
        {"description": "\u00fcber", "properties": {"a": ["\u00e9"]}},
    ),
    "line ends may be those of Windows": (
        {"texts": "crlf"},
        {"description": "a\nb\r\nc", "maxIdleTime": 5},
        {"description": "a\r\nb\r\nc", "maxIdleTime": 5},
    ),
    "an extension that is new may be dropped": (
        {"new_extensions": "dropped"},
        {"extensions": [{"typeName": "WMSServer", "enabled": "false"}, {"typeName": "WFSServer"}]},
        {"extensions": [{"typeName": "WMSServer", "enabled": "false"}]},
    ),
    "the spelling of a double may be kept": (
        {"doubles": "kept"},
        {"properties": {"minScale": "5.0", "maxRecordCount": "2000", "mode": "Fast"}},
        {"properties": {"minScale": "5", "maxRecordCount": "2000", "mode": "Fast"}},
    ),
    "values may become strings": (
        {"property_values": "to-strings"},
        {"properties": {"a": 5, "b": True, "c": "x"}},
        {"properties": {"a": "5", "b": "true", "c": "x"}},
    ),
}


@pytest.mark.parametrize(("switches", "submitted", "expected"), SWITCHED.values(), ids=SWITCHED)
def test_the_site_under_a_switch(
    switches: dict[str, str], submitted: dict[str, Any], expected: dict[str, Any]
) -> None:
    new = edit(submitted, **switches)
    assert {name: new.get(name) for name in expected} == expected


REFUSED: dict[str, tuple[dict[str, str], Any]] = {
    "no object": ({}, []),
    "another name": ({}, {"serviceName": "Rails"}),
    "properties that are no object": ({}, {"properties": "x"}),
    "an extension without a type": ({}, {"extensions": [{"enabled": "true"}]}),
    "fewer instances at most than at least": ({}, {"minInstancesPerNode": 3, "maxInstancesPerNode": 2}),
    "a property left out, when strict": ({"missing_properties": "rejected"}, {"description": "x"}),
    "a property added, when strict": ({"unknown_properties": "rejected"}, {"new": 1}),
    "a key of a container added, when strict": (
        {"unknown_properties": "rejected"},
        {"properties": {"new": "1"}},
    ),
    "keys in another order than documented, when strict": (
        {"key_order": "documented"},
        {"properties": {"dateFieldsTimezoneID": "UTC", "maxRecordCount": "5"}},
    ),
    "a provider changed, when strict": ({"provider_in_edit": "rejected"}, {"provider": "X"}),
    "a state changed, when strict": ({"state_in_edit": "rejected"}, {"configuredState": "STOPPED"}),
    "an id changed, when strict": ({"server_owned": "rejected"}, {"id": "s2"}),
    "a number in properties, when strict": ({"property_values": "rejected"}, {"properties": {"a": 5}}),
}


@pytest.mark.parametrize(("switches", "submitted"), REFUSED.values(), ids=REFUSED)
def test_the_site_refuses(switches: dict[str, str], submitted: Any) -> None:
    with pytest.raises(SiteError) as refused:
        edit(submitted, **switches)
    assert refused.value.code == 400


def test_a_path_leads_through_objects_and_to_an_extension_by_its_type() -> None:
    new = documents.changed(CURRENT, {"properties.minScale": "9", "extensions.WMSServer.enabled": "false"})
    assert new["properties"]["minScale"] == "9"
    assert new["extensions"][0]["enabled"] == "false"
    assert CURRENT["extensions"][0]["enabled"] == "true"


@pytest.mark.parametrize("path", ["nothing.below", "extensions.KmlServer.enabled", "description.x.y"])
def test_a_path_that_leads_nowhere_is_an_error(path: str) -> None:
    with pytest.raises(ValueError, match="leads nowhere"):
        documents.changed(CURRENT, {path: "x"})


@pytest.mark.parametrize(
    "number", ["0.0010", "1.0", "12345678901234567890123", "0.1000000000000000055511151231257827"]
)
def test_a_number_keeps_its_digits(number: str) -> None:
    assert jsontext.dumps(jsontext.loads(f"[{number}]")) == f"[{number}]"


def test_json_that_cannot_be_read_is_one_kind_of_error() -> None:
    for text in ("{", "[" * 100_000, "NaN"):
        with pytest.raises(jsontext.BadJson):
            jsontext.loads(text)


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    one, other = {"a": 1, "b": Decimal("1.0")}, {"b": Decimal("1.0"), "a": 1}
    assert jsontext.digest(one) == jsontext.digest(other)


@pytest.mark.parametrize(
    "values",
    [{"no_such_switch": 1}, {"submit_reply": "3"}, {"referer_checked": "yes"}, {"job_seconds": True}],
)
def test_a_switch_takes_only_what_it_can(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="switch"):
        Switches().changed(values)


ODD = {
    **CURRENT,
    "frameworkProperties": [],
    "minInstancesPerNode": 4,
    "maxInstancesPerNode": 2,
    "extensions": [5, {"enabled": "true"}, {"typeName": "WMSServer"}],
}


def test_the_site_takes_back_whatever_it_serves() -> None:
    chosen = Switches()
    for changed in ({"description": "new"}, {"extensions": [5, {"enabled": "true"}]}):
        sent = {**ODD, **changed}
        assert documents.edited(ODD, documents.check_submitted(ODD, sent, chosen), chosen) == sent


def test_the_site_takes_back_every_document_of_its_seed() -> None:
    """Also where it refuses or drops what it does not know."""
    catalogue = Catalogue(Ids("seed"))
    plant(catalogue, generated=1)
    assert len(catalogue.services) > 10
    for unknown in ("stored", "dropped", "rejected"):
        chosen = Switches(unknown_properties=unknown)
        for service in catalogue.services.values():
            sent = documents.check_submitted(service.document, copy.deepcopy(service.document), chosen)
            after = documents.edited(service.document, sent, chosen)
            assert jsontext.dumps(after) == jsontext.dumps(service.document)


def test_digits_are_kept_through_an_edit() -> None:
    text = '{"a":1.0E10,"b":1.0e-5,"c":-0.0,"d":-0,"e":4513.9887049999998,"f":1.10}'
    assert jsontext.dumps(jsontext.loads(text)) == text
    with pytest.raises(jsontext.BadJson):
        jsontext.loads('{"a":1E99999999999999999999}')
