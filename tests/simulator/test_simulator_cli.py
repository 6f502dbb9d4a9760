"""The command line of the simulator: a person's mistake names the option that was given, without a trace."""

import socket
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from arcgis_operator.core.durations import seconds_of
from arcgis_simulator import cli
from arcgis_simulator.duration import DURATION
from arcgis_simulator.switches import choices

LOCAL = "127.0.0.1"


def run(*options: str) -> Result:
    ended = CliRunner().invoke(cli.main, ["--password=x", *options])
    assert "Traceback" not in ended.output
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended


def test_the_version_is_an_option() -> None:
    told = run("--version")
    assert (told.exit_code, told.output) == (0, f"arcgis-simulator {version('arcgis-operator')}\n")


def test_help_shows_durations_and_their_defaults() -> None:
    text = run("-h").output
    assert "--job-seconds DURATION" in text
    assert "[default: 500ms]" in text
    assert "A DURATION is 90 (seconds), 30s, 10m or 1h30m." in text


WRONG = {
    "a port that is none": ("--port=99999", "Invalid value for '--port': 99999 is not in the range"),
    "a control port that is none": ("--control-port=-3", "Invalid value for '--control-port': -3 is not in"),
    "a word for a duration": ("--job-seconds=soon", "'--job-seconds': 'soon' is no duration: give one such"),
    "a duration below zero": ("--submitted-seconds=-1", "'--submitted-seconds': '-1' is no duration"),
    "services below zero": ("--services=-4", "Invalid value for '--services': -4 is not in the range"),
    "a context of two segments": ("--context=a/b", "'--context': 'a/b' cannot be one segment of a path"),
    "no context": ("--context=", "'--context': '' cannot be one segment of a path"),
    "a switch without a value": ("--switch=busy", "--switch takes NAME=VALUE, not 'busy'"),
    "a switch that is nearly one": (
        "--switch=bussy=queue",
        "no switch 'bussy'. Did you mean busy? The",
    ),
    "a switch that is none": ("--switch=xxxx=1", "there is no switch 'xxxx'. The switches are: version, "),
    "a value that a switch does not take": (
        "--switch=busy=maybe",
        "--switch: the switch 'busy' takes accept | refuse | queue, not 'maybe'.",
    ),
    "a certificate without its key": (f"--tls-cert={__file__}", "--tls-cert and --tls-key go together."),
}


@pytest.mark.parametrize(("option", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_work_is_refused_by_its_option(option: str, words: str) -> None:
    ended = run(option)
    assert ended.exit_code == 2
    assert words in " ".join(ended.output.split())


def test_a_wrong_value_of_a_switch_is_not_followed_by_the_names_of_all() -> None:
    assert choices().keys() >= {"texts"}
    assert "texts" not in run("--switch=busy=maybe").output


def test_a_certificate_that_is_none_is_said() -> None:
    ended = run(f"--tls-cert={__file__}", f"--tls-key={__file__}")
    assert ended.exit_code == 2
    assert f"--tls-cert {__file__}" in ended.output
    assert "give a certificate chain and its own key, both PEM." in ended.output


@pytest.mark.parametrize("option", ["--port", "--control-port"])
def test_a_port_in_use_is_said_by_its_option(option: str) -> None:
    with socket.create_server((LOCAL, 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(f"{option}={port}")
    assert ended.exit_code == 1
    assert f'Error: {option} is "{port}": the port is in use. Give another one, or 0' in ended.output


def test_an_address_of_another_machine_is_said() -> None:
    host = "192.0.2.1"
    ended = run(f"--host={host}")
    assert ended.exit_code == 1
    assert f'Error: --host is "{host}": this machine has no such address. Give an address' in ended.output


def test_a_journal_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    ended = run(f"--journal={tmp_path}/none/journal.jsonl")
    assert ended.exit_code == 1
    assert "none/journal.jsonl: No such file or directory. Give a file to write." in ended.output


SECONDS = {"90": 90.0, "30s": 30.0, "10m": 600.0, "1h30m": 5400.0, "500ms": 0.5, "0": 0.0, "1.5": 1.5}


@pytest.mark.parametrize("text", SECONDS)
def test_durations_are_read_as_the_operator_reads_them(text: str) -> None:
    assert DURATION.convert(text, None, None) == SECONDS[text] == seconds_of(text)
