"""Log lines: JSON in a pod, readable on a terminal, one line per record whatever it holds, but for traces.

Facts go beside the message: `log.info("leading", extra=fields(term=1))`; `named` adds which resource it is.
The last defence against secrets is here; the first is that nobody logs a URL query, a header or a body.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from arcgis_operator.core.masking import masked_text

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
NAMES = ("namespace", "name")  # parts of the resource
COLOURS = {"WARNING": "33", "ERROR": "31", "CRITICAL": "31;1", "DEBUG": "2"}


def fields(**facts: Any) -> dict[str, Any]:
    """Facts for `extra=`; those that are None are left out."""
    return {"fields": {name: value for name, value in facts.items() if value is not None}}


def named(kind: str, resource: str, **facts: Any) -> dict[str, Any]:
    """The same of one resource, as Kubernetes names it; `resource` is `namespace/name`, for searches."""
    namespace, _, name = resource.partition("/")
    whose = {"kind": kind, "namespace": namespace or None, "name": name or None}
    return fields(resource=resource or None, **whose, **facts)


class Seldom:
    """Says the same only once in so many seconds, and little at all while there is ever something else."""

    def __init__(
        self, seconds: float = 600.0, most: int = 20, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._said: dict[str, float] = {}

    def may_say(self, what: str) -> bool:
        """Whether it was not said of late; it counts as said now."""
        now = self._clock()
        self._said = {text: at for text, at in self._said.items() if now - at < self._seconds}
        if what in self._said or len(self._said) >= self._most:
            return False
        self._said[what] = now
        return True


def setup(form: str = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Send all logs of the process to `stream` (standard error); `form` is auto, json or text."""
    stream = stream or sys.stderr
    terminal = stream.isatty()
    handler = logging.StreamHandler(stream)
    as_text = form == "text" or (form == "auto" and terminal)
    colours = terminal and not os.environ.get("NO_COLOR")  # Source: no-color.org
    handler.setFormatter(TextFormatter(colours=colours) if as_text else JsonFormatter())
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
        if trace := _trace(self, record):
            line["trace"] = "\n".join(trace)
        return json.dumps(line, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """`12:00:00 INFO    gis/roads edit sent  kind=ArcGISService`, in colour on a terminal; then the trace."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        """One line, and an indented one for each of the trace: none begins like a record."""
        facts = {name: _shown(_fact(value)) for name, value in _facts(record).items()}
        resource = facts.pop("resource", "")
        pairs = " ".join(f"{name}={text}" for name, text in facts.items() if not (resource and name in NAMES))
        level = self._coloured(record.levelname, f"{record.levelname:<7}")
        parts = (f"{_time(record):%H:%M:%S}", level, resource, _clean(record.getMessage(), LIMIT))
        line = " ".join(part for part in (*parts, pairs and f" {pairs}") if part)
        return "\n".join([line, *(f"    {text}" for text in _trace(self, record))])

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


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    """Its lines, masked as a whole; what a long one ends with says most."""
    if not record.exc_info or record.name.startswith("kopf"):
        return []  # kopf traces every lost connection; the supervisor says why it restarts
    trace = masked_text(formatter.formatException(record.exc_info)[: 20 * TRACE_LIMIT])
    shortened = trace if len(trace) <= TRACE_LIMIT else f"…{trace[1 - TRACE_LIMIT :]}"
    return [_printable(line) for line in shortened.split("\n")]


def _clean(text: str, limit: int) -> str:
    """One printable line without secrets: a newline shows as `\\n`, an escape as `\\x1b`."""
    text = _printable(masked_text(text[: 2 * limit]))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
