"""The site's own words decide, whatever our secrets are; what is shown of them holds none."""

from urllib.parse import quote

import httpx
import pytest
from admin_wire import PASSWORD, REQUEST, allowed
from hypothesis import given
from hypothesis import strategies as st

from arcgis_operator.adapters.admin import resources
from arcgis_operator.adapters.admin.redaction import Redactor
from arcgis_operator.core.failures import Accepted, Failure, Kind
from arcgis_operator.core.identity import ServiceRef, operation_uri, service_key_of
from arcgis_operator.core.job import Job, JobState
from arcgis_operator.core.record import JobShown
from arcgis_operator.core.shown import shown

ID = "j2bcbcd49-83a4-4cc1-a034-40e4a266e96d"
BODY = {
    "jobid": ID,
    "status": "EXECUTING",
    "username": "gisadmin",
    "operationURI": "/arcgis/admin/services/Transport/Roads.MapServer/edit",
    "messages": ["The service Roads is being edited."],
    "result": {"service": {"serviceName": "Roads"}, "error": {"code": 500, "message": "services failed"}},
}
WHOLE = " ".join((ID, "EXECUTING", "gisadmin", BODY["operationURI"], "jobid status error service code 500"))
WORDS = ["services", "admin", "Roads", "MapServer", "Transport", "gisadmin", "edit", "EXECUTING", "error", ID]


def knowing(*secrets: str) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        redactor.learn(secret)
    return redactor


def deciding(job: Job) -> object:
    return (job, job.state, job.ended, job.service_key, job.path, job.id, bool(job.error))


@pytest.mark.parametrize("password", WORDS)
def test_a_password_that_is_a_word_of_the_answer_hides_no_job(password: str) -> None:
    job = resources.job_of(BODY, ID, knowing(password))
    assert isinstance(job, Job)
    assert (job.id, job.service_key, job.username) == (ID, "transport/roads.mapserver", "gisadmin")
    assert (job.state, job.path) == (JobState.RUNNING, ("edit",))


PARTS = st.integers(0, len(WHOLE)).flatmap(
    lambda start: st.integers(start + 1, len(WHOLE) + 1).map(lambda end: WHOLE[start:end].strip())
)


@given(PARTS, PARTS)
def test_no_part_of_an_answer_as_a_password_changes_what_is_decided_by(one: str, other: str) -> None:
    known, plain = (resources.job_of(BODY, ID, redactor) for redactor in (knowing(one, other), Redactor()))
    assert isinstance(known, Job)
    assert isinstance(plain, Job)
    fields = ("id", "status", "operation_uri", "username", "state", "ended", "service_key", "path")
    assert [getattr(known, name) for name in fields] == [getattr(plain, name) for name in fields]
    assert bool(known.error) == bool(plain.error)


@pytest.mark.parametrize("secret", ["gisadmin", "Transport", "Roads"])
def test_what_is_shown_of_a_job_holds_no_secret(secret: str) -> None:
    job = resources.job_of(BODY, ID, knowing(secret))
    assert isinstance(job, Job)
    assert secret not in repr((shown(job, JobShown(), None), job.messages, job.error, job.result))


ADDRESSES = {
    "a path": "/arcgis/admin/services/Roads.MapServer/edit",
    "a whole address": "https://site.example/arcgis/admin/services/Roads.MapServer/edit",
    "a query behind it": "/arcgis/admin/services/Roads.MapServer/edit?f=json#x",
    "a slash behind it": "/arcgis/admin/services/Roads.MapServer/edit/",
    "another case": "/arcgis/admin/services/Roads.MapServer/Edit",
}


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_a_job_is_known_by_the_whole_address_of_its_operation(address: str) -> None:
    job = resources.job_of({**BODY, "operationURI": address}, ID)
    assert isinstance(job, Job)
    assert (job.service_key, job.path) == ("roads.mapserver", ("edit",))
    assert "site.example" not in job.shown_uri


NAMES = [
    ServiceRef("道" * 64, "MapServer", "路" * 64),
    ServiceRef("token=Roads", "MapServer"),
    ServiceRef("100%25?#", "MapServer"),
]


@pytest.mark.parametrize("ref", NAMES, ids=lambda ref: ref.name[:12])
def test_a_name_of_any_length_and_any_signs_is_read_from_its_operation(ref: ServiceRef) -> None:
    assert service_key_of(operation_uri("arcgis", ref, ("edit",))) == ref.key
    coded = f"/arcgis/admin/services/{quote(ref.title)}/edit"
    job = resources.job_of({**BODY, "operationURI": coded}, ID)
    assert isinstance(job, Job)
    assert (job.service_key, job.path) == (ref.key, ("edit",))


async def test_a_job_that_is_named_by_our_password_is_looked_for_by_its_service(scripted):
    client, _ = scripted(httpx.Response(200, json={"jobid": f"j-{PASSWORD}", "status": "SUBMITTED"}))
    fact = await client.submit(REQUEST, allowed)
    assert isinstance(fact, Failure)
    assert fact.kind is Kind.UNSURE
    assert PASSWORD not in fact.detail


def test_a_short_password_within_the_id_of_a_job_is_no_news() -> None:
    redactor = knowing("4cc1", "83a4")
    assert resources.submit_reply({"jobid": ID, "status": "SUBMITTED"}, redactor) == Accepted(ID, "SUBMITTED")
    job = resources.job_of(BODY, ID, redactor)
    assert isinstance(job, Job)
    assert job.shown_id == ID


def test_two_releases_are_two_though_both_are_masked() -> None:
    infos = [
        resources.site_info({"fullVersion": f"12.{n}-s3cret-x"}, knowing(f"12.{n}-s3cret-x")) for n in (0, 1)
    ]
    assert infos[0] != infos[1]
    assert [info.shown for info in infos] == ["***", "***"]
