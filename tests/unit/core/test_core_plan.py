"""What differs, and the document that mends it."""

from decimal import Decimal
from typing import Any

import pytest

from arcgis_operator.core import jsondoc, plan
from arcgis_operator.core.model import Leaf, LeafKind

K = LeafKind
SAME: dict[str, tuple[LeafKind, Any, Any]] = {
    "a text is itself": (K.TEXT, "a", "a"),
    "an empty text is a property that is not there": (K.TEXT, "", plan.MISSING),
    "an empty text is null": (K.TEXT, "", None),
    "a number is its text": (K.INTEGER, 1000, "1000"),
    "a number is its text with blanks": (K.INTEGER, 1000, " 1000 "),
    "a number is the same with a fraction of nothing": (K.INTEGER, 1000, Decimal("1000.0")),
    "a set has no order": (K.SET, ["Map", "Query"], "Query,Map"),
    "a set has no blanks": (K.SET, ["Map", "Query"], "Map, Query "),
    "a set may be a list": (K.SET, ["Map"], ["Map"]),
    "an empty set is a property that is not there": (K.SET, [], plan.MISSING),
    "an empty set is null": (K.SET, [], None),
    "a flag is its text": (K.FLAG, True, "true"),
    "a flag is a real flag": (K.FLAG, False, False),
    "a flag is its text in capitals": (K.FLAG, True, "TRUE"),
    "a scalar number is its text": (K.SCALAR, 2000, "2000"),
    "a scalar fraction is its text": (K.SCALAR, 0.5, "0.50"),
    "a scalar flag is its text": (K.SCALAR, True, "True"),
    "a scalar text is a number's text": (K.SCALAR, "1000", 1000),
    "a scalar text keeps its digits": (K.SCALAR, "12345678901234567890", "12345678901234567890"),
    "an empty scalar is a property that is not there": (K.SCALAR, "", plan.MISSING),
    "a JSON list": (K.JSON, [1, "a", {"b": True}], [1, "a", {"b": True}]),
    "a JSON number by value": (K.JSON, 0.1, Decimal("0.10")),
}
OTHER: dict[str, tuple[LeafKind, Any, Any]] = {
    "another text": (K.TEXT, "a", "b"),
    "a text that differs in a blank": (K.TEXT, "a", "a "),
    "a text that differs in case": (K.TEXT, "a", "A"),
    "a property that is not there": (K.TEXT, "a", plan.MISSING),
    "another number": (K.INTEGER, 1000, "1001"),
    "a number that is not there": (K.INTEGER, 0, plan.MISSING),
    "a number that is null": (K.INTEGER, 0, None),
    "a flag is no number": (K.INTEGER, 1, True),
    "a number that is no number": (K.INTEGER, 1, "one"),
    "a set with one more": (K.SET, ["Map"], "Map,Query"),
    "a set in another case": (K.SET, ["Map"], "map"),
    "the other flag": (K.FLAG, True, "false"),
    "a flag that is not there": (K.FLAG, False, plan.MISSING),
    "a scalar text in another case": (K.SCALAR, "True", "true"),
    "a scalar number that is not there": (K.SCALAR, 0, plan.MISSING),
    "a JSON list in another order": (K.JSON, [1, 2], [2, 1]),
    "a JSON list with one less": (K.JSON, [1, 2], [1]),
    "a JSON object with one more": (K.JSON, [{"a": 1}], [{"a": 1, "b": 2}]),
    "a JSON value that is not there": (K.JSON, [], plan.MISSING),
}
PATHS = {
    ("description",): "settings.description",
    ("properties", "maxRecordCount"): "settings.properties.maxRecordCount",
    ("properties", "a.b"): 'settings.properties["a.b"]',
    ("properties", "a[0]"): 'settings.properties["a[0]"]',
    ("properties", 'a"b'): r'settings.properties["a\"b"]',
    ("properties", ""): 'settings.properties[""]',
    ("jsonProperties", "a", "b-c_d"): "settings.jsonProperties.a.b-c_d",
    ("extensions", "WMSServer", "enabled"): "settings.extensions[WMSServer].enabled",
    ("extensions", "WMSServer", "properties", "name"): "settings.extensions[WMSServer].properties.name",
}
DOCUMENT = """{"serviceName":"Roads","extensions":[{"typeName":"KmlServer","enabled":"true",
"properties":{"dpi":"96"}},{"typeName":"WMSServer","enabled":"false","capabilities":null}],"minScale":2.958287637957775E8,
"big":12345678901234567890,"tail":1.10,"properties":{"z":"1","a":"2"},"datasets":[]}"""


@pytest.mark.parametrize(("kind", "wanted", "found"), SAME.values(), ids=SAME)
def test_it_is_the_same_when(kind: LeafKind, wanted: Any, found: Any) -> None:
    assert plan.SAME[kind](wanted, found)


@pytest.mark.parametrize(("kind", "wanted", "found"), OTHER.values(), ids=OTHER)
def test_it_differs_when(kind: LeafKind, wanted: Any, found: Any) -> None:
    assert not plan.SAME[kind](wanted, found)


@pytest.mark.parametrize(("path", "text"), PATHS.items(), ids=PATHS.values())
def test_a_path_reads_as_under_spec(path: tuple[str, ...], text: str) -> None:
    assert plan.spec_path(path) == text


def test_every_property_nobody_declared_is_sent_digit_for_digit_and_in_its_place() -> None:
    document = jsondoc.loads(DOCUMENT)
    leaves = (
        Leaf(("extensions", "WMSServer", "enabled"), K.FLAG, True),
        Leaf(("properties", "a"), K.SCALAR, 3),
    )
    sent = jsondoc.dumps(plan.overlay(leaves, document))
    expected = (
        jsondoc.dumps(document).replace('"enabled":"false"', '"enabled":"true"').replace('"a":"2"', '"a":"3"')
    )
    assert sent == expected
    assert "12345678901234567890" in sent
    assert '"minScale":295828763.7957775,' in sent
    assert '"tail":1.10' in sent


def test_a_setting_that_matches_is_sent_in_the_sites_own_spelling() -> None:
    document = {"capabilities": "Query, Map", "description": "old"}
    leaves = (Leaf(("capabilities",), K.SET, ["Map", "Query"]), Leaf(("description",), K.TEXT, "new"))
    assert plan.overlay(leaves, document) == {"capabilities": "Query, Map", "description": "new"}


def test_what_is_not_there_yet_is_made() -> None:
    leaves = (
        Leaf(("extensions", "WFSServer", "properties", "name"), K.SCALAR, "w"),
        Leaf(("frameworkProperties", "x"), K.SCALAR, 1),
        Leaf(("jsonProperties", "a", "b"), K.JSON, [1]),
    )
    assert plan.overlay(leaves, {"extensions": None, "jsonProperties": {"a": None}}) == {
        "extensions": [{"typeName": "WFSServer", "properties": {"name": "w"}}],
        "frameworkProperties": {"x": "1"},
        "jsonProperties": {"a": {"b": [1]}},
    }


def test_the_document_that_was_read_is_never_changed() -> None:
    document = {"properties": {"a": "1"}}
    plan.overlay((Leaf(("properties", "a"), K.SCALAR, 2),), document)
    assert document == {"properties": {"a": "1"}}


SHAPES: dict[str, dict[str, Any]] = {
    "properties is not an object": {"properties": []},
    "jsonProperties is not an object": {"jsonProperties": "text"},
    "extensions is not a list of objects with a typeName": {"extensions": [{"enabled": "true"}]},
    "extensions names a typeName twice": {"extensions": [{"typeName": "A"}, {"typeName": "A"}]},
}


@pytest.mark.parametrize(("problem", "document"), SHAPES.items(), ids=SHAPES)
def test_a_document_of_another_shape_is_not_merged_into(problem: str, document: dict[str, Any]) -> None:
    assert plan.shape_problem(document) == problem


def test_a_change_shows_before_and_after_cut_and_masked() -> None:
    leaves = (
        Leaf(("properties", "dbPassword"), K.SCALAR, "hunter2"),
        Leaf(("description",), K.TEXT, "x" * 200),
        Leaf(("properties", "n"), K.SCALAR, 5),
        Leaf(("jsonProperties", "j"), K.JSON, [2]),
    )
    document = {
        "properties": {"dbPassword": "hunter1"},
        "description": "",
        "jsonProperties": {"j": [True, 1]},
    }
    shown = plan.changes(leaves, document)
    assert [str(change) for change in shown] == [
        "settings.properties.dbPassword *** -> ***",
        f'settings.description "" -> {"x" * 95}…',
        "settings.properties.n (not set) -> 5",
        "settings.jsonProperties.j [true,1] -> [2]",
    ]


def test_the_digest_names_site_service_and_every_wanted_value() -> None:
    leaves = (Leaf(("properties", "a"), K.SCALAR, 1), Leaf(("properties", "b"), K.SCALAR, 2))
    base = plan.digest(leaves, "https://a/arcgis", "s1")
    assert base == plan.digest(leaves[::-1], "https://a/arcgis", "s1")
    assert base != plan.digest(leaves, "https://b/arcgis", "s1")
    assert base != plan.digest(leaves, "https://a/arcgis", "s2")
    assert base != plan.digest(leaves[:1], "https://a/arcgis", "s1")


def test_long_names_that_are_shown_alike_are_two_settings_in_the_digest() -> None:
    def of(first: str, second: str) -> str:
        names = ("k" * 250 + "1", "k" * 250 + "2")
        return plan.digest(
            tuple(Leaf(("properties", n), K.SCALAR, v) for n, v in zip(names, (first, second), strict=True)),
            "u",
            "s",
        )

    assert of("a", "b") != of("c", "b")
