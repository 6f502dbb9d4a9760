"""Kubeconfig documents with everything embedded, so that the file works anywhere."""

import base64
import os
from pathlib import Path
from typing import Any

import yaml

from arcgis_devcluster.certificates import KeyPair

_NAME = "devcluster"


def for_certificate(url: str, authority: Path, client: KeyPair) -> dict[str, Any]:
    """Logs in with a client certificate."""
    cluster = {"server": url, "certificate-authority-data": _embed(authority)}
    user = {"client-certificate-data": _embed(client.certificate), "client-key-data": _embed(client.key)}
    return _document(cluster, user, namespace="default")


def for_token(document: dict[str, Any], token: str, namespace: str) -> dict[str, Any]:
    """The same cluster as in another kubeconfig (of one context), logging in with a bearer token."""
    return _document(document["clusters"][0]["cluster"], {"token": token}, namespace)


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


def write(document: dict[str, Any], path: Path) -> Path:
    """Readable by the owner only: it holds a key or a token."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as file:  # noqa: PTH123 - a descriptor, not a path
        yaml.safe_dump(document, file, sort_keys=False)
    return path


def _document(cluster: dict[str, Any], user: dict[str, Any], namespace: str) -> dict[str, Any]:
    context = {"cluster": _NAME, "user": _NAME, "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _NAME, "cluster": cluster}],
        "users": [{"name": _NAME, "user": user}],
        "contexts": [{"name": _NAME, "context": context}],
        "current-context": _NAME,
    }


def _embed(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
