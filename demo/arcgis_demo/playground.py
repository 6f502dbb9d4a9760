"""What the playground says of itself, on one page: where everything is, and what to try."""

import shlex
from pathlib import Path

from arcgis_demo import parts
from arcgis_demo.screen import Screen
from arcgis_demo.stage import NAMESPACE, Stage
from arcgis_demo.tries import tries

RESYNC_SECONDS = 5.0
_TRY = """#!/bin/sh
cd "$PLAYGROUND/tries" || exit
[ -f "${1:-list}" ] || { echo "there is no ${1}: try lists what there is" >&2; exit 1; }
exec cat "${1:-list}"
"""
ON_THE_PAGE = 10
"""So many of the things to try fit the first page; `try` lists all."""
_SERVICES = """#!/bin/sh
curl -fsS "$CONTROL/services" | tr -d '[]"' | tr ',' '\\n'; echo
"""


def introduce(stage: Stage, screen: Screen) -> None:
    """Prints it all, and lays out what another terminal needs."""
    stage.kubectl("config", "set-context", "--current", f"--namespace={NAMESPACE}")
    screen.say()
    screen.say("In another terminal (brings kubectl if you have none):", "bold")
    screen.shown(f". {lay_out(stage)}")
    screen.say()
    for name, address in addresses(stage):
        screen.shown(f"{name:<14}{address}")
    screen.say()
    titles = _titles(stage)
    for line in titles[:ON_THE_PAGE]:
        screen.shown(line)
    screen.say()
    screen.shown(
        f"`try` there lists {len(titles) - ON_THE_PAGE} more. `try 1` shows commands, `try 1 | sh` runs them."
    )
    screen.say("What happens is told below. Ctrl-C ends it and removes everything.", "bold")


def _titles(stage: Stage) -> list[str]:
    return [f"{number:>2}. {one.title}" for number, one in enumerate(tries(stage.service), 1)]


def addresses(stage: Stage) -> list[tuple[str, str]]:
    """Where everything is."""
    return [
        ("the site", f"{stage.site.url}/admin"),
        ("", f"user {parts.USERNAME}, password {stage.password}; with a CA of its own"),
        ("its control", f"{stage.site.control}/  (lists what it can do)"),
        ("the operator", f"{stage.health}/readyz  /livez  /metrics"),
        ("logs", "operator.log and site.log beside that file"),
    ]


def lay_out(stage: Stage) -> Path:
    """The file for the other terminal; beside it the commands `try` and `services`, and what `try` shows."""
    directory = stage.cluster.directory
    for folder in ("bin", "tries"):
        (directory / folder).mkdir()
    for name, script in (("try", _TRY), ("services", _SERVICES)):
        command = directory / "bin" / name
        command.write_text(script)
        command.chmod(0o755)
    for number, one in enumerate(tries(stage.service), 1):
        (directory / "tries" / str(number)).write_text(one.text)
    (directory / "tries" / "list").write_text("\n".join((*_titles(stage), "")))
    variables = {
        "KUBECONFIG": str(stage.cluster.kubeconfig),
        "PLAYGROUND": str(directory),
        "CONTROL": stage.site.control,
        "SITE_PASSWORD": stage.password,
        "SAMPLES": str(parts.SERVICE_SAMPLES),
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    places = shlex.quote(f":{stage.kubectl.program.parent}:{directory / 'bin'}")
    file = directory / "env"
    file.write_text("\n".join((*lines, f'export PATH="$PATH"{places}', "")))
    return file
