"""Log lines: JSON in a pod, readable on a terminal, one line per record whatever it holds.

Messages are constant, in lower case; facts go beside them: `log.info("edit sent", extra=fields(job_id=…))`.
The last defence against secrets is here; the first is that nobody logs a URL query, a header or a body.
"""

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

CHATTY = {
    "aiohttp": logging.WARNING,
    "asyncio": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "kopf": logging.ERROR,
    "kubernetes": logging.WARNING,
}
LIMIT = 2000
TRACE_LIMIT = 8000
SECRET = re.compile(
    r"(?i)\b(token|password|passwd|secret|authorization|api_?key)(['\"]?\s*[=:]\s*)['\"]?[^\s&'\",}]+"
)
BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")
COLOURS = {"WARNING": "33", "ERROR": "31", "CRITICAL": "31;1", "DEBUG": "2"}


def fields(**facts: Any) -> dict[str, Any]:
    """Facts for `extra=`; those that are None are left out."""
    return {"fields": {name: value for name, value in facts.items() if value is not None}}


def setup(form: str = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Send all logs of the process to `stream` (standard error); `form` is auto, json or text."""
    stream = stream or sys.stderr
    terminal = stream.isatty()
    handler = logging.StreamHandler(stream)
    as_text = form == "text" or (form == "auto" and terminal)
    handler.setFormatter(TextFormatter(colours=terminal) if as_text else JsonFormatter())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name, quiet in CHATTY.items():
        logging.getLogger(name).setLevel(max(quiet, logging.getLogger().level))


class JsonFormatter(logging.Formatter):
    """One JSON object per line: ts, level, logger, msg, then the facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Never fails: a fact that JSON does not know is shown as text."""
        line = {
            "ts": _time(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": _clean(record.getMessage(), LIMIT),
            **{name: _fact(value) for name, value in _facts(record).items()},
        }
        trace = _trace(self, record)
        if trace:
            line["trace"] = trace
        return json.dumps(line, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """`12:00:00 INFO edit sent  service=Roads.MapServer`, in colour on a terminal."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        """Never more than one line."""
        facts = " ".join(f"{name}={_shown(_fact(value))}" for name, value in _facts(record).items())
        level = self._coloured(record.levelname, f"{record.levelname:<7}")
        parts = [f"{_time(record):%H:%M:%S}", level, _clean(record.getMessage(), LIMIT)]
        trace = _trace(self, record)
        return " ".join(part for part in (*parts, facts and f" {facts}", trace and f"trace={trace}") if part)

    def _coloured(self, level: str, text: str) -> str:
        colour = COLOURS.get(level) if self._colours else None
        return f"\x1b[{colour}m{text}\x1b[0m" if colour else text


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _facts(record: logging.LogRecord) -> Mapping[str, Any]:
    facts = getattr(record, "fields", None)
    return facts if isinstance(facts, Mapping) else {}


def _fact(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_fact(item) for item in value]
    return _clean(str(value), LIMIT)


def _shown(value: Any) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if record.name.startswith("kopf"):
        return ""  # it traces every lost connection; the supervisor says why it restarts
    if not record.exc_info:
        return ""
    trace = _clean(formatter.formatException(record.exc_info), 10 * TRACE_LIMIT)
    shortened = f"…{trace[1 - TRACE_LIMIT :]}"  # what a trace ends with says most
    return trace if len(trace) <= TRACE_LIMIT else shortened


def _clean(text: str, limit: int) -> str:
    """One printable line without secrets: a newline shows as `\\n`, an escape as `\\x1b`."""
    text = SECRET.sub(r"\1\2***", BEARER.sub(r"\1 ***", text[: 2 * limit]))
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
