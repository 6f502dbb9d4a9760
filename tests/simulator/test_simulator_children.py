"""What stands below `services` beside folders and services, and operations on several services."""

import json
import time
from typing import Any

import pytest
from simulator_client import BASE, FIRE, Client

from arcgis_simulator.clock import Clock
from arcgis_simulator.site import Site
from arcgis_simulator.switches import Switches
from arcgis_simulator.tokens import User
from arcgis_simulator.world import World

SUCCESS = {"status": "success"}
ADDRESSES = {"folderName": "Transport", "serviceName": "Addresses", "type": "GeocodeServer"}


async def test_the_properties_of_services_are_read_and_updated(client: Client) -> None:
    path = "/admin/services/properties"
    assert await client.get(path) == {"preferSharedInstances": True}
    dedicated = {"preferSharedInstances": False}
    assert await client.post(f"{path}/update", properties=json.dumps(dedicated)) == SUCCESS
    assert await client.get(path) == dedicated


@pytest.mark.parametrize("given", [{}, {"preferSharedInstances": "false"}, {"other": True}, [], 7])
async def test_other_properties_of_services_are_refused(client: Client, given: Any) -> None:
    refused = await client.post("/admin/services/properties/update", properties=json.dumps(given))
    assert refused["error"]["code"] == 400
    assert await client.get("/admin/services/properties") == {"preferSharedInstances": True}


async def test_a_new_service_is_shared_unless_dedicated_ones_are_preferred(client: Client) -> None:
    for preferred, provider in ((True, "DMaps"), (False, "ArcObjects11")):
        wanted = json.dumps({"preferSharedInstances": preferred})
        await client.post("/admin/services/properties/update", properties=wanted)
        new = {"serviceName": f"New{provider}", "type": "MapServer"}
        assert await client.post("/admin/services/createService", serviceJson=json.dumps(new)) == SUCCESS
        made = await client.get(f"/admin/services/New{provider}.MapServer")
        assert (made["provider"], made["folderName"]) == (provider, "")


FILTERS: dict[str, tuple[dict[str, str], set[str]]] = {
    "a folder": ({"filterFolderName": "utilities"}, {"PrintingTools", "Geometry"}),
    "a type and a provider": (
        {"filterServiceType": "FeatureServer", "filterProvider": "SDS", "filterFolderName": "Transport"},
        {"RoadClosures"},
    ),
    "nothing that there is": ({"filterProvider": "Tiles"}, set()),
}


@pytest.mark.parametrize(("filters", "names"), FILTERS.values(), ids=FILTERS)
async def test_services_are_found_by_their_properties(
    client: Client, filters: dict[str, str], names: set[str]
) -> None:
    found = await client.post("/admin/services/findServices", **filters)
    assert {one["serviceName"] for one in found["services"]} == names
    ids = (await client.post("/admin/services/findServiceIds", **filters))["filteredServiceIds"]
    assert sorted(ids) == sorted(one["id"] for one in found["services"])
    if ids:
        got = await client.post("/admin/services/getServicesById", serviceIDs=",".join([*ids, "s0"]))
        assert got == found


async def test_without_a_filter_all_services_are_found(client: Client, site: Site) -> None:
    found = await client.post("/admin/services/findServiceIds")
    assert len(found["filteredServiceIds"]) == len(site.world.catalogue.services)


async def test_a_deletion_is_a_job_where_one_is_asked_for(client: Client) -> None:
    reply = await client.post(f"{FIRE}/delete", **{"async": "true"})
    assert reply["jobStatus"] == "SUBMITTED"
    assert "error" not in await client.get(FIRE), "it is there until the job ends"
    client.wait(5)
    job = await client.get(f"/admin/jobs/{reply['jobID']}")
    assert (job["status"], job["operationURI"]) == ("COMPLETED", f"/arcgis{FIRE}/delete")
    assert (await client.get(FIRE))["error"]["code"] == 404


async def test_several_services_are_deleted_at_once_or_by_a_job(client: Client) -> None:
    fire = {"serviceName": "FireWeatherWatch", "type": "MapServer"}
    path = "/admin/services/deleteServices"
    assert await client.post(path, services=json.dumps([fire])) == SUCCESS
    reply = await client.post(path, services=json.dumps([ADDRESSES]), **{"async": "true"})
    client.wait(5)
    assert (await client.get(f"/admin/jobs/{reply['jobid']}"))["status"] == "COMPLETED"
    for gone in (FIRE, "/admin/services/Transport/Addresses.GeocodeServer"):
        assert (await client.get(gone))["error"]["code"] == 404


async def test_of_services_to_delete_one_that_is_none_keeps_all(client: Client) -> None:
    listed = [ADDRESSES, {"serviceName": "Nothing", "type": "MapServer"}]
    refused = await client.post("/admin/services/deleteServices", services=json.dumps(listed))
    assert refused["error"]["message"] == "Service 'Nothing.MapServer' not found."
    assert "error" not in await client.get("/admin/services/Transport/Addresses.GeocodeServer")


async def test_all_services_are_restarted_by_one_job(client: Client, site: Site) -> None:
    reply = await client.post("/admin/services/refreshAllServices")
    assert set(reply) == {"jobsUrl", "jobid", "status"}
    client.wait(5)
    job = await client.get(f"/admin/jobs/{reply['jobid']}")
    assert job["operationURI"] == "/arcgis/admin/services/refreshAllServices"
    held = site.world.catalogue.services.values()
    assert {one.restarts for one in held} == {1}


async def test_what_came_with_a_later_release_is_not_there_before(client: Client, site: Site) -> None:
    for version, there in (("11.5", False), ("12.0", True)):
        site.world.switches = site.world.switches.changed({"version": version})
        reply = await client.post("/admin/services/refreshAllServices")
        assert ("jobid" in reply) is there


async def test_a_service_has_item_info_and_a_placement_policy(client: Client) -> None:
    info = await client.get(f"{FIRE}/iteminfo")
    assert (info["name"], info["type"]) == ("FireWeatherWatch", "MapServer")
    policy = (await client.get(f"{FIRE}/placementPolicy"))["placementPolicy"]
    assert [one["deploymentId"] for one in policy] == [(await client.get(FIRE))["deploymentId"]]


async def test_the_site_tells_of_upgrades_and_of_providers(client: Client) -> None:
    assert (await client.get("/admin/system/upgrades"))["status"]["state"] == "no_upgrade"
    told = await client.get("/admin/services/types/providers")
    assert {"SDS", "CUSTOMDATA"} < set(told["providers"]) == set(told["enabledProviders"])


NOT_SIMULATED = [
    "/admin/services/webhooks",
    f"{FIRE}/webhooks",
    "/admin/services/refreshAutoDeployedServices",
]


@pytest.mark.parametrize("path", [*NOT_SIMULATED, f"{FIRE}/placementPolicy/edit"])
async def test_what_is_not_simulated_is_refused_as_that(client: Client, path: str) -> None:
    refused = await client.post(path)
    assert (refused["error"]["code"], "not simulate" in refused["error"]["message"]) == (501, True)


@pytest.mark.parametrize(("answers", "waits"), [("restarted", True), ("at-once", False)])
async def test_an_edit_without_a_job_is_answered_when_the_restart_is_over(answers: str, waits: bool) -> None:
    world = World(switches=Switches(sync_answers=answers, restart_seconds=0.3))  # type: ignore[arg-type]
    world.set_user(User("siteadmin", "secret"))
    client = Client(Site(world, Clock()))
    await client.sign_in()
    document = await client.get(FIRE)
    began = time.monotonic()
    assert await client.post(f"{FIRE}/edit", service=json.dumps(document)) == SUCCESS
    assert (time.monotonic() - began >= 0.3) is waits
    assert (await client.get(f"{FIRE}/status"))["realTimeState"] == ("STARTED" if waits else "STOPPED")


async def test_a_site_of_several_names_may_know_only_one(client: Client, site: Site) -> None:
    site.world.switches = site.world.switches.changed({"names": "own"})
    client.headers["host"] = "other.test"
    reply = await client.post(f"{FIRE}/start", **{"async": "true"})
    assert reply["jobsUrl"].startswith(f"{BASE}/admin/jobs/")
    site.world.switches = site.world.switches.changed({"names": "as-asked"})
    reply = await client.post(f"{FIRE}/start", **{"async": "true"})
    assert reply["jobsUrl"].startswith("https://other.test/")
