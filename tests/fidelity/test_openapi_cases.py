"""Thousands of generated requests, good and bad, for each operation of the site's own OpenAPI document.

The site answers an error with HTTP 200, so beside the checks of schemathesis each answer is compared with
what document and pages say must come: a refusal or none, in which form, and that a refusal changes nothing.
"""

from collections import Counter
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

from arcgis_simulator.api import admin, catalogue, table
from arcgis_simulator.api.call import Call, Reply
from arcgis_simulator.api.table import Handler
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
NEVER_REFUSED = {
    f"{method} {path}"
    for path in ("/rest/info", "/sharing/rest", "/sharing/rest/info", "/admin/login")
    for method in ("GET", "POST")
} - {"POST /admin/login"}
"""What everybody may read, whatever else is sent."""
FRONT = Front()
DOCUMENT: Any = document("arcgis")
JUDGE = Judge(DOCUMENT)


def _schema() -> Any:
    generation = {"with-security-parameters": False, "deterministic": True}
    analysis = {"constants": {"enabled": False}}  # words of whatever was imported: other ones in each run
    config = schemathesis.Config.from_dict({"seed": 1, "generation": generation, "analysis": analysis})
    schema = schemathesis.openapi.from_dict(DOCUMENT, config=config)
    schema.app = FRONT
    return schema


OPERATIONS = [result.ok() for result in _schema().get_all_operations()]


def test_the_whole_is_ten_thousand_cases() -> None:
    assert len(OPERATIONS) * WHOLE >= 10_000


@pytest.mark.timeout(600)
@pytest.mark.parametrize("operation", OPERATIONS, ids=[one.label for one in OPERATIONS])
def test_each_answer_is_as_described(operation: Any, pytestconfig: Any, record_property: Any) -> None:
    whole = pytestconfig.option.plans == "whole"
    met = ask(operation, WHOLE if whole else SHARE)
    record_property("generated", met.total())
    assert met.total() == (WHOLE if whole else SHARE)
    if whole:
        never = {"refused"} if operation.label in NEVER_REFUSED else set()
        assert {"taken", "refused"} - set(met) == never


def _in_spite_of_all(call: Call) -> Reply:
    call.world.catalogue.add_folder("LeftBehind")
    return catalogue.create_folder(call)


def _by_reading(call: Call) -> Reply:
    call.world.read_only = "read once"
    return admin.mode(call)


WRONG: dict[str, tuple[tuple[str, str], Handler, str]] = {
    "an answer of another shape": (
        ("GET", "services/types"),
        lambda call: Reply({"types": [7]}),
        "violates schema",
    ),
    "a bad document is taken": (("POST", "edit"), lambda call: Reply({"status": "success"}), "taken, though"),
    "a good one is refused": (("POST", "stop"), catalogue.create_folder, "refused without a reason"),
    "a refusal that changes something": (("POST", "createFolder"), _in_spite_of_all, "and yet done"),
    "a page that changes something": (("GET", "mode"), _by_reading, "changed by reading"),
    "a crash": (("GET", "jobs"), lambda call: Reply({"jobs": [1 // 0]}), "modulo by zero"),
}


@pytest.mark.parametrize(("route", "handler", "told"), WRONG.values(), ids=WRONG)
def test_a_site_that_is_wrong_is_told_apart(
    route: tuple[str, str], handler: Handler, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(table.ROUTES, route, handler)
    method, word = route
    wrong = [
        one for one in OPERATIONS if one.method.upper() == method and one.definition.raw["summary"] == word
    ]
    with pytest.raises(BaseException, match=told):
        ask(wrong[0], WHOLE)


def ask(operation: Any, count: int) -> Counter[str]:
    """Puts this many cases, half of them bad ones; what became of them."""
    met: Counter[str] = Counter()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @settings(
            max_examples=count // 2,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), scene=SCENES)
        def one(case: Case, scene: Scene) -> None:
            met[answered_as_described(case, scene)] += 1

        one()
    return met


def answered_as_described(case: Case, scene: Scene) -> str:
    """Raises if it was not; else what became of it."""
    site = FRONT.site = play(scene)
    response, before = put(case, scene, site)
    case.validate_response(response, checks=CHECKS)
    method, path = case.method, case.operation.path
    reasons = JUDGE.reasons(path, method, response, scene, before)
    said = refusal(response)
    request = f"{method} {response.request.url} {str(response.request.body)[:2000]}"
    what = f"{request} {scene} {response.text[-600:]}"
    if said is None:
        assert not reasons, f"taken, though {reasons}: {what}"
        if method == "GET":
            assert snapshot(site.world) == before, f"changed by reading: {what}"
        else:
            still_readable()
        return "taken"
    assert reasons or explained(said), f"refused without a reason: {what}"
    assert snapshot(site.world) == before, f"refused, and yet done: {what}"
    assert form(response) in (None, documented_form(said, scene)), f"in the other form: {what}"
    return "refused" if reasons else "explained"


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
