"""The command line, `arcgis-operator run` and `version`; the options of `run` are the fields of `Config`."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

import click

from arcgis_operator.adapters.admin import silence
from arcgis_operator.adapters.kube.access import ConnectError
from arcgis_operator.adapters.kube.api import connect
from arcgis_operator.adapters.kube.failures import KubeFailure
from arcgis_operator.adapters.kube.preflight import INSTALL, older_schema, problems
from arcgis_operator.app.health import CannotListen
from arcgis_operator.app.parts import VERSION
from arcgis_operator.app.run import serve
from arcgis_operator.app.settings import own_namespace
from arcgis_operator.config import (
    CHOICES,
    Config,
    ConfigError,
    default_of,
    kinds,
    option_of,
    settings,
    spelling,
    variable_of,
)
from arcgis_operator.telemetry import logs
from arcgis_operator.telemetry.logs import fields

log = logging.getLogger(__name__)
Command = Callable[..., Any]
METAVARS: Mapping[Any, str] = {int: "INTEGER", float: "DURATION", str: "TEXT"}
ENDS = """\b
Exit status:
  0  stopped by SIGTERM or SIGINT
  1  could not start, or crashed; the last lines say why
  2  an option or a variable that cannot work
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(VERSION, prog_name="arcgis-operator", message="%(prog)s %(version)s")
def main() -> None:
    """Keeps the settings of ArcGIS Enterprise services as declared in ArcGISService resources."""


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"arcgis-operator {VERSION}")


class Grouped(click.Command):
    """Shows options under the headings of their settings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            setting, record = settings().get(str(param.name)), param.get_help_record(ctx)
            if record:
                groups.setdefault(setting.metadata["group"] if setting else "Other", []).append(record)
        for group, records in groups.items():
            with formatter.section(group):
                formatter.write_dl(records)


def _options(command: Command) -> Command:
    """One option for each field of `Config`, read as its variable is; a tuple may be given several times."""
    for name, field in reversed(settings().items()):
        many, choices, default = kinds()[name] not in METAVARS, CHOICES.get(name), default_of(name)
        shown = f" Default: {default}." if default else ""
        command = click.option(
            option_of(name),
            name,
            type=str,
            multiple=many,
            metavar=f"[{'|'.join(choices)}]" if choices else METAVARS.get(kinds()[name], "NAME"),
            help=f"{field.metadata['help']}{shown} [{variable_of(name)}]",
        )(command)
    return command


@main.command(cls=Grouped, epilog=ENDS)
@_options
def run(**given: Any) -> None:
    """Run the operator until it is told to stop.

    It uses the pod's service account, or a kubeconfig. Every option can be given as an environment variable,
    named in brackets; an option wins over its variable. A DURATION is 90 (seconds), 30s, 10m or 1h30m.
    """
    try:
        config = Config.from_environment(**{name: value for name, value in given.items() if value != ()})
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    logs.setup(config.log_format, config.log_level)
    silence()
    try:
        asyncio.run(_checked(config))
    except ConnectError as error:
        raise click.ClickException(str(error)) from None
    except CannotListen as error:
        option = spelling(os.environ, given)("health_address")
        text = (
            f'{option} is "{config.health_address}": {error}. Give another address, or :0 for any free port'
        )
        raise click.ClickException(text) from None
    except click.ClickException:
        raise
    except Exception:
        log.critical("crashed", exc_info=True)  # through the log, where secrets are masked
        raise click.exceptions.Exit(1) from None


async def _checked(config: Config) -> None:
    """Run, unless told to stop before that: in a container, a signal without a handler is lost."""
    check = asyncio.create_task(_check(config))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, check.cancel)
    await asyncio.wait([check])
    if check.cancelled():
        log.info("stopped before it began")
        return
    check.result()
    await serve(config)


async def _check(config: Config) -> None:
    """Refuse to start where nothing could ever work, and say what to do."""
    async with await connect(config.kubeconfig or None, config.context or None) as api:
        lease_namespace = config.lease_namespace or own_namespace()
        found = await problems(api, config.namespaces, lease_namespace, config.lease_name, _lacking)
        if isinstance(found, KubeFailure):
            raise click.ClickException(f"the API server {api.access.server} does not answer: {found.detail}")
        if found:
            raise click.ClickException("\n".join(found))
        if lost := await older_schema(api):
            advice = f"nothing is sent for a resource whose status is not kept; {INSTALL}"
            log.error("older CustomResourceDefinition", extra=fields(lacks=lost, reason=advice))


def _lacking(line: str) -> None:
    log.warning("rights are missing", extra=fields(reason=line))
