"""The page of metrics names those of the registry."""

import re
from pathlib import Path

from arcgis_operator.telemetry.metrics import Metrics

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "metrics.md").read_text()


def test_every_metric_is_on_the_page_and_no_other() -> None:
    """Each name stands in the first column, in full or with dots for the prefix, with or without labels."""
    rows = re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)
    shown = [name for row in rows for name in re.findall(r"`([\w…]+)[^`]*`", row)]
    families = [family for family in Metrics().registry.collect() if family.name.startswith("arcgis")]
    names = [f"{one.name}_total" if one.type == "counter" else one.name for one in families]
    assert sorted(name.replace("…", "arcgis_operator") for name in shown) == sorted(names)
