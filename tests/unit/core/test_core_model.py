"""Specs as values. The table of good and bad samples is in tests/samples; here is what it cannot show."""

from typing import Any

import pytest

from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.model import (
    AccessRule,
    Desired,
    Leaf,
    LeafKind,
    SiteRef,
    SiteWanted,
    SpecInvalid,
)
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.core.site_spec import parse_site

K = LeafKind


def parsed(settings: Any = None, **spec: Any) -> Desired | SpecInvalid:
    base = {"siteRef": {"name": "prod"}, "service": {"name": "Roads", "type": "MapServer"}}
    extra = {} if settings is None else {"settings": settings}
    return parse_service({"metadata": {"namespace": "gis"}, "spec": {**base, **extra, **spec}})


LEAVES: dict[str, tuple[dict[str, Any], list[Leaf]]] = {
    "nothing declared is nothing owned": ({}, []),
    "a text": ({"description": ""}, [Leaf(("description",), K.TEXT, "")]),
    "a zero is declared": ({"maxIdleTime": 0}, [Leaf(("maxIdleTime",), K.INTEGER, 0)]),
    "an empty list is declared": ({"capabilities": []}, [Leaf(("capabilities",), K.SET, [])]),
    "each property is its own": (
        {"properties": {"a": 1, "b": "x"}},
        [Leaf(("properties", "a"), K.SCALAR, 1), Leaf(("properties", "b"), K.SCALAR, "x")],
    ),
    "no property is nothing owned": ({"properties": {}}, []),
    "real JSON goes down to its values, a list is one": (
        {"jsonProperties": {"a": {"b": 1, "c": [1, {"d": 2}]}}},
        [
            Leaf(("jsonProperties", "a", "b"), K.JSON, 1),
            Leaf(("jsonProperties", "a", "c"), K.JSON, [1, {"d": 2}]),
        ],
    ),
    "an extension by its typeName": (
        {"extensions": [{"typeName": "WMSServer", "enabled": False, "properties": {"name": "w"}}]},
        [
            Leaf(("extensions", "WMSServer", "enabled"), K.FLAG, False),
            Leaf(("extensions", "WMSServer", "properties", "name"), K.SCALAR, "w"),
        ],
    ),
    "an extension that is only named is not owned": ({"extensions": [{"typeName": "WMSServer"}]}, []),
}
NEST: Any = {"a": 1}
for _ in range(2000):
    NEST = {"a": NEST}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a property of the service's identity": ({"serviceName": "x"}, "spec.service.name"),
    "the folder": ({"folderName": "x"}, "spec.service.folder"),
    "the provider": ({"provider": "DMaps"}, "another operation"),
    "the state": ({"configuredState": "STOPPED"}, "another operation"),
    "the site's own id": ({"id": "s1"}, "given by the site"),
    "a path of the site": ({"properties": {"cacheDir": "/x"}}, "cacheDir: kept by the site"),
    "a null": ({"properties": {"a": None}}, "leave the line out"),
    "a null in real JSON": ({"jsonProperties": {"a": [{"b": None}]}}, "leave the line out"),
    "a list where a single value belongs": ({"properties": {"a": [1]}}, "single value"),
    "a number too long for its digits": ({"properties": {"a": 12345678901234567890}}, "put it in quotes"),
    "a number with an exponent": ({"properties": {"a": 1e24}}, "put it in quotes"),
    "a number too long inside real JSON": ({"jsonProperties": {"a": [2**53 + 1]}}, "put it in quotes"),
    "an extension twice": ({"extensions": [{"typeName": "A"}, {"typeName": "A"}]}, "same typeName twice"),
    "a name that is not a field": ({"maxWaitTme": 60}, "check its spelling"),
    "an extension without a name": ({"extensions": [{"enabled": True}]}, "is required"),
    "min above max": ({"minInstancesPerNode": 3, "maxInstancesPerNode": 2}, "must not be greater"),
    "JSON deeper than anybody needs": ({"jsonProperties": NEST}, "write it flatter"),
    "a text for a number": ({"maxWaitTime": "60"}, "valid integer"),
    "a number for a flag": ({"extensions": [{"typeName": "A", "enabled": 1}]}, "valid boolean"),
}


@pytest.mark.parametrize(("settings", "leaves"), LEAVES.values(), ids=LEAVES)
def test_what_is_declared_is_owned(settings: dict[str, Any], leaves: list[Leaf]) -> None:
    desired = parsed(settings)
    assert isinstance(desired, Desired)
    assert list(desired.leaves) == leaves


@pytest.mark.parametrize(("settings", "hint"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_names_the_place_and_what_to_do(settings: dict[str, Any], hint: str) -> None:
    invalid = parsed(settings)
    assert isinstance(invalid, SpecInvalid)
    (problem,) = invalid.problems
    assert problem.startswith("spec.settings")
    assert hint in problem


def test_every_problem_is_told_at_once() -> None:
    invalid = parsed({"maxWaitTime": -1, "capabilities": "Map"}, suspend="yes")
    assert isinstance(invalid, SpecInvalid)
    assert len(invalid.problems) == 3


@pytest.mark.parametrize("spec", [None, [], "text", 5, {}], ids=repr)
def test_an_object_without_a_spec_is_refused_not_raised(spec: Any) -> None:
    assert isinstance(parse_service({"metadata": {"namespace": "gis"}, "spec": spec}), SpecInvalid)


def test_a_site_is_looked_for_in_the_resources_own_namespace_unless_told() -> None:
    near, far = parsed(), parsed(siteRef={"name": "prod", "namespace": "ops"})
    assert isinstance(near, Desired)
    assert isinstance(far, Desired)
    assert (near.site, far.site) == (SiteRef("gis", "prod"), SiteRef("ops", "prod"))


def test_settings_that_are_no_object_are_refused() -> None:
    found = parsed(settings=["description"])
    assert isinstance(found, SpecInvalid)


def test_all_of_a_service_is_read() -> None:
    service = {"folder": "Transport", "name": "Roads", "type": "MapServer"}
    assert parsed({"description": "d"}, service=service, suspend=True) == Desired(
        SiteRef("gis", "prod"),
        ServiceRef("Roads", "MapServer", "Transport"),
        (Leaf(("description",), K.TEXT, "d"),),
        suspend=True,
    )
    assert parsed() == Desired(SiteRef("gis", "prod"), ServiceRef("Roads", "MapServer", ""), ())


EXTENSION: dict[str, tuple[LeafKind, Any]] = {
    "enabled": (K.FLAG, True),
    "capabilities": (K.SET, ["Map"]),
    "maxUploadFileSize": (K.INTEGER, 5),
    "allowedUploadFileTypes": (K.SET, ["zip"]),
}


@pytest.mark.parametrize("name", EXTENSION)
def test_a_setting_of_an_extension_is_owned_as_its_kind(name: str) -> None:
    kind, value = EXTENSION[name]
    found = parsed({"extensions": [{"typeName": "A", name: value}]})
    assert isinstance(found, Desired)
    assert found.leaves == (Leaf(("extensions", "A", name), kind, value),)


@pytest.mark.parametrize("most", [None, 2**31 - 1, 5])
def test_a_minimum_may_be_as_great_as_the_maximum(most: int | None) -> None:
    least = 2**31 - 1 if most is None else most
    settings = {"minInstancesPerNode": least} | ({} if most is None else {"maxInstancesPerNode": most})
    assert isinstance(parsed(settings), Desired)


def test_a_minimum_of_one_is_above_a_maximum_of_nought() -> None:
    assert isinstance(parsed({"minInstancesPerNode": 1, "maxInstancesPerNode": 0}), SpecInvalid)
    assert isinstance(parsed({"maxInstancesPerNode": 0}), Desired)


def test_a_sign_that_is_not_seen_is_named_as_the_problem() -> None:
    invalid = parsed(service={"name": "Ro\u200bads", "type": "MapServer"})
    assert invalid == SpecInvalid(("spec.service.name: holds a space or a sign that is not seen",))


SITE = {"url": "https://Gis.example.com:443/arcgis", "credentials": {"secretRef": {"name": "portal"}}}


def test_all_of_a_site_is_read() -> None:
    labels = {"matchLabels": {"team": "roads"}}
    whole = {
        "tls": {"caCertificateRef": {"kind": "Secret", "name": "ca", "key": "root.pem"}},
        "access": [
            {"namespaces": {"from": "All"}, "folders": ["/", "Transport"]},
            {"namespaces": {"from": "Selector", "selector": labels}},
        ],
        "limits": {"maxJobs": 2, "requestsPerSecond": 7},
        "suspend": True,
    }
    assert parse_site({"spec": {**SITE, **whole}}) == SiteWanted(
        url="https://gis.example.com/arcgis",
        secret="portal",
        ca=("Secret", "ca", "root.pem"),
        access=(AccessRule("All", {}, frozenset({"/", "transport"})), AccessRule("Selector", labels, None)),
        max_jobs=2,
        requests_per_second=7,
        suspend=True,
    )


def test_a_site_that_says_little_gets_the_defaults() -> None:
    url, rule = "https://gis.example.com/arcgis", AccessRule("Same", {}, None)
    assert parse_site({"spec": SITE}) == SiteWanted(url, "portal", None, (rule,), 4, 10)


PROBLEMS: dict[str, tuple[Any, str]] = {
    "a reason of ours": ({"properties": {"a": None}}, "spec.settings.properties.a: null has no meaning here: "
        "leave the line out, or write an empty text"),
    "two reasons": ({"type": "x", "id": "y"}, "spec.settings: type is the identity of the service: it is "
        "spec.service.type; id is given by the site and cannot be declared"),
    "two keys of the site": ({"properties": {"path": "x", "cacheDir": "y"}}, "spec.settings.properties: "
        "cacheDir, path: kept by the site and cannot be declared"),
    "a list": ({"properties": {"a": [1]}}, "spec.settings.properties.a: takes a single value: a text, a "
        "number, true or false"),
    "a long number": ({"properties": {"a": 2**53 + 1}}, "spec.settings.properties.a: this number loses "
        "digits on its way: put it in quotes"),
    "a deep nest": ({"jsonProperties": NEST}, "nested more than 32 deep: write it flatter"),
    "null inside": ({"jsonProperties": {"a": [None]}}, "spec.settings.jsonProperties.a: null has no meaning "
        "here: leave the line out, or write an empty text"),
    "an extension twice": ({"extensions": [{"typeName": "A"}, {"typeName": "A"}]},
        "spec.settings.extensions: the same typeName twice"),
    "a number too long in real JSON": ({"jsonProperties": {"a": [{"b": 2**60}]}},
        "spec.settings.jsonProperties.a: this number loses digits on its way: put it in quotes"),
    "a place in a list": ({"extensions": [{"typeName": "A", "x": 1}]}, "spec.settings.extensions[0].x: there "
        "is no such field: check its spelling with kubectl explain"),
    "min above max": ({"minInstancesPerNode": 3, "maxInstancesPerNode": 2}, "spec.settings: "
        "minInstancesPerNode must not be greater than maxInstancesPerNode"),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "text"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_problem_is_told_in_these_words(settings: Any, text: str) -> None:
    invalid = parsed(settings)
    assert isinstance(invalid, SpecInvalid)
    (problem,) = invalid.problems
    assert problem == text or problem.endswith(f": {text}")


def test_problems_are_ten_at_most_and_short() -> None:
    invalid = parsed({f"x{number}" * 120: 1 for number in range(12)})
    assert isinstance(invalid, SpecInvalid)
    assert [len(problem) for problem in invalid.problems] == [256] * 10
    assert parse_site({"spec": {**SITE, "url": "https://a.b:99999/arcgis"}}) == SpecInvalid(
        ("spec.url: the port must be between 1 and 65535",)
    )


NUMBERS = {
    2**53: True,
    -(2**53): True,
    2**53 + 1: False,
    0.5: True,
    1e16: False,
    float("inf"): False,
    float("nan"): False,
}


@pytest.mark.parametrize(("number", "taken"), NUMBERS.items(), ids=map(str, NUMBERS))
def test_a_number_is_taken_while_all_its_digits_are_kept(number: float, taken: bool) -> None:
    assert isinstance(parsed({"properties": {"a": number}}), Desired) is taken
    assert isinstance(parsed({"jsonProperties": {"a": number}}), Desired) is taken


def nest(depth: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return {"jsonProperties": value}


def nest_of_lists(depth: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return {"jsonProperties": {"a": value}}


@pytest.mark.parametrize("make", [nest, nest_of_lists])
def test_real_json_may_be_so_deep_and_no_deeper(make: Any) -> None:
    deepest = max(depth for depth in range(1, 60) if isinstance(parsed(make(depth)), Desired))
    assert deepest == {nest: 33, nest_of_lists: 32}[make]
