"""The command ``arcgis-simulator``: serves a simulated site until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import json
import os
import re
import secrets
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from arcgis_simulator.clock import Clock
from arcgis_simulator.duration import DURATION
from arcgis_simulator.journal import Journal
from arcgis_simulator.server import CannotListen, Listen, serve
from arcgis_simulator.site import Site
from arcgis_simulator.switches import Switches, choices
from arcgis_simulator.tokens import User
from arcgis_simulator.world import World

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PORT = click.IntRange(0, 65535)
_MANNERS = {"help_option_names": ["-h", "--help"], "show_default": True, "max_content_width": 110}


def _segment(_: click.Context, __: click.Parameter, text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", text):
        raise click.BadParameter(f"{text!r} cannot be one segment of a path: give one such as arcgis")
    return text


@click.command(context_settings=_MANNERS)
@click.version_option(
    package_name="arcgis-simulator", prog_name="arcgis-simulator", message="%(prog)s %(version)s"
)
@click.option(
    "--host", default="127.0.0.1", help="Address to serve on. The control port is always on loopback."
)
@click.option("--port", type=_PORT, default=0, help="Port of the site; 0 takes a free one.")
@click.option(
    "--control-port", type=_PORT, default=0, help="Port of the control (plain HTTP); 0 takes a free one."
)
@click.option("--tls-cert", type=_FILE, help="Certificate chain (PEM). Without one the site is plain HTTP.")
@click.option("--tls-key", type=_FILE, help="Key of the certificate (PEM).")
@click.option(
    "--context", default="arcgis", callback=_segment, help="First segment of every path of the site."
)
@click.option("--user", default="siteadmin", help="Name of the first administrator.")
@click.option("--password-env", metavar="VAR", help="Environment variable that holds the password.")
@click.option("--password", help="The password itself; for a demo only, every process can read it.")
@click.option(
    "--services",
    type=click.IntRange(min=0),
    default=0,
    help="How many more services to generate, in folders of a thousand.",
)
@click.option(
    "--sites",
    "count",
    type=click.IntRange(min=1),
    default=1,
    help="How many such sites to serve, each at ports of its own, with a line of JSON each.",
)
@click.option("--job-seconds", type=DURATION, default="2s", help="How long a job is EXECUTING.")
@click.option("--submitted-seconds", type=DURATION, default="500ms", help="How long a job is SUBMITTED.")
@click.option(
    "--switch",
    "switches",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another behaviour; an unknown NAME lists all.",
)
@click.option("--manual-clock", is_flag=True, help="Time stands still until the control moves it.")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the journal here (JSON lines).",
)
@click.option("--seed", help="Repeat the ids of another run.")
def main(
    host: str,
    port: int,
    control_port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    context: str,
    user: str,
    password_env: str | None,
    password: str | None,
    services: int,
    count: int,
    job_seconds: float,
    submitted_seconds: float,
    switches: tuple[str, ...],
    manual_clock: bool,
    journal: Path | None,
    seed: str | None,
) -> None:
    """Serve a simulated ArcGIS Enterprise on Kubernetes site.

    When it is ready it prints one line of JSON: the address of the site and that of its control. Open
    the first one (with /admin) in a browser and sign in; GET the second one for everything that can be
    arranged, and for all switches. SIGTERM or SIGINT end it.

    A DURATION is 90 (seconds), 30s, 10m or 1h30m.
    """
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together.")
    if tls_cert:
        _check_tls(tls_cert, tls_key)
    if count > 1 and (port or control_port or journal):
        raise click.UsageError("--sites takes free ports and no --journal: leave --port and the like out.")
    timing = {"job_seconds": job_seconds, "submitted_seconds": submitted_seconds}
    chosen = _switches({**timing, **dict(_pair(text) for text in switches)})
    account = User(user, _password(password_env, password))

    def site(number: int, file: IO[str] | None) -> Site:
        ids = f"{seed}-{number}" if seed and number else seed or secrets.token_hex(16)
        world = World(context=context, switches=chosen, ids_from=ids, generated=services)
        clock = Clock(manual=manual_clock)
        world.set_user(account)
        return Site(world, clock, journal=Journal(clock.now_ms, file=file))

    with _journal_file(journal) as file:
        listen = Listen(host, port, control_port, tls_cert, tls_key)
        try:
            asyncio.run(serve([site(number, file) for number in range(count)], listen, _say_ready))
        except CannotListen as error:
            raise click.ClickException(_about(listen, error)) from None


def _about(listen: Listen, error: CannotListen) -> str:
    """The option that was given, why it cannot be used, and what to do."""
    given, advice = getattr(listen, error.part), _ADVICE[error.part]
    return f'--{error.part.replace("_", "-")} is "{given}": {error}. Give {advice}.'


_ADVICE = {
    "host": "an address of this machine, such as 127.0.0.1 or 0.0.0.0",
    "port": "another one, or 0 for any free port",
    "control_port": "another one, or 0 for any free port",
}


def _check_tls(certificate: Path, key: Path | None) -> None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        why = (error.reason if isinstance(error, ssl.SSLError) else error.strerror) or "not PEM"
        told = f"--tls-cert {certificate} and --tls-key {key} cannot be used together ({why})"
        raise click.UsageError(f"{told}: give a certificate chain and its own key, both PEM.") from None


def _say_ready(url: str, control: str) -> None:
    click.echo(json.dumps({"url": url, "control": control}))


def _password(variable: str | None, given: str | None) -> str:
    if given:
        return given
    if variable is None:
        raise click.UsageError(
            "The administrator needs a password: --password-env VAR, or --password for a demo."
        )
    if not os.environ.get(variable):
        raise click.UsageError(f"The environment variable {variable} holds no password.")
    return os.environ[variable]


def _pair(text: str) -> tuple[str, object]:
    """``name=value``; the value of a switch that takes no words is JSON."""
    name, sign, value = text.partition("=")
    if not sign:
        raise click.UsageError(f"--switch takes NAME=VALUE, not {text!r}.")
    if choices().get(name) in ("int", "float", "bool"):
        with contextlib.suppress(ValueError):
            return name, json.loads(value)
    return name, value


def _switches(values: dict[str, object]) -> Switches:
    for name in values.keys() - choices().keys():
        close = difflib.get_close_matches(name, choices(), n=1)
        meant = f"Did you mean {close[0]}? " if close else ""
        raise click.UsageError(
            f"--switch: there is no switch {name!r}. {meant}The switches are: {', '.join(choices())}."
        )
    try:
        return Switches().changed(values)
    except ValueError as error:
        raise click.UsageError(f"--switch: {error}.") from None


@contextlib.contextmanager
def _journal_file(path: Path | None) -> Iterator[IO[str] | None]:
    if path is None:
        yield None
        return
    try:
        file = path.open("a", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"--journal is {path}: {error.strerror}. Give a file to write.") from None
    with file:
        yield file
