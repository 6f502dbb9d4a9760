"""What a person asks for in the annotations of a resource, and the commands that write them."""

from collections.abc import Mapping

from arcgis_operator.core.jsondoc import Json, printable

REQUESTED = ("arcgis-operator.dev/requestedAt", "reconcile.fluxcd.io/requestedAt")
"""Annotations with which a person asks for one more try; the command writes the first."""
ABANDON = "arcgis-operator.dev/abandon"
"""Annotation with which a person gives an intent up; its value is `status.journal.id`."""
RESTORE = "arcgis-operator.dev/restoreDrift"
"""Annotation of an ArcGISSite with which a person lets many drifts be restored: `status.divergence.id`."""
BETWEEN = "; "  # two requests in one text
REQUEST_SIGNS = 120  # of one request, so that two fit into a field of the status (256)
OVERRIDE = "arcgis-operator.dev/overrideWindows"
"""Annotation with which a person lets a plan through closed windows; it begins with the plan's hash."""


def requests_in(annotations: Mapping[str, Json]) -> str:
    """What the annotations ask for, as `status.lastHandledReconcileAt` will hold it; empty for nothing."""
    return BETWEEN.join(filter(None, (_request(annotations, name) for name in REQUESTED)))


def override_in(annotations: Mapping[str, Json]) -> str:
    """The plan that a person lets through, and what makes this word another than the last; empty for none."""
    return _request(annotations, OVERRIDE)


def _request(annotations: Mapping[str, Json], name: str) -> str:
    return printable(annotations.get(name) or "", REQUEST_SIGNS).replace(BETWEEN, ", ")


def asked_in(body: Mapping[str, Json]) -> tuple[str, ...]:
    """All that a person asks for on an object."""
    annotations = body["metadata"].get("annotations") or {}
    return tuple(str(annotations.get(name, "")) for name in (*REQUESTED, ABANDON, OVERRIDE, RESTORE))


def unheard(requested: str, handled: str) -> bool:
    """Whether one of the requests has not been heard yet; one that was heard may still stand beside it."""
    return not set(filter(None, requested.split(BETWEEN))) <= set(handled.split(BETWEEN))


def retry_command(whose: str) -> str:
    """Asks for one more try; `whose` is the resource as kubectl takes it, `roads -n gis`."""
    return f'kubectl annotate agsvc {whose} --overwrite {REQUESTED[0]}="$(date)"'


def override_command(what: str, plan: str) -> str:
    """Lets a plan through the windows of `what`, as in `agsvc roads -n gis`."""
    return f'kubectl annotate {what} --overwrite {OVERRIDE}="{plan} $(date)"'


def approve_command(whose: str, plan: str) -> str:
    """Approves a plan."""
    patch = f'{{"spec":{{"change":{{"approvedPlan":"{plan}"}}}}}}'
    return f"kubectl patch agsvc {whose} --type=merge -p '{patch}'"


def abandon_command(whose: str, intent: str) -> str:
    """Gives an intent up."""
    return f"kubectl annotate agsvc {whose} --overwrite {ABANDON}={intent}"


def restore_command(site: str, divergence: str) -> str:
    """Lets the drifts of a site be restored; `site` is the ArcGISSite as kubectl takes it, `prod -n gis`."""
    return f"kubectl annotate agsite {site} --overwrite {RESTORE}={divergence}"
