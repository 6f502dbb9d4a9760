"""The audit log of kube-apiserver: what to write into it, and how to read it.

Bodies are kept for the custom resources only, which hold no secrets, and not of what an administrator merely
reads; everything else, Secrets and tokens among it, is there with user, verb, object and answer.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_POLICY: dict[str, Any] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "users": ["system:apiserver"]},
        {"level": "None", "nonResourceURLs": ["/readyz*", "/livez*"]},
        {"level": "Metadata", "users": ["admin"], "verbs": ["get", "list", "watch"]},
        {"level": "RequestResponse", "resources": [{"group": "arcgis-operator.dev"}]},
        {"level": "Metadata"},
    ],
}


def write_policy(path: Path) -> Path:
    path.write_text(yaml.safe_dump(_POLICY, sort_keys=False))
    return path


def entries(log: Path) -> Iterator[dict[str, Any]]:
    """The complete entries so far: `verb`, `objectRef`, `user.username`, `responseStatus.code`, …"""
    with log.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)
