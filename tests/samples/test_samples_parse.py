"""The operator's own reading of the sample specs; tests/manifests holds them against the API server."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from arcgis_operator.core.model import SpecInvalid
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.core.site_spec import parse_site

PARSERS: dict[str, Callable[[Mapping[str, Any]], object]] = {
    "services": parse_service,
    "sites": parse_site,
}


def samples() -> list[Any]:
    tables = {name: Path(__file__).with_name(f"{name}.yaml").read_text() for name in PARSERS}
    return [
        pytest.param(PARSERS[name], row, id=f"{name}: {row['name']}")
        for name, text in tables.items()
        for row in yaml.safe_load(text)["rows"]
    ]


@pytest.mark.parametrize(("parse", "row"), samples())
def test_a_spec_is_read_as_the_table_says(
    parse: Callable[[Mapping[str, Any]], object], row: dict[str, Any]
) -> None:
    found = parse({"metadata": {"namespace": "gis", "name": "sample"}, "spec": row["spec"]})
    problems = found.problems if isinstance(found, SpecInvalid) else ()
    assert bool(problems) is (row["parse"] == "invalid"), problems
    assert any(row.get("parse_message", "") in problem for problem in problems or ("",)), problems


def test_the_names_of_the_samples_are_sentences_of_their_own() -> None:
    names = [param.id for param in samples()]
    assert len(names) == len(set(names)) > 100
