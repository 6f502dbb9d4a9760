"""Secrets made for one run, and the search for them in whatever came out."""

import base64
import json
import secrets
from collections.abc import Mapping
from urllib.parse import quote


def canary() -> str:
    """A secret that stands nowhere else, with signs that each encoding writes in its own way."""
    return f'{secrets.token_hex(8)}&"é /+{secrets.token_hex(8)}'


def forms(secret: str) -> dict[str, str]:
    """How a secret may look in an output, by the name of the encoding. Forms end before what follows them."""
    raw = secret.encode()
    middle = len(secret) // 2
    found = {
        "raw": secret,
        "quoted": quote(secret, safe=""),
        "hex": raw.hex(),
        "JSON": json.dumps(secret)[1:-1],
        "reversed": secret[::-1],
        "first half": secret[:middle],
        "second half": secret[middle:],
    }
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        found[f"base64 at {offset}"] = text[(0, 2, 3)[offset] : len(text) - 2]
    return found


def leaks(outputs: Mapping[str, str], hidden: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Each (channel, secret's name, encoding) in which a secret is to be found."""
    return [
        (channel, name, form)
        for channel, text in outputs.items()
        for name, secret in hidden.items()
        for form, look in forms(secret).items()
        if look in text
    ]
