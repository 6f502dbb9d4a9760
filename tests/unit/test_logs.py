"""Log lines: one for each record, readable by machines or by people, without secrets."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from arcgis_operator.telemetry.logs import JsonFormatter, TextFormatter, fields, setup

NASTY = "one\ntwo\r\x1b[31mred\x1b[0m\x00 \u2028 end"


@pytest.fixture
def root() -> Iterator[None]:
    logger = logging.getLogger()
    before = (logger.handlers[:], logger.level)
    yield
    logger.handlers[:], logger.level = before


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def record(message: str, *, error: BaseException | None = None, **facts: object) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("arcgis_operator.x", logging.WARNING, __file__, 1, message, (), info)
    made.__dict__.update(fields(**facts))
    return made


def test_of_a_long_trace_the_end_is_shown_for_it_names_the_error() -> None:
    group = ExceptionGroup("many", [ValueError("password=hush " + "x" * 700) for _ in range(14)])
    error = OSError("the port is taken")
    error.__cause__ = group
    trace = json.loads(JsonFormatter().format(record("crashed", error=error)))["trace"]
    assert trace.startswith("…")
    assert trace.endswith("OSError: the port is taken")
    assert len(trace) <= 8000
    assert "hush" not in trace


def test_a_json_line_holds_the_constant_message_and_the_facts() -> None:
    line = json.loads(
        JsonFormatter().format(record("edit sent", service="Roads.MapServer", attempt=2, job=None))
    )
    assert line.pop("ts").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "arcgis_operator.x",
        "msg": "edit sent",
        "service": "Roads.MapServer",
        "attempt": 2,
    }


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter(colours=False)], ids=["json", "text"])
def test_whatever_a_record_holds_it_is_one_printable_line(formatter: logging.Formatter) -> None:
    error = ValueError(NASTY)
    line = formatter.format(record(NASTY, error=error, note=NASTY, many=[NASTY], thing=object()))
    assert line.isprintable()
    assert "ValueError" in line


SECRETS = {
    "https://site/arcgis?f=json&token=c4n4ry": "a URL query",
    "Authorization: Bearer c4n4ry.c4n4ry": "a header",
    '{"password": "c4n4ry"}': "JSON",
    "password=c4n4ry&username=gis": "a form",
    "token: 'c4n4ry'": "Python",
}


@pytest.mark.parametrize("text", SECRETS, ids=SECRETS.values())
def test_a_secret_that_somebody_logs_is_masked(text: str) -> None:
    for formatter in (JsonFormatter(), TextFormatter(colours=False)):
        assert "c4n4ry" not in formatter.format(record(text, note=text))


def test_long_texts_are_cut() -> None:
    assert len(JsonFormatter().format(record("x" * 100_000, note="y" * 100_000))) < 5000


def test_colours_are_for_terminals_only(root: None) -> None:
    for stream, coloured in ((io.StringIO(), False), (Terminal(), True)):
        setup("text", "info", stream)
        logging.getLogger("arcgis_operator.x").warning("drift found")
        assert ("\x1b[" in stream.getvalue()) is coloured


def test_auto_means_json_in_a_pod_and_text_on_a_terminal(root: None) -> None:
    for stream, is_json in ((io.StringIO(), True), (Terminal(), False)):
        setup("auto", "info", stream)
        logging.getLogger("arcgis_operator.x").warning("drift found")
        assert stream.getvalue().startswith("{") is is_json


@pytest.mark.parametrize("level", ["info", "debug"])
def test_other_libraries_stay_quiet(root: None, level: str) -> None:
    stream = io.StringIO()
    setup("json", level, stream)
    logging.getLogger("httpx").info("HTTP Request: GET https://site/?token=c4n4ry")
    logging.getLogger("kopf.objects").info("Handler succeeded")
    logging.getLogger("aiohttp.access").info("GET /livez")
    assert stream.getvalue() == ""
