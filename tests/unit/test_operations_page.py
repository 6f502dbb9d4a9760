"""The page for operators says what the tables of reasons, metrics and options say."""

import dataclasses
import re
from pathlib import Path

from arcgis_operator.cli import run
from arcgis_operator.config import PREFIX, Config
from arcgis_operator.core.verdict import ROWS, Progress, Ready, Reason
from arcgis_operator.telemetry.metrics import Metrics

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()
SECTION = PAGE.split("## Reasons")[1].split("## Other events")[0]
ENTRIES = dict(re.findall(r"### (\w+)\n(.*?)(?=\n### |\Z)", SECTION, re.DOTALL))


def test_every_reason_has_its_entry_and_no_entry_is_left_over() -> None:
    """The headings are the reasons."""
    assert set(ENTRIES) == {reason.value for reason in Reason}


def test_every_entry_names_the_conditions_of_its_row() -> None:
    """An entry says Ready unless it is False, and Reconciling or Stalled."""
    words = {
        Progress.NONE: (),
        Progress.RECONCILING: ("Reconciling",),
        Progress.STALLED: ("Stalled",),
        Progress.RETRYING: ("Stalled",),
    }
    for reason, row in ROWS.items():
        entry = ENTRIES[reason.value]
        expected = () if row.ready is Ready.FALSE else (f"Ready is {row.ready.value}",)
        missing = [word for word in (*expected, *words[row.progress]) if word not in entry]
        assert not missing, f"{reason.value} does not say {missing}"


def test_every_metric_is_on_the_page_and_no_other() -> None:
    """Each name stands in the first column, in full or with dots for the prefix, with or without labels."""
    rows = re.findall(r"^\| (`.*?`) \|", PAGE.split("## Metrics")[1].split("\n## ")[0], re.MULTILINE)
    shown = [name for row in rows for name in re.findall(r"`([\w…]+)[^`]*`", row)]
    families = [family for family in Metrics().registry.collect() if family.name.startswith("arcgis")]
    names = [f"{one.name}_total" if one.type == "counter" else one.name for one in families]
    assert sorted(name.replace("…", "arcgis_operator") for name in shown) == sorted(names)


def options() -> str:
    """The table of options as the page shows it."""
    rows = ["| option | default | what |", "|---|---|---|"]
    fields = {field.name: field for field in dataclasses.fields(Config)}
    for option in run.params:
        field = fields[str(option.name)]
        default = f"`{field.default:g}`" if isinstance(field.default, float) else f"`{field.default}`"
        shown = "" if field.default in ("", ()) else default
        rows.append(f"| `{option.opts[0]}` | {shown} | {field.metadata['help']} |")
    return "\n".join(rows) + "\n"


def test_the_page_shows_the_options_of_the_command() -> None:
    """On a difference, put what `python tests/unit/test_operations_page.py` prints between the markers."""
    begin, end = "<!-- options -->\n", "<!-- end options -->"
    assert PAGE.split(begin)[1].split(end)[0] == options()


def test_the_page_says_how_variables_are_named() -> None:
    """After the option, but for the one that is a list."""
    named = {option.opts[0]: PREFIX + option.opts[0][2:].replace("-", "_").upper() for option in run.params}
    named["--namespace"] = f"{PREFIX}NAMESPACES"
    fields = {field.name: field.metadata["env"] for field in dataclasses.fields(Config)}
    assert named == {option.opts[0]: fields[str(option.name)] for option in run.params}


if __name__ == "__main__":
    print(options(), end="")  # noqa: T201
