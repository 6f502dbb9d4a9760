"""The command `python -m arcgis_image`."""

import json
import os
import sys

import click

from arcgis_devcluster.progress import Progress
from arcgis_image import OUT, ROOT, TARGETS, ImageError, engine, layout, project
from arcgis_image.pod import Pod, with_files
from arcgis_image.sbom import bill

MOST_BYTES = 60 * 1024 * 1024
"""So much may an image add to its base."""
PASSED_ON = ("SITE_PASSWORD",)
_WRAPPER = """\
#!/bin/sh
# Written by `make image`: the command as a pod runs it, out of the image's files.
cd {root} && exec {python} -m arcgis_image run {target} -- "$@"
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The images of operator and simulated site: build them, measure them, run their files as a pod.

    Docker or Podman is used where one answers, else buildah, without a daemon, as root.
    """


@main.command()
@click.option("--engine", "wanted", type=click.Choice(engine.NAMES), help="Default: the one that answers.")
def build(wanted: str | None) -> None:
    """Build both images, unpack them below run/image, and fail if one adds more than 60 MiB to its base."""
    progress = Progress()
    try:
        chosen = engine.choose(progress, wanted or "")
        for target in TARGETS:
            with progress.step(f"building arcgis-{target} with {chosen.name}") as go_on:
                go_on()
                made(chosen, project.order(target), layout.built(target))
            _write_wrapper(target)
            click.echo(_line(target))
        _judge_sizes()
    except ImageError as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.argument("target", type=click.Choice(TARGETS), default="operator")
def sbom(target: str) -> None:
    """Print the bill of materials of a built image (CycloneDX)."""
    try:
        click.echo(json.dumps(bill(layout.built(target)), indent=2))
    except ImageError as error:
        raise click.ClickException(str(error)) from None


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("target", type=click.Choice(TARGETS))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(target: str, arguments: tuple[str, ...]) -> None:
    """Run the entry point of a built image as a pod would. Files named as --option=/path are put in.

    ARCGIS_IMAGE_USER=uid:gid runs it as another user than the image's own.
    """
    changed, volumes = with_files(arguments)
    given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        pod = Pod(layout.built(target), os.environ.get("ARCGIS_IMAGE_USER", ""), volumes, given)
        command = pod.command(*changed)
    except ImageError as error:
        raise click.ClickException(str(error)) from None
    os.execvp(command[0], command)  # noqa: S606 - signals must reach it


def made(chosen: engine.Engine, order: engine.Order, image: layout.Image) -> None:
    """Builds, saves the archive beside the image's folder, and unpacks it there. Raises ImageError."""
    chosen.build(order)
    image.archive.parent.mkdir(parents=True, exist_ok=True)
    image.archive.unlink(missing_ok=True)
    chosen.save(order.tag, image.archive)
    layout.unpack(image, chosen.name, chosen.layers(chosen.base))


def _line(target: str) -> str:
    about = layout.built(target).about
    added, base = (about[name] / 1024**2 for name in ("added_bytes", "base_bytes"))
    archive = layout.built(target).archive.relative_to(ROOT)
    return (
        f"arcgis-{target}:{project.version()} {about['digest']} "
        f"{added:.1f} MiB above its base of {base:.1f} MiB, in {archive}"
    )


def _judge_sizes() -> None:
    large = [name for name in TARGETS if layout.built(name).about["added_bytes"] > MOST_BYTES]
    if large:
        raise ImageError(
            f"{' and '.join(large)}: more than {MOST_BYTES / 1024**2:.0f} MiB above the base; "
            "`du -a run/image/operator/root/opt/arcgis | sort -n` shows what is large"
        )


def _write_wrapper(target: str) -> None:
    file = OUT / "bin" / f"arcgis-{target}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_WRAPPER.format(root=ROOT, python=sys.executable, target=target))
    file.chmod(0o755)
