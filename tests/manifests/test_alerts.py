"""The rules file for Prometheus speaks of metrics that there are, in expressions that can become true."""

import re
from pathlib import Path
from typing import Any

import yaml

from arcgis_operator.core.verdict import Reason
from arcgis_operator.telemetry.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
GROUPS = yaml.safe_load((ROOT / "manifests/samples/monitoring/prometheus-rules.yaml").read_text())["spec"][
    "groups"
]
OF_THE_TARGET = ("instance",)  # Prometheus puts it to each sample
RULES: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]


def test_each_expression_names_a_metric_and_labels_that_it_has() -> None:
    known = dict(exposed())
    for rule in RULES:
        names = re.findall(r"arcgis_operator_\w+", rule["expr"])
        assert names, rule["alert"]
        assert [name for name in names if name not in known] == []
        used = {*re.findall(r"(\w+)!?=~?\"", rule["expr"]), *kept(rule["expr"])}
        assert used <= {*known[names[0]], *OF_THE_TARGET}, rule["alert"]


def kept(expression: str) -> set[str]:
    """The labels that an aggregation keeps."""
    return {label for group in re.findall(r"by \(([\w, ]+)\)", expression) for label in group.split(", ")}


def exposed() -> list[tuple[str, tuple[str, ...]]]:
    """The names of samples, with the names of their labels."""
    metrics = Metrics()
    found = []
    for one in vars(metrics).values():
        if hasattr(one, "_labelnames"):
            suffix = "_total" if one._type == "counter" else ""
            found.append((f"{one._name}{suffix}", tuple(one._labelnames)))
    return found


def test_the_reasons_that_are_asked_for_are_reasons() -> None:
    asked = {word for rule in RULES for word in re.findall(r'reason="(\w+)"', rule["expr"])}
    assert asked <= {reason.value for reason in Reason}
    assert asked


def test_what_is_shown_beside_a_label_was_kept_by_the_expression() -> None:
    for rule in RULES:
        shown = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        assert shown <= kept(rule["expr"]), rule["alert"]


def test_each_alert_has_a_severity_and_a_summary_and_is_on_the_page_for_operators() -> None:
    page = (ROOT / "docs/guides/monitoring.md").read_text()
    for rule in RULES:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"].keys() == {"summary"}
        assert f"`{rule['alert']}`" in page
