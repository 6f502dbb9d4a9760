"""Whose words a journal is in, by what the API server notes of owners."""

from typing import Any

import pytest

from arcgis_operator.core import status
from arcgis_operator.core.authorship import WRITER, is_put_back
from arcgis_operator.core.record import Phase

JOURNAL = {"f:status": {"f:conditions": {}, "f:journal": {}}}
BESIDE = {"f:status": {"f:conditions": {}}}
CREATED = "2026-11-23T12:00:00Z"


def entry(manager: str, fields: Any = JOURNAL, time: str = "2026-11-23T12:30:00Z") -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": "Update",
        "subresource": "status",
        "time": time,
        "fieldsV1": fields,
    }


def body(*owners: dict[str, Any]) -> dict[str, Any]:
    metadata = {"creationTimestamp": CREATED, "managedFields": list(owners)}
    journal = {"phase": "Running", "id": "i1", "jobId": "j1", "sends": ["2026-11-23T12:30:00Z"]}
    journal |= {"operation": "edit", "attempts": {"edit": {"ended": 2}}}
    return {"metadata": metadata, "status": {"observedGeneration": 1, "journal": journal}}


OURS = {
    "by us": [entry(WRITER)],
    "by us, with a condition of somebody else": [entry(WRITER), entry("policy", BESIDE)],
    "by us, where the clocks of the API servers differ": [entry(WRITER, time="2026-11-23T11:59:30Z")],
    "by us, at a time that cannot be read": [entry(WRITER, time="yesterday")],
    "by nobody who is noted": [],
    "with owners of the spec alone": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}, {"manager": "x"}],
}
OF_OTHERS = {
    "by a person": [entry("kubectl-edit")],
    "by a backup, over ours": [entry(WRITER, BESIDE), entry("velero-server")],
    "by us, on an earlier object": [entry(WRITER, time="2026-11-23T09:00:00Z")],
}


@pytest.mark.parametrize("owners", OURS.values(), ids=OURS)
def test_a_journal_that_we_wrote_on_this_object_counts(owners: list[dict[str, Any]]) -> None:
    assert not is_put_back(body(*owners))
    assert status.parse(body(*owners)).known


@pytest.mark.parametrize("owners", OF_OTHERS.values(), ids=OF_OTHERS)
def test_a_journal_that_was_put_back_does_not_say_what_is_open_but_what_it_counts_counts(
    owners: list[dict[str, Any]],
) -> None:
    record = status.parse(body(*owners))
    assert (record.known, record.journal.phase, record.journal.job_id) == (False, Phase.IDLE, "")
    assert (record.journal.sends, record.journal.tried.ended) == (("2026-11-23T12:30:00Z",), 2)


def test_an_object_that_says_nothing_of_itself_is_taken_as_it_is() -> None:
    assert not is_put_back({})
