"""What Kubernetes has written down at the end: the status, the events, the wide table."""

import time
from collections.abc import Mapping
from typing import Any

import yaml

from arcgis_demo.screen import Screen
from arcgis_demo.stage import NAMESPACE, Stage
from arcgis_demo.story import Story, values

_EVENT_SECONDS = 5.0
_NEXT = (
    ("make playground", "the same, staying up, with seventeen things to try"),
    ("docs/tutorial/first-site.md", "to a first setting on a site of yours"),
    ("manifests/samples/services", "a resource for each task, to copy"),
)
_SHOWN = ("observedGeneration", "conditions", "job", "observed")


def report(stage: Stage, screen: Screen, story: Story) -> None:
    """Prints it, each part under the command that shows it."""
    name = f"agsvc/{story.resource_name}"
    screen.command(f"kubectl get {name} -n {NAMESPACE} -o yaml   # its status, shortened")
    status = stage.kubectl.get_json(name)["status"]
    screen.yaml(yaml.safe_dump({"status": shortened(status)}, sort_keys=False, allow_unicode=True, width=90))
    screen.command(f"kubectl events -n {NAMESPACE} --for {name}")
    screen.shown(_events(stage, story))
    screen.command(f"kubectl get agsvc -n {NAMESPACE} -o wide")
    screen.shown(stage.kubectl("get", "agsvc", "-o", "wide").stdout.rstrip())


def tell_next(screen: Screen) -> None:
    """What to do after the demo."""
    screen.say()
    screen.say("What next:", "bold")
    for command, why in _NEXT:
        screen.shown(f"  {command:<29}{why}")


def shortened(status: Mapping[str, Any]) -> dict[str, Any]:
    """What a person reads of a status; of a long result only what it holds."""
    shown = {key: status[key] for key in _SHOWN if key in status}
    result = shown.get("job", {}).get("result")
    if isinstance(result, Mapping) and "service" in result:
        count = len(list(values(result["service"])))
        shown["job"] = shown["job"] | {"result": f"(the service as the site returned it, {count} values)"}
    return shown


def _events(stage: Stage, story: Story) -> str:
    """Events are written a moment after the status that they announce."""
    deadline = time.monotonic() + _EVENT_SECONDS
    while True:
        text = stage.kubectl("events", "--for", f"agsvc/{story.resource_name}").stdout.rstrip()
        if story.resource.message in text or time.monotonic() > deadline:
            return text
        time.sleep(0.2)
