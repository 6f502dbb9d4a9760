"""What the site holds at the start: the services of ``seed.json`` and any number of generated ones.

FireWeatherWatch.MapServer is the service of the vendor's sample. Source: Job page; only its
``configuredState`` is STARTED here, so that an edit restarts it. Assumed: the values of all others.
"""

from __future__ import annotations

import copy
import functools
from importlib import resources
from typing import Any

from arcgis_simulator import jsontext
from arcgis_simulator.catalogue import Catalogue
from arcgis_simulator.documents import Document

GENERATED_FOLDER = "Generated"
IN_A_FOLDER = 1000


def plant(catalogue: Catalogue, *, generated: int = 0) -> None:
    """Fills an empty catalogue."""
    seed = _read()
    for folder in seed["folders"]:
        catalogue.add_folder(folder)
    for entry in seed["services"]:
        document = complete(catalogue, entry["document"])
        catalogue.add(document, entry.get("deployments"))
    for number in range(1, generated + 1):
        folder = GENERATED_FOLDER + (str((number - 1) // IN_A_FOLDER) if number > IN_A_FOLDER else "")
        named = {"serviceName": f"Layer{number:04}", "type": "MapServer", "folderName": folder}
        catalogue.add(complete(catalogue, named))


def complete(catalogue: Catalogue, given: Document) -> Document:
    """A whole document from a few properties. Raises ``ValueError`` without a name and a type."""
    if not given.get("serviceName") or not given.get("type"):
        raise ValueError("a service needs a 'serviceName' and a 'type'")
    seed = _read()
    kind = given["type"]
    document = copy.deepcopy({**seed["defaults"]["*"], **seed["defaults"].get(kind, {}), **given})
    document.setdefault("id", catalogue.ids.service())
    if kind == "MapServer":
        document["properties"] = {**document["properties"], "serviceId": document["id"]}
    return document


@functools.cache
def _read() -> dict[str, Any]:
    text = resources.files("arcgis_simulator").joinpath("seed.json").read_text("utf-8")
    seed: dict[str, Any] = jsontext.loads(text)
    return seed
