"""Specs as values. The table of good and bad samples is in tests/samples; here is what it cannot show."""

from typing import Any

import pytest

from arcgis_operator.core.model import Desired, Leaf, LeafKind, SiteRef, SpecInvalid
from arcgis_operator.core.service_spec import parse_service

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
