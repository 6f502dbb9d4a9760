"""Every link of a page leads to a file and a heading that are there; the index leads to every page."""

import re
import unicodedata
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
INDEX = ROOT / "docs" / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "bench" / "README.md"])
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s]+)\)")
NAMED = re.compile(r"(?<![\w./-])docs/[\w./-]+")
SPEAKERS = ("*.py", "*.yaml", "*.txt", "*.toml", "Makefile")
PLACES = ("operator", "simulator", "devcluster", "demo", "image", "bench", "crds", "manifests", "charts")


@cache
def prose(page: Path) -> str:
    """The text of a page without its examples."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


@cache
def anchors(page: Path) -> frozenset[str]:
    """What a link to a heading of this page may end with, as GitHub writes it."""
    return frozenset(anchor(title) for title in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE))


def anchor(title: str) -> str:
    """A heading as an anchor: letters, digits, - and _ stay, spaces become -."""
    kept = [c for c in title.lower() if c in " -_" or unicodedata.category(c)[0] in "LN"]
    return "".join(kept).replace(" ", "-")


def links(page: Path) -> list[tuple[str, Path, str]]:
    """The links of a page to this repository: as written, file, heading."""
    found = []
    for written in LINK.findall(prose(page)):
        path, _, heading = written.partition("#")
        found.append((written, (page.parent / path).resolve() if path else page, heading))
    return found


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {written}"
        for page in PAGES
        for written, target, heading in links(page)
        if not target.exists() or (heading and heading not in anchors(target))
    ]
    assert broken == []


def test_every_page_can_be_reached_from_the_index() -> None:
    seen, ahead = {INDEX}, [INDEX]
    while ahead:
        for _, target, _ in links(ahead.pop()):
            if target.suffix == ".md" and target not in seen and target.exists():
                seen.add(target)
                ahead.append(target)
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in seen] == []


def test_a_page_that_the_code_names_is_there() -> None:
    files = [
        ROOT / "Makefile",
        *(one for place in PLACES for kind in SPEAKERS for one in (ROOT / place).rglob(kind)),
    ]
    named = {(one, name.rstrip(".")) for one in files for name in NAMED.findall(one.read_text())}
    missing = [
        f"{one.relative_to(ROOT)}: {name}"
        for one, name in named
        if not (ROOT / name).exists() and not list((ROOT / name).parent.glob(f"{(ROOT / name).name}*"))
    ]
    assert missing == []
    assert named


def test_a_heading_becomes_an_anchor_as_on_github() -> None:
    assert anchor("What an edit does, to your users?") == "what-an-edit-does-to-your-users"
    assert anchor("`spec.access[]`") == "specaccess"
