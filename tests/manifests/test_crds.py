"""What the API server takes and what it refuses, with which words: the tables of tests/samples."""

import json
from typing import Any

import httpx
import pytest
import yaml
from arcgis_kinds import API, SAMPLES, Document, apply, create, document, table

from arcgis_devcluster import Cluster


def rows(name: str) -> Any:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row["name"]) for row in table(name)])


def check(row: Document, create_answer: httpx.Response, apply_answer: httpx.Response) -> None:
    create_message = row["message"] if row["admission"] == "refused" else None
    answered(create_answer, create_message)
    answered(apply_answer, row.get("apply_message", create_message))


def answered(answer: httpx.Response, refusal: str | None) -> None:
    assert answer.is_success is (refusal is None), answer.text
    assert (refusal or "") in answer.json().get("message", "")


@rows("services")
def test_the_api_server_answers_a_service_as_the_table_says(api: httpx.Client, row: Document) -> None:
    body = document("ArcGISService", row["spec"])
    check(row, create(api, body, dryRun="All"), apply(api, body, dryRun="All"))


@rows("sites")
def test_the_api_server_answers_a_site_as_the_table_says(api: httpx.Client, row: Document) -> None:
    body = document("ArcGISSite", row["spec"])
    check(row, create(api, body, dryRun="All"), apply(api, body, dryRun="All"))


@pytest.mark.parametrize(
    ("row", "number"), [pytest.param(row, i, id=row["name"]) for i, row in enumerate(table("updates"))]
)
def test_the_api_server_answers_a_change_as_the_table_says(
    api: httpx.Client, row: Document, number: int
) -> None:
    name = f"change-{number}"
    assert apply(api, document(row["kind"], row["before"], name)).is_success
    answer = apply(api, document(row["kind"], row["after"], name), dryRun="All")
    assert answer.is_success is ("message" not in row), answer.text
    assert row.get("message", "") in answer.text


def test_a_pasted_document_is_refused_with_every_message_at_once(api: httpx.Client) -> None:
    pasted = next(row for row in table("services") if row["name"].startswith("a whole service document"))
    settings = {
        key: value
        for key, value in pasted["spec"]["settings"].items()
        if key not in ("capabilities", "extensions")
    }
    answer = create(api, document("ArcGISService", {**pasted["spec"], "settings": settings}), dryRun="All")
    causes = {cause["field"] for cause in answer.json()["details"]["causes"]}
    refused = settings.keys() - {"properties"}
    assert causes == {f"spec.settings.{name}" for name in refused} | {"spec.settings.properties.outputDir"}


def test_kubectl_reads_yaml_scalars_as_the_table_says(control_plane: Cluster) -> None:
    scalars = yaml.safe_load((SAMPLES / "scalars.yaml").read_text())["rows"]
    lines = "".join(f"      v{i}: {row['text']}\n" for i, row in enumerate(scalars))
    text = (
        f"apiVersion: {API}\nkind: ArcGISService\nmetadata: {{name: scalars}}\nspec:\n"
        "  siteRef: {name: prod}\n  service: {name: Roads, type: MapServer}\n"
        f"  settings:\n    properties:\n{lines}"
    )
    shown = control_plane.kubectl("create", "--dry-run=server", "-f", "-", "-o", "json", stdin=text).stdout
    properties = json.loads(shown)["spec"]["settings"]["properties"]
    read = {row["text"]: properties[f"v{i}"] for i, row in enumerate(scalars)}
    assert read == {row["text"]: row["value"] for row in scalars}
    assert {text: type(value) for text, value in read.items()} == {
        row["text"]: type(row["value"]) for row in scalars
    }
