"""Thousands of specs that nobody should write: a valid one, changed at each place the CRD knows.

Values come from the schema (bounds, lengths, patterns, enums) and from one list of values that hurt parsers.
The same seed gives the same specs.
"""

import copy
import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Json = Any
Place = tuple[str | int, ...]
CRD = Path(__file__).resolve().parents[2] / "crds" / "arcgisservices.yaml"
SEED = 20261124
PAIRS = 250

VALID: Json = {
    "siteRef": {"name": "prod", "namespace": "gis"},
    "service": {"folder": "Transport", "name": "Roads", "type": "MapServer"},
    "suspend": True,
    "deletionPolicy": "Orphan",
    "settings": {
        "description": "Roads",
        "capabilities": ["Map", "Query"],
        "minInstancesPerNode": 1,
        "maxInstancesPerNode": 4,
        "instancesPerContainer": 1,
        "maxWaitTime": 60,
        "maxStartupTime": 300,
        "maxIdleTime": 1800,
        "maxUsageTime": 600,
        "recycleInterval": 24,
        "recycleStartTime": "02:30",
        "keepAliveInterval": -1,
        "loadBalancing": "ROUND_ROBIN",
        "isolationLevel": "HIGH",
        "maxUploadFileSize": 0,
        "allowedUploadFileTypes": ["zip", "csv"],
        "properties": {"maxRecordCount": 2000, "minScale": 295828763.7957775, "antialiasingMode": "Fast"},
        "frameworkProperties": {"interceptorOrderList": ""},
        "jsonProperties": {"maxRecordCount": 2000, "editorTrackingInfo": {"enableEditorTracking": False}},
        "extensions": [
            {
                "typeName": "WMSServer",
                "enabled": True,
                "capabilities": ["GetMap"],
                "maxUploadFileSize": 0,
                "allowedUploadFileTypes": ["zip"],
                "properties": {"title": "Roads WMS"},
            },
            {"typeName": "KmlServer", "enabled": False},
        ],
    },
}


def _deep(levels: int) -> Json:
    value: Json = 1
    for _ in range(levels):
        value = {"a": value}
    return value


HURTING: tuple[Json, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    2**31,
    2**53 + 1,
    -(2**63),
    2**63,
    10**30,
    1e300,
    5e-324,
    "",
    " ",
    "true",
    "../..",
    "a\nb",
    "\u202eb",
    "a\x1b[31m",
    "\u0000",
    "x" * 70_000,
    [],
    {},
    [None],
    [["a"]],
    {"a": None},
    {"": ""},
    {"a.b[c]": {"d": [1, {"e": None}]}},
    ["a", "a"],
    ["a,b"],
    _deep(31),
    _deep(34),
    _deep(90),
    {f"k{number}": number for number in range(257)},
)
UNKNOWN = ("Settings", "__proto__", "$(x)", "\u200bname", "x" * 300)


@dataclass(frozen=True)
class BadSpec:
    """`what` was changed, and the text of the spec (not always a JSON that Python can write)."""

    what: str
    text: str


def bad_specs() -> list[BadSpec]:
    """All of them, without doubles, in a fixed order."""
    schema = _schema()
    single = list(_at_places(VALID, schema))
    found = [
        BadSpec(f"{_told(place)} = {_cut(value)}", json.dumps(_put(place, value))) for place, value in single
    ]
    found += [
        BadSpec(f"without {_told(place)}", json.dumps(_without(place))) for place in _places(VALID) if place
    ]
    found += _double_keys() + _pairs(single)
    return list({spec.text: spec for spec in found}.values())


def _schema() -> Json:
    crd = yaml.safe_load(CRD.read_text())
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]


def _at_places(value: Json, schema: Json) -> Iterator[tuple[Place, Json]]:
    for place in _places(value):
        at = _schema_at(schema, place)
        for other in (*HURTING, *_bounds(at)):
            yield place, other
        if isinstance(_get(value, place), dict):
            for key, other in itertools.product((*UNKNOWN, *at.get("properties", {})), ("x", None)):
                if key not in _get(value, place):
                    yield (*place, key), other


def _bounds(schema: Json) -> Iterator[Json]:
    """One beyond and exactly on each bound that the schema names."""
    for name, step in (("minimum", -1), ("maximum", 1)):
        if name in schema:
            yield from (schema[name], schema[name] + step, float(schema[name]), str(schema[name]))
    if "maxLength" in schema:
        yield from ("a" * schema["maxLength"], "a" * (schema["maxLength"] + 1), "é" * schema["maxLength"])
    if "maxItems" in schema:
        yield from ([f"A{i}" for i in range(schema["maxItems"] + more)] for more in (0, 1))
    if "maxProperties" in schema:
        yield from ({f"A{i}": i for i in range(schema["maxProperties"] + more)} for more in (0, 1))
    if "enum" in schema:
        yield from (*schema["enum"], schema["enum"][0].lower(), schema["enum"][0] + " ")
    if schema.get("type") == "string":
        yield from ("a/b", "a.b", "A-", "-a", "é", "A\u0301", "a\r\nX: y", "%2e%2e", "24:00", "2:30", "９:00")


def _double_keys() -> list[BadSpec]:
    """The same key twice, in the text: parsers disagree on which one holds."""
    text = json.dumps(VALID)
    found = []
    for place in _places(VALID):
        if place and isinstance(place[-1], str):
            was = f"{json.dumps(place[-1])}: "
            again = f'{was}"other", {was}'
            found.append(BadSpec(f"{_told(place)} twice", text.replace(was, again, 1)))
    return found


def _pairs(single: list[tuple[Place, Json]]) -> list[BadSpec]:
    choose = random.Random(SEED)
    small = [change for change in single if len(json.dumps(change[1])) < 5000]
    found = []
    for _ in range(PAIRS):
        (one, first), (two, second) = choose.sample(small, 2)
        spec = _put(one, first)
        try:
            _set(spec, two, second)
        except (KeyError, IndexError, TypeError):
            continue  # the first change took the place of the second away
        found.append(
            BadSpec(f"{_told(one)} = {_cut(first)}, {_told(two)} = {_cut(second)}", json.dumps(spec))
        )
    return found


def _places(value: Json, at: Place = ()) -> Iterator[Place]:
    yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inside:
        yield from _places(item, (*at, step))


def _schema_at(schema: Json, place: Place) -> Json:
    for step in place:
        schema = (
            schema.get("items", {}) if isinstance(step, int) else schema.get("properties", {}).get(step, {})
        )
    return schema


def _get(value: Json, place: Place) -> Json:
    for step in place:
        value = value[step]
    return value


def _put(place: Place, value: Json) -> Json:
    if not place:
        return copy.deepcopy(value)
    spec = copy.deepcopy(VALID)
    _set(spec, place, value)
    return spec


def _set(spec: Json, place: Place, value: Json) -> None:
    _get(spec, place[:-1])[place[-1]] = copy.deepcopy(value)


def _without(place: Place) -> Json:
    spec = copy.deepcopy(VALID)
    del _get(spec, place[:-1])[place[-1]]
    return spec


def _told(place: Place) -> str:
    return ".".join(["spec", *map(str, place)])[:120]


def _cut(value: Json) -> str:
    return json.dumps(value)[:60]
