"""The shape of the hand-written catalogue: what somebody who means harm writes, and what must come of it.

`REFUSED`: the API server says no, and so does the operator's own reading of an older object. `CARRIED`: it is
legal and goes live by one edit at one address. Any other outcome is the reason that is shown on a resource
which the API server takes: then nothing is sent for it. The entries are in `malicious_*.py`, by class.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any
REFUSED, CARRIED, INVALID = "refused", "carried", "SpecInvalid"
SERVICE, SITE = "ArcGISService", "ArcGISSite"
ROADS: Json = {"name": "Roads", "type": "MapServer"}


@dataclass(frozen=True)
class Malice:
    """One entry: `spec` is written as it is; `trap` in its texts stands for the port of a listener."""

    what: str
    kind: str
    spec: Json
    outcome: str = REFUSED
    says: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def service(what: str, outcome: str = REFUSED, says: str = "", **spec: Json) -> Malice:
    """An ArcGISService of the site `prod`, with a description to be set."""
    whole = {"siteRef": {"name": "prod"}, "service": ROADS, "settings": {"description": "carried"}}
    return Malice(what, SERVICE, {**whole, **spec}, outcome, says)


def named(
    what: str, name: Json, folder: Json = None, outcome: str = REFUSED, kind: Json = "MapServer"
) -> Malice:
    """An ArcGISService that names its service like this."""
    where = {} if folder is None else {"folder": folder}
    return service(what, outcome, service={**where, "name": name, "type": kind})


def site(what: str, outcome: str = REFUSED, says: str = "", **spec: Json) -> Malice:
    """An ArcGISSite at an address that is never reached."""
    whole = {"url": "https://gis.invalid/arcgis", "credentials": {"secretRef": {"name": "prod-admin"}}}
    return Malice(what, SITE, {**whole, **spec}, outcome, says)


def filled(value: Json, **ports: int) -> Json:
    """The value with the ports of those who listen: `{trap}`, `{apiserver}`, `{control}`."""
    text = json.dumps(value)
    for name, port in ports.items():
        text = text.replace(f"{{{name}}}", str(port))
    return json.loads(text)
