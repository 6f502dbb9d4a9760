"""Thousands of generated requests, good and bad, for each operation of the site's own OpenAPI document.

The site answers an error with HTTP 200, so beside the checks of schemathesis each answer is compared with what
the document and the pages say must come: a refusal or none, its form, and that a refusal changes nothing.
"""

from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_judge import Judge, explained, form, refusal
from openapi_scenes import BASE, SCENES, USERS, Front, Scene, play, put, snapshot
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.python import asgi
from schemathesis.specs.openapi import checks

from arcgis_simulator.openapi import document

WHOLE, SHARE = 120, 8
"""Cases of each operation, half of them bad ones: all of them, and those of `make test`."""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
FRONT = Front()
DOCUMENT: Any = document("arcgis")
JUDGE = Judge(DOCUMENT)


def _schema() -> Any:
    config = schemathesis.Config.from_dict({"seed": 1, "generation": {"with-security-parameters": False}})
    schema = schemathesis.openapi.from_dict(DOCUMENT, config=config)
    schema.app = FRONT
    return schema


OPERATIONS = [result.ok() for result in _schema().get_all_operations()]


def test_the_whole_is_ten_thousand_cases() -> None:
    assert len(OPERATIONS) * WHOLE >= 10_000


@pytest.mark.timeout(600)
@pytest.mark.parametrize("operation", OPERATIONS, ids=[one.label for one in OPERATIONS])
def test_each_answer_is_as_described(operation: Any, pytestconfig: Any, record_property: Any) -> None:
    cases = WHOLE if pytestconfig.option.plans == "whole" else SHARE
    met = [ask(operation, mode, cases // 2) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]
    record_property("generated", sum(met))
    assert sum(met) == cases


def ask(operation: Any, mode: GenerationMode, count: int) -> int:
    """Runs this many cases and answers how many there were."""
    met = 0

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(case=operation.as_strategy(generation_mode=mode), scene=SCENES)
    def one(case: Case, scene: Scene) -> None:
        nonlocal met
        met += 1
        answered_as_described(case, scene)

    one()
    return met


def answered_as_described(case: Case, scene: Scene) -> None:
    site = FRONT.site = play(scene)
    response, before = put(case, scene, site)
    case.validate_response(response, checks=CHECKS)
    method, path = case.method, case.operation.path
    reasons = JUDGE.reasons(path, method, response, scene, before)
    said = refusal(response)
    what = f"{method} {response.request.url} {response.request.body!r} {scene}\n{response.text}"
    if reasons:
        assert said is not None, f"taken, though {reasons}: {what}"
    if said is not None:
        assert reasons or explained(said), f"refused without a reason: {what}"
        assert snapshot(site.world) == before, f"refused, and yet done: {what}"
        assert form(response) in (None, documented_form(said, scene)), what
    elif method == "GET":
        assert snapshot(site.world) == before, f"changed by reading: {what}"
    else:
        still_readable()


def documented_form(said: str, scene: Scene) -> str:
    """Source: Change Provider page: A. Create Folder page: B, which is taken for all others (Assumed)."""
    switch, value = scene.switches
    if switch == "error_form" and value != "documented":
        return value
    return "A" if "Changing the provider of the service" in said else "B"


def still_readable() -> None:
    """Whatever was stored, every folder can be read, as JSON and as a page."""
    world = FRONT.site.world
    token = world.tokens.grant(USERS[0], "", world.now_ms, world.switches).value
    services = [f"/{quote(title.removeprefix('/'))}" for title in world.catalogue.services]
    with asgi.get_client(FRONT) as client:
        for address in ("", *(f"/{quote(folder)}" for folder in world.catalogue.folders), *services):
            for form_ in ("json", "html"):
                answer = client.get(f"{BASE}/admin/services{address}", params={"f": form_, "token": token})
                assert answer.status_code == 200, (address, form_, answer.text)
