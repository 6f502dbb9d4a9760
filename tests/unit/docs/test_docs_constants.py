"""Figures that the pages repeat are those of the code and of the rules for Prometheus."""

import re
from pathlib import Path

import yaml

from arcgis_demo.tries import tries
from arcgis_operator.adapters.admin.accounts import Room
from arcgis_operator.core.case import Policy
from arcgis_operator.core.model import SiteWanted
from arcgis_operator.core.site_spec import parse_site

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
SITE = {"url": "https://gis.example.com/arcgis", "credentials": {"secretRef": {"name": "login"}}}
RULES = yaml.safe_load((ROOT / "manifests/samples/monitoring/prometheus-rules.yaml").read_text())["spec"]


def constant(name: str) -> float:
    """A constant of the operator, in whichever of its files it stands."""
    sources = (one.read_text() for one in (ROOT / "operator").rglob("*.py"))
    found = [
        said
        for text in sources
        for said in re.findall(rf"^ *{name}(?:: \w+)? = ([\d.]+)", text, re.MULTILINE)
    ]
    assert len(found) == 1, (name, found)
    return float(found[0])


def rows(page: str, heading: str) -> dict[str, str]:
    """The first two cells of the table below a heading."""
    below = (DOCS / page).read_text().split(heading)[1].split("\n\n")
    table = next(block for block in below if block.lstrip().startswith("|"))
    cells = (line.strip("|").split("|") for line in table.splitlines()[2:])
    return {row[0].strip(): row[1].strip() for row in cells}


def test_the_bounds_of_the_concepts_are_those_of_the_code() -> None:
    site, policy = parse_site({"spec": SITE}), Policy()
    assert isinstance(site, SiteWanted)
    said = [value.partition(" ")[0] for value in rows("explanation/concepts.md", "there are bounds").values()]
    bounds = (
        policy.jobs_per_digest,
        policy.edits_per_hour,
        site.max_jobs,
        site.requests_per_second,
        Room.TAKEN,
    )
    assert said == [str(int(bound)) for bound in bounds]


def test_every_alert_is_on_the_page_of_monitoring_and_no_other() -> None:
    alerts = {rule["alert"] for group in RULES["groups"] for rule in group["rules"]}
    assert {name.strip("`") for name in rows("guides/monitoring.md", "## Alerts")} == alerts


def test_the_probes_fail_after_the_times_that_the_page_names() -> None:
    page = rows("reference/metrics.md", "# Metrics and probes")["`/livez`"]
    assert constant("unheard") == 300
    assert "the watch hears nothing (five minutes)" in page
    assert constant("RESYNC_PATIENCE") == 3
    assert "(three resync intervals)" in page
    assert constant("UNBEGUN_SECONDS") == 1800
    assert "for half an hour" in page


def test_the_failure_modes_name_the_times_of_the_code() -> None:
    page = (DOCS / "explanation" / "failure-modes.md").read_text()
    assert f"a stream without a byte is closed after {constant('SILENT_SECONDS'):.0f} s" in page
    assert f"*no full list within {constant('BEGIN_SECONDS'):.0f} s*" in page
    assert f"it stands again after {constant('REST_SECONDS'):.0f} s" in page


def test_the_tutorial_names_things_to_try_that_there_are() -> None:
    page = (DOCS / "tutorial" / "playground.md").read_text()
    named = {int(number) for number in re.findall(r"`try (\d+)", page)}
    assert "seventeen things to try" in page
    assert "seventeen things to try" in (ROOT / "README.md").read_text()
    assert len(tries("Roads.MapServer")) == 17
    assert named <= set(range(1, 18))
