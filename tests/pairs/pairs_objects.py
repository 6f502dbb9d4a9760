"""Objects as the API server would make them."""

from __future__ import annotations

import base64
from typing import Any

Json = Any


def made(
    name: str, namespace: str, life: int = 1, created: str = "2026-11-23T09:00:00Z", **parts: Json
) -> Json:
    """An object as the API server would make it."""
    uid = f"u-{namespace}-{name}-{life}"
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": uid,
        "generation": 1,
        "creationTimestamp": created,
    }
    parts = {key: {k: v for k, v in value.items() if not k.startswith("_")} for key, value in parts.items()}
    return {"metadata": metadata, **parts}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
