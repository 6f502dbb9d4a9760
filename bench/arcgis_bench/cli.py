"""The command: `run` measures scenarios, `quick` sees in under three minutes that all of it works."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from arcgis_bench import machine, quick, report
from arcgis_bench.contenders import PROGRAM, Contender, contenders
from arcgis_bench.figures import Figures, Summary, summarised
from arcgis_bench.scenarios import SCENARIOS
from arcgis_bench.sizes import Sizes
from arcgis_bench.stage import TookTooLongError
from arcgis_devcluster import DevclusterError


@click.group(context_settings={"show_default": True, "max_content_width": 110})
def main() -> None:
    """Measures the operator on a real control plane and simulated sites, on this machine."""


@main.command("list")
def list_() -> None:
    """Show the scenarios."""
    for name, scenario in SCENARIOS.items():
        click.echo(f"{name:12} {scenario.title}")


@main.command()
@click.argument("scenarios", nargs=-1, type=click.Choice([*SCENARIOS]))
@click.option("--runs", default=3, help="Runs of each; the table shows median, least and most.")
@click.option("--reference/--no-reference", default=True, help="Measure the reference contender beside it.")
@click.option(
    "--operator",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=PROGRAM,
    show_default=False,
    help="Program of the operator; `make bench` gives one without the tools of development.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("run/bench.json"))
@click.option(
    "--profile", type=click.Path(file_okay=False, path_type=Path), help="Folder for cProfile files."
)
@click.option("--single", default=Sizes.single, help="Changes of the scenario `single`.")
@click.option("--burst", default=Sizes.burst, help="Resources of the bursts.")
@click.option("--big", default=Sizes.big, help="Resources of `big` and `capped`.")
@click.option("--calm", default=Sizes.calm, help="Resources of `idle`, `restart`, `load`, `busy-resync`.")
@click.option("--growth", multiple=True, default=Sizes.growth, type=int, help="Resources of `growth`.")
@click.option("--room", default=Sizes.room, help="Resources of `room`, 500 on each site.")
@click.option("--storm", default=Sizes.storm, help="Services of each site that differ at once in `storm`.")
@click.option("--retained", default=Sizes.retained, help="Ended jobs in `retained`.")
@click.option("--load-seconds", default=Sizes.load_seconds, help="How long `load` takes.")
@click.option("--day-seconds", default=Sizes.day_seconds, help="How long the `day` is.")
@click.option("--idle-seconds", default=Sizes.idle_seconds, help="How long nothing happens in `idle`.")
@click.option("--poll-seconds", default=Sizes.poll_seconds, help="Pause between two looks at a job.")
@click.option("--poll-max-seconds", default=Sizes.poll_max_seconds, help="It grows up to this.")
@click.option("--workers", default=Sizes.workers, help="Workers of the operator.")
def run(
    scenarios: Sequence[str],
    runs: int,
    reference: bool,
    operator: Path,
    output: Path,
    profile: Path | None,
    **sizes: Any,
) -> None:
    """Measure SCENARIOS (by default all of them), print tables, and write the figures to a file."""
    chosen, both = Sizes(**sizes), contenders(operator.resolve())
    console, about = Console(), machine.described()
    console.print(about)
    results: dict[str, dict[str, dict[str, Summary]]] = {}
    failed: list[str] = []
    for name in scenarios or SCENARIOS:
        results[name] = {}
        for who in both if reference and SCENARIOS[name].reference else ("operator",):
            found: list[Figures] = []
            for _ in range(runs):
                try:
                    found.append(_once(console, name, both[who], chosen, profile))
                except (TookTooLongError, DevclusterError) as error:
                    failed.append(f"{name}: {who}: {error}")
            results[name][who] = summarised(found)
        report.show(console, name, results[name])
        report.write(output, report.document(about, asdict(chosen), results))
    console.print(f"written to {output}")
    if failed:
        raise click.ClickException("\n".join(failed))


def _once(console: Console, name: str, who: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    path = None
    if profile and who.name == "operator":
        profile.mkdir(parents=True, exist_ok=True)
        path = profile.resolve() / f"{name}.prof"
    with console.status(f"{name}: {who.name}"):
        return SCENARIOS[name].run(who, sizes, path)


@main.command("quick")
def quick_() -> None:
    """Run seven scenarios in small and check their counts, never their times."""
    wrong = quick.check(click.echo)
    if wrong:
        raise click.ClickException("\n".join(wrong))
    click.echo("all counts are as they must be")
