"""What the playground says of itself: where everything is, and what to try. A test runs every command."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from arcgis_demo import parts
from arcgis_demo.screen import Screen
from arcgis_demo.stage import NAMESPACE, SAMPLE, Stage

RESYNC_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Try:
    """Something to do, and the commands for it."""

    title: str
    commands: Sequence[str]


def introduce(stage: Stage, screen: Screen) -> None:
    """Prints it all."""
    stage.kubectl("config", "set-context", "--current", f"--namespace={NAMESPACE}")
    screen.say()
    screen.say("In another terminal (brings kubectl if you have none):", "bold")
    screen.say(f"export KUBECONFIG={stage.cluster.kubeconfig}")
    screen.say(f'export PATH="$PATH:{stage.kubectl.program.parent}"')
    screen.say()
    for name, address in addresses(stage):
        screen.say(f"{name:<14} {address}")
    for number, one in enumerate(tries(stage), 1):
        screen.say()
        screen.say(f"{number}. {one.title}", "bold")
        for command in one.commands:
            screen.say(f"   {command}")
    screen.say()
    screen.say("What happens is told below. Ctrl-C ends it and removes everything.", "bold")


def addresses(stage: Stage) -> list[tuple[str, str]]:
    """Where everything is."""
    return [
        ("the site", f"{stage.site.url}/admin"),
        ("", f"user {parts.USERNAME}, password {stage.password}; its certificate is from a CA of its own"),
        ("its control", f"{stage.site.control}/  (lists what it can do)"),
        ("the operator", f"{stage.health}/readyz  /livez  /metrics"),
        ("logs", f"{stage.operator.log}  {stage.site.process.log}"),
    ]


def tries(stage: Stage) -> list[Try]:
    """Five things to try, in an order that works."""
    control, service, sample = stage.site.control, stage.service, shlex.quote(str(SAMPLE))
    ready = "kubectl wait agsvc/fire-weather --for=condition=Ready --timeout=60s"
    return [
        Try(
            "Change a setting, and see its job run on the site",
            [
                _patch('{"properties": {"maxRecordCount": 2000}}'),
                ready,
                "kubectl get agsvc -o wide",
            ],
        ),
        Try(
            f"Be the colleague who changes it on the site: it is put back within {RESYNC_SECONDS:g} s",
            [
                _control(
                    f"{control}/drift",
                    f'{{"service": "{service}", "set": {{"description": "quick fix"}}}}',
                ),
                "kubectl events --for agsvc/fire-weather",
            ],
        ),
        Try(
            "Let the next job fail: the operator says why, and tries again",
            [
                _control(
                    f"{control}/jobs/next",
                    '{"outcome": "FAILED", "messages": ["insufficient memory on the node"]}',
                ),
                _patch('{"description": "Fire weather, updated hourly"}'),
                "kubectl wait agsvc/fire-weather --for=jsonpath='{.status.job.status}'=FAILED --timeout=60s",
                ready,
            ],
        ),
        Try(
            "Let two resources want the same service: the older one keeps it",
            [
                f"sed 's/name: fire-weather/name: twin/' {sample} | kubectl apply -f -",
                "kubectl get agsvc",
                "kubectl delete agsvc twin",
            ],
        ),
        Try(
            "Read the manual, and ask for what the site would refuse",
            [
                "kubectl explain agsvc.spec.settings",
                _patch('{"clusterName": "other"}'),
            ],
        ),
    ]


def _patch(settings: str) -> str:
    return f'kubectl patch agsvc fire-weather --type=merge -p \'{{"spec": {{"settings": {settings}}}}}\''


def _control(url: str, body: str) -> str:
    return f"curl -fsS -o /dev/null {url} -d '{body}'"
