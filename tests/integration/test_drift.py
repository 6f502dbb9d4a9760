"""The document on the site: what others change in it is put back or left alone, and nothing is lost."""

import json
from typing import Any

import httpx

from harness.bench import Workbench, condition

ODD = r"""
{"document": {"serviceName": "Odd", "type": "MapServer", "folderName": "Transport", "description": "before",
 "zeta": 0.0010, "alpha": 1E5, "big": 123456789012345678901234567890, "tiny": -0.0, "digits": 1.10,
 "null": null, "empty": {}, "none": [], "": "no name", "dots.in [a] \"key\"": {"b": [1, 2.50, {"c": null}]},
 "unicode": "Straße 東京 \u2028 \ud83d\uddfa \u0000 </script>", "long": "x", "true": "true", "True": true,
 "properties": {"z": "1", "a": "2", "number": 1.50, "nest": {"deep": [[], {}]}, "maxRecordCount": "1000"},
 "jsonProperties": {"xyTolerance": 0.0010, "extent": {"xmin": -1.7976931348623157e+308}, "list": [3, 1, 2]},
 "extensions": [{"typeName": "Unknown", "x": 1.0}, {"typeName": "KmlServer", "enabled": "false", "x": 7.7}]}}
"""


def exactly(text: str) -> Any:
    """JSON with the order of its keys and every digit of its numbers."""
    return json.loads(text, parse_float=_digits, parse_int=_digits, object_pairs_hook=list)


def _digits(text: str) -> tuple[str, str]:
    return ("number", text)


def live(bench: Workbench, service: str) -> Any:
    whole = httpx.get(f"{bench.sites['prod'].control}/world", trust_env=False).text
    return dict(dict(exactly(whole))["services"])[service]


def test_drift_is_put_back_at_the_next_resync_and_its_paths_are_named(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    wanted = {"description": "wanted", "properties": {"maxRecordCount": 2000}}
    resyncing.converge_on("drifted", service, wanted)
    resyncing.site.drift(service, {"properties.maxRecordCount": "17", "description": "mine now"})
    resyncing.wait_edits(service, 2)
    body = resyncing.converged("drifted")

    document = resyncing.site.document(service)
    assert (document["description"], document["properties"]["maxRecordCount"]) == ("wanted", "2000")
    told = resyncing.wait_events("drifted", 3)
    drift = [event for event in told if event["reason"] == "DriftDetected"]
    assert len(drift) == 1
    assert (
        'settings.properties.maxRecordCount was changed on the site: found "17", declared "2000"'
        in drift[0]["note"]
    )
    assert (
        'settings.description was changed on the site: found "mine now", declared "wanted"'
        in drift[0]["note"]
    )
    assert "No recent job on the site tells who did it." in drift[0]["note"]
    assert "changedBy" not in body["status"]["history"][0]
    assert body["status"]["job"]["id"] == resyncing.edits(service)[1]["job"]
    assert len(resyncing.edits(service)) == 2


def test_a_drift_names_whose_jobs_probably_made_it(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("named", service, {"description": "wanted"})
    job = resyncing.site.foreign_job(
        service, username="jsmith", document={"description": "mine now"}, seconds=0.2
    )
    resyncing.wait_edits(service, 2)
    body = resyncing.converged("named")
    event = resyncing.wait_event("named", "DriftDetected")
    assert f"Probably by jsmith (edit, job {job}, ended 20" in event["note"]
    assert body["status"]["history"][0]["changedBy"] == ["jsmith"]
    assert "changedBy" not in body["status"]["history"][1]


def test_a_drift_that_stays_names_all_who_may_have_made_it_and_is_told_once(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("both", service, {"description": "wanted"}, drift={"policy": "Report"})
    jobs = [
        resyncing.site.foreign_job(service, username=name, hang=True, document={"description": name})
        for name in ("jsmith", "mmiller")
    ]
    for job in jobs:
        resyncing.site.finish(job)
    body = resyncing.wait(
        "both", "DriftReported", also=lambda body: len(body["status"]["plan"].get("changers", [])) == 2
    )
    changers = body["status"]["plan"]["changers"]
    assert sorted((one["username"], one["id"]) for one in changers) == sorted(
        zip(("jsmith", "mmiller"), jobs, strict=True)
    )
    assert "Probably by one of these: " in condition(body)["message"]

    writes = len(resyncing.status_writes("both"))
    later = resyncing.site.foreign_job(
        service, username="later", document={"properties.novel": "x"}, seconds=0.1
    )
    resyncing.looked_at(service, times=4)
    body = resyncing.wait("both", "DriftReported")
    assert later not in str(body["status"]["plan"]["changers"])
    resyncing.looked_at(service, times=3)
    told = [condition(write["requestObject"])["reason"] for write in resyncing.status_writes("both")[writes:]]
    assert len(set(told)) == len(told), f"the job of somebody is told once, and its end: {told}"


def test_what_nobody_declared_may_be_changed_by_anybody(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("undeclared", service, {"description": "wanted"})
    resyncing.site.drift(service, {"properties.maxRecordCount": "17", "properties.novel": "theirs"})
    resyncing.looked_at(service, times=2)
    assert len(resyncing.edits(service)) == 1
    resyncing.converge_on("undeclared", service, {"description": "wanted again"})
    properties = resyncing.site.document(service)["properties"]
    assert (properties["maxRecordCount"], properties["novel"]) == ("17", "theirs")


def test_every_property_that_nobody_declared_survives_edits_digit_for_digit(shared: Workbench) -> None:
    service = "Transport/Odd.MapServer"
    added = httpx.post(f"{shared.sites['prod'].control}/services", content=ODD.encode(), trust_env=False)
    assert added.status_code == 200, added.text
    before = live(shared, service)
    for text in ("first", "second ü", "before"):
        shared.converge_on(
            "odd",
            service,
            {"description": text, "extensions": [{"typeName": "KmlServer", "enabled": text == "first"}]},
        )
    assert len(shared.edits(service)) == 3
    assert live(shared, service) == before


def test_an_owned_setting_that_leaves_the_spec_keeps_its_last_value(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.converge_on("shrinking", service, {"description": "wanted", "properties": {"maxRecordCount": 7}})
    shared.converge_on("shrinking", service, {"description": "wanted"})
    assert len(shared.edits(service)) == 1
    assert shared.site.document(service)["properties"]["maxRecordCount"] == "7"
