"""The page of each kind has the fields of its CustomResourceDefinition, generated from `crds/`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
KINDS = {"arcgisservices": "arcgisservice.md", "arcgissites": "arcgissite.md"}
PARTS = ("spec", "status")
Schema = dict[str, Any]


def schema(plural: str) -> Schema:
    crd = yaml.safe_load((ROOT / "crds" / f"{plural}.yaml").read_text())
    properties: Schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    return properties


def fields(part: Schema, path: str) -> Iterator[tuple[str, Schema, bool]]:
    """Path, schema and whether it is required, of everything below a part."""
    for name, item in part.get("properties", {}).items():
        yield f"{path}.{name}", item, name in part.get("required", ())
        yield from fields(item, f"{path}.{name}")
        yield from fields(item.get("items", {}), f"{path}.{name}[]")
        yield from fields(item.get("additionalProperties", {}), f"{path}.{name}[]")


def type_of(part: Schema) -> str:
    """The type as a reader calls it."""
    if "items" in part:
        return f"list of {type_of(part['items'])}s"
    if "additionalProperties" in part:
        return f"map of {type_of(part['additionalProperties'])}s"
    if part.get("x-kubernetes-int-or-string"):
        return "integer or string"
    return "time" if part.get("format") == "date-time" else str(part.get("type", "any"))


def described(part: Schema) -> str:
    """The description with the values, the default and the bounds."""
    said = " ".join(str(part.get("description", "One rule.")).split())
    said = said.replace("|", "\\|").replace("<", "&lt;")
    if "enum" in part:
        said += f" One of {', '.join(f'`{one}`' for one in part['enum'])}."
    if part.get("default") is not None and part.get("type") not in ("object", "array"):
        said += f" Default: `{part['default']}`."
    if part.get("type") == "integer" and part.get("minimum") is not None and "maximum" in part:
        most = part["maximum"]
        said += f" At least {part['minimum']}." if most == 2**31 - 1 else f" {part['minimum']} to {most}."
    return said


def table(plural: str, part: str) -> str:
    """The table of one part of a kind, and below it what cannot be set."""
    rows, refused = ["| field | type | description |", "|---|---|---|"], []
    for path, item, required in fields(schema(plural)[part], part):
        if str(item.get("description")).startswith("Not settable"):
            refused.append(path)
        else:
            kind = f"{type_of(item)}, required" if required and part == "spec" else type_of(item)
            rows.append(f"| `{path}` | {kind} | {described(item)} |")
    tail = "\nNot settable (the API server refuses them and says why):\n\n" if refused else ""
    for place in dict.fromkeys(path.rpartition(".")[0] for path in refused):
        names = [path.rpartition(".")[2] for path in refused if path.rpartition(".")[0] == place]
        tail += f"- below `{place}`: {', '.join(f'`{name}`' for name in names)}\n"
    return "\n".join(rows) + "\n" + tail


def marks(part: str) -> tuple[str, str]:
    return f"<!-- {part} fields, generated from crds/ -->\n", f"<!-- end {part} fields -->"


@pytest.mark.parametrize("plural", KINDS)
@pytest.mark.parametrize("part", PARTS)
def test_the_page_of_a_kind_has_the_fields_of_its_schema(plural: str, part: str) -> None:
    """On a difference, run `python tests/unit/docs/test_docs_fields.py`, which writes the tables anew."""
    begin, end = marks(part)
    page = (ROOT / "docs" / "reference" / KINDS[plural]).read_text()
    assert page.split(begin)[1].split(end)[0] == table(plural, part)


KNOWN = {
    *("description", "type", "properties", "required", "items", "additionalProperties", "enum", "default"),
    *("format", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "maxProperties"),
    *("pattern", "nullable", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"),
    *("x-kubernetes-map-type", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"),
    "x-kubernetes-validations",
}


def words(part: Schema) -> Iterator[str]:
    """Every keyword of a schema."""
    yield from part
    below = [*part.get("properties", {}).values(), part.get("items"), part.get("additionalProperties")]
    for one in below:
        yield from words(one) if isinstance(one, dict) else ()


@pytest.mark.parametrize("plural", KINDS)
def test_a_schema_has_keywords_only(plural: str) -> None:
    """A comma in a description without quotes would begin another keyword."""
    assert {word for part in schema(plural).values() for word in words(part)} <= KNOWN


def write() -> None:
    for plural, name in KINDS.items():
        page = ROOT / "docs" / "reference" / name
        text = page.read_text()
        for part in PARTS:
            begin, end = marks(part)
            inside = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
            shown = begin + table(plural, part) + end
            text = inside.sub(lambda _, shown=shown: shown, text)
        page.write_text(text)


if __name__ == "__main__":
    write()
