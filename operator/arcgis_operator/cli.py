"""The command line, `arcgis-operator run` and `version`; the options of `run` are the fields of `Config`."""

import asyncio
import dataclasses
import logging
import signal
from collections.abc import Callable
from typing import Any

import click

from arcgis_operator.adapters.admin import silence
from arcgis_operator.adapters.kube.access import ConnectError
from arcgis_operator.adapters.kube.api import connect
from arcgis_operator.adapters.kube.failures import KubeFailure
from arcgis_operator.adapters.kube.preflight import problems
from arcgis_operator.app.run import VERSION, own_namespace, serve
from arcgis_operator.config import Config, ConfigError, types
from arcgis_operator.telemetry import logs

log = logging.getLogger(__name__)
Command = Callable[..., Any]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Keeps the settings of ArcGIS Enterprise services as declared in ArcGISService resources."""


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"arcgis-operator {VERSION}")


def _options(command: Command) -> Command:
    """One option for each field of `Config`; a tuple may be given several times."""
    for field in reversed(dataclasses.fields(Config)):
        kind = types()[field.name]
        many = kind not in (str, int, float)
        name = "--namespace" if field.name == "namespaces" else f"--{field.name.replace('_', '-')}"
        shown = "" if field.default in ("", ()) else f" Default: {field.default}."
        command = click.option(
            name,
            field.name,
            type=str if many else kind,
            multiple=many,
            help=f"{field.metadata['help']}{shown} [{field.metadata['env']}]",
        )(command)
    return command


@main.command()
@_options
def run(**given: Any) -> None:
    """Run the operator until it is told to stop.

    It uses the pod's service account, or a kubeconfig. Every option can be given as an environment variable.
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
    except click.ClickException:
        raise
    except Exception:
        log.critical("crashed", exc_info=True)  # one line of the log, secrets masked, as all others
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
        found = await problems(api, config.namespaces, lease_namespace, config.lease_name)
        if isinstance(found, KubeFailure):
            raise click.ClickException(f"the API server {api.access.server} does not answer: {found.detail}")
        if found:
            raise click.ClickException("\n".join(found))
