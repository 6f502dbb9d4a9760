"""Secrets made for one run, and the search for them in whatever came out."""

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import ahocorasick

PLACE = "properties.connectionString"
"""Where a live document holds one."""


def canary() -> str:
    """A secret that stands nowhere else, with signs that each encoding writes in its own way."""
    return f'{secrets.token_hex(8)}&"é /+{secrets.token_hex(8)}'


def in_json(secret: str) -> str:
    """The secret as it stands within a JSON text."""
    return json.dumps(secret)[1:-1]


def forms(secret: str) -> dict[str, str]:
    """How a secret may look in an output, by the name of the encoding. Forms end before what follows them."""
    raw = secret.encode()
    middle = len(secret) // 2
    found = {
        "raw": secret,
        "quoted": quote(secret, safe=""),
        "hex": raw.hex(),
        "JSON": in_json(secret),
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


def told(output: str, secrets: Iterable[str]) -> bool:
    """Whether any of the secrets, or a half of one, is in the output in any form."""
    search = Search({str(number): secret for number, secret in enumerate(secrets)})
    return bool(search.hits(output.encode()))


class Search:
    """Finds any of thousands of secrets in any form, in one pass over the bytes of an output."""

    def __init__(self, hidden: Mapping[str, str]) -> None:
        self._needles = ahocorasick.Automaton()
        for name, secret in hidden.items():
            for form, needle in _needles(secret).items():
                self._needles.add_word(_letters(needle.encode()), (name, form))
        self._needles.make_automaton()

    def hits(self, data: bytes) -> set[tuple[str, str]]:
        """Each (secret's name, form) that is there."""
        return {found for _, found in self._needles.iter(_letters(data))} if self._needles else set()

    def all_hits(self, outputs: Iterable[tuple[str, bytes]]) -> set[tuple[str, str, str]]:
        """Each (channel, secret's name, form)."""
        return {(channel, *hit) for channel, data in outputs for hit in self.hits(data)}


def _letters(data: bytes) -> str:
    """One letter for each byte: the automaton reads text."""
    return data.decode("latin-1")


_END = 12


def _needles(secret: str) -> dict[str, str]:
    """The ends stand for all forms that leave a letter as it is; the others are written out."""
    shown = forms(secret)
    ends = {"beginning": secret[:_END], "end": secret[-_END:]}
    turned = {"reversed beginning": secret[::-1][:_END], "reversed end": secret[::-1][-_END:]}
    rest = {form: shown[form] for form in shown if form.startswith(("base64", "hex", "quoted", "JSON"))}
    found = {**ends, **turned, **rest}
    return {form: text for form, text in found.items() if len(text) >= _END}
