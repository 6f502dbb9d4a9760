"""Thousands of bad specs: the API server refuses, or the operator reads or explains; nothing is harmed."""

import copy
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection
from typing import Any, NamedTuple

import httpx
import pytest
from bad_specs import BadSpec, bad_specs

from arcgis_devcluster import Cluster
from arcgis_operator.core import jsondoc, plan
from arcgis_operator.core.change import shown
from arcgis_operator.core.misfit import misfit
from arcgis_operator.core.model import Desired, Leaf, SpecInvalid
from arcgis_operator.core.service_spec import parse_service
from arcgis_simulator import seed
from arcgis_simulator.catalogue import Catalogue
from arcgis_simulator.ids import Ids
from harness.apiserver import GROUP
from harness.bench import SERVICES, Workbench, condition

pytestmark = pytest.mark.xdist_group("bad-specs")

Json = Any
FEWEST = 2000
SHOWN_ONE_AFTER_THE_OTHER = 30


class Answer(NamedTuple):
    """What the API server said to a create of a spec."""

    what: str
    code: int
    body: bytes


@pytest.fixture(scope="module")
def answers(asked: httpx.Client) -> list[Answer]:
    """What the API server says to a create of each, without doing it."""
    path = f"/apis/{GROUP}/namespaces/default/{SERVICES}?dryRun=All&fieldValidation=Strict"

    def create(spec: BadSpec) -> Answer:
        head = {
            "apiVersion": GROUP,
            "kind": "ArcGISService",
            "metadata": {"name": "bad", "namespace": "default"},
        }
        text = f'{json.dumps(head)[:-1]}, "spec": {spec.text}}}'
        headers = {"content-type": "application/json"}
        connection.request("POST", path, text.encode(), headers)
        with connection.getresponse() as answer:
            return Answer(spec.what, answer.status, answer.read())

    with closing(HTTPConnection(str(asked.base_url.host), asked.base_url.port)) as connection:
        return [create(spec) for spec in bad_specs()]


@pytest.fixture(scope="module")
def document() -> Json:
    """A service as the site holds it before anybody edits it."""
    catalogue = Catalogue(Ids("specs"))
    seed.plant(catalogue)
    service = catalogue.find("", "SampleWorldCities.MapServer")
    assert service is not None
    return service.document


def admitted(answers: list[Answer]) -> Iterator[tuple[str, Json]]:
    """Each spec that the API server took, as it would store it."""
    return ((answer.what, json.loads(answer.body)) for answer in answers if answer.code == 201)


def test_the_api_server_takes_or_refuses_each_of_them(answers: list[Answer]) -> None:
    codes = Counter(answer.code for answer in answers)
    assert len(answers) >= FEWEST
    assert set(codes) == {201, 400, 422}, codes
    assert codes[422] > 1000
    assert codes[201] > 300, "too few come through to show what the operator makes of them"


def test_what_the_api_server_takes_is_read_or_explained(
    answers: list[Answer],
) -> None:
    kinds: Counter[type] = Counter()
    for what, body in admitted(answers):
        found = parse_service(body)
        kinds[type(found)] += 1
        if isinstance(found, SpecInvalid):
            assert found.problems, what
            for problem in found.problems:
                assert problem.startswith("spec"), (what, problem)
                assert problem.isprintable(), (what, problem)
                assert len(problem) <= 256, (what, problem)
    assert min(kinds[Desired], kinds[SpecInvalid]) > 100, kinds


def test_what_is_read_becomes_a_document_that_keeps_all_that_was_not_declared(
    answers: list[Answer], document: Json
) -> None:
    for what, body in admitted(answers):
        desired = parse_service(body)
        if isinstance(desired, Desired) and misfit(desired.leaves, document) is None:
            whole = plan.overlay(desired.leaves, document)
            assert plan.differing(desired.leaves, whole) == (), what
            assert plan.differing(desired.leaves, jsondoc.loads(jsondoc.dumps(whole))) == (), what
            assert without(whole, desired.leaves) == without(document, desired.leaves), what
            told = [str(shown(change)) for change in plan.changes(desired.leaves, document)]
            assert all(text.isprintable() for text in told), what


def without(document: Mapping[str, Json], leaves: tuple[Leaf, ...]) -> Json:
    """The document without what was declared, nor the empty containers that this leaves or needs."""
    rest = copy.deepcopy(dict(document))
    for leaf in leaves:
        _drop(rest, leaf.path)
    return _pruned(rest)


def _drop(node: Json, path: tuple[str, ...]) -> None:
    if isinstance(node, list):
        for item in node:
            if item["typeName"] == path[0]:
                _drop(item, path[1:])
    elif isinstance(node, dict) and len(path) == 1:
        node.pop(path[0], None)
    elif isinstance(node, dict) and path[0] in node:
        _drop(node[path[0]], path[1:])


def _pruned(value: Json) -> Json:
    if isinstance(value, dict):
        inner = {key: _pruned(item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item not in ({}, [], None)}
    if isinstance(value, list):
        items = [_pruned(item) for item in value]
        return [item for item in items if not (isinstance(item, dict) and item.keys() <= {"typeName"})]
    return value


@pytest.fixture(scope="module")
def running(control_plane: Cluster) -> Iterator[Workbench]:
    with Workbench(control_plane) as bench:
        bench.start_site()
        bench.register()
        bench.start_operator()
        yield bench


def test_all_invalid_specs_at_once_stall_and_nothing_is_sent(
    answers: list[Answer], running: Workbench
) -> None:
    before = running.site.stats()["seq"]
    bad = {f"bad-{number}": one for number, one in enumerate(invalid(answers))}
    for name, (what, body) in bad.items():
        answer = running.api.create(SERVICES, {**body, "metadata": {"name": name}})
        assert answer.status_code == 201, (what, answer.text)
    for name, (what, _) in bad.items():
        body = running.wait(name, "SpecInvalid")
        assert condition(body, "Stalled")["status"] == "True", what
    assert running.site.journal(before, kind="request", operation="edit") == []
    running.kubectl("delete", SERVICES, *bad, "--wait=false")


def test_invalid_specs_one_after_the_other_stall_and_the_good_one_after_them_makes_one_edit(
    answers: list[Answer], running: Workbench, asked: httpx.Client
) -> None:
    service = "FireWeatherWatch.MapServer"
    path = f"/apis/{GROUP}/namespaces/{running.namespace}/{SERVICES}/victim"
    running.declare("victim", service, {"properties": {"nothing": None}})
    running.wait("victim", "SpecInvalid")
    for what, settings in sample(answers):
        asked.patch(
            path,
            json=[{"op": "replace", "path": "/spec/settings", "value": settings}],
            headers={"content-type": "application/json-patch+json"},
        ).raise_for_status()
        body = running.wait("victim", "SpecInvalid")
        assert condition(body, "Stalled")["status"] == "True", what
        assert "spec.settings" in condition(body)["message"], what
    assert running.edits(service) == []
    body = running.converge_on("victim", service, None)
    assert running.edits(service) == []
    running.converge_on("victim", service, {"description": "good again"})
    assert running.sent(service, "description") == ["good again"]


def sample(answers: list[Answer]) -> list[tuple[str, Json]]:
    """Settings that the API server takes and the operator refuses, from all over the table."""
    found = [
        (what, body["spec"]["settings"])
        for what, body in invalid(answers)
        if all(problem.startswith("spec.settings") for problem in _problems(body))
    ]
    step = len(found) // SHOWN_ONE_AFTER_THE_OTHER
    return found[::step][:SHOWN_ONE_AFTER_THE_OTHER]


def _problems(body: Json) -> tuple[str, ...]:
    found = parse_service(body)
    return found.problems if isinstance(found, SpecInvalid) else ()


def invalid(answers: list[Answer]) -> list[tuple[str, Json]]:
    """What the API server takes and the operator refuses."""
    return [(what, body) for what, body in admitted(answers) if isinstance(parse_service(body), SpecInvalid)]
