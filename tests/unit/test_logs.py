"""Log lines: one for each record and the lines of its trace, for machines or for people, without secrets."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from arcgis_operator.telemetry.logs import JsonFormatter, Seldom, TextFormatter, fields, named, setup

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


def test_a_resource_is_named_as_kubernetes_does_and_by_one_text_that_can_be_searched_for() -> None:
    made = record("Converged: 1 declared setting is live.")
    made.__dict__.update(named("ArcGISService", "gis/roads", site="gis/prod"))
    line = json.loads(JsonFormatter().format(made))
    assert {name: line[name] for name in ("resource", "kind", "namespace", "name", "site")} == {
        "resource": "gis/roads",
        "kind": "ArcGISService",
        "namespace": "gis",
        "name": "roads",
        "site": "gis/prod",
    }
    text = TextFormatter(colours=False).format(made).partition(" ")[2]
    assert text == (
        "WARNING gis/roads Converged: 1 declared setting is live.  kind=ArcGISService site=gis/prod"
    )


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter(colours=False)], ids=["json", "text"])
def test_whatever_a_record_holds_it_is_one_printable_line(formatter: logging.Formatter) -> None:
    line = formatter.format(record(NASTY, note=NASTY, many=[NASTY], thing=object()))
    assert line.isprintable()


def test_a_trace_is_one_value_of_json_with_real_line_ends() -> None:
    line = JsonFormatter().format(record("crashed", error=ValueError(NASTY)))
    assert line.isprintable()
    trace = json.loads(line)["trace"].split("\n")
    assert trace[-2:] == ["ValueError: one", r"two\r\x1b[31mred\x1b[0m\x00 \u2028 end"]


def test_in_a_text_a_trace_has_lines_of_its_own_that_cannot_be_taken_for_records() -> None:
    forged = ValueError("one\n13:00:00 INFO    leading")
    first, *rest = TextFormatter(colours=False).format(record("crashed", error=forged)).split("\n")
    assert first.endswith("WARNING crashed")
    assert rest == ["    ValueError: one", "    13:00:00 INFO    leading"]
    assert all(line.isprintable() for line in rest)


SECRETS = {
    "https://site/arcgis?f=json&token=c4n4ry": "a URL query",
    "Authorization: Bearer c4n4ry.c4n4ry": "a header",
    '{"password": "c4n4ry"}': "JSON",
    "password=c4n4ry&username=gis": "a form",
    "token: 'c4n4ry'": "Python",
    "https://gis:c4n4ry@site/arcgis": "an account in an address",
    "Server=db;Uid=gis;Pwd=c4n4ry c4n4ry;": "a connection text",
    "<storagePassword>c4n4ry</storagePassword>": "XML",
    "-----BEGIN PRIVATE KEY-----\nc4n4ry": "a private key",
}


@pytest.mark.parametrize("text", SECRETS, ids=SECRETS.values())
def test_a_secret_that_somebody_logs_is_masked(text: str) -> None:
    for formatter in (JsonFormatter(), TextFormatter(colours=False)):
        assert "c4n4ry" not in formatter.format(record(text, note=text, error=ValueError(text)))


def test_long_texts_are_cut() -> None:
    assert len(JsonFormatter().format(record("x" * 100_000, note="y" * 100_000))) < 5000


def test_colours_are_for_terminals_only(root: None) -> None:
    for stream, coloured in ((io.StringIO(), False), (Terminal(), True)):
        setup("text", "info", stream)
        logging.getLogger("arcgis_operator.x").warning("drift found")
        assert ("\x1b[" in stream.getvalue()) is coloured


def test_a_terminal_gets_no_colours_where_no_color_is_set(
    root: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value, coloured in (("1", False), ("", True)):
        monkeypatch.setenv("NO_COLOR", value)
        stream = Terminal()
        setup(stream=stream)
        logging.getLogger("arcgis_operator.x").warning("seen")
        assert "seen" in stream.getvalue()
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


def test_the_same_is_said_once_in_ten_minutes_and_never_more_than_twenty_things() -> None:
    now = [0.0]
    seldom = Seldom(clock=lambda: now[0])
    assert seldom.may_say("403")
    assert not seldom.may_say("403")
    assert sum(seldom.may_say(str(number)) for number in range(100)) == 19
    now[0] = 601.0
    assert seldom.may_say("403")
