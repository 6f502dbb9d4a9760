"""The examples of the pages work: specs parse, commands and files are there."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from arcgis_operator.core.model import SpecInvalid
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.core.site_spec import parse_site

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PARSERS: dict[str, Callable[[Mapping[str, Any]], object]] = {
    "ArcGISService": parse_service,
    "ArcGISSite": parse_site,
}
BASES: dict[str, dict[str, Any]] = {
    "ArcGISService": {"siteRef": {"name": "prod"}, "service": {"name": "Roads", "type": "MapServer"}},
    "ArcGISSite": {"url": "https://gis.example.com/arcgis", "credentials": {"secretRef": {"name": "prod"}}},
}
PARTS = {"arcgisservice.md": "ArcGISService", "arcgissite.md": "ArcGISSite", "network.md": "ArcGISSite"}
"""Pages whose examples may show a part of the spec of this kind."""


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", page.read_text(), re.MULTILINE | re.DOTALL)


def manifests(page: Path) -> Iterator[dict[str, Any]]:
    """Every document of the two kinds on a page, in YAML of its own or inside a command."""
    inside = [
        text for block in blocks(page, "sh") for text in re.findall(r"<<EOF\n(.*?)\nEOF", block, re.DOTALL)
    ]
    for text in (*blocks(page, "yaml"), *inside):
        for found in yaml.safe_load_all(text):
            if isinstance(found, dict) and found.get("kind") in PARSERS:
                yield found
            elif isinstance(found, dict) and found.keys() == {"spec"} and page.name in PARTS:
                kind = PARTS[page.name]
                yield {"kind": kind, "spec": {**BASES[kind], **found["spec"]}}


EXAMPLES = [
    pytest.param(one, id=f"{page.relative_to(ROOT)} {number}")
    for page in PAGES
    for number, one in enumerate(manifests(page), 1)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_manifest_on_a_page_is_a_good_spec(example: dict[str, Any]) -> None:
    metadata = {"namespace": "gis", "name": "example", **example.get("metadata", {})}
    found = PARSERS[example["kind"]]({"metadata": metadata, "spec": example["spec"]})
    assert not isinstance(found, SpecInvalid), found.problems


def test_the_pages_have_examples_of_both_kinds() -> None:
    kinds = [one.values[0]["kind"] for one in EXAMPLES]
    assert min(kinds.count(kind) for kind in PARSERS) >= 5


def test_a_target_that_a_page_names_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (str(page.relative_to(ROOT)), target)
        for page in PAGES
        for block in blocks(page, "sh")
        for target in re.findall(r"^make ([\w.-]+)", block, re.MULTILINE)
    }
    assert {target for _, target in named} <= targets, named
    assert named


def test_a_file_that_a_command_names_is_there() -> None:
    named = {
        path.rstrip(".,")
        for page in PAGES
        for block in blocks(page, "sh")
        for path in re.findall(r"(?<![\w/.-])((?:manifests|charts|crds|tests)/[\w./-]+)", block)
    }
    assert sorted(path for path in named if not path.endswith("/mine") and not (ROOT / path).exists()) == []


def test_a_file_or_a_test_that_a_page_names_is_there() -> None:
    """Not of the changelog, which tells of what is gone, too."""
    folders = "manifests|charts|crds|tests|operator|simulator|demo|devcluster|image|bench|docs|requirements"
    tests = "\n".join(one.read_text() for one in (ROOT / "tests").rglob("*.py"))
    files = {one.stem for one in (ROOT / "tests").rglob("test_*.py")}
    lost = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in (*PAGES, *ROOT.glob("*/README.md"), *ROOT.glob("tests/*/README.md"))
        if page.name != "CHANGELOG.md"
        for name in re.findall(rf"`((?:{folders})/[\w./*-]+|test_\w+(?:\.py)?)`", page.read_text())
        if not any(ROOT.glob(name)) and not any(ROOT.glob(f"{name}.py"))
        if name.removesuffix(".py") not in files and f"def {name}(" not in tests
    ]
    assert lost == []
