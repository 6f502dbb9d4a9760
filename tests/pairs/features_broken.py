"""What features say of a fault: a refusal, a page of something in front, and since when it waits."""

from __future__ import annotations

import json
from random import Random

from pairs_scene import LAST, Script

from harness.fault import Fault

JSON_TYPE = {"content-type": "application/json"}
PAGE = b"<html>404 page not found</html>"


def refusal(code: int, text: str, status: int = 200, **headers: str) -> Fault:
    body = {"status": "error", "messages": [text], "code": code}
    return Fault(code=status, headers={**JSON_TYPE, **headers}, body=json.dumps(body).encode())


def since(script: Script, draw: Random) -> float:
    """When a fault begins to wait for its request: just before a change mostly."""
    return draw.choice((*(at - 0.05 for at in script.moments), 0.0, draw.uniform(30, LAST - 300), 598.0))
