"""The page of metrics names those of the registry."""

import re
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from arcgis_operator.telemetry.metrics import Metrics

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "metrics.md").read_text()


def test_every_metric_is_on_the_page_and_no_other() -> None:
    """Each name stands in the first column, in full or with dots for the prefix, with or without labels."""
    rows = re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)
    shown = [name for row in rows for name in re.findall(r"`([\w…]+)[^`]*`", row)]
    families = [family for family in Metrics().registry.collect() if family.name.startswith("arcgis")]
    names = [f"{one.name}_total" if one.type == "counter" else one.name for one in families]
    assert sorted(name.replace("…", "arcgis_operator") for name in shown) == sorted(names)


def test_every_metric_has_the_labels_that_the_page_shows() -> None:
    shown = dict(re.findall(r"^\| `arcgis_operator_(\w+?)(?:_total)?(?:\{(.*?)\})?` \|", PAGE, re.MULTILINE))
    metrics = [one for one in vars(Metrics()).values() if isinstance(one, MetricWrapperBase)]
    labels = {one._name.removeprefix("arcgis_operator_"): ",".join(one._labelnames) for one in metrics}
    assert shown == labels
