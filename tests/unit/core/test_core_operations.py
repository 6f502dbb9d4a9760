"""Every row of the table keeps the promises of an operation."""

from dataclasses import replace

import pytest
from situations import live, wanting

from arcgis_operator.core import operations, sentences
from arcgis_operator.core.identity import ServiceRef, operation_uri, path_of, service_key_of
from arcgis_operator.core.jsondoc import loads
from arcgis_operator.core.operations import (
    EDIT,
    NAMES,
    OPERATIONS,
    PATHS,
    SERVICE,
    Operation,
    Request,
    due,
    name_of,
)
from arcgis_operator.core.said import Raw

ROADS = ServiceRef("Roads", "MapServer")
LEAVES, DOCUMENTS = wanting().leaves, {SERVICE: live()}


def test_names_and_paths_tell_the_rows_apart() -> None:
    assert len(NAMES) == len(PATHS) == len(OPERATIONS)


def test_what_a_colleagues_job_did_can_be_told_of_each_row() -> None:
    """A row that was forgotten there would end the turn that meets such a job."""
    assert {name_of(path) for path in PATHS} == set(sentences.DID)


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)
def test_a_job_of_an_operation_is_known_by_its_path(row: Operation) -> None:
    uri = Raw(operation_uri("arcgis", ROADS, row.path))
    assert service_key_of(uri) == ROADS.key
    assert path_of(uri) in PATHS


def test_an_edit_is_due_for_what_differs_and_sends_the_whole_document() -> None:
    assert due(LEAVES, DOCUMENTS) is EDIT
    assert EDIT.differing(LEAVES, DOCUMENTS) == LEAVES
    sent = loads(EDIT.request(LEAVES, DOCUMENTS)["service"])
    assert sent == live("new")
    assert EDIT.differing(LEAVES, {SERVICE: sent}) == ()


def test_the_first_row_that_has_something_to_change_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    calm = replace(EDIT, name="calm", differing=lambda leaves, documents: ())
    unread = replace(EDIT, name="unread", reads=(SERVICE, "scaling"))
    monkeypatch.setattr(operations, "OPERATIONS", (calm, unread, EDIT))
    assert due(LEAVES, DOCUMENTS) is EDIT
    assert due(LEAVES, {**DOCUMENTS, "scaling": {}}) is unread


def test_a_request_in_a_log_says_nothing_of_what_it_holds() -> None:
    request = Request(EDIT, ROADS, {"service": '{"password":"hunter2"}'}, "intent-1")
    assert f"{request} {request!r}" == " ".join(2 * ["Request(edit Roads.MapServer, intent-1)"])
