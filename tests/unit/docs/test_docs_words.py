"""The pages that teach use the field's words; our own stand in the glossary."""

import re
from pathlib import Path

import click
import pytest
import yaml

from arcgis_demo import cli as demo_cli
from arcgis_devcluster import cli as devcluster_cli
from arcgis_operator import cli as operator_cli
from arcgis_simulator import cli as simulator_cli

ROOT = Path(__file__).resolve().parents[3]
TEACHING = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs" / "tutorial").glob("*.md"),
    *(ROOT / "docs" / "guides").glob("*.md"),
    *(ROOT / "docs" / "reference").glob("*.md"),
    *(ROOT / "docs" / "explanation").glob("*.md"),
]
PROVING = ("CHANGELOG.md", "architecture.md", "evidence.md", "performance.md")
"""Pages for those who work on the project, and about them; they may use its words."""
TEXTS = [
    *(ROOT / "manifests").rglob("*.yaml"),
    *(ROOT / "manifests").rglob("Kustomization"),
    ROOT / "charts" / "arcgis-operator" / "values.yaml",
    ROOT / "charts" / "arcgis-operator" / "templates" / "NOTES.txt",
    *(ROOT / "simulator" / "arcgis_simulator" / "templates").glob("*.html"),
]
"""What people read beside the pages: comments of manifests and values, the simulated site's pages."""
INSTEAD = {
    r"\bmend(s|ed)?\b": "fix",
    r"\btold of\b": "an event reports it",
    r"\banew\b": "again",
    r"\bof late\b": "recently",
    r"signs that are not seen": "invisible characters",
    r"\bthe kinds first\b": "upgrade the CRDs first",
    r"\bspeaks for\b": "manages",
    r"\bowned (setting|value)s?\b": "declared setting",
    r"\bnobody \w+( \w+)* any more\b": "no longer",
    r"\btaken for lost\b": "treated as lost",
    r"\bcannot be told\b": "the operator cannot tell",
}


def prose(page: Path) -> str:
    """A page without what programs printed."""
    return re.sub(r"^```console.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def test_no_page_that_teaches_uses_a_word_that_stops_a_reader() -> None:
    found = [
        f"{page.relative_to(ROOT)}: {said.group()!r}, better {better!r}"
        for page in TEACHING
        if page.name not in PROVING
        for pattern, better in INSTEAD.items()
        for said in re.finditer(pattern, prose(page), re.IGNORECASE)
    ]
    assert found == []


def test_the_descriptions_and_messages_of_the_kinds_use_the_same_words() -> None:
    found = [
        f"{crd.name}: {said.group()!r}, better {better!r}"
        for crd in (ROOT / "crds").glob("*.yaml")
        for pattern, better in INSTEAD.items()
        for said in re.finditer(pattern, crd.read_text(), re.IGNORECASE)
    ]
    assert found == []


def test_comments_that_people_read_use_the_same_words() -> None:
    owned = {**INSTEAD, r"\bowned\b": "declared", r"^# The kinds\b|after the kinds\b": "the CRDs"}
    found = [
        f"{text.relative_to(ROOT)}: {said.group()!r}, better {better!r}"
        for text in TEXTS
        for pattern, better in owned.items()
        for said in re.finditer(pattern, text.read_text(), re.IGNORECASE | re.MULTILINE)
    ]
    assert found == []


COMMANDS: dict[str, click.Command] = {
    "arcgis-operator": operator_cli.main,
    "arcgis-simulator": simulator_cli.main,
    "arcgis_demo": demo_cli.main,
    "arcgis_devcluster": devcluster_cli.main,
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_uses_the_same_words(name: str) -> None:
    command = COMMANDS[name]
    parts = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    texts = [part.get_help(click.Context(part, info_name=name, **command.context_settings)) for part in parts]
    found = [
        said for text in texts for pattern in INSTEAD for said in re.findall(pattern, text, re.IGNORECASE)
    ]
    assert found == []
    assert len(parts) > 1 or name == "arcgis-simulator"


def test_the_targets_of_make_use_the_same_words() -> None:
    helps = re.findall(r"^[\w.-]+:.*## (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    found = [text for text in helps for pattern in INSTEAD if re.search(pattern, text, re.IGNORECASE)]
    assert len(helps) > 20
    assert found == []


FIRST = "An accepted edit restarts the service."


def test_what_an_edit_costs_is_said_before_anything_else() -> None:
    """That it restarts the service, and that restoring a drift is an edit too."""
    readme = (ROOT / "README.md").read_text()
    said = readme.index(f"**{FIRST}** Restoring a drifted setting is an edit too.")
    assert said < min(map(readme.index, ("```yaml", "## ")))
    crd = yaml.safe_load((ROOT / "crds" / "arcgisservices.yaml").read_text())
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    settings = " ".join(spec["properties"]["settings"]["description"].split())
    assert settings.startswith(
        f"{FIRST} Restoring a setting that somebody changed on the site (drift) is an edit"
    )


def test_the_pages_teach_at_least_as_much_as_they_prove() -> None:
    pages = [*TEACHING, *(ROOT / "docs" / "explanation" / "decisions").glob("*.md")]
    words = {page: len(page.read_text().split()) for page in pages if page.name != "CHANGELOG.md"}
    proving = sum(
        count for page, count in words.items() if page.name in PROVING or page.parent.name == "decisions"
    )
    assert sum(words.values()) - proving >= proving


def test_the_glossary_has_each_word_once() -> None:
    page = (ROOT / "docs" / "explanation" / "glossary.md").read_text()
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", page, re.MULTILINE)
    assert len(words) == len(set(words)) > 30
    for part in page.split("\n## ")[1:]:
        listed = re.findall(r"^\| \*\*(.+?)\*\* \|", part, re.MULTILINE)
        assert listed == sorted(listed, key=str.casefold)
