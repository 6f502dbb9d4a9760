"""Features of live documents and of what is declared in them."""

from __future__ import annotations

from random import Random

from pairs_scene import GIS, Declared, Script, feature, when


@feature("object too deep")
def too_deep(script: Script, draw: Random) -> None:
    script.do(when(script, draw, before=30), "deep", levels=1100)


@feature("object over a list", "json")
def object_over_list(script: Script, draw: Random) -> None:
    live = {
        "maxRecordCount": 1000,
        "layerOverrides": [{"id": 0, "maxRecordCount": 50}, {"id": 1, "maxRecordCount": 70}],
        "tracking": '{"on": false, "others": false}',
    }
    want = draw.choice(({"layerOverrides": {"maxRecordCount": 5}}, {"tracking": {"on": True}}))
    _parcels(script, live, want)


@feature("nested secrets", "json")
def nested_secrets(script: Script, draw: Random) -> None:
    """The live document holds them where something is declared, a job's result and an error too."""
    secret = f"live-{draw.getrandbits(64):016x}-document"
    script.ways["canaries"] = {"of the live document": secret}
    live = draw.choice(
        (
            {"stores": [{"name": "db", "password": secret}], "cache": {"size": 1}},
            {"stores": [], "credentials": {"key": secret}},
            {"stores": [{"deep": {"token": secret}}], "cache": {}},
        )
    )
    _parcels(script, live, {"stores": [{"name": "new"}], "credentials": {"key": "none"}})


@feature("guarded keys", "json")
def guarded_keys(script: Script, draw: Random) -> None:
    """What belongs to the server, in another container or in other letters."""
    live = {"adminServiceInfo": {"name": "Parcels", "database": {"datasource": {"name": "/ours"}}}}
    want = {"adminServiceInfo": {"database": {"datasource": {"name": "/somebody-elses"}}}}
    extra = draw.choice(
        (
            {"jsonProperties": want},
            {"properties": {"FilePath": "/z"}},
            {"frameworkProperties": {"filePath": "/x", "outputDir": "/y"}},
        )
    )
    _parcels(script, live, {}, extra)


def _parcels(script: Script, live: object, want: object, extra: dict[str, object] | None = None) -> None:
    script.services.append(
        {
            "serviceName": "Parcels",
            "type": "FeatureServer",
            "provider": "SDS",
            "folderName": "Transport",
            "description": "x",
            "jsonProperties": live,
            "frameworkProperties": {"filePath": "/ours"},
            "properties": {"filePath": "/ours", "outputDir": "/ours"},
        }
    )
    settings = extra or {"jsonProperties": want}
    script.resources.append(
        Declared("parcels", GIS, "prod", "Transport/Parcels.FeatureServer", settings=settings, at=3.0)
    )
    script.ways["guarded"] = True


@feature("guarded folder", "fold")
def guarded_folder(script: Script, draw: Random) -> None:
    """A site that finds names as Java or Unicode would, and a folder in letters that look like another's."""
    script.ways["fold"], folder = draw.choice((("java", "Utılıtıes"), ("nfkc", "Ｕtilities")))
    script.resources.append(Declared("sly", GIS, "prod", f"{folder}/PrintingTools.GPServer", at=4.0))
