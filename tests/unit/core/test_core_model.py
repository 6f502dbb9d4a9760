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
    "objects and lists where the site has them": (
        {"properties": {"a": {"b": "x", "c": {}}, "d": [1, 1e-9]}},
        [
            Leaf(("properties", "a", "b"), K.JSON, "x"),
            Leaf(("properties", "a", "c"), K.JSON_OBJECT, {}),
            Leaf(("properties", "d"), K.JSON, [1, 1e-9]),
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
    "the state": ({"configuredState": "STOPPED"}, "set spec.configuredState"),
    "the site's own id": ({"id": "s1"}, "assigned by the site"),
    "a path of the site": ({"properties": {"cacheDir": "/x"}}, "cacheDir: managed by the site"),
    "a null": ({"properties": {"a": None}}, "leave the line out"),
    "a null in real JSON": ({"jsonProperties": {"a": [{"b": None}]}}, "leave the line out"),
    "a site path in other letters": ({"frameworkProperties": {"File_Path": "/x"}}, "File_Path: managed"),
    "a path of the site deep inside": ({"jsonProperties": {"a": [{"jobsDirectory": "/x"}]}}, "jobsDirectory"),
    "a data source": ({"jsonProperties": {"adminServiceInfo": {"status": "x"}}}, "adminServiceInfo: managed"),
    "a framework setting among the properties": (
        {"properties": {"maxInstancesPerNode": 4}},
        "maxInstancesPerNode is a setting of its own: write it directly below settings",
    ),
    "a null that was meant to clear": ({"description": None}, "description: null is not allowed here"),
    "more values than any document holds": ({"properties": {"a": list(range(4097))}}, "at most 4096"),
    "a key in two spellings": (
        {"jsonProperties": {"a": [{"maxRecordCount": 1, "maxrecordcount": 2}]}},
        "maxRecordCount and maxrecordcount are two spellings of one key",
    ),
    "an extension twice in other letters": (
        {"extensions": [{"typeName": "KmlServer"}, {"typeName": "KMLServer"}]},
        "same typeName twice",
    ),
    "a number too long for its digits": ({"properties": {"a": 12345678901234567890}}, "put it in quotes"),
    "a number with an exponent": ({"properties": {"a": 1e24}}, "put it in quotes"),
    "a number too long inside real JSON": ({"jsonProperties": {"a": [2**53 + 1]}}, "on the site itself"),
    "no number inside real JSON": ({"jsonProperties": {"a": float("nan")}}, "on the site itself"),
    "a text that is too long": ({"description": "x" * 5000}, "must have at most 4096 characters"),
    "too much": ({"recycleInterval": 9000}, "spec.settings.recycleInterval: must be 8760 or less"),
    "another word": ({"isolationLevel": "MIDDLE"}, "must be one of 'HIGH' or 'LOW'"),
    "another form": ({"recycleStartTime": "1:00"}, "has a form that is not allowed here: see"),
    "an extension twice": ({"extensions": [{"typeName": "A"}, {"typeName": "A"}]}, "same typeName twice"),
    "a name that is not a field": ({"maxWaitTme": 60}, "check its spelling"),
    "an extension without a name": ({"extensions": [{"enabled": True}]}, "is required"),
    "min above max": ({"minInstancesPerNode": 3, "maxInstancesPerNode": 2}, "must not be greater"),
    "JSON deeper than anybody needs": ({"jsonProperties": NEST}, "flatten it"),
    "a text for a number": ({"maxWaitTime": "60"}, "must be a whole number, without quotes"),
    "a number for a flag": ({"extensions": [{"typeName": "A", "enabled": 1}]}, "must be true or false"),
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


NAMES = {
    "Utılıtıes": "may be read as Utilities: write exactly that",
    "Ｕtilities": "may be read as Utilities: write exactly that",
    "HOSTED": "",
    "Sy\u034fstem": "an invisible character",
    "Sys\ufe0ftem": "an invisible character",
    "Ro\u2800ads": "an invisible character",
    "．．": "use the plain one",
    "Roads／Utilities": "use the plain one",
    "Straßen": "",
}


@pytest.mark.parametrize(("folder", "problem"), NAMES.items(), ids=ascii)
def test_a_folder_is_written_as_it_is_read(folder: str, problem: str) -> None:
    """In the reference of a service, and in the rules of a site."""
    service = parsed(service={"folder": folder, "name": "Roads", "type": "MapServer"})
    rules = parse_site({"spec": {**SITE, "access": [{"namespaces": {"from": "All"}, "folders": [folder]}]}})
    for found in (service,) if "plain one" in problem else (service, rules):
        assert problem in (found.problems[0] if isinstance(found, SpecInvalid) else "")
        assert isinstance(found, SpecInvalid) is bool(problem)


WIDENING: dict[str, tuple[Any, str]] = {
    "a label that is null": ({"selector": {"matchLabels": {"team": None}}}, "team: the label is null"),
    "a label that is null beside another": (
        {"selector": {"matchLabels": {"env": "prod", "team": None}}},
        "team: the label is null",
    ),
    "no label": ({"selector": {"matchLabels": {}}}, "the selector is empty"),
    "labels that are null": ({"selector": {"matchLabels": None}}, "matchLabels: null"),
    "requirements that are null": (
        {"selector": {"matchLabels": {"a": "b"}, "matchExpressions": None}},
        "matchExpressions: null",
    ),
    "no requirement": ({"selector": {"matchExpressions": []}}, "the selector is empty"),
    "a misspelt field": ({"selector": {"matchlabels": {"team": "a"}}}, "there is no such field"),
    "nothing": ({"selector": {}}, "the selector is empty"),
    "a selector that is null": ({"selector": None}, "selector: null"),
}


@pytest.mark.parametrize(("namespaces", "problem"), WIDENING.values(), ids=WIDENING)
def test_what_is_empty_never_widens_who_may_use_a_site(namespaces: Any, problem: str) -> None:
    found = parse_site({"spec": {**SITE, "access": [{"namespaces": {"from": "Selector", **namespaces}}]}})
    assert isinstance(found, SpecInvalid)
    assert problem in found.problems[0]


def test_folders_that_are_null_are_not_all_folders() -> None:
    found = parse_site({"spec": {**SITE, "access": [{"namespaces": {"from": "All"}, "folders": None}]}})
    assert isinstance(found, SpecInvalid)
    assert "folders: null" in found.problems[0]


def test_a_folder_that_is_null_is_not_the_root_folder() -> None:
    found = parsed(service={"folder": None, "name": "Roads", "type": "MapServer"})
    assert isinstance(found, SpecInvalid)


def test_a_sign_that_is_not_seen_is_named_as_the_problem() -> None:
    invalid = parsed(service={"name": "Ro\u200bads", "type": "MapServer"})
    assert invalid == SpecInvalid(("spec.service.name: contains a space or an invisible character",))


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


PROXIES = {
    "http://proxy.example.com:3128": ("proxy.example.com", 3128),
    "http://10.0.0.1:8080": ("10.0.0.1", 8080),
    "https://proxy.example.com:3128": None,
    "http://proxy.example.com": None,
    "http://user:word@proxy:3128": None,
    "http://proxy:3128/path": None,
}


@pytest.mark.parametrize("url", PROXIES)
def test_a_proxy_is_a_host_and_a_port_and_nothing_more(url: str) -> None:
    found = parse_site({"spec": {**SITE, "proxy": {"url": url}}})
    if PROXIES[url]:
        assert isinstance(found, SiteWanted)
        assert found.proxy == PROXIES[url]
    else:
        assert isinstance(found, SpecInvalid)
        assert "spec.proxy.url" in found.problems[0]


def test_a_site_that_says_little_gets_the_defaults() -> None:
    url, rule = "https://gis.example.com/arcgis", AccessRule("Same", {}, None)
    assert parse_site({"spec": SITE}) == SiteWanted(url, "portal", None, (rule,), 4, 10)


PROBLEMS: dict[str, tuple[Any, str]] = {
    "a reason of ours": ({"properties": {"a": None}}, "spec.settings.properties.a: null is not allowed here: "
        "leave the line out, or write an empty text"),
    "two reasons": ({"type": "x", "id": "y"}, "spec.settings: type identifies the service: see "
        "spec.service.type; id is assigned by the site and cannot be declared"),
    "two keys of the site": ({"properties": {"path": "x", "cacheDir": "y"}}, "spec.settings.properties: "
        "cacheDir, path: managed by the site and cannot be declared"),
    "a long number": ({"properties": {"a": 2**53 + 1}}, "spec.settings.properties.a: this number would "
        "lose digits: put it in quotes"),
    "a deep nest": ({"jsonProperties": NEST}, "nested more than 32 levels deep: flatten it"),
    "null inside": ({"jsonProperties": {"a": [None]}}, "spec.settings.jsonProperties.a: null is not allowed "
        "here: leave the line out, or write an empty text"),
    "an extension twice": ({"extensions": [{"typeName": "A"}, {"typeName": "A"}]},
        "spec.settings.extensions: the same typeName twice"),
    "a number too long in real JSON": ({"jsonProperties": {"a": [{"b": 2**60}]}},
        "spec.settings.jsonProperties.a: this number has more digits than can be kept: "
        "set it on the site itself"),
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


def test_each_problem_of_a_spec_is_a_sentence() -> None:
    invalid = SpecInvalid(("spec.url: give https", "spec.limits.maxJobs: 0 is too small.", "What?"))
    assert invalid.text == "spec.url: give https. spec.limits.maxJobs: 0 is too small. What?"
