"""The addresses of the site, over HTTP in process."""

import json
import re
from typing import Any

import pytest
from simulator_client import BASE, FIRE, Client

from arcgis_simulator.site import Site
from arcgis_simulator.tokens import User


async def edit(client: Client, document: dict[str, Any], **fields: str) -> Any:
    return await client.post(f"{FIRE}/edit", service=json.dumps(document), **{"async": "true", **fields})


async def test_an_asynchronous_edit_from_submission_to_the_result(client: Client) -> None:
    document = await client.get(FIRE)
    reply = await edit(client, {**document, "description": "new"})
    assert set(reply) == {"jobsUrl", "jobID", "jobStatus"}
    assert reply["jobsUrl"] == f"{BASE}/admin/jobs/{reply['jobID']}"
    assert (await client.get("/admin/jobs"))["jobs"] == [reply["jobID"]]
    client.wait(0.5)
    job = await client.get(f"/admin/jobs/{reply['jobID']}")
    assert (job["status"], job["endtime"]) == ("EXECUTING", 0)
    assert job["operationURI"] == "/arcgis/admin/services/FireWeatherWatch.MapServer/edit"
    assert (job["username"], job["resource"]) == ("siteadmin", {"name": "FireWeatherWatch"})
    assert "result" not in job
    client.wait(2)
    job = await client.get(f"/admin/jobs/{reply['jobID']}")
    assert (job["status"], job["result"]["service"]["description"]) == ("COMPLETED", "new")
    assert job["endtime"] - job["starttime"] == 2500
    assert (await client.get(FIRE))["description"] == "new"


async def test_a_synchronous_edit_is_done_when_it_is_answered(client: Client) -> None:
    document = await client.get(FIRE)
    assert await edit(client, {**document, "description": "new"}, **{"async": "false"}) == {
        "status": "success"
    }
    assert (await client.get(FIRE))["description"] == "new"
    assert (await client.get("/admin/jobs"))["jobs"] == []


async def test_what_nobody_changed_comes_back_byte_for_byte(client: Client) -> None:
    path = "/admin/services/Transport/RoadClosures.FeatureServer"
    before = (await client.raw("GET", path, params={"f": "json"})).text
    assert '"xyTolerance":0.0010' in before
    await client.post(f"{path}/edit", service=before)
    assert (await client.raw("GET", path, params={"f": "json"})).text == before


async def test_start_stop_and_status(client: Client) -> None:
    assert await client.post(f"{FIRE}/stop") == {"status": "success"}
    stopped = {"configuredState": "STOPPED", "realTimeState": "STOPPED"}
    assert await client.get(f"{FIRE}/status") == stopped
    job = (await client.post(f"{FIRE}/start", **{"async": "TRUE"}))["jobID"]
    client.wait(5)
    assert (await client.get(f"/admin/jobs/{job}"))["operationURI"].endswith("MapServer/start")
    assert (await client.get(FIRE))["configuredState"] == "STARTED"


async def test_scaling_and_its_edit(client: Client) -> None:
    spec = await client.get(f"{FIRE}/scaling")
    spec["scalingSpec"][0]["replicas"]["max"] = 3
    reply = await client.post(
        f"{FIRE}/scaling/edit", serviceScalingSpec=json.dumps(spec), **{"async": "true"}
    )
    client.wait(5)
    assert (await client.get(f"/admin/jobs/{reply['jobID']}"))["operationURI"].endswith("/scaling/edit")
    assert (await client.get(f"{FIRE}/scaling"))["scalingSpec"][0]["replicas"]["max"] == 3


async def test_the_provider_is_changed_at_once(client: Client) -> None:
    assert await client.post(f"{FIRE}/changeProvider", provider="DMaps") == {"status": "success"}
    assert (await client.get(FIRE))["provider"] == "DMaps"
    refused = await client.post(f"{FIRE}/changeProvider", provider="SDS")
    assert (refused["status"], refused["code"]) == ("error", 500)


async def test_folders_and_names_are_found_without_regard_to_case(client: Client) -> None:
    root = await client.get("/admin/services")
    assert root["folders"] == ["Hosted", "System", "Transport", "Utilities"]
    assert root["folderName"] == "/"
    assert set(root["services"][0]) == {"description", "id", "folderName", "serviceName", "type"}
    folder = await client.get("/admin/services/transport")
    assert {"extensions", "properties"} <= set(folder["services"][0])
    found = await client.get("/admin/services/TRANSPORT/addresses.geocodeserver")
    assert found["serviceName"] == "Addresses"


async def test_the_root_tells_the_version_and_the_resources(client: Client) -> None:
    root = await client.get("/admin/")
    assert root["fullVersion"].startswith("12.0")
    assert {"services", "jobs"} <= set(root["resources"])


async def test_read_only_mode_refuses_operations_with_its_message(client: Client) -> None:
    await client.post("/admin/mode/update", isReadOnly="true", message="Back at noon")
    assert await client.get("/admin/mode") == {"isReadOnly": True, "message": "Back at noon"}
    refused = await edit(client, await client.get(FIRE))
    assert refused["error"]["message"] == "Back at noon"
    await client.post("/admin/mode/update", isReadOnly="false")
    assert "jobID" in await edit(client, await client.get(FIRE))


REFUSALS: dict[str, tuple[str, str, dict[str, str], int]] = {
    "an unknown service": ("GET", "/admin/services/Nothing.MapServer", {}, 404),
    "an unknown folder": ("GET", "/admin/services/Nothing", {}, 404),
    "an unknown job": ("GET", "/admin/jobs/j0", {}, 404),
    "an edit without a document": ("POST", f"{FIRE}/edit", {}, 400),
    "an edit with broken JSON": ("POST", f"{FIRE}/edit", {"service": "{"}, 400),
    "an edit with bottomless JSON": ("POST", f"{FIRE}/edit", {"service": "[" * 99_999}, 400),
    "an edit by GET": ("GET", f"{FIRE}/edit", {}, 405),
    "a method that is none": ("PUT", FIRE, {}, 405),
}


@pytest.mark.parametrize(("method", "path", "form", "code"), REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("http", ["200", "real"])
async def test_a_refusal_is_form_b(
    client: Client, site: Site, method: str, path: str, form: dict[str, str], code: int, http: Any
) -> None:
    site.world.switches = site.world.switches.changed({"error_http": http})
    rest = {"data": form} if method == "POST" else {}
    answer = await client.raw(method, path, params={"f": "json"}, **rest)
    assert answer.status_code == (200 if http == "200" else code)
    assert answer.json()["error"]["code"] == code
    assert (await client.get(FIRE))["description"].startswith("Watches")


async def test_errors_in_form_a_by_switch(client: Client, site: Site) -> None:
    site.world.switches = site.world.switches.changed({"error_form": "A"})
    assert (await client.get("/admin/jobs/j0")) == {
        "status": "error",
        "messages": ["Job 'j0' not found."],
        "code": 404,
    }


ODD_PATHS = [
    "/admin/services/Transport%2FAddresses.GeocodeServer",
    "/admin/services/../jobs",
    "/admin/services/Transport/..%2fFireWeatherWatch.MapServer",
    "/admin/services//FireWeatherWatch.MapServer/x",
    "/admin/jobs/a/b",
    "/other",
    "/admin/services/Transport/Addresses.GeocodeServer/nothing",
]


@pytest.mark.parametrize("path", ODD_PATHS)
async def test_a_path_is_taken_segment_by_segment(client: Client, site: Site, path: str) -> None:
    # The client library would tidy the path, so the raw one is handed to the application.
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(name.encode(), value.encode()) for name, value in client.headers.items()]
    scope = {"type": "http", "method": "GET", "path": "x", "raw_path": f"/arcgis{path}".encode()}
    scope |= {"query_string": b"f=json", "headers": headers, "scheme": "https"}
    await site.app(scope, receive, send)
    assert json.loads(sent[1]["body"])["error"]["code"] == 404
    assert [r["path"] for r in site.journal.after(0, 99) if r["kind"] == "request"][-1] == f"/arcgis{path}"


async def test_the_codes_of_refusals_are_switches(client: Client, site: Site) -> None:
    values = {
        "unknown_service_code": 500,
        "unknown_job_code": 400,
        "read_only_code": 503,
        "forbidden_code": 401,
    }
    site.world.switches = site.world.switches.changed({**values, "jobs_list": "forbidden"})
    site.world.read_only = "closed"
    answers = [
        await client.get("/admin/services/No.MapServer"),
        await client.get("/admin/jobs/j0"),
        await client.post(f"{FIRE}/stop"),
        await client.get("/admin/jobs"),
    ]
    assert [answer["error"]["code"] for answer in answers] == [500, 400, 503, 401]


async def test_a_user_may_be_kept_from_the_jobs_of_others(client: Client, site: Site) -> None:
    site.world.switches = site.world.switches.changed({"jobs_visible": "own"})
    job = (await edit(client, await client.get(FIRE)))["jobID"]
    assert "status" in await client.get(f"/admin/jobs/{job}")
    site.world.set_user(User("colleague", "secret"))
    await client.sign_in("colleague")
    assert (await client.get(f"/admin/jobs/{job}"))["error"]["code"] == 404


async def test_the_life_of_a_token_has_a_default_and_a_limit(stranger: Client, site: Site) -> None:
    limits = {"token_minutes_default": 5, "token_minutes_max": 30}
    site.world.switches = site.world.switches.changed(limits)
    for asked, minutes in (("", 5), ("20", 20), ("600", 30)):
        token = await stranger.sign_in(expiration=asked)
        assert token["expires"] - site.world.now_ms == minutes * 60_000


# -- tokens ----------------------------------------------------------------------


async def test_a_token_is_taken_from_every_place(client: Client) -> None:
    bearer = client.headers.pop("authorization")
    token = bearer.split()[1]
    presented = [
        {"headers": {"Authorization": bearer}},
        {"headers": {"X-Esri-Authorization": bearer}},
        {"params": {"token": token, "f": "json"}},
        {"data": {"token": token, "f": "json"}},
        {"headers": {"Cookie": f"agsadmin={token}"}},
    ]
    for rest in presented:
        answer = await client.raw("POST", FIRE, **{"params": {"f": "json"}, **rest})
        assert answer.json()["serviceName"] == "FireWeatherWatch", rest
    ways = [r["token"] for r in client.site.journal.after(0, 99) if r["kind"] == "request"][-5:]
    assert ways == ["authorization", "x-esri-authorization", "query", "body", "cookie"]


async def test_a_token_expires(client: Client) -> None:
    await client.sign_in(expiration="10")
    client.wait(599)
    assert "error" not in await client.get(FIRE)
    client.wait(1)
    assert (await client.get(FIRE))["error"]["code"] == 498


async def test_without_a_token_and_without_the_right_nothing_is_shown(stranger: Client) -> None:
    assert (await stranger.get(FIRE))["error"]["code"] == 499
    await stranger.sign_in("reader")
    assert (await stranger.get(FIRE))["error"]["code"] == 403


BAD_SIGN_INS: dict[str, tuple[dict[str, str], str]] = {
    "a wrong password": ({"password": "x"}, "Invalid username or password."),
    "a name in another case": ({"username": "SiteAdmin"}, "Invalid username or password."),
    "no password": ({"password": ""}, "'password' must be specified."),
    "no referer to bind to": ({"referer": ""}, "'referer' must be specified."),
    "no address to bind to": ({"client": "ip"}, "'ip' must be specified."),
    "a life longer than any number": (
        {"expiration": "0" * 5000},
        "'expiration' must be a positive number of minutes.",
    ),
    "a life that is no number": (
        {"expiration": "long"},
        "'expiration' must be a positive number of minutes.",
    ),
}


@pytest.mark.parametrize(("fields", "detail"), BAD_SIGN_INS.values(), ids=BAD_SIGN_INS)
async def test_a_sign_in_is_refused(stranger: Client, fields: dict[str, str], detail: str) -> None:
    form = {"username": "siteadmin", "password": "secret", "client": "referer", "referer": "r", **fields}
    answer = await stranger.post("/sharing/rest/generateToken", **form)
    assert (answer["error"]["code"], answer["error"]["details"]) == (400, [detail])


async def test_credentials_in_the_query_are_refused(stranger: Client) -> None:
    query = {"username": "siteadmin", "password": "secret", "f": "json"}
    answer = await stranger.raw("POST", "/sharing/rest/generateToken", params=query)
    assert "query string" in answer.json()["error"]["message"]


async def test_strict_switches_ask_for_the_referer_and_for_the_body(client: Client, site: Site) -> None:
    site.world.switches = site.world.switches.changed({"referer_checked": True})
    assert (await client.get(FIRE))["error"]["code"] == 498
    client.headers["referer"] = "tests"
    assert "error" not in await client.get(FIRE)
    site.world.switches = site.world.switches.changed({"post_auth": "body"})
    assert (await client.post(f"{FIRE}/stop"))["error"]["code"] == 499


async def test_a_changed_clock_is_shown_but_does_not_rule(client: Client, site: Site) -> None:
    site.world.switches = site.world.switches.changed({"clock_skew_seconds": -86_400})
    token = await client.sign_in()
    assert token["expires"] < site.world.now_ms
    assert "error" not in await client.get(FIRE)


SUBMIT_REPLIES: dict[str, tuple[dict[str, Any], str]] = {
    "form 2": ({"submit_reply": "2"}, BASE + "/admin/jobs/"),
    "an internal host": ({"jobs_url": "internal"}, "https://arcgis-private-ingress.arcgis.svc"),
    "no admin": ({"jobs_url": "without-admin"}, BASE + "/jobs/"),
}


@pytest.mark.parametrize(("switches", "url"), SUBMIT_REPLIES.values(), ids=SUBMIT_REPLIES)
async def test_the_submit_reply_by_switch(client: Client, site: Site, switches: Any, url: str) -> None:
    site.world.switches = site.world.switches.changed(switches)
    reply = await edit(client, await client.get(FIRE))
    assert reply["jobsUrl"].startswith(url)
    assert ("jobid" in reply) == ("submit_reply" in switches)


async def test_the_first_release_has_no_jobs(client: Client, site: Site) -> None:
    site.world.switches = site.world.switches.changed({"version": "10.9"})
    assert await edit(client, await client.get(FIRE)) == {"status": "success"}
    assert (await client.get("/admin/jobs"))["error"]["code"] == 404


async def test_the_list_of_jobs_may_be_forbidden(client: Client, site: Site) -> None:
    site.world.switches = site.world.switches.changed({"jobs_list": "forbidden"})
    assert (await client.get("/admin/jobs"))["error"]["code"] == 403


# -- pages -----------------------------------------------------------------------


async def test_html_is_the_default_and_asks_a_stranger_to_sign_in(stranger: Client) -> None:
    page = await stranger.raw("GET", FIRE)
    assert page.headers["content-type"].startswith("text/html")
    assert 'type="password"' in page.text


@pytest.mark.parametrize("form", ["json", "pjson"])
async def test_json_comes_on_one_line_or_many(client: Client, form: str) -> None:
    answer = await client.raw("GET", FIRE, params={"f": form})
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    assert ("\n" in answer.text) == (form == "pjson")


async def test_a_sign_in_leads_only_to_pages_of_the_site(stranger: Client) -> None:
    form = {"username": "siteadmin", "password": "secret"}
    for wanted in ("https://elsewhere.test/", "//elsewhere.test", "/arcgis/administrators"):
        answer = await stranger.raw("POST", "/admin/login", data={**form, "next": wanted})
        assert answer.headers["location"] == "/arcgis/admin"
    answer = await stranger.raw("POST", "/admin/login", data={**form, "next": "/arcgis/admin/jobs"})
    assert answer.headers["location"] == "/arcgis/admin/jobs"
    refused = await stranger.raw("POST", "/admin/login", data={**form, "password": "x"})
    assert "Invalid username or password" in refused.text


async def test_every_page_can_be_reached_by_clicking_from_the_root(client: Client) -> None:
    await edit(client, await client.get(FIRE))
    seen, waiting = set(), ["/arcgis/admin"]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        page = await client.raw("GET", path.removeprefix("/arcgis"))
        assert page.status_code == 200, path
        assert "not found" not in page.text, path
        links = set(re.findall(r'href="(/[^"?]*)"', page.text))
        waiting += links - seen - set(waiting)
    jobs = (await client.get("/admin/jobs"))["jobs"]
    assert f"/arcgis/admin/jobs/{jobs[0]}" in seen
    assert f"/arcgis{FIRE}/scaling/edit" in seen
    assert "/arcgis/admin/services/Utilities/PrintingTools.GPServer/edit" in seen


async def test_a_page_shows_markup_as_text(client: Client, site: Site) -> None:
    service = site.world.catalogue.find("", "FireWeatherWatch.MapServer")
    assert service is not None
    site.world.drift(service, {"description": "<script>alert(1)</script>"})
    for path in (FIRE, f"{FIRE}/edit"):
        page = await client.raw("GET", path)
        assert "<script>" not in page.text
        assert "&lt;script&gt;" in page.text


# -- found by cases that were generated from the site's OpenAPI document ----------


async def test_an_address_of_a_folder_that_is_none_shows_no_form(client: Client) -> None:
    page = await client.raw("GET", "/admin/services/Nowhere/createService")
    assert "Folder &#39;Nowhere&#39; not found." in page.text


NO_SERVICES: dict[str, dict[str, Any]] = {
    "a type that no address can hold": {"type": "Map.Server*"},
    "a name with a slash": {"serviceName": "a/b"},
    "properties that are no object": {"properties": []},
    "extensions that are no list": {"extensions": "WMSServer"},
    "no type": {"type": ""},
}


@pytest.mark.parametrize("wrong", NO_SERVICES.values(), ids=NO_SERVICES)
async def test_a_service_that_could_not_be_served_is_not_created(
    client: Client, wrong: dict[str, Any]
) -> None:
    document = {"serviceName": "Made", "type": "MapServer", **wrong}
    before = await client.get("/admin/services/Transport")
    answer = await client.post("/admin/services/Transport/createService", serviceJson=json.dumps(document))
    assert answer["error"]["code"] == 400
    assert await client.get("/admin/services/Transport") == before


async def test_the_ids_of_a_created_service_are_the_sites_own(client: Client) -> None:
    document = {"serviceName": "Made", "type": "MapServer", "id": 7, "deploymentId": [], "provider": "DMaps"}
    answer = await client.post("/admin/services/Transport/createService", serviceJson=json.dumps(document))
    assert answer == {"status": "success"}
    made = await client.get("/admin/services/Transport/Made.MapServer")
    assert re.fullmatch("s[0-9a-z]{20}", made["id"])
    assert re.fullmatch("k[0-9a-z]{20}", made["deploymentId"])


async def test_a_page_shows_also_what_no_encoding_can_carry(client: Client) -> None:
    await client.post(f"{FIRE}/edit", service=r'{"description": "half a \ud800 sign"}')
    assert (await client.get(FIRE))["description"] == "half a \ud800 sign"
    for path in (FIRE, f"{FIRE}/edit"):
        assert "half a" in (await client.raw("GET", path)).text


async def test_a_document_deeper_than_any_is_refused(client: Client) -> None:
    deep = '{"frameworkProperties": ' + '{"a":' * 500 + "1" + "}" * 501
    refused = await client.post(f"{FIRE}/edit", service=deep)
    assert refused["error"]["details"] == ["nested too deeply"]
    shown = '{"description": "' + "[" * 500 + '", "frameworkProperties": ' + '{"a":' * 98 + "1" + "}" * 99
    assert await client.post(f"{FIRE}/edit", service=shown) == {"status": "success"}
    assert "Supported operations" in (await client.raw("GET", FIRE)).text


async def test_a_folder_name_with_a_space_is_refused_in_the_documented_words(client: Client) -> None:
    refused = await client.post("/admin/services/createFolder", folderName="My Folder")
    said = "Folder name is invalid. The name contains illegal character ' '."
    assert refused["error"] == {"code": 500, "message": said, "details": None}
    assert "My Folder" not in (await client.get("/admin/services"))["folders"]


async def test_a_life_that_is_no_number_is_refused_also_where_a_code_is_asked_for(
    stranger: Client, site: Site
) -> None:
    asked = {"response_type": "code", "redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}
    state = site.world.oauth.authorize(asked, BASE)
    form = {"username": "siteadmin", "password": "secret", "oauth_state": state}
    page = await stranger.raw("POST", "/sharing/oauth2/signin", data={**form, "expiration": "-1"})
    assert "positive number of minutes" in page.text
    page = await stranger.raw("POST", "/sharing/oauth2/signin", data=form)
    assert "SUCCESS code=" in page.text


async def test_a_quantity_is_written_in_the_digits_of_kubernetes(client: Client) -> None:
    spec = await client.get(f"{FIRE}/scaling")
    spec["scalingSpec"][0]["resources"]["cpuMax"] = "\u0664"
    refused = await client.post(f"{FIRE}/scaling/edit", serviceScalingSpec=json.dumps(spec))
    assert refused["error"]["code"] == 400


async def test_a_geocode_service_has_its_three_limits_by_name_and_takes_them_back(client: Client) -> None:
    """Assumed: that their values are texts, as those of other types."""
    path = "/admin/services/Transport/Addresses.GeocodeServer"
    document = await client.get(path)
    limits = {"maxResultSize": "500", "suggestedBatchSize": "150", "maxBatchSize": "1000"}
    assert document["properties"] == limits
    changed = limits | {"maxBatchSize": "2000"}
    await client.post(f"{path}/edit", service=json.dumps({**document, "properties": changed}))
    assert (await client.get(path))["properties"] == changed
