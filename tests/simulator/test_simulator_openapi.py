"""The OpenAPI document of the site: made from its tables, and nothing is left out or made up."""

import re
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from simulator_client import BASE, Client

from arcgis_simulator.api import table
from arcgis_simulator.api.addresses import UNKNOWN, resolve
from arcgis_simulator.openapi import FORM, document

DOCUMENT: Any = document("arcgis")
NAMES = {
    "folder": "Transport",
    "name": "FireWeatherWatch",
    "type": "MapServer",
    "job": "j0",
    "user": "siteadmin",
}
OPERATIONS = [
    (path, method, described)
    for path, methods in DOCUMENT["paths"].items()
    for method, described in methods.items()
]
LABELS = [f"{method} {path}" for path, method, _ in OPERATIONS]


def test_every_route_is_described_and_every_description_is_a_route() -> None:
    described = {(method.upper(), one["summary"]) for _, method, one in OPERATIONS}
    served = {
        (method, operation)
        for operation in {operation for _, operation in table.ROUTES}
        for method in ("GET", "POST")
        if table.handler_of(method, operation)
    }
    assert described == served


@pytest.mark.parametrize(("path", "method", "described"), OPERATIONS, ids=LABELS)
def test_a_described_path_leads_to_its_operation(path: str, method: str, described: Any) -> None:
    address = resolve(f"/arcgis{path.format(**NAMES)}", "arcgis")
    assert address.operation == described["summary"] != UNKNOWN


@pytest.mark.parametrize(("path", "method", "described"), OPERATIONS, ids=LABELS)
def test_every_operation_names_its_page_or_says_that_it_is_assumed(
    path: str, method: str, described: Any
) -> None:
    assert re.search(r"Source: \S+|Assumed: \S+|\(Assumed\)", described["description"])


@pytest.mark.parametrize(("path", "method", "described"), OPERATIONS, ids=LABELS)
async def test_the_form_of_a_page_has_the_described_fields(
    client: Client, path: str, method: str, described: Any
) -> None:
    if method == "get" and described["summary"] in table.OPERATIONS:
        page = await client.raw("GET", path.replace("{folder}/{name}", "{name}").format(**NAMES))
        shown = set(re.findall(r'<(?:input|select|textarea) name="(\w+)"', page.text)) - {"f"}
        body = DOCUMENT["paths"][path]["post"]["requestBody"]["content"][FORM]["schema"]
        assert shown == set(body["properties"]) - {"f", "token"}


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_a_schema_is_one(name: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(schema)


async def test_the_control_port_hands_it_out(control: Callable[..., Any]) -> None:
    served = await control("GET", "/openapi.json")
    assert served == DOCUMENT
    assert served["servers"] == [{"url": BASE.removeprefix("https://site.test")}]
