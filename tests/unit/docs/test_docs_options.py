"""The page of options says what the command and its variables are."""

from pathlib import Path

from arcgis_operator.cli import run
from arcgis_operator.config import PREFIX, default_of, settings, variable_of

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "options.md").read_text()


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


if __name__ == "__main__":
    print(options(), end="")  # noqa: T201
