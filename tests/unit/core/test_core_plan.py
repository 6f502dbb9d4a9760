"""What differs, and the document that mends it."""

from decimal import Decimal
from typing import Any

import pytest

from arcgis_operator.core import jsondoc, plan, values
from arcgis_operator.core.change import Change, shown
from arcgis_operator.core.model import Leaf, LeafKind
from arcgis_operator.core.places import spec_path

K = LeafKind
SAME: dict[str, tuple[LeafKind, Any, Any]] = {
    "a text is itself": (K.TEXT, "a", "a"),
    "an empty text is a property that is not there": (K.TEXT, "", values.MISSING),
    "an empty text is null": (K.TEXT, "", None),
    "a number is its text": (K.INTEGER, 1000, "1000"),
    "a number is its text with blanks": (K.INTEGER, 1000, " 1000 "),
    "a number is the same with a fraction of nothing": (K.INTEGER, 1000, Decimal("1000.0")),
    "a set has no order": (K.SET, ["Map", "Query"], "Query,Map"),
    "a set has no blanks": (K.SET, ["Map", "Query"], "Map, Query "),
    "a set may be a list": (K.SET, ["Map"], ["Map"]),
    "an empty set is a property that is not there": (K.SET, [], values.MISSING),
    "an empty set is null": (K.SET, [], None),
    "a flag is its text": (K.FLAG, True, "true"),
    "a flag is a real flag": (K.FLAG, False, False),
    "a flag is its text in capitals": (K.FLAG, True, "TRUE"),
    "a scalar number is its text": (K.SCALAR, 2000, "2000"),
    "a scalar fraction is its text": (K.SCALAR, 0.5, "0.50"),
    "a scalar flag is its text": (K.SCALAR, True, "True"),
    "a flag as a text in another case": (K.SCALAR, "True", "TRUE"),
    "a scalar text is a number's text": (K.SCALAR, "1000", 1000),
    "a scalar text keeps its digits": (K.SCALAR, "12345678901234567890", "12345678901234567890"),
    "an empty scalar is a property that is not there": (K.SCALAR, "", values.MISSING),
    "a JSON list": (K.JSON, [1, "a", {"b": True}], [1, "a", {"b": True}]),
    "a JSON number by value": (K.JSON, 0.1, Decimal("0.10")),
    "a fraction is a double": (K.SCALAR, 4513.988705, "4513.9887049999998"),
    "a JSON number is a double": (K.JSON, 4513.988705, Decimal("4513.9887049999998")),
    "a text of more digits than a double has": (K.SCALAR, "4513.9887049999998", "4513.988705"),
    "a whole number with an exponent": (K.SCALAR, 10000000000, "1.0E10"),
    "an exponent": (K.JSON, 1e-9, Decimal("1.0E-9")),
    "the text of an exponent": (K.JSON, "1e-9", Decimal("1.0E-9")),
    "an empty text is the word null": (K.TEXT, "", "null"),
    "the word null is null": (K.SCALAR, "null", None),
    "the word null is nothing": (K.SCALAR, "null", values.MISSING),
    "an empty set is the word null": (K.SET, [], "null"),
    "the other form of an accent": (K.TEXT, "Stra\u00dfe \u00e9", "Stra\u00dfe e\u0301"),
    "a line end at the end": (K.TEXT, "a\nb\n", "a\r\nb"),
    "a text is a real flag": (K.SCALAR, "True", True),
    "an object as a text": (K.SCALAR, '{"a": "b"}', {"a": "b"}),
    "a text that holds the list": (K.JSON, ["a"], '["a"]'),
    "a JSON object with a null more": (K.JSON, [{"a": 1}], [{"a": 1, "b": None}]),
    "a set in a list of numbers": (K.SET, ["1"], [1]),
    "an object that is there": (K.JSON_OBJECT, {}, {"a": 1}),
}
OTHER: dict[str, tuple[LeafKind, Any, Any]] = {
    "another text": (K.TEXT, "a", "b"),
    "a text that differs in a blank": (K.TEXT, "a", "a "),
    "a text that differs in case": (K.TEXT, "a", "A"),
    "a property that is not there": (K.TEXT, "a", values.MISSING),
    "another number": (K.INTEGER, 1000, "1001"),
    "a number that is not there": (K.INTEGER, 0, values.MISSING),
    "a number that is null": (K.INTEGER, 0, None),
    "a flag is no number": (K.INTEGER, 1, True),
    "a number that is no number": (K.INTEGER, 1, "one"),
    "a set with one more": (K.SET, ["Map"], "Map,Query"),
    "a set in another case": (K.SET, ["Map"], "map"),
    "the other flag": (K.FLAG, True, "false"),
    "a flag that is not there": (K.FLAG, False, values.MISSING),
    "a scalar text in another case": (K.SCALAR, "Fast", "fast"),
    "a scalar number that is not there": (K.SCALAR, 0, values.MISSING),
    "a JSON list in another order": (K.JSON, [1, 2], [2, 1]),
    "a JSON list with one less": (K.JSON, [1, 2], [1]),
    "a JSON object with one more": (K.JSON, [{"a": 1}], [{"a": 1, "b": 2}]),
    "a JSON value that is not there": (K.JSON, [], values.MISSING),
    "an object that is not there": (K.JSON_OBJECT, {}, values.MISSING),
    "an object that is a list": (K.JSON_OBJECT, {}, []),
    "a version is no double": (K.SCALAR, "1.10", "1.1"),
    "two long whole numbers as texts": (K.SCALAR, "12345678901234567890", "12345678901234567891"),
    "two whole numbers that are one double": (K.JSON, 2**53, 2**53 + 1),
    "a text that is no number": (K.SCALAR, 5, "five"),
    "a number of more signs than anybody writes": (K.SCALAR, 5, "5" * 401),
    "a number beyond all bounds": (K.SCALAR, 0.5, "1e99999999999999999999"),
    "an object as another text": (K.SCALAR, '{"a": "c"}', {"a": "b"}),
    "a text that is no JSON": (K.SCALAR, "{a}", {"a": "b"}),
    "a list as an object": (K.JSON, [1], {"a": 1}),
    "an object as a list": (K.JSON, [{"a": 1}], [[1]]),
    "a set that is an object": (K.SET, ["a"], {"a": 1}),
    "a flag that is a number": (K.FLAG, True, 1),
    "a null in a list": (K.JSON, [None], [1]),
}
Unfit = values.Unfit
FITTED: dict[str, tuple[LeafKind, Any, Any, Any]] = {
    "a new scalar is a text": (K.SCALAR, 5, values.MISSING, "5"),
    "a number where the site has a number": (K.SCALAR, 5, 4, 5),
    "a text where the site has a number": (K.JSON, "+1e-9", Decimal("1.0E-8"), Decimal("1e-9")),
    "a word where the site has a number": (K.SCALAR, "fast", 4, Unfit("a number")),
    "a number beyond all bounds where the site has one": (
        K.SCALAR, "1e99999999999999999999", 4, Unfit("a number")
    ),
    "a flag where the site has a number": (K.SCALAR, True, 4, Unfit("a number")),
    "a number where the site has a text": (K.INTEGER, 5, "4", "5"),
    "a JSON number where the site has a text": (K.JSON, 5, "4", "5"),
    "a flag where the site has a real flag": (K.FLAG, False, True, False),
    "a text where the site has a real flag": (K.SCALAR, "TRUE", False, True),
    "a number where the site has a real flag": (K.SCALAR, 5, False, Unfit("true or false")),
    "a text where the site has an object": (K.SCALAR, "x", {"a": 1}, Unfit("an object")),
    "a text where the site has a list": (K.TEXT, "x", ["a"], Unfit("a list")),
    "a list where the site has an object": (K.JSON, [1], {"a": 1}, Unfit("an object")),
    "a list where the site has a text": (K.JSON, [1], "x", Unfit("a text")),
    "a list where the site has an empty text": (K.JSON, [1], "", [1]),
    "an object where the site has an empty list": (K.JSON_OBJECT, {}, [], {}),
    "a set where the site has a list": (K.SET, ["a"], ["b"], ["a"]),
    "a set where the site has a text": (K.SET, ["a", "b"], "b", "a,b"),
    "a set where the site has a number": (K.SET, ["a"], 5, Unfit("a number")),
}  # fmt: skip
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
"big":12345678901234567890,"tail":1.10,"odd":[-0.0,-0,1.0E10,1.0e-5,4513.9887049999998],"properties":{"z":"1","a":"2"},"datasets":[]}"""


@pytest.mark.parametrize(("kind", "wanted", "found"), SAME.values(), ids=SAME)
def test_it_is_the_same_when(kind: LeafKind, wanted: Any, found: Any) -> None:
    assert values.same(kind, wanted, found)


@pytest.mark.parametrize(("kind", "wanted", "found"), OTHER.values(), ids=OTHER)
def test_it_differs_when(kind: LeafKind, wanted: Any, found: Any) -> None:
    assert not values.same(kind, wanted, found)


@pytest.mark.parametrize(("kind", "wanted", "found", "sent"), FITTED.values(), ids=FITTED)
def test_the_kind_of_what_the_site_holds_is_kept(kind: LeafKind, wanted: Any, found: Any, sent: Any) -> None:
    value = values.fitted(kind, wanted, found)
    assert value == sent
    assert type(value) is type(sent) or isinstance(value, Decimal)


@pytest.mark.parametrize(("path", "text"), PATHS.items(), ids=PATHS.values())
def test_a_path_reads_as_under_spec(path: tuple[str, ...], text: str) -> None:
    assert spec_path(path) == text


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
    assert '"minScale":2.958287637957775E8,' in sent
    assert '"tail":1.10' in sent
    assert '"odd":[-0.0,-0,1.0E10,1.0e-5,4513.9887049999998]' in sent


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
    assert [str(shown(change)) for change in plan.changes(leaves, document)] == [
        "settings.properties.dbPassword (not shown: it may be a secret)",
        f'settings.description "" → "{"x" * 95}…"',
        'settings.properties.n (not set) → "5"',
        'settings.jsonProperties.j "[true,1]" → "[2]"',
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


def test_secrets_are_masked_wherever_they_stand_in_a_change() -> None:
    live = {
        "jsonProperties": {"stores": [{"name": "db", "password": "hunter2"}], "credentials": {"key": "AKIA"}}
    }
    leaves = (
        Leaf(("jsonProperties", "stores"), LeafKind.JSON, []),
        Leaf(("jsonProperties", "credentials", "key"), LeafKind.JSON, "new"),
        Leaf(("properties", "workspace"), LeafKind.SCALAR, "SERVER=a;PASSWORD=new"),
    )
    told = [shown(change).parts[1:] for change in plan.changes(leaves, live)]
    assert told == [
        ('[{"name":"db","password":"***"}]', "[]"),
        ("***", "***"),
        ("(not set)", "SERVER=a;PASSWORD=***"),
    ]
    assert plan.live_text(live, leaves[1]) == "***"


def test_an_extension_that_is_not_there_is_not_offered() -> None:
    """Nothing is sent to switch it off."""
    off = Leaf(("extensions", "WFSServer", "enabled"), K.FLAG, False)
    on = Leaf(("extensions", "WFSServer", "enabled"), K.FLAG, True)
    nothing: list[Any] = [[], "", "null", {}, None, [5, {"enabled": "true"}, {"typeName": "WFSServer"}]]
    for document in ({}, *({"extensions": value} for value in nothing)):
        assert plan.differing((off, on), document) == (on,)


@pytest.mark.parametrize("odd", [{"WMSServer": {"enabled": "true"}}, "WFSServer", 1])
def test_extensions_that_cannot_be_read_are_not_known_to_be_off(odd: Any) -> None:
    off = Leaf(("extensions", "WFSServer", "enabled"), K.FLAG, False)
    assert plan.differing((off,), {"extensions": odd}) == (off,)


def test_capabilities_have_no_order_wherever_a_service_keeps_them() -> None:
    leaf = Leaf(("jsonProperties", "capabilities"), K.JSON, "Create, Query")
    same = ("Query,Create", "Create,Query", ["Query", "Create"])
    others = ("Query", "Query,Create,Sync", {"Query": 1}, None)
    assert [plan.matches(leaf, {"jsonProperties": {"capabilities": live}}) for live in same] == [True] * 3
    assert not any(plan.matches(leaf, {"jsonProperties": {"capabilities": live}}) for live in others)
    none = Leaf(("jsonProperties", "capabilities"), K.JSON, "null")
    assert plan.matches(none, {})
    other = Leaf(("jsonProperties", "order"), K.JSON, "a,b")
    assert not plan.matches(other, {"jsonProperties": {"order": "b,a"}})


def test_a_new_extension_gets_all_that_is_declared_of_it() -> None:
    at = ("extensions", "WFSServer")
    leaves = (Leaf((*at, "enabled"), K.FLAG, False), Leaf((*at, "capabilities"), K.SET, ["Query"]))
    assert plan.overlay(leaves, {}) == {
        "extensions": [{"typeName": "WFSServer", "enabled": "false", "capabilities": "Query"}]
    }


def test_an_extension_is_found_in_other_letters_where_exactly_one_fits() -> None:
    leaves = (Leaf(("extensions", "KMLServer", "enabled"), K.FLAG, False),)
    document = {"extensions": [5, {"typeName": 7}, {"typeName": "KmlServer", "enabled": "true"}]}
    assert plan.overlay(leaves, document)["extensions"] == [
        5,
        {"typeName": 7},
        {"typeName": "KmlServer", "enabled": "false"},
    ]
    assert plan.differing(leaves, {"extensions": [{"typeName": "kmlserver", "enabled": "false"}]}) == ()


def test_a_key_is_found_in_the_other_form_of_its_accents() -> None:
    leaves = (Leaf(("properties", "caf\u00e9"), K.SCALAR, "2"),)
    assert plan.overlay(leaves, {"properties": {"cafe\u0301": "1"}}) == {"properties": {"cafe\u0301": "2"}}


def test_a_key_that_must_follow_another_one_does() -> None:
    def order(properties: dict[str, str], *new: str) -> list[str]:
        leaves = tuple(Leaf(("properties", name), K.SCALAR, "x") for name in new)
        return list(plan.overlay(leaves, {"properties": properties})["properties"])

    zone, most = "dateFieldsTimezoneID", "maxRecordCount"
    assert order({most: "1", "z": "2"}, zone) == [most, zone, "z"]
    assert order({"z": "2"}, zone, most) == ["z", most, zone]
    assert order({zone: "1", most: "2"}, zone) == [zone, most]


def test_two_values_that_look_alike_are_shown_so_that_they_differ() -> None:
    def told(live: Any, wanted: str) -> str:
        return str(shown(Change(("description",), live, wanted)))

    long = "x" * 200
    assert told(long + "a", long + "b") == f'settings.description "…{"x" * 24}a" → "…{"x" * 24}b"'
    assert told("a ", "a") == r'settings.description "a\u0020" → "a"'
    assert told("a  b", "a b") == r'settings.description "a\u0020\u0020b" → "a b"'
    assert told("a\u200bb", "a b") == r'settings.description "a\u200bb" → "a b"'
    assert told(" ", "") == r'settings.description "\u0020" → ""'
    assert told("a\u0308\u200b", "a\u0308 ") == r'settings.description "a\u0308\u200b" → "a\u0308\u0020"'


def test_an_extension_that_is_there_twice_is_never_what_was_declared() -> None:
    """One of the two may be offered, so it is not off; nor has it no capabilities."""
    at = ("extensions", "KmlServer")
    leaves = (
        Leaf((*at, "enabled"), K.FLAG, False),
        Leaf((*at, "capabilities"), K.SET, []),
        Leaf((*at, "properties", "title"), K.SCALAR, ""),
    )
    for names in (("KmlServer", "KmlServer"), ("KMLServer", "kmlserver"), ("KmlServer", "KMLServer")):
        document = {"extensions": [{"typeName": name, "enabled": "true"} for name in names]}
        assert plan.differing(leaves, document) == leaves
        text = 'settings.extensions[KmlServer].enabled (several values) → "false"'
        assert str(shown(plan.changes(leaves, document)[0])) == text
