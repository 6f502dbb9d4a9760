"""The command ``arcgis-simulator``: serves a simulated site until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from arcgis_simulator.clock import Clock
from arcgis_simulator.journal import Journal
from arcgis_simulator.server import Listen, serve
from arcgis_simulator.site import Site
from arcgis_simulator.switches import Switches, choices
from arcgis_simulator.tokens import User
from arcgis_simulator.world import World

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(context_settings={"show_default": True, "max_content_width": 110})
@click.option(
    "--host", default="127.0.0.1", help="Address to serve on. The control port is always on loopback."
)
@click.option("--port", default=0, help="Port of the site; 0 takes a free one.")
@click.option("--control-port", default=0, help="Port of the control (plain HTTP); 0 takes a free one.")
@click.option("--tls-cert", type=_FILE, help="Certificate chain (PEM). Without one the site is plain HTTP.")
@click.option("--tls-key", type=_FILE, help="Key of the certificate (PEM).")
@click.option("--context", default="arcgis", help="First segment of every path of the site.")
@click.option("--user", default="siteadmin", help="Name of the first administrator.")
@click.option("--password-env", metavar="VAR", help="Environment variable that holds the password.")
@click.option("--password", help="The password itself; for a demo only, every process can read it.")
@click.option("--services", default=0, help="How many more services to generate, in folders of a thousand.")
@click.option("--job-seconds", default=2.0, help="How long a job is EXECUTING.")
@click.option("--submitted-seconds", default=0.5, help="How long a job is SUBMITTED.")
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
    """
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together.")
    timing = {"job_seconds": job_seconds, "submitted_seconds": submitted_seconds}
    chosen = _switches({**timing, **dict(_pair(text) for text in switches)})
    world = World(
        context=context, switches=chosen, ids_from=seed or secrets.token_hex(16), generated=services
    )
    world.set_user(User(user, _password(password_env, password)))
    clock = Clock(manual=manual_clock)
    with _journal_file(journal) as file:
        site = Site(world, clock, journal=Journal(clock.now_ms, file=file))
        try:
            asyncio.run(serve(site, Listen(host, port, control_port, tls_cert, tls_key), _say_ready))
        except OSError as error:
            raise click.ClickException(f"cannot serve: {error}") from error


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
    try:
        return Switches().changed(values)
    except ValueError as error:
        raise click.UsageError(f"{error}. The switches are: {', '.join(choices())}.") from error


@contextlib.contextmanager
def _journal_file(path: Path | None) -> Iterator[IO[str] | None]:
    if path is None:
        yield None
        return
    with path.open("a", encoding="utf-8") as file:
        yield file
