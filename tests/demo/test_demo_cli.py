"""The command lines of the demo and of the development cluster: mistakes are said, colours are optional."""

import io
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from arcgis_demo import cli as demo
from arcgis_demo.duration import DURATION
from arcgis_demo.screen import Plain, Terminal, open_screen
from arcgis_devcluster import cli as devcluster

COMMANDS = {"arcgis_demo": demo.main, "arcgis_devcluster": devcluster.main}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_version_is_an_option(name: str) -> None:
    told = CliRunner().invoke(COMMANDS[name], ["--version"])
    assert told.output == f"{name} {version('arcgis-operator')}\n"


def test_help_shows_choices_and_durations() -> None:
    text = CliRunner().invoke(demo.main, ["run", "-h"]).output
    assert "[COMPLETED|FAILED|CANCELLED]" in text
    assert "--job-seconds DURATION" in text
    assert "5s]" in text


SECONDS = {"90": 90.0, "500ms": 0.5, "1m30s": 90.0, "0.3": 0.3}


@pytest.mark.parametrize("text", SECONDS)
def test_a_duration(text: str) -> None:
    assert DURATION.convert(text, None, None) == SECONDS[text]


WRONG = {
    "no time at all": ("--job-seconds=0", "'--job-seconds': '0' is no duration above 0: give one such as 90"),
    "a word": ("--deadline-seconds=soon", "'--deadline-seconds': 'soon' is no duration above 0"),
    "an end that no job has": (
        "--job-outcome=DONE",
        "'--job-outcome': 'DONE' is not one of 'COMPLETED'",
    ),
    "a picture that cannot be written": (
        "--svg=/proc/none/demo.svg",
        "'--svg': /proc/none/demo.svg cannot",
    ),
}


@pytest.mark.parametrize(("option", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_work_is_refused_by_its_option_before_anything_starts(option: str, words: str) -> None:
    ended = CliRunner().invoke(demo.main, ["run", option])
    assert ended.exit_code == 2
    assert words in " ".join(ended.output.split())


def test_a_cache_that_cannot_be_written_is_said_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(in_the_way))
    ended = CliRunner().invoke(devcluster.main, ["clean"])
    assert ended.exit_code == 1
    assert ended.output.startswith(f"Error: {in_the_way}")
    assert "Not a directory" in ended.output


@pytest.mark.parametrize(("value", "coloured"), [("1", False), ("", True)])
def test_a_terminal_gets_no_colours_where_no_color_is_set(
    value: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Terminal(Console(force_terminal=True, file=io.StringIO()))
    with screen.step("A step") as done:
        done("done")
    assert isinstance(screen.console.file, io.StringIO)
    assert ("\x1b[32m" in screen.console.file.getvalue()) is coloured


def test_without_a_terminal_there_are_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    screen = open_screen()
    assert isinstance(screen, Plain)
    screen.say("words", "bold green")
    assert capsys.readouterr().out == "words\n"
