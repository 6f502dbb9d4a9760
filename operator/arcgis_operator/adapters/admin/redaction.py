"""What must not be seen: our own secrets in texts of the site, addresses, the HTTP library's log."""

import html
import json
import logging
import re
from collections import deque
from typing import Any
from urllib.parse import quote, quote_plus

from arcgis_operator.core.jsondoc import Json, printable

MASK = "***"
_READ_LIMIT = 4096
_REMEMBERED = 32  # a token lives an hour: these are more than a day's
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]*", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"\b(token|password|pwd|authorization)(\s*[=:]\s*)(bearer\s+)?[^\s&,;]+", re.IGNORECASE
)
_LOGGERS = (
    "httpx",
    "httpcore",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)


def show(text: object, limit: int) -> str:
    """One printable line of at most `limit` characters, without addresses and assigned secrets."""
    bare = _ADDRESS.sub("(address)", str(text)[:_READ_LIMIT])
    return printable(_ASSIGNED.sub(rf"\1\2{MASK}", bare), limit)


class Redactor:
    """Knows the secrets in use and the last few before them."""

    def __init__(self) -> None:
        self._known: deque[str] = deque(maxlen=_REMEMBERED)
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: str) -> None:
        """From now on this text is masked, also in its quoted forms."""
        if not secret:
            return
        if secret in self._known:
            self._known.remove(secret)
        self._known.append(secret)
        forms = {form for known in self._known for form in _forms(known)}
        self._pattern = re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))

    def mask(self, text: str) -> str:
        """The text with our secrets replaced by `***`."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def line(self, text: str, limit: int = 256) -> str:
        """The text fit for a status, an event or a log."""
        return show(self.mask(text[:_READ_LIMIT]), limit)

    def tree(self, value: Json) -> Json:
        """A JSON value with our secrets masked in every string and key."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {self.mask(key): self.tree(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.tree(item) for item in value]
        return value


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


def _forms(secret: str) -> set[str]:
    quoted: tuple[Any, ...] = (
        secret,
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    )
    return set(quoted)
