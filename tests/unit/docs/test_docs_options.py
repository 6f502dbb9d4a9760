"""The page of options says what the command and its variables are."""

import re
from pathlib import Path

from arcgis_operator.cli import run
from arcgis_operator.config import PREFIX, default_of, settings, variable_of

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "reference" / "options.md").read_text()


def options() -> str:
    """The table of options as the page shows it."""
    rows = ["| option | default | what |", "|---|---|---|"]
    for option in run.params:
        name = str(option.name)
        default = f"`{default_of(name)}`" if default_of(name) else ""
        rows.append(f"| `{option.opts[0]}` | {default} | {settings()[name].metadata['help']} |")
    return "\n".join(rows) + "\n"


def test_the_page_shows_the_options_of_the_command() -> None:
    """On a difference, put what `python tests/unit/docs/test_docs_options.py` prints between the markers."""
    begin, end = "<!-- options -->\n", "<!-- end options -->"
    assert PAGE.split(begin)[1].split(end)[0] == options()


def test_the_page_says_how_variables_are_named() -> None:
    """After the option, but for the one that is a list."""
    named = {option.opts[0]: PREFIX + option.opts[0][2:].replace("-", "_").upper() for option in run.params}
    named["--namespace"] = f"{PREFIX}NAMESPACES"
    assert named == {option.opts[0]: variable_of(str(option.name)) for option in run.params}


WORDS = {"twelve": 12, "five": 5, "ten": 10, "three": 3}
UNITS = {"second": 1, "minute": 60, "hour": 3600}
BESIDE = re.compile(r"\b(\d+|[A-Za-z]+) (second|minute|hour|edit)s? \(`--([a-z-]+)`")


def test_a_figure_beside_an_option_is_its_default() -> None:
    """As in `up to 10 minutes (--stale-after-seconds)`."""
    found = [
        (f"{page.name}: {said.group()}", amount * UNITS.get(said[2], 1), settings()[option].default)
        for page in DOCS.rglob("*.md")
        for said in BESIDE.finditer(page.read_text())
        if (amount := WORDS.get(said[1].lower()) or (int(said[1]) if said[1].isdigit() else 0))
        for option in [said[3].replace("-", "_")]
    ]
    assert len(found) >= 5
    assert [told for told, amount, default in found if amount != default] == []


if __name__ == "__main__":
    print(options(), end="")  # noqa: T201
