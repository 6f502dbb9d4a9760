"""The hand-written catalogue at both gates: the API server, and the reading of objects that are older."""

import json
from collections import Counter
from typing import Any

import httpx
import pytest
from malicious_names import NAMES
from malicious_settings import SETTINGS
from malicious_sites import MOVED_TO, SITES
from malicious_sizes import SIZES
from malicious_specs import REFUSED, SERVICE, Malice, filled
from malicious_tenants import TENANTS
from malicious_words import SAID, SPOKEN

from arcgis_operator.core.model import SpecInvalid
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.core.site_spec import parse_site
from harness.apiserver import GROUP

Json = Any
FEWEST = {"NAMES": 50, "SETTINGS": 50, "SITES": 100, "TENANTS": 15, "SIZES": 20, "SPOKEN": 20}
PARTS = {
    "NAMES": NAMES,
    "SETTINGS": SETTINGS,
    "SITES": SITES,
    "TENANTS": TENANTS,
    "SIZES": SIZES,
    "SPOKEN": SPOKEN,
}
ALL: tuple[Malice, ...] = tuple(entry for part in PARTS.values() for entry in part)
PLURALS = {"ArcGISService": "arcgisservices", "ArcGISSite": "arcgissites"}
PORTS = {"trap": 4444, "apiserver": 6443, "control": 8081}


def rows(*outcomes: str) -> Any:
    chosen = [entry for entry in ALL if not outcomes or entry.outcome in outcomes]
    return pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.what) for entry in chosen])


def created(asked: httpx.Client, entry: Malice) -> httpx.Response:
    """What the API server says to a create, without doing it."""
    body = {
        "apiVersion": GROUP,
        "kind": entry.kind,
        "metadata": {"name": "malice", "namespace": "default"},
        "spec": filled(entry.spec, **PORTS),
    }
    path = f"/apis/{GROUP}/namespaces/default/{PLURALS[entry.kind]}?dryRun=All&fieldValidation=Strict"
    return asked.post(path, json=body)


def problems(entry: Malice) -> tuple[str, ...]:
    """What the operator says against an object that is there already."""
    body = {"metadata": {"namespace": "default"}, "spec": filled(entry.spec, **PORTS)}
    found = parse_service(body) if entry.kind == SERVICE else parse_site(body)
    return found.problems if isinstance(found, SpecInvalid) else ()


def test_the_catalogue_has_enough_of_each_class_and_no_sentence_twice() -> None:
    assert {name: len(part) >= FEWEST[name] for name, part in PARTS.items()} == dict.fromkeys(PARTS, True)
    twice = [what for what, times in Counter(entry.what for entry in ALL).items() if times > 1]
    assert twice == []
    assert len(ALL) + len(SAID) + len(MOVED_TO) > 500


@rows(REFUSED, "refused, mild")
def test_the_api_server_refuses_and_says_why(asked: httpx.Client, entry: Malice) -> None:
    answer = created(asked, entry)
    assert answer.status_code in (400, 413, 422, 500), answer.text
    message = answer.json()["message"]
    assert "spec" in message or "too large" in message, message


@rows(REFUSED)
def test_an_older_object_of_this_kind_is_refused_by_the_operator_with_a_reason(entry: Malice) -> None:
    found = problems(entry)
    assert found
    assert all(problem.startswith("spec") and problem.isprintable() for problem in found), found
    assert all(len(problem) <= 256 for problem in found), found


@pytest.mark.parametrize(
    "entry",
    [pytest.param(entry, id=entry.what) for entry in ALL if not entry.outcome.startswith(REFUSED)],
)
def test_the_api_server_takes_what_the_operator_has_to_answer(asked: httpx.Client, entry: Malice) -> None:
    answer = created(asked, entry)
    assert answer.status_code == 201, answer.text
    assert (problems(entry) == ()) == (entry.outcome != "SpecInvalid")
    assert json.loads(answer.text)["spec"].keys() >= {"url" if entry.kind != SERVICE else "service"}
