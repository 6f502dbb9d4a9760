"""The command line: what it shows, and that a person's mistake is answered with words, never with a trace."""

import socket
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from arcgis_operator import cli
from arcgis_operator.app.health import Health
from arcgis_operator.app.parts import VERSION
from arcgis_operator.config import Config
from arcgis_operator.telemetry.metrics import Metrics


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    return


def run(*options: str, **environment: str) -> Result:
    ended = CliRunner().invoke(cli.main, ["run", *options], env=environment)
    assert "Traceback" not in ended.output
    return ended


def test_the_version_is_an_option_and_a_command() -> None:
    for argument in ("--version", "version"):
        assert CliRunner().invoke(cli.main, [argument]).output == f"arcgis-operator {VERSION}\n"


def test_help_shows_groups_choices_defaults_as_durations_and_exit_codes() -> None:
    text = run("--help").output
    headings = [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == [
        "Cluster:",
        "Connections to sites:",
        "Jobs and checks:",
        "Leader election:",
        "Health and logs:",
        "Other:",
    ]
    assert "--log-format [auto|json|text]" in text
    assert "--resync-seconds DURATION" in text
    assert "Default: 10m." in text
    assert "2  an option or a variable that cannot work" in text


def test_all_mistakes_are_said_at_once_each_with_what_was_given() -> None:
    ended = run("--workers=many", "--log-level=loud", ARCGIS_OPERATOR_POLL_SECONDS="0")
    assert ended.exit_code == 2
    assert '--workers is "many": give a whole number' in ended.output
    assert '--log-level is "loud": give one of debug, info, warning, error' in ended.output
    assert "ARCGIS_OPERATOR_POLL_SECONDS is 0: give a duration above 0" in ended.output


def kubeconfig(path: Path, cluster: dict[str, str], user: dict[str, str]) -> str:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "one", "cluster": {"server": "https://127.0.0.1:1", **cluster}}],
        "users": [{"name": "one", "user": user}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }
    path.write_text(yaml.safe_dump(document))
    return f"--kubeconfig={path}"


BROKEN: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "a CA that is not there": ({"certificate-authority": "/none/ca"}, {}, "/none/ca, which does not exist"),
    "a key that is not there": ({}, {"client-key": "/none/key"}, "/none/key, which does not exist"),
    "a CA that is none": ({"certificate-authority": __file__}, {}, "check certificate-authority"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_of_the_kubeconfig_that_cannot_be_used_is_said(what: str, tmp_path: Path) -> None:
    cluster, user, sentence = BROKEN[what]
    ended = run(kubeconfig(tmp_path / "config", cluster, user))
    assert ended.exit_code == 1
    assert sentence in ended.output


def test_a_kubeconfig_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    option = kubeconfig(tmp_path / "config", {}, {})

    async def refused(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("arcgis_operator.adapters.kube.access.load_kube_config", refused)
    ended = run(option)
    assert ended.exit_code == 1
    assert "config cannot be read (Permission denied)" in ended.output


@pytest.mark.parametrize("given", ["--health-address", "ARCGIS_OPERATOR_HEALTH_ADDRESS"])
def test_a_port_in_use_is_said_by_the_name_that_was_given(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def serves(config: Config) -> None:
        health = Health(config.health_address, Metrics(), live={}, ready={})
        await health.start()

    monkeypatch.setattr(cli, "_checked", serves)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run(f"{given}={address}") if given.startswith("-") else run(**{given: address})
    assert ended.exit_code == 1
    assert f'Error: {given} is "{address}": the port is in use. Give another address' in ended.output


def test_every_option_stands_in_a_group() -> None:
    assert isinstance(cli.run, click.Command)
    assert "Other:\n  -h, --help" in run("--help").output
