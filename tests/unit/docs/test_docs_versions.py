"""Every page says the same of the versions that the operator works with."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference" / "versions.md").read_text()
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
FOUR = ("explanation/faq", "tutorial/first-site", "reference/versions")
SAID = re.compile(r"ArcGIS Enterprise on Kubernetes(?: \|)? (\d+\.\d[^.|]*(?:\.\d[^.|]*)*)")


def of(name: str) -> str:
    """The row of the page of versions."""
    return next(line for line in PAGE.splitlines() if line.startswith(f"| {name} |"))


def test_every_page_names_the_releases_of_the_page_of_versions() -> None:
    row = re.findall(r"\d+\.\d+(?:\.\d+)?", of("ArcGIS Enterprise on Kubernetes").split("|")[2])
    said = {str(page.relative_to(ROOT)): SAID.findall(page.read_text()) for page in PAGES}
    named = {
        (name, number)
        for name, texts in said.items()
        for text in texts
        for number in re.findall(r"\d+\.\d+(?:\.\d+)?", text)
    }
    assert row == ["11.5", "12.1", "10.9.1"]
    assert {name for name, _ in named} >= {"README.md", *(f"docs/{name}.md" for name in FOUR)}
    assert sorted(one for one in named if one[1] not in row) == []


def test_every_page_names_the_same_releases_of_kubernetes() -> None:
    row = re.findall(r"1\.\d\d", of("Kubernetes").split("|")[2])
    said = {
        (page.name, tuple(found))
        for page in PAGES
        for found in re.findall(r"(?:Kubernetes|cluster) (?:\| )?(1\.\d\d) to (1\.\d\d)", page.read_text())
        if page.name != "evidence.md"
    }
    assert len(said) >= 3
    assert sorted(one for one in said if list(one[1]) != row) == []
