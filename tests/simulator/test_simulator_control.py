"""The control port, the journal, faults and holds."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from simulator_client import FIRE, Client

from arcgis_simulator.journal import Journal
from arcgis_simulator.site import ConnectionDropped, Site

FIRE_TITLE = "FireWeatherWatch.MapServer"
Control = Callable[..., Any]


async def edit(client: Client, description: str = "new") -> Any:
    document = {**(await client.get(FIRE)), "description": description}
    return await client.post(f"{FIRE}/edit", service=json.dumps(document), **{"async": "true"})


def records(site: Site, kind: str) -> list[dict[str, Any]]:
    return [record for record in site.journal.after(0, 9999) if record["kind"] == kind]


async def test_the_front_page_lists_every_route_and_switch(control: Control) -> None:
    page = await control("GET", "/")
    assert len(page["routes"]) == 27
    assert all(len(line.partition(": ")[2]) > 5 for line in page["routes"])
    assert page["switches"]["submit_reply"] == ["1", "1 | 2"]


async def test_what_it_was_asked_with_is_said_back_in_error_texts_and_jobs(
    client: Client, control: Control
) -> None:
    token = client.headers["authorization"].partition(" ")[2]
    await control("POST", "/echo", text="asked by {password} with {token}")
    said = f"asked by secret with {token}"
    assert (await client.get("/admin/services/None.MapServer"))["error"]["details"] == [said]
    planted = {"status": "error", "code": 500, "messages": ["planted"]}
    await control("POST", "/faults", match={"operation": "service"}, do={"json": planted, "status": 503})
    assert (await client.get(FIRE))["messages"] == ["planted", said]
    refused = await client.post("/sharing/rest/generateToken", username="siteadmin", password="wrong")
    assert refused["error"]["details"][-1] == f"asked by wrong with {token}"
    await control("POST", "/jobs/next", outcome="FAILED")
    job = (await edit(client))["jobID"]
    assert "messages" not in await client.get(f"/admin/jobs/{job}")
    await control("POST", "/clock", advance=10)
    ended = await client.get(f"/admin/jobs/{job}")
    assert ended["messages"][1:] == [said]
    assert ended["result"]["messages"][1:] == [said]
    await control("POST", f"/jobs/{job}", outcome="FAILED", messages=[], result={})
    assert (await client.get(f"/admin/jobs/{job}"))["messages"] == []
    document = await client.get(FIRE)
    await control("POST", "/echo", text="")
    assert await client.get(FIRE) == document


async def test_time_jobs_and_counts(client: Client, control: Control) -> None:
    job = (await edit(client))["jobID"]
    await control("POST", "/clock", advance=10)
    stats = await control("GET", "/stats")
    assert (stats["edits"], stats["restarts"]) == (1, 1)
    assert stats["services"][FIRE_TITLE] == {"edits": 1, "restarts": 1, "jobs": [job]}
    world = await control("GET", "/world")
    assert world["services"][FIRE_TITLE]["description"] == "new"
    assert world["jobs"][0]["status"] == "COMPLETED"


async def test_the_next_job_of_a_service_hangs_and_is_ended_by_hand(client: Client, control: Control) -> None:
    await control("POST", "/jobs/next", hang=True, service="Transport/TrafficCounts.MapServer")
    await control("POST", "/jobs/next", hang=True, service=FIRE_TITLE.lower())
    job = (await edit(client))["jobID"]
    await control("POST", "/clock", advance=1000)
    assert (await client.get(f"/admin/jobs/{job}"))["status"] == "EXECUTING"
    await control("POST", f"/jobs/{job}", outcome="FAILED", messages=["no pods"], result={"why": 1})
    ended = await client.get(f"/admin/jobs/{job}")
    assert (ended["status"], ended["messages"], ended["result"]) == ("FAILED", ["no pods"], {"why": 1})
    await control("POST", f"/jobs/{job}", status="EXECUTING")
    assert (await client.get(f"/admin/jobs/{job}"))["status"] == "EXECUTING"


async def test_jobs_are_forgotten_unavailable_late_or_of_others(client: Client, control: Control) -> None:
    await control("POST", "/jobs/lag", seconds=5)
    theirs = (await control("POST", "/jobs/foreign", service=FIRE_TITLE, document={"description": "x"}))[
        "jobid"
    ]
    assert (await client.get("/admin/jobs"))["jobs"] == []
    await control("POST", f"/jobs/{theirs}/unavailable", times=1)
    assert (await client.get(f"/admin/jobs/{theirs}"))["status"] == "UNAVAILABLE"
    assert (await client.get(f"/admin/jobs/{theirs}"))["username"] == "colleague"
    await control("POST", f"/jobs/{theirs}/forget")
    assert (await client.get(f"/admin/jobs/{theirs}"))["error"]["code"] == 404
    await control("POST", "/clock", advance=10)
    assert (await client.get(FIRE))["description"] == "x"


async def test_services_users_tokens_mode_and_switches(client: Client, control: Control) -> None:
    await control(
        "POST", "/services", document={"serviceName": "New", "type": "MapServer", "folderName": "Lab"}
    )
    assert (await client.get("/admin/services/Lab/New.MapServer"))["properties"]["maxRecordCount"] == "1000"
    await control("DELETE", "/services/Lab/New.MapServer")
    assert "error" in await client.get("/admin/services/Lab/New.MapServer")
    await control("POST", "/drift", service=FIRE_TITLE, set={"properties.maxRecordCount": "5"})
    assert (await client.get(FIRE))["properties"]["maxRecordCount"] == "5"
    await control("POST", "/mode", isReadOnly=True, message="closed")
    assert (await client.get("/admin/mode"))["message"] == "closed"
    assert (await control("POST", "/jobs/lag", seconds=1.5))["jobs_lag_seconds"] == 1.5
    await control("POST", "/switches", error_form="A")
    await control("POST", "/tokens/expire")
    assert (await client.get(FIRE))["code"] == 498
    await control("POST", "/users", username="siteadmin", password="changed")
    assert (await client.sign_in())["code"] == 400
    assert "token" in await client.sign_in(password="changed")


THERE = {"serviceName": "FireWeatherWatch", "type": "MapServer"}
BAD_CALLS: dict[str, tuple[str, dict[str, Any], int]] = {
    "an unknown job": ("/jobs/j0/forget", {}, 404),
    "an unknown service": ("/drift", {"service": "No.MapServer"}, 404),
    "a missing field": ("/clock", {"seconds": 1}, 400),
    "a clock that goes back": ("/clock", {"advance": -1}, 400),
    "an unknown switch": ("/switches", {"nothing": 1}, 400),
    "a service that is there already": ("/services", {"document": THERE}, 400),
    "a service without a name": ("/services", {"document": {}}, 400),
    "a rule with an unknown word": ("/faults", {"do": {"explode": True}}, 400),
    "a rule with two endings": ("/faults", {"do": {"drop": True, "status": 500}}, 400),
    "a rule with no such moment": ("/faults", {"when": "later", "do": {"drop": True}}, 400),
    "a rule that answers nothing": ("/faults", {"when": "instead", "do": {"delay": 1}}, 400),
    "a rule with a broken expression": ("/faults", {"match": {"path": "("}, "do": {"drop": True}}, 400),
}


@pytest.mark.parametrize(("path", "body", "status"), BAD_CALLS.values(), ids=BAD_CALLS)
async def test_the_control_says_what_is_wrong(
    control: Control, path: str, body: dict[str, Any], status: int
) -> None:
    assert (await control("POST", path, fails=status, **body))["error"]


# -- journal -----------------------------------------------------------------------


async def test_the_journal_tells_a_whole_edit_in_order(client: Client, control: Control, site: Site) -> None:
    job = (await edit(client))["jobID"]
    await control("POST", "/clock", advance=10)
    start = next(r["seq"] for r in records(site, "request") if r["operation"] == "edit")
    page = await control("GET", f"/journal?after={start - 1}")
    told = [(r["kind"], r.get("status")) for r in page]
    assert told == [
        ("request", None),
        ("accepted", None),
        ("job", "SUBMITTED"),
        ("answer", 200),
        ("job", "EXECUTING"),
        ("applied", None),
        ("restarted", None),
        ("job", "COMPLETED"),
    ]
    request, accepted, answer = page[0], page[1], page[3]
    assert (request["method"], request["operation"], request["service"]) == ("POST", "edit", FIRE_TITLE)
    assert (request["username"], request["token"], request["fields"]["async"]) == (
        "siteadmin",
        "authorization",
        "true",
    )
    assert (accepted["request"], accepted["job"], accepted["document"]["description"]) == (start, job, "new")
    assert (answer["request"], answer["job"]) == (start, job)
    assert [r["ns"] for r in page] == sorted(r["ns"] for r in page)
    assert all("job" in r for r in page[1:])


async def test_the_journal_holds_no_password_and_no_token(client: Client, site: Site) -> None:
    token = client.headers["authorization"].split()[1]
    await client.raw("GET", FIRE, params={"f": "json", "token": token})
    await client.post(f"{FIRE}/stop", token=token)
    await client.raw("POST", "/admin/login", data={"username": "siteadmin", "password": "secret"})
    told = str(site.journal.after(0, 9999))
    assert "siteadmin" in told
    assert token not in told
    assert "secret" not in told


def test_the_journal_is_read_page_by_page_and_forgets_the_oldest() -> None:
    journal = Journal(lambda: 0, keep=10)
    for _ in range(25):
        journal.add("job")
    assert [r["seq"] for r in journal.after(0, 3)] == [16, 17, 18]
    assert [r["seq"] for r in journal.after(18, 99)] == list(range(19, 26))
    assert journal.after(25, 99) == []


# -- faults ------------------------------------------------------------------------


async def test_a_drop_before_is_not_applied_and_after_is(client: Client, control: Control) -> None:
    for when, edits in (("before", 0), ("instead", 0), ("after", 1)):
        await control("POST", "/faults", match={"operation": "edit"}, when=when, do={"drop": True})
        with pytest.raises(ConnectionDropped):
            await edit(client)
        assert (await control("GET", "/stats"))["edits"] == edits
    assert [rule["hits"] for rule in await control("GET", "/faults")] == [1, 1, 1]


async def test_an_answer_takes_the_place_of_the_sites_own(client: Client, control: Control) -> None:
    do = {"status": 503, "headers": {"Retry-After": "7"}, "json": {"a": 1}}
    await control("POST", "/faults", match={"service": FIRE_TITLE.upper()}, do=do)
    answer = await client.raw("GET", FIRE, params={"f": "json"})
    assert (answer.status_code, answer.headers["retry-after"], answer.json()) == (503, "7", {"a": 1})
    await control("POST", "/faults", when="after", do={"html": True})
    page = await client.raw("GET", FIRE, params={"f": "json"})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    await control("POST", "/faults", do={"status": 200, "body": ""})
    assert (await client.raw("GET", FIRE, params={"f": "json"})).content == b""


async def test_a_rule_skips_counts_and_is_removed(client: Client, control: Control) -> None:
    match = {"method": "GET", "path": r"MapServer$", "operation": "service"}
    await control("POST", "/faults", match=match, skip=1, times=2, do={"status": 500})
    codes = [(await client.raw("GET", FIRE, params={"f": "json"})).status_code for _ in range(4)]
    assert codes == [200, 500, 500, 200]
    await control("POST", "/faults", times=None, do={"status": 500})
    assert (await client.raw("GET", "/admin", params={"f": "json"})).status_code == 500
    await control("DELETE", "/faults")
    assert (await client.raw("GET", "/admin", params={"f": "json"})).status_code == 200


async def parked(control: Control, hold: str) -> Any:
    """Waits until a request is parked at a hold."""
    async with asyncio.timeout(5):
        while True:
            waiting = [one for one in await control("GET", "/holds") if one["hold"] == hold]
            if waiting:
                return waiting[0]
            await asyncio.sleep(0)


@pytest.mark.parametrize(("when", "meanwhile"), [("before", 0), ("after", 1)])
async def test_a_held_request_waits_and_goes_on(
    client: Client, control: Control, when: str, meanwhile: int
) -> None:
    await control("POST", "/faults", match={"operation": "edit"}, when=when, do={"hold": "gate"})
    running = asyncio.create_task(edit(client))
    one = await parked(control, "gate")
    assert (one["operation"], one["service"], one["moment"]) == ("edit", FIRE_TITLE, when)
    assert (await control("GET", "/stats"))["edits"] == meanwhile
    assert await control("POST", "/holds/gate/release") == {"released": 1}
    assert "jobID" in await running
    assert (await control("GET", "/stats"))["edits"] == 1
    assert await control("GET", "/holds") == []


async def test_a_held_request_can_be_dropped(client: Client, control: Control) -> None:
    await control("POST", "/faults", match={"operation": "edit"}, do={"hold": "gate"})
    running = asyncio.create_task(edit(client))
    await parked(control, "gate")
    await control("POST", "/holds/gate/release", drop=True)
    with pytest.raises(ConnectionDropped):
        await running
    assert (await control("GET", "/stats"))["edits"] == 0


async def test_a_delay_alone_changes_nothing_else(client: Client, control: Control, site: Site) -> None:
    await control("POST", "/faults", do={"delay": 0.01})
    assert (await client.get(FIRE))["serviceName"] == "FireWeatherWatch"
    assert records(site, "answer")[-1]["fault"] == 1


async def test_a_client_that_goes_away_in_the_middle_of_a_body_has_sent_nothing(site: Site) -> None:
    messages = iter(
        [{"type": "http.request", "body": b"service={", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    before = len(site.journal.after(0, 99))
    scope = {"type": "http", "method": "POST", "path": f"/arcgis{FIRE}/edit", "query_string": b""}
    await site.app({**scope, "headers": [], "scheme": "https"}, receive, send)
    assert len(site.journal.after(0, 99)) == before
