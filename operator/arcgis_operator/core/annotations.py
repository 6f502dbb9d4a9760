"""What a person asks for in the annotations of a resource, and the commands that write them."""

from collections.abc import Mapping

from arcgis_operator.core.jsondoc import Json, printable

REQUESTED = ("arcgis-operator.dev/requestedAt", "reconcile.fluxcd.io/requestedAt")
"""Annotations with which a person asks for one more try; the command writes the first."""
ABANDON = "arcgis-operator.dev/abandon"
"""Annotation with which a person gives an intent up; its value is `status.journal.id`."""
BETWEEN = "; "  # two requests in one text
REQUEST_SIGNS = 120  # of one request, so that both fit into status.lastHandledReconcileAt (256)


def requests_in(annotations: Mapping[str, Json]) -> str:
    """What the annotations ask for, as `status.lastHandledReconcileAt` will hold it; empty for nothing."""
    asked = (printable(annotations.get(name) or "", REQUEST_SIGNS) for name in REQUESTED)
    return BETWEEN.join(one.replace(BETWEEN, ", ") for one in asked if one)


def unheard(requested: str, handled: str) -> bool:
    """Whether one of the requests has not been heard yet; one that was heard may still stand beside it."""
    return not set(filter(None, requested.split(BETWEEN))) <= set(handled.split(BETWEEN))


def retry_command(whose: str) -> str:
    """Asks for one more try; `whose` is the resource as kubectl takes it, `roads -n gis`."""
    return f'kubectl annotate agsvc {whose} --overwrite {REQUESTED[0]}="$(date)"'


def abandon_command(whose: str, intent: str) -> str:
    """Gives an intent up."""
    return f"kubectl annotate agsvc {whose} --overwrite {ABANDON}={intent}"
