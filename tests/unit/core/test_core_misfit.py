"""Why declared settings cannot be sent to the service as it is."""

from typing import Any

import pytest

from arcgis_operator.core.misfit import Misfit, Why, misfit
from arcgis_operator.core.model import Leaf, LeafKind

K = LeafKind
P, J, E = "properties", "jsonProperties", "extensions"
TITLE = (E, "WMSServer", P, "title")

FITS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "nothing is there": ((P, "a"), {}),
    "a null": ((P, "a"), {P: None}),
    "an empty list where an object belongs": ((P, "a"), {P: []}),
    "an empty text where an object belongs": ((J, "a", "b"), {J: {"a": ""}}),
    "an empty object where a list belongs": (TITLE, {E: {}}),
    "an odd entry beside it": (TITLE, {E: [5, {"enabled": "true"}, {"typeName": "WMSServer"}]}),
    "another extension twice": (TITLE, {E: [{"typeName": "A"}, {"typeName": "A"}]}),
    "something odd elsewhere": ((P, "a"), {J: "text", E: {"a": 1}, "frameworkProperties": [1]}),
    "a key that is nowhere": ((P, "a"), {P: {"b": "1"}, J: {"c": 1}}),
    "the same key at both places": (
        (J, "maxRecordCount"),
        {P: {"maxRecordCount": "1"}, J: {"maxRecordCount": "2"}},
    ),
}
SHAPES: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "a list on the way": (
        (J, "a", "b"),
        {J: {"a": [{"id": 0}]}},
        "settings.jsonProperties.a is a list on the site",
    ),
    "a text on the way": ((J, "a", "b"), {J: {"a": "{}"}}, "settings.jsonProperties.a is a text on the site"),
    "a container that is a list": ((P, "a"), {P: [1]}, "settings.properties is a list on the site"),
    "extensions that are an object": (
        TITLE,
        {E: {"a": 1}},
        "settings.extensions is an object on the site, not a list",
    ),
    "an extension twice": (
        TITLE,
        {E: [{"typeName": "WMSServer"}, {"typeName": "WMSServer"}]},
        "the extension WMSServer more than once",
    ),
    "an extension in its own letters and in other ones": (
        TITLE,
        {E: [{"typeName": "WMSServer"}, {"typeName": "WmsServer"}]},
        "the extension WMSServer more than once (WMSServer, WmsServer): it is unclear which is meant.",
    ),
    "an extension in two spellings of other letters": (
        TITLE,
        {E: [{"typeName": "WmsServer"}, {"typeName": "WMSSERVER"}]},
        "the extension WMSServer more than once",
    ),
    "an object where a text is declared": (
        (P, "a"),
        {P: {"a": {"b": "c"}}},
        "settings.properties.a is an object on the site, but the spec declares a text. Declare an object.",
    ),
}
KEYS: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "other letters": (
        (P, "maxrecordcount"),
        {P: {"maxRecordCount": "1"}},
        "no settings.properties.maxrecordcount; it has settings.properties.maxRecordCount. Use",
    ),
    "other letters on the way": (
        (J, "Editor", "on"),
        {J: {"editor": {}}},
        "it has settings.jsonProperties.editor.on.",
    ),
    "the other container": ((P, "maxRecordCount"), {J: {"maxRecordCount": 1}}, "in settings.jsonProperties:"),
    "the other way round": ((J, "minScale"), {P: {"minScale": "1"}}, "in settings.properties:"),
    "a feature service that has none yet": (
        (P, "maxRecordCount"),
        {"provider": "SDS"},
        "keeps maxRecordCount in settings.jsonProperties",
    ),
    "capabilities of a feature service": (
        ("capabilities",),
        {J: {"capabilities": "Query"}},
        "keeps capabilities in settings.jsonProperties",
    ),
    "capabilities among the properties": (
        (P, "capabilities"),
        {"capabilities": "Map"},
        "keeps capabilities in settings.capabilities",
    ),
}


def judged(path: tuple[str, ...], document: dict[str, Any]) -> Misfit | None:
    kind = K.JSON if path[0] == J else K.SET if path[-1] == "capabilities" else K.SCALAR
    return misfit((Leaf(path, kind, ["x"] if kind is K.SET else "x"),), document)


@pytest.mark.parametrize(("path", "document"), FITS.values(), ids=FITS)
def test_a_setting_can_be_put_where_there_is(path: tuple[str, ...], document: dict[str, Any]) -> None:
    assert judged(path, document) is None


@pytest.mark.parametrize(("path", "document", "text"), SHAPES.values(), ids=SHAPES)
def test_what_stands_in_the_way_is_told(path: tuple[str, ...], document: dict[str, Any], text: str) -> None:
    found = judged(path, document)
    assert found is not None
    assert found.why is Why.SHAPE
    assert text in found.message


@pytest.mark.parametrize(("path", "document", "text"), KEYS.values(), ids=KEYS)
def test_where_the_service_keeps_a_key_is_told(
    path: tuple[str, ...], document: dict[str, Any], text: str
) -> None:
    found = judged(path, document)
    assert found is not None
    assert found.why is Why.KEY
    assert text in found.message


def test_a_setting_that_is_live_is_never_a_misfit() -> None:
    assert judged((P, "a"), {P: {"a": "x"}, E: 5}) is None


def test_three_misfits_are_told_and_the_others_counted() -> None:
    leaves = tuple(Leaf((P, f"k{number}"), K.SCALAR, "x") for number in range(5))
    found = misfit(leaves, {P: {f"k{number}": [1] for number in range(5)}})
    assert found is not None
    assert found.message.endswith(
        "settings.properties.k2 is a list on the site, but the spec declares a text. Declare a list. 2 more."
    )
