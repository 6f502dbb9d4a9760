"""Cases that schemathesis makes of the site's OpenAPI document, good and bad."""

import pytest
import schemathesis
from generated_cases import CHECKS, OPERATIONS, WHO, House, needs_token, refusal, steer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arcgis_simulator.api.addresses import resolve
from arcgis_simulator.api.table import _HANDLERS

MODES = {mode.value: mode for mode in schemathesis.GenerationMode}
EXAMPLES = {"share": 8, "whole": 65}
LEAST = {"share": 1_200, "whole": 10_000}
cases = 0


@pytest.mark.xdist_group("generated cases")
@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_generated_case_gets_an_answer_of_the_document(
    operation: schemathesis.APIOperation, mode: schemathesis.GenerationMode, request: pytest.FixtureRequest
) -> None:
    house = House()

    @settings(
        max_examples=EXAMPLES[request.config.option.plans],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), who=st.sampled_from(["siteadmin"] * 5 + [*WHO]), data=st.data())
    def ask(case: schemathesis.Case, who: str, data: st.DataObject) -> None:
        global cases
        cases += 1
        steer(case, data, house)
        before = house.state()
        answer = house.send(case, who)
        case.validate_response(answer, checks=CHECKS)
        code = refusal(answer)
        if code is not None or case.method == "GET":
            assert house.state() == before, "a refused or a reading request changed the site"
        if needs_token(answer) and WHO[who] is not None and answer.status_code == 200:
            wanted = WHO[who]
            assert code == wanted or "html" in answer.headers["content-type"], answer.text
            assert house.state() == before, f"{who} changed the site"

    try:
        ask()
    finally:
        house.close()


@pytest.mark.xdist_group("generated cases")
def test_there_were_enough_of_them(request: pytest.FixtureRequest) -> None:
    print(f"generated cases: {cases}")  # noqa: T201
    assert cases >= LEAST[request.config.option.plans]


def test_every_handler_is_in_the_document_under_its_own_word() -> None:
    described = {(method.upper(), operation.definition.raw["summary"]) for method, operation in _operations()}
    assert set(_HANDLERS) <= described


def test_every_address_of_the_document_is_what_it_says() -> None:
    names = {
        "name": "Utilities",
        "service": "Roads.MapServer",
        "folder": "Utilities",
        "job": "j",
        "user": "u",
    }
    for _, operation in _operations():
        address = resolve("/arcgis" + operation.path.format(**names), "arcgis")
        assert address.operation == operation.definition.raw["summary"], operation.label


def _operations() -> list[tuple[str, schemathesis.APIOperation]]:
    return [(operation.method, operation) for operation in OPERATIONS.values()]
