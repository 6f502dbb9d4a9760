"""Reading the site's resources: tolerant where a field informs, strict where it decides."""

import json

import httpx
import pytest
from admin_wire import DOCUMENT, REQUEST, ROADS, allowed, replacing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arcgis_operator.adapters.admin import FolderAnswer, SiteInfo, SiteMode, resources
from arcgis_operator.core.failures import Accepted, Applied, Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.job import Job, JobState
from arcgis_operator.core.jsondoc import dumps
from arcgis_operator.core.likely import Listing
from arcgis_operator.core.operations import PROVIDE, Request

ID = "j2bcbcd49-83a4-4cc1-a034-40e4a266e96d"
RUNNING = {  # Source: Job page
    "updatedtime": 1635961542589,
    "jobid": ID,
    "endtime": 0,
    "starttime": 1635961542583,
    "operationURI": "/context/admin/services/FireWatchWeather.MapServer/edit",
    "status": "EXECUTING",
    "username": "serviceAdmin",
}
SERVICE = {"serviceName": "FireWeatherWatch", "type": "MapServer", "properties": {"error": "no error"}}


async def test_the_running_job_of_the_page_is_read_whole(scripted):
    client, _ = scripted(lambda request: httpx.Response(200, json=RUNNING))
    assert await client.job(ID) == Job(
        id=ID,
        status="EXECUTING",
        operation_uri="/context/admin/services/FireWatchWeather.MapServer/edit",
        username="serviceAdmin",
        start_ms=1635961542583,
        update_ms=1635961542589,
    )


async def test_the_completed_job_of_the_page_keeps_its_result_and_has_no_error(scripted):
    body = {**RUNNING, "status": "COMPLETED", "endtime": 1635961402584, "result": {"service": SERVICE}}
    client, _ = scripted(lambda request: httpx.Response(200, json=body))
    job = await client.job(ID)
    assert (job.result, job.error, job.state) == ({"service": SERVICE}, "", JobState.COMPLETED)
    assert job.end_ms == 1635961402584


WORDS = {
    "SUBMITTED": JobState.RUNNING,
    "EXECUTING": JobState.RUNNING,
    "CANCELLING": JobState.RUNNING,
    "COMPLETED": JobState.COMPLETED,
    "CANCELLED": JobState.FAILED,
    "FAILED": JobState.FAILED,
    "TIMED OUT": JobState.FAILED,
    "TIMED_OUT": JobState.FAILED,
    "TIME OUT": JobState.FAILED,
    "ERROR": JobState.FAILED,
    "UNAVAILABLE": JobState.UNKNOWN,
    "Rolling\x1b[31m back": JobState.UNKNOWN,
}


@pytest.mark.parametrize(("word", "state"), WORDS.items(), ids=WORDS.keys())
async def test_every_status_word_comes_through_as_a_job(scripted, word, state):
    client, _ = scripted(lambda request: httpx.Response(200, json={**RUNNING, "status": word}))
    job = await client.job(ID)
    assert job.state is state
    assert job.shown_status.isprintable()


ERRORS_INSIDE = {
    "the result is form A": (
        {"status": "error", "messages": ["failed to start"], "code": 500},
        "failed to start",
    ),
    "the result is form B": ({"error": {"code": 500, "message": "No.", "details": ["d"]}}, "No. d"),
    "form A one level inside": ({"operationResponse": {"status": "failed", "messages": ["x"]}}, "x"),
    "form B beside the service": ({"service": SERVICE, "error": {"code": 400, "message": "x"}}, "x"),
    "form A beside the service": ({"service": SERVICE, "status": "error", "messages": ["x"]}, "x"),
    "an error that says nothing": ({"error": {"code": 500}}, "the result holds an error"),
    "a service of that name is not searched": ({"service": {"status": "error", "messages": ["x"]}}, ""),
    "two levels inside is too deep": ({"a": {"b": {"error": {"message": "x"}}}}, ""),
    "stages are not errors": ({"stages": [{"name": "a", "state": "FAILED"}]}, ""),
}


@pytest.mark.parametrize(("result", "error"), ERRORS_INSIDE.values(), ids=ERRORS_INSIDE.keys())
def test_an_error_inside_a_result_is_found(result, error):
    job = resources.job_of({**RUNNING, "status": "COMPLETED", "result": result}, ID)
    assert (job.error, job.result) == (error, result)
    assert job.state is (JobState.FAILED if error else JobState.COMPLETED)


def test_an_error_beside_the_result_is_found():
    body = {**RUNNING, "status": "FAILED", "error": {"code": 500, "message": "Out of memory"}}
    assert resources.job_of(body, ID).error == "Out of memory"


MESSAGES = {
    "texts": (["one", "two"], ("one", "two")),
    "objects with a message": ([{"type": "ERROR", "message": "m"}, {"description": "d"}], ("m", "d")),
    "objects without one": ([{"a": 1, "password": "p"}], ('{"a":1,"password":"***"}',)),
    "one text": ("alone", ("alone",)),
    "something else": (7, ()),
    "none": (None, ()),
    "empty ones": (["", None, " "], ()),
    "unprintable ones": (["a\x1b[31mb\nc"], ("a [31mb c",)),
    "too long ones": (["x" * 500], ("x" * 191 + "…",)),
    "too many": ([str(n) for n in range(50)], tuple(str(n) for n in range(10))),
    "an address with a query": (["see https://in.side:6443/x?token=abc now"], ("see (address) now",)),
}


@pytest.mark.parametrize(("messages", "wanted"), MESSAGES.values(), ids=MESSAGES.keys())
def test_messages_are_few_short_and_printable(messages, wanted):
    assert resources.job_of({**RUNNING, "messages": messages}, ID).messages == wanted


def test_a_result_that_is_a_text_is_a_message():
    job = resources.job_of({**RUNNING, "status": "FAILED", "result": "out of memory"}, ID)
    assert (job.result, job.messages) == ({}, ("out of memory",))


TIMES = {
    "a number": (1635961542583, 1635961542583),
    "digits": ("1635961542583", 1635961542583),
    "zero": (0, 0),
    "none": (None, 0),
    "negative": (-5, 0),
    "true": (True, 0),
    "a date": ("2021-11-03", 0),
    "absurdly late": (10**18, 0),
    "absurdly long": ("9" * 4000, 0),
    "a list": ([1], 0),
}


@pytest.mark.parametrize(("time", "wanted"), TIMES.values(), ids=TIMES.keys())
def test_a_time_is_milliseconds_or_nothing(time, wanted):
    assert resources.job_of({**RUNNING, "starttime": time}, ID).start_ms == wanted


@pytest.mark.parametrize("text", ["1e13", "1.635961542583e12", "1e999999999"])
async def test_a_time_written_with_an_exponent_is_read_without_hanging(scripted, text):
    body = json.dumps({**RUNNING, "starttime": 0.5}).replace("0.5", text)
    client, _ = scripted(lambda request: httpx.Response(200, content=body))
    assert (await client.job(ID)).start_ms in (0, 10**13, 1635961542583)


BAD_JOBS = {
    "no status": {"jobid": ID},
    "a status that is no text": {**RUNNING, "status": 7},
    "an empty status": {**RUNNING, "status": " "},
    "another job": {**RUNNING, "jobid": "j-other"},
    "a list": [RUNNING],
    "a text": "EXECUTING",
    "nothing": None,
}


@pytest.mark.parametrize("body", BAD_JOBS.values(), ids=BAD_JOBS.keys())
async def test_this_is_not_the_job(scripted, body):
    client, _ = scripted(lambda request: httpx.Response(200, json=body))
    assert (await client.job(ID)).kind is Kind.GARBLED


async def test_an_error_body_is_not_a_failed_job(scripted):
    body = {"status": "error", "messages": ["no such job"], "code": 404}
    client, _ = scripted(lambda request: httpx.Response(200, json=body))
    assert (await client.job(ID)).kind is Kind.MISSING


REPLIES = {
    "form 1": ({"jobsUrl": "https://x/arcgis/admin/jobs/j1", "jobID": "j1", "jobStatus": "SUBMITTED"},),
    "form 2": ({"jobsUrl": "https://x/arcgis/jobs/j1", "jobid": "j1", "status": "SUBMITTED"},),
    "another spelling": ({"JOBID": "j1", "STATUS": "SUBMITTED"},),
    "only the address": ({"jobsUrl": "https://in.side/arcgis/jobs/j1/?f=json", "status": "SUBMITTED"},),
    "an id that is none": ({"jobsUrl": "https://x/jobs/j1", "jobid": "../j2", "status": "SUBMITTED"},),
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
async def test_an_accepted_edit_names_its_job(scripted, reply):
    client, site = scripted(lambda request: httpx.Response(200, json=reply[0]))
    assert await client.submit(REQUEST, allowed) == Accepted("j1", "SUBMITTED")
    assert [request.url.host for request in site.requests] == ["site.test", "site.test"]


MOVE = Request(PROVIDE, ROADS, {"provider": "DMaps"}, "intent-1")
NO = "Changing the provider of the service 'Roads' is not permitted."


@pytest.mark.parametrize(
    ("request_", "body", "seconds", "kind"),
    [
        (MOVE, {"status": "error", "messages": [NO], "code": 500}, 1.0, Kind.REFUSED),
        (MOVE, {"status": "error", "messages": [NO], "code": 500}, 6.0, Kind.UNSURE),
        (MOVE, {"error": {"code": 500, "message": "upstream request timed out"}}, 1.0, Kind.UNSURE),
        (MOVE, {"status": "error", "messages": ["The service is busy."], "code": 503}, 1.0, Kind.BUSY),
        (REQUEST, {"status": "error", "messages": ["Could not save."], "code": 500}, 1.0, Kind.UNSURE),
    ],
    ids=["a refusal", "one that came late", "of a gateway", "another code", "to an edit"],
)
async def test_a_refusal_of_what_has_no_job_is_one_when_it_comes_at_once(
    scripted, request_, body, seconds, kind
):
    now = [0.0]

    def respond(request: httpx.Request) -> httpx.Response:
        now[0] += seconds
        return httpx.Response(200, json=body)

    client, _ = scripted(respond, clock=lambda: now[0])
    fact = await client.submit(request_, allowed)
    assert fact.kind is kind
    if kind is Kind.REFUSED:
        assert fact.detail == f"the site refused (500): {NO}"


async def test_an_operation_without_a_job_is_not_asked_for_one(scripted):
    client, site = scripted(httpx.Response(200, json={"status": "success"}))
    assert await client.submit(MOVE, allowed) == Applied()
    asked = site.requests[-1]
    assert asked.extensions["timeout"]["read"] == 60.0
    assert asked.url.path.endswith("/Transport/Roads.MapServer/changeProvider")
    assert set(httpx.QueryParams(asked.content.decode())) == {"provider", "f", "token"}


async def test_a_bare_success_is_applied_without_a_job(scripted):
    client, _ = scripted(lambda request: httpx.Response(200, json={"status": "success"}))
    assert await client.submit(REQUEST, allowed) == Applied()


UNCLEAR = {
    "an empty object": {},
    "a list": ["j1"],
    "a text": "j1",
    "null": None,
    "a status without a job": {"status": "SUBMITTED"},
    "a job that cannot be read": {"jobid": "a/b", "status": "success"},
    "an address without an id": {"jobsUrl": "https://x/jobs/..", "status": "success"},
    "the document": DOCUMENT,
}


@pytest.mark.parametrize("reply", UNCLEAR.values(), ids=UNCLEAR.keys())
async def test_an_unclear_reply_to_an_edit_is_unsure(scripted, reply):
    client, _ = scripted(lambda request: httpx.Response(200, json=reply))
    fact = await client.submit(REQUEST, allowed)
    assert (fact.kind, fact.code) == (Kind.UNSURE, None)


async def test_a_document_comes_and_goes_digit_for_digit(scripted):
    text = (
        '{"serviceName":"ROADS","type":"mapserver","maxScale":1.50,"big":12345678901234567890,'
        '"tiny":1E-7,"text":"\\u00e4 & = \\ud83d","null":null,"nested":{"a":[1,2.0]}}'
    )

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=text if request.method == "GET" else '{"status":"success"}')

    client, site = scripted(respond)
    document = await client.service(ROADS)
    assert dumps(document) == text
    assert await client.submit(replacing(ROADS, document), allowed) == Applied()
    assert httpx.QueryParams(site.requests[-1].content.decode())["service"] == text


OTHERS = {
    "another name": {"serviceName": "Rivers", "type": "MapServer"},
    "another type": {"serviceName": "Roads", "type": "FeatureServer"},
    "a name that is no text": {"serviceName": 7},
    "a status page": {"status": "success"},
    "an empty object": {},
    "a list": [],
    "a folder": {"folderName": "Transport", "services": []},
}


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS.keys())
async def test_this_is_not_the_service(scripted, body):
    client, _ = scripted(lambda request: httpx.Response(200, json=body))
    assert (await client.service(ROADS)).kind is Kind.GARBLED


async def test_form_a_at_http_200_is_not_a_service(scripted):
    body = {"status": "error", "messages": ["Service not found"], "code": 404}
    client, _ = scripted(lambda request: httpx.Response(200, json=body))
    assert (await client.service(ROADS)).kind is Kind.MISSING


LISTS = {
    "ids": ({"jobs": ["j1", "j2"]}, ("j1", "j2")),
    "none": ({"jobs": []}, ()),
    "the same twice": ({"jobs": ["j2", "j1", "j2"]}, ("j2", "j1")),
}
BAD_LISTS = {
    "no list": {},
    "null": {"jobs": None},
    "an object": {"jobs": {"j1": 1}},
    "a number in it": {"jobs": ["j1", 7]},
    "a path in it": {"jobs": ["j1", "../x"]},
    "an unprintable id": {"jobs": ["j\n1"]},
    "an endless id": {"jobs": ["x" * 129]},
    "a bare list": ["j1"],
}


@pytest.mark.parametrize(("body", "ids"), LISTS.values(), ids=LISTS.keys())
async def test_jobs_are_listed_once_and_in_order(scripted, body, ids):
    client, _ = scripted(lambda request: httpx.Response(200, json=body))
    assert await client.jobs() == ids


@pytest.mark.parametrize("body", BAD_LISTS.values(), ids=BAD_LISTS.keys())
async def test_a_list_with_anything_strange_in_it_is_not_believed(scripted, body):
    client, _ = scripted(lambda request: httpx.Response(200, json=body))
    assert (await client.jobs()).kind is Kind.GARBLED


ROOTS = {
    "fullVersion": ('{"fullVersion":"12.0.0.6300","currentVersion":12}', "12.0.0.6300"),
    "a number": ('{"currentVersion":11.50}', "11.50"),
    "a text": ('{"currentVersion":"10.9.1"}', "10.9.1"),
    "none": ("{}", ""),
    "an object": ('{"fullVersion":{"a":1}}', ""),
}


@pytest.mark.parametrize(("text", "version"), ROOTS.values(), ids=ROOTS.keys())
async def test_the_root_names_the_release(scripted, text, version):
    client, _ = scripted(lambda request: httpx.Response(200, content=text))
    assert await client.root() == SiteInfo(version, version)


SERVED = {"serviceName": "Roads", "type": "MapServer"}
LISTED = ServiceRef("Roads", "MapServer")
FOLDERS = {
    "names": ({"folders": ["Maps", "System"]}, frozenset(("maps", "system"))),
    "none": ({"folders": []}, frozenset()),
    "something else among them": ({"folders": ["Maps", 7]}, None),
    "no list": ({"folders": "Maps"}, None),
    "no object": ([], None),
}


@pytest.mark.parametrize(("body", "names"), FOLDERS.values(), ids=FOLDERS)
async def test_the_folders_of_the_site_are_read_or_not_believed(scripted, body, names):
    client, site = scripted(httpx.Response(200, json=body))
    outcome = await client.folders()
    assert outcome == names if names is not None else outcome.kind is Kind.GARBLED
    assert site.others[0].url.path == "/arcgis/admin/services"


async def test_the_root_is_a_folder_without_a_name(scripted):
    body = {"services": [{"serviceName": "Roads", "type": "MapServer"}], "folders": []}
    client, site = scripted(httpx.Response(200, json=body))
    assert (await client.folder("")).documents == {"roads.mapserver": body["services"][0]}
    assert site.others[0].url.path == "/arcgis/admin/services"


LISTINGS = {
    "the root, with the folders": (
        "",
        {"services": [SERVED], "folders": ["Maps", 7]},
        ((LISTED,), ("Maps",)),
    ),
    "a folder": ("Maps", {"services": [SERVED]}, ((ServiceRef("Roads", "MapServer", "Maps"),), ())),
    "what is no service is passed over": ("", {"services": [7, {"type": "x"}, SERVED]}, ((LISTED,), ())),
    "no list": ("", {"folders": ["Maps"]}, None),
    "no object": ("", [], None),
}


@pytest.mark.parametrize(("folder", "body", "expected"), LISTINGS.values(), ids=LISTINGS)
async def test_what_a_folder_lists_is_read_for_people(scripted, folder, body, expected):
    client, site = scripted(httpx.Response(200, json=body))
    found = await client.listing(folder)
    assert found == Listing(*expected) if expected else found.kind is Kind.GARBLED
    assert site.others[0].url.path == f"/arcgis/admin/services/{folder}".rstrip("/")


MODES = {
    "writable": ({"isReadOnly": False}, SiteMode(False)),
    "read-only with a message": ({"isReadOnly": True, "message": "Up\ndate"}, SiteMode(True, "Up date")),
    "as text": ({"isReadOnly": "TRUE"}, SiteMode(True)),
    "missing": ({}, None),
    "a number": ({"isReadOnly": 1}, None),
    "a list": ([], None),
}


@pytest.mark.parametrize(("body", "mode"), MODES.values(), ids=MODES.keys())
async def test_the_mode_is_read_or_not_believed(scripted, body, mode):
    client, _ = scripted(lambda request: httpx.Response(200, json=body))
    outcome = await client.mode()
    assert outcome == mode if mode else outcome.kind is Kind.GARBLED


NAMES = (
    "jobid jobID status jobsUrl result messages error starttime jobs isReadOnly fullVersion serviceName type"
)
KEYS = st.sampled_from([*NAMES.split(), "service", "code", "message", "username", "operationURI"])


@pytest.mark.parametrize("unread", [{"serviceName": "nameless"}, "no object", None])
async def test_what_names_no_service_spoils_the_list_for_it_may_be_the_one_that_is_looked_for(
    scripted, unread
):
    client, _ = scripted(httpx.Response(200, json={"services": [DOCUMENT, unread]}))
    assert (await client.folder("Transport")).kind is Kind.GARBLED


async def test_a_folder_is_read_whole(scripted):
    other = {"serviceName": "Rivers", "type": "FeatureServer", "id": "7"}
    listed = [DOCUMENT, other]
    client, site = scripted(httpx.Response(200, json={"folderName": "Transport", "services": listed}))
    found = await client.folder("Transport")
    assert found.documents == {"roads.mapserver": DOCUMENT, "rivers.featureserver": other}
    assert site.requests[-1].url.raw_path == b"/arcgis/admin/services/Transport?f=json"


async def test_a_folder_that_answers_as_before_is_not_read_once_more(scripted):
    before, changed = ({"services": [{**DOCUMENT, "description": text}]} for text in ("old", "new"))
    answers = iter([before, before, changed])
    client, _ = scripted(lambda _: httpx.Response(200, json=next(answers)))
    first = await client.folder("Transport")
    assert await client.folder("Transport", first.digest) == FolderAnswer(first.digest, None)
    third = await client.folder("Transport", first.digest)
    assert third.documents["roads.mapserver"]["description"] == "new"


WORDS = {
    "a root that is a list": (resources.site_info, ([],), "the root of the site is not an object"),
    "a mode that is a list": (resources.site_mode, ([],), "the mode of the site cannot be read"),
    "a service that is a list": (resources.service_document, ([], ROADS), "the service is not an object"),
    "a service without a name": (
        resources.service_document,
        ({}, ROADS),
        "the document names neither a service nor a type",
    ),
    "another service": (
        resources.service_document,
        ({"serviceName": "Rivers"}, ROADS),
        "the document is that of another service",
    ),
    "a folder without a list": (resources.folder_documents, ({},), "the folder lists no services"),
    "a folder with a service that names no type": (
        resources.folder_documents,
        ({"services": [{"serviceName": "Roads"}]},),
        "the folder lists what is no service",
    ),
    "a folder with a text": (
        resources.folder_documents,
        ({"services": ["Roads.MapServer"]},),
        "the folder lists what is no service",
    ),
    "folders that are no names": (
        resources.folder_names,
        ({"folders": [{"name": "Transport"}]},),
        "the site lists no folders",
    ),
    "jobs without a list": (resources.job_ids, ({},), "the list of jobs cannot be read"),
    "a job without a status": (resources.job_of, ({}, "j1"), "the job has no status"),
    "another job": (
        resources.job_of,
        ({"status": "FAILED", "jobId": "j2"}, "j1"),
        "the answer is about another job",
    ),
}


@pytest.mark.parametrize(("read", "arguments", "detail"), WORDS.values(), ids=WORDS)
def test_what_cannot_be_read_is_named(read, arguments, detail):
    assert read(*arguments) == Failure(Kind.GARBLED, detail)


def test_an_unclear_reply_to_an_edit_says_what_is_missing():
    assert resources.submit_reply({}) == Failure(Kind.UNSURE, "the answer names no job")


LIMITS = {"status": "status", "operationURI": "operation_uri", "username": "username"}


@pytest.mark.parametrize("key", LIMITS)
def test_a_word_of_a_job_is_cut_beyond_all_that_can_decide(key):
    job = resources.job_of({"status": "FAILED", key: "x" * 10_000}, "j1")
    assert getattr(job, LIMITS[key]) == "x" * 8192


def test_a_long_text_of_the_site_about_itself_is_cut():
    assert len(resources.site_info({"fullVersion": "x" * 300}).shown) == 64
    assert len(resources.site_mode({"isReadOnly": True, "message": "x" * 300}).message) == 192


MODES = {"false": False, " FALSE ": False, "true": True, False: False, True: True}


@pytest.mark.parametrize("word", MODES, ids=repr)
def test_the_mode_may_be_a_flag_or_its_word(word):
    assert resources.site_mode({"isReadOnly": word}) == SiteMode(MODES[word])


def test_a_job_that_says_only_its_status_is_otherwise_empty():
    assert resources.job_of({"status": "FAILED"}, "j1") == Job(id="j1", status="FAILED")


@pytest.mark.parametrize("body", [{}, {"services": None}, {"services": {}}, []])
async def test_a_folder_without_a_list_of_services_cannot_be_read(scripted, body):
    client, _ = scripted(httpx.Response(200, json=body))
    assert (await client.folder("Transport")).kind is Kind.GARBLED


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["error", "success", "j1", "https://x/jobs/j1", "true"])
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=15,
)


@given(VALUES)
def test_any_json_becomes_a_value(body):
    ref = ServiceRef("Roads", "MapServer")
    assert isinstance(resources.site_info(body), SiteInfo | Failure)
    assert isinstance(resources.site_mode(body), SiteMode | Failure)
    assert isinstance(resources.service_document(body, ref), dict | Failure)
    assert isinstance(resources.folder_documents(body), dict | Failure)
    assert isinstance(resources.listing(body, ""), Listing | Failure)
    assert isinstance(resources.job_ids(body), tuple | Failure)
    assert isinstance(resources.submit_reply(body), Accepted | Applied | Failure)
    job = resources.job_of(body, "j1")
    assert isinstance(job, Job | Failure)
    if isinstance(job, Job):
        shown = (job.shown_status, job.shown_user, job.shown_uri, job.error, *job.messages)
        assert all(text.isprintable() for text in shown)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(http=st.integers(200, 599), content=st.binary(max_size=300) | VALUES.map(lambda v: dumps(v).encode()))
async def test_any_bytes_become_a_value(scripted, http, content):
    client, _ = scripted(lambda request: httpx.Response(http, content=content))
    outcomes = (
        await client.root(),
        await client.mode(),
        await client.service(ROADS),
        await client.folder("Transport"),
        await client.jobs(),
        await client.job("j1"),
        await client.submit(REQUEST, allowed),
    )
    kinds = (SiteInfo, SiteMode, dict, dict, tuple, Job, (Accepted, Applied))
    for outcome, kind in zip(outcomes, kinds, strict=True):
        assert isinstance(outcome, (Failure, *(kind if isinstance(kind, tuple) else (kind,))))
        assert not isinstance(outcome, Failure) or (
            outcome.detail.isprintable() and len(outcome.detail) <= 256
        )
