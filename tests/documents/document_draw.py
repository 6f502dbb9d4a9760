"""Service documents as people have them, specs for them, and what is done to them: drawn by a number.

Documents are JSON texts, so that digits, signs and order are what a site could have written.
"""

import json
import random
from dataclasses import dataclass
from typing import Any

Json = Any
NUMBERS = (
    *("0", "-0", "-0.0", "1", "1000", "2.0", "1.0E10", "1.0E-5", "1e-9", "4513.9887049999998", "0.10"),
    *("295828763.7957775", "9007199254740993", "12345678901234567890", "1.7976931348623157E308"),
)
TEXTS = (
    *("", "null", "true", "FALSE", "1000", " 1000 ", "4513.9887049999998", "1.0E10", "1.10", "Fast", "道路"),
    *("Straße é", "Straße e\u0301", "two\nlines\n", "two\r\nlines", "a\u200bb", "a  b", "{...}", "[]", "{}"),
    *('{"a":[1,"x"]}', '"', "\\", "\U0001f600", "MIME+URL", "esriMeters"),
)
ODD_TEXTS = ('"\\ud83d"', '"\\u0000"', '"\\/"', '"\\ud83d\\ude00"')
KEYS = (
    *(
        "maxRecordCount",
        "maxrecordcount",
        "minScale",
        "maxScale",
        "capabilities",
        "schemaLockingEnabled",
        "é",
    ),
    *("dateFieldsTimezoneID", "antialiasingMode", "xssTrustedFields", "layerOverrides", "editorTrackingInfo"),
    *(
        "a.b",
        "a b",
        "allowGeometryUpdates",
        "xyTolerance",
        "description",
        "layers",
        "e\u0301",
        "é",
        "units",
        "",
    ),
)
KEPT = ("filePath", "outputDir", "adminServiceInfo", "virtualOutputDir", "serviceId", "outputStore")
NAMES = (
    *("WMSServer", "KmlServer", "KMLServer", "FeatureServer", "NAServer", "SOI_1", "com.example.Soi-2"),
    *("wfsserver", "WFSServer"),
)
WORDS = ("Map", "Query", "Data", "Create", "Sync", "Edit_1", "Uploads")
CONTAINERS = ("properties", "frameworkProperties", "jsonProperties")


@dataclass(frozen=True)
class Drawn:
    """One case: the document as text, the settings of a spec, and what a colleague makes of the document."""

    text: str
    settings: dict[str, Json]
    habit: str
    foreign: str


def draw(seed: int) -> Drawn:
    """The case of a number, always the same one."""
    dice = random.Random(seed)
    text, settings, habit = _document(dice), _settings(dice), dice.choice(HABITS)
    return Drawn(text, settings, habit, _json({dice.choice(KEYS): _value(dice, 1) for _ in range(2)}))


HABITS = ("keeps", "to strings", "doubles", "nulls as text", "capitals", "line ends", "decomposes")
"""What a site may do to the values that it is given."""


class _Raw(str):
    """A piece of JSON text that is written as it is."""


def _json(value: Json) -> str:
    if isinstance(value, _Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _scalar(dice: random.Random) -> Json:
    return dice.choice(
        (_Raw(dice.choice(NUMBERS)), dice.choice(TEXTS), True, False, None, dice.choice(TEXTS))
    )


def _value(dice: random.Random, depth: int) -> Json:
    roll = dice.random()
    if depth and roll < 0.12:
        return {dice.choice(KEYS): _value(dice, depth - 1) for _ in range(dice.randrange(4))}
    if depth and roll < 0.22:
        return [_value(dice, depth - 1) for _ in range(dice.randrange(3))]
    return _scalar(dice)


def _object(dice: random.Random, keys: tuple[str, ...] = (*KEYS, *KEPT)) -> Json:
    odd = dice.random()
    if odd < 0.12:
        return dice.choice(([], "", None, "null", [1], "text", _Raw("7")))
    return {dice.choice(keys): _value(dice, 2) for _ in range(dice.randrange(8))}


def _extension(dice: random.Random) -> Json:
    if dice.random() < 0.06:
        return dice.choice((5, None, {"enabled": "true"}, {"typeName": 7}, "text"))
    entry: dict[str, Json] = {"typeName": dice.choice(NAMES)}
    if dice.random() < 0.9:
        entry["enabled"] = dice.choice(("true", "false", "TRUE", True, False, None))
    entry["capabilities"] = dice.choice(("Query,Map", "", "null", None, ["Map"], "Map, Query "))
    entry["maxUploadFileSize"] = dice.choice((0, "0", _Raw("1.0E3"), None))
    if dice.random() < 0.8:
        entry["properties"] = _object(dice)
    return entry


def _extensions(dice: random.Random) -> list[Json]:
    """Now and then one of them twice."""
    entries = [_extension(dice) for _ in range(dice.randrange(4))]
    return [*entries, entries[0]] if entries and dice.random() < 0.1 else entries


def _document(dice: random.Random) -> str:
    document: dict[str, Json] = {
        "serviceName": "Roads",
        "type": dice.choice(("MapServer", "FeatureServer", "SceneServer")),
        "folderName": "",
        "provider": dice.choice(("ArcObjects11", "DMaps", "SDS", "CUSTOMDATA")),
        "description": dice.choice((*TEXTS, None)),
        "capabilities": dice.choice(("Map,Query", "Query", "", "null", None)),
        "maxWaitTime": dice.choice((60, "60", _Raw("60.0"), None)),
        "recycleStartTime": "00:00",
        "datasets": _value(dice, 3),
    }
    for name in CONTAINERS:
        if dice.random() < 0.8:
            document[name] = _object(dice)
    if dice.random() < 0.9:
        odd = dice.random() < 0.05
        document["extensions"] = dice.choice((None, "", {}, "text")) if odd else _extensions(dice)
    names = list(document)
    dice.shuffle(names)
    return _json({name: document[name] for name in names})


def _declared(dice: random.Random, depth: int) -> Json:
    roll = dice.random()
    if depth and roll < 0.12:
        return {dice.choice(KEYS): _declared(dice, depth - 1) for _ in range(dice.randrange(3))}
    if depth and roll < 0.2:
        return [_declared(dice, depth - 1) for _ in range(dice.randrange(3))]
    numbers = (0, 1, 1000, 2000, 4513.988705, 0.1, 1e10, 295828763.7957775)
    return dice.choice((dice.choice(TEXTS), dice.choice(TEXTS), dice.choice(numbers), True, False))


def _open(dice: random.Random) -> dict[str, Json]:
    return {dice.choice(KEYS): _declared(dice, 2) for _ in range(dice.randrange(4))}


def _words(dice: random.Random) -> list[str]:
    return dice.sample(WORDS, dice.randrange(4))


def _settings(dice: random.Random) -> dict[str, Json]:
    settings: dict[str, Json] = {name: _open(dice) for name in CONTAINERS if dice.random() < 0.6}
    if dice.random() < 0.4:
        settings["description"] = dice.choice(TEXTS)
    if dice.random() < 0.4:
        settings["capabilities"] = _words(dice)
    if dice.random() < 0.3:
        settings["maxWaitTime"] = dice.choice((60, 90))
    if dice.random() < 0.6:
        names = {name.casefold(): name for name in dice.sample(NAMES, dice.randrange(3))}
        settings["extensions"] = [_declared_extension(dice, name) for name in names.values()]
    return settings


def _declared_extension(dice: random.Random, name: str) -> dict[str, Json]:
    entry: dict[str, Json] = {"typeName": name}
    if dice.random() < 0.7:
        entry["enabled"] = dice.random() < 0.5
    if dice.random() < 0.3:
        entry["capabilities"] = _words(dice)
    if dice.random() < 0.3:
        entry["maxUploadFileSize"] = dice.choice((0, 1000))
    if dice.random() < 0.4:
        entry["properties"] = _open(dice)
    return entry
