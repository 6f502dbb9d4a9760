"""Requests about the two kinds as HTTP, because a kubectl for each row of a table would take minutes."""

import json
from pathlib import Path
from typing import Any

import httpx
import yaml

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
CRDS = SAMPLES.parents[1] / "crds"
API = "arcgis-operator.dev/v1alpha1"
PLURALS = {"ArcGISService": "arcgisservices", "ArcGISSite": "arcgissites"}
ROOT = f"/apis/{API}/namespaces"
Spec = dict[str, Any]
Document = dict[str, Any]


def table(name: str) -> list[Document]:
    rows: list[Document] = yaml.safe_load((SAMPLES / f"{name}.yaml").read_text())["rows"]
    return rows


def document(kind: str, spec: Spec, name: str = "sample") -> Document:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def create(api: httpx.Client, body: Document, **parameters: str) -> httpx.Response:
    address = f"{ROOT}/default/{PLURALS[body['kind']]}"
    return api.post(address, json=body, params={"fieldValidation": "Strict", **parameters})


def apply(api: httpx.Client, body: Document, **parameters: str) -> httpx.Response:
    address = f"{ROOT}/default/{PLURALS[body['kind']]}/{body['metadata']['name']}"
    return api.patch(
        address,
        content=json.dumps(body),
        headers={"Content-Type": "application/apply-patch+yaml"},
        params={"fieldValidation": "Strict", "fieldManager": "samples", **parameters},
    )


def schema(plural: str) -> Document:
    crd = yaml.safe_load((CRDS / f"{plural}.yaml").read_text())
    found: Document = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found
