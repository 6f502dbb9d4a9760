"""Documents as people have them, with the spec of somebody who meets them, and the right outcome.

Each was once wrong, or is of the kind of one that was.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Json = Any


@dataclass(frozen=True)
class FieldCase:
    """`reason` and `words` of Ready, how many edits, and what the service holds at the end.

    `holds` are keys of the document that must be so; the rest must be as it was.
    """

    document: Json
    settings: Json
    reason: str
    words: tuple[str, ...] = ()
    edits: int = 0
    holds: Json = field(default_factory=dict)
    switches: Json = field(default_factory=dict)
    folder: str = ""
    access: Json = None


KML = {"typeName": "KmlServer", "enabled": "true", "capabilities": "SingleImage", "properties": {}}
KML_OFF = {**KML, "enabled": "false"}
ROADS = {
    "serviceName": "Roads",
    "type": "MapServer",
    "description": "Roads",
    "capabilities": "Map,Query",
    "minInstancesPerNode": 1,
    "maxInstancesPerNode": 2,
    "recycleStartTime": "00:00",
    "properties": {"maxRecordCount": "1000", "maxScale": "4513.9887049999998"},
    "extensions": [KML],
}
PARCELS = {
    "serviceName": "Parcels",
    "type": "FeatureServer",
    "folderName": "Hosted",
    "provider": "SDS",
    "description": "Parcels",
    "properties": {},
    "jsonProperties": {"maxRecordCount": 2000, "capabilities": "Query"},
    "extensions": [],
}
STATIONS = {
    "serviceName": "Stations",
    "type": "FeatureServer",
    "provider": "CUSTOMDATA",
    "description": "",
    "properties": {"disableCaching": "true"},
    "jsonProperties": {"scale": Decimal("1.0E10"), "tail": Decimal("4513.9887049999998")},
    "frameworkProperties": [],
    "extensions": [],
}
TRUSTED = {"Buildings": "Description,Name"}
EDITING = {"typeName": "FeatureServer", "enabled": "true", "properties": {"xssTrustedFields": TRUSTED}}
BOTH = [{"namespaces": {"from": "Same"}}, {"namespaces": {"from": "Same"}, "folders": ["Hosted"]}]


def extension(name: str, **declared: Json) -> Json:
    """The settings that declare one extension."""
    return {"extensions": [{"typeName": name, **declared}]}


CASES: dict[str, FieldCase] = {
    "an object that is declared as its text is live": FieldCase(
        {**ROADS, "extensions": [EDITING]},
        extension("FeatureServer", properties={"xssTrustedFields": '{"Buildings": "Description,Name"}'}),
        "Converged",
    ),
    "a text never takes the place of an object": FieldCase(
        {**ROADS, "extensions": [EDITING]},
        extension("FeatureServer", properties={"xssTrustedFields": "Buildings"}),
        "ShapeMismatch",
        ("xssTrustedFields is an object on the site", "Declare an object"),
    ),
    "an object is declared where the site has one, and merged by key": FieldCase(
        {**ROADS, "extensions": [EDITING]},
        extension("FeatureServer", properties={"xssTrustedFields": {"Roads": "Name"}}),
        "Converged",
        edits=1,
        holds={"extensions": [{**EDITING, "properties": {"xssTrustedFields": {**TRUSTED, "Roads": "Name"}}}]},
    ),
    "a setting of its own stands below properties": FieldCase(
        ROADS,
        {"properties": {"maxInstancesPerNode": 4, "recycleStartTime": "03:00"}},
        "SpecInvalid",
        ("maxInstancesPerNode is a setting of its own: write it directly below settings",),
    ),
    "an extension in other letters is switched off": FieldCase(
        ROADS,
        extension("KMLServer", enabled=False),
        "Converged",
        edits=1,
        holds={"extensions": [KML_OFF]},
    ),
    "an extension that is there twice is not said to be off": FieldCase(
        {**ROADS, "extensions": [KML, KML]},
        extension("KmlServer", enabled=False),
        "ShapeMismatch",
        ("has the extension KmlServer more than once",),
    ),
    "an extension in two spellings, as one edit too many may have left it": FieldCase(
        {**ROADS, "extensions": [KML, {"typeName": "KMLServer", "enabled": "false"}]},
        extension("KMLServer", enabled=False),
        "ShapeMismatch",
        ("(KmlServer, KMLServer)",),
    ),
    "what is there twice and not declared is carried through": FieldCase(
        {**ROADS, "extensions": [KML, KML, {"enabled": "true"}, 5]},
        {"description": "new"},
        "Converged",
        edits=1,
        holds={"description": "new"},
    ),
    "a key in other letters": FieldCase(
        ROADS,
        {"properties": {"maxrecordcount": 5}},
        "SpecInvalid",
        ("it has settings.properties.maxRecordCount. Use that spelling",),
    ),
    "a key with a typing error is told beside the others": FieldCase(
        ROADS,
        {"properties": {"maxRecordCuont": 5, "maxRecordCount": 7}},
        "Converged",
        (
            "1 of 2 declared settings did not exist on this service before",
            "settings.properties.maxRecordCuont",
        ),
        edits=1,
        holds={"properties": {**ROADS["properties"], "maxRecordCount": "7", "maxRecordCuont": "5"}},
    ),
    "a key that this type keeps in another place": FieldCase(
        PARCELS,
        {"properties": {"maxRecordCount": 5000}},
        "SpecInvalid",
        ("keeps maxRecordCount in settings.jsonProperties",),
        folder="Hosted",
        access=BOTH,
    ),
    "capabilities of a feature service in another order": FieldCase(
        {**PARCELS, "jsonProperties": {"capabilities": "Query,Create"}},
        {"jsonProperties": {"capabilities": "Create,Query"}},
        "Converged",
        folder="Hosted",
        access=BOTH,
    ),
    "an extension that the service does not offer is off": FieldCase(
        ROADS, extension("WFSServer", enabled=False), "Converged", switches={"new_extensions": "dropped"}
    ),
    "the double that the API server makes of the site's digits": FieldCase(
        ROADS, {"properties": {"maxScale": 4513.988705}}, "Converged", switches={"doubles": "kept"}
    ),
    "an empty list where an object belongs, and odd digits": FieldCase(
        STATIONS,
        {"description": "Stations of the river authority"},
        "Converged",
        edits=1,
        holds={"description": "Stations of the river authority"},
    ),
    "an extension named by its author": FieldCase(
        {**ROADS, "extensions": [{"typeName": "SOI_1.a-b", "enabled": "TRUE"}]},
        extension("SOI_1.a-b", enabled=False),
        "Converged",
        edits=1,
        holds={"extensions": [{"typeName": "SOI_1.a-b", "enabled": "false"}]},
    ),
    "a folder that has to be named": FieldCase(
        PARCELS,
        {"jsonProperties": {"maxRecordCount": 5000}},
        "SiteNotAllowed",
        ("Hosted must be named", "folders: [Hosted]"),
        folder="Hosted",
    ),
    "a setting that waits for a restart before 12.0": FieldCase(
        ROADS,
        {"recycleStartTime": "03:00"},
        "Converged",
        ("Live after the next restart of the service: settings.recycleStartTime", "11.5"),
        edits=1,
        holds={"recycleStartTime": "03:00"},
        switches={"version": "11.5"},
    ),
    "no capabilities are the word null": FieldCase(
        {**ROADS, "capabilities": "null"}, {"capabilities": []}, "Converged"
    ),
    "a line end at the end of a text": FieldCase(ROADS, {"description": "Roads\n"}, "Converged"),
    "a site that keeps line ends in its own way": FieldCase(
        ROADS,
        {"description": "a\nb\n"},
        "Converged",
        edits=1,
        holds={"description": "a\r\nb\r\n"},
        switches={"texts": "crlf"},
    ),
    "a site that composes accents": FieldCase(
        ROADS,
        {"description": "cafe\u0301"},
        "Converged",
        edits=1,
        holds={"description": "caf\u00e9"},
        switches={"texts": "nfc"},
    ),
}
