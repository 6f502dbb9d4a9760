"""What must not be seen: our own secrets in texts of the site, addresses, the HTTP library's log."""

import logging
import re

from arcgis_operator.adapters.admin.forms import Secret
from arcgis_operator.core.jsondoc import Json, printable
from arcgis_operator.core.masking import MASK, masked_text
from arcgis_operator.core.said import Raw, Shown

_READ_LIMIT = 4096
_MASK_LIMIT = 64 * 1024
_REMEMBERED = 32  # a token lives an hour: these are more than a day's
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]*", re.IGNORECASE)
_LOGGERS = (
    "httpx",
    "httpcore",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)


def show(text: object, limit: int) -> Shown:
    """One printable line of at most `limit` characters, without addresses and assigned secrets."""
    return Shown(printable(masked_text(_begin(str(text))), limit))


def _begin(text: str) -> str:
    """What is read of a long text, with `(address)` for each; half a word may not look like a secret."""
    read = _ADDRESS.sub("(address)", text[:_READ_LIMIT])
    if len(text) <= _READ_LIMIT or read.endswith("(address)"):
        return read
    words, blank, _ = read.rpartition(" ")
    return words if blank else MASK


class Redactor:
    """Knows the secrets in use and the last few before them."""

    def __init__(self) -> None:
        self._known: dict[str, Secret] = {}  # the oldest first

    def learn(self, secret: str) -> None:
        """From now on this text is masked, in all its codes."""
        if not secret:
            return
        before = self._known.pop(secret, None)
        self._known[secret] = before or Secret(secret)
        while len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]

    def mask(self, text: str, least: int = 1) -> str:
        """The text with our secrets of at least so many signs replaced by `***`."""
        for known, secret in sorted(self._known.items(), key=lambda item: -len(item[0])):
            text = secret.mask(text, MASK) if len(known) >= least else text
        return text

    def show(self, text: Raw, least: int = 1) -> Shown:
        """A word of the site without secrets, neither cut nor made printable; see `core.said`."""
        return Shown(masked_text(self.mask(text, least)))

    def line(self, text: str, limit: int = 256) -> Shown:
        """The text fit for a status, an event or a log; cut last, so that no part of a secret is left.

        Of a very long one so much is read that a secret that is cut stands in the end that is dropped.
        """
        most = _MASK_LIMIT + (longest := max((one.longest for one in self._known.values()), default=0))
        masked = self.mask(text[:most])
        whole = masked if len(text) <= most else masked[: len(masked) - longest] or MASK
        return show(whole, limit)

    def tree(self, value: Json) -> Json:
        """A JSON value with our secrets masked in every string and key."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {self.mask(key): self.tree(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.tree(item) for item in value]
        return value


NOBODY = Redactor()
"""Knows no secret."""


def silence() -> None:
    """Keeps httpx and httpcore out of every log: they write whole addresses at INFO and headers at DEBUG.

    Safe to call again; holds whatever level is set on these or on the root logger later.
    """
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.addFilter(_nothing)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def _nothing(record: logging.LogRecord) -> bool:
    return False
