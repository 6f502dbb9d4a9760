"""The command `python -m arcgis_demo`."""

from contextlib import suppress
from pathlib import Path

import click

from arcgis_demo import playground as play
from arcgis_demo.duration import DURATION
from arcgis_demo.endings import Stopped, ends_well, last_words
from arcgis_demo.performance import last_line, looks, perform
from arcgis_demo.picture import draw
from arcgis_demo.report import report, tell_next
from arcgis_demo.screen import open_screen
from arcgis_demo.stage import Plan, open_stage

_submitted = click.option(
    "--submitted-seconds", type=DURATION, default="1s", help="How long the site lets a job wait."
)
_job = click.option("--job-seconds", type=DURATION, default="5s", help="How long the site works on a job.")
_deadline = click.option(
    "--deadline-seconds", type=DURATION, default="2m", help="How long the resource may take to be Ready."
)


def _writable(_: click.Context, __: click.Parameter, file: Path | None) -> Path | None:
    """Said before the demo has run for it."""
    try:
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.open("a").close()
    except OSError as error:
        raise click.BadParameter(f"{file} cannot be written: {error.strerror}.") from None
    return file


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="arcgis-operator", prog_name="arcgis_demo", message="%(prog)s %(version)s")
def main() -> None:
    """The operator at work on a real etcd and kube-apiserver and a simulated site.

    Everything runs on this machine, on loopback, and is gone afterwards. The first run may build the control
    plane (5 to 10 minutes on two cores); later ones start in seconds.
    A DURATION is 90 (seconds), 30s or 1m30s.
    """


@main.command()
@_submitted
@_job
@_deadline
@click.option(
    "--job-outcome",
    type=click.Choice(["COMPLETED", "FAILED", "CANCELLED"]),
    default="COMPLETED",
    help="How the site's jobs end; see how a failure looks.",
)
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_writable,
    help="Also draw the last view into this file.",
)
@ends_well
def run(
    submitted_seconds: float, job_seconds: float, deadline_seconds: float, job_outcome: str, svg: Path | None
) -> None:
    """Watch one setting of a GIS service go live, then see what Kubernetes says of it."""
    screen = open_screen()
    with open_stage(Plan(submitted_seconds, job_seconds, job_outcome), screen) as stage:
        story = perform(stage, screen, deadline_seconds)
        report(stage, screen, story)
        line = last_line(story)
        if svg:
            draw(story, line, svg)
        screen.say()
    screen.say(line, "bold")
    tell_next(screen)


@main.command()
@_submitted
@_job
@_deadline
@ends_well
def playground(submitted_seconds: float, job_seconds: float, deadline_seconds: float) -> None:
    """The same, staying up until Ctrl-C, with things to try."""
    screen = open_screen()
    plan = Plan(submitted_seconds, job_seconds, resync_seconds=play.RESYNC_SECONDS, restarts=True)
    with open_stage(plan, screen) as stage:
        story = perform(stage, screen, deadline_seconds)
        screen.say(last_line(story), "bold")
        play.introduce(stage, screen)
        show = screen.lines(story, said=len(story.entries))
        with suppress(Stopped):
            for _ in looks(stage, story):
                show()
    last_words("playground: stopped; nothing is left running")
