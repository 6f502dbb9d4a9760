"""Windows and approval on the real API server: what waits, and how a person lets it through as told."""

import shlex
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.bench import SITES, Workbench, condition

Json = Any
WANTED = {"description": "wanted"}
CLOSED = [{"type": "Deny", "schedule": "0 0 * * *", "duration": "24h"}]


def do_as_told(bench: Workbench, message: str) -> None:
    """Runs the command at the end of a message."""
    command = message[message.index("kubectl ") :].replace("$(date)", str(datetime.now(UTC)))
    bench.kubectl(*shlex.split(command)[1:])


def test_a_change_waits_until_its_plan_is_approved(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.declare("approved", service, WANTED, change={"approval": "Manual"})
    body = shared.wait("approved", "AwaitingApproval")
    assert shared.edits(service) == []
    assert not {"Reconciling", "Stalled"} & {one["type"] for one in body["status"]["conditions"]}

    do_as_told(shared, condition(body)["message"])
    body = shared.converged("approved")
    assert shared.sent(service, "description") == ["wanted"]
    assert body["spec"]["change"]["approvedPlan"].startswith("sha256:")


def test_an_approval_is_for_one_plan(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.declare("once", service, WANTED, change={"approval": "Manual"})
    before = shared.wait("once", "AwaitingApproval")["status"]["plan"]["hash"]
    shared.declare(
        "once", service, {"description": "later"}, change={"approval": "Manual", "approvedPlan": before}
    )
    body = shared.wait("once", "AwaitingApproval")
    assert "(spec.change.approvedPlan names another plan)" in condition(body)["message"]
    assert body["status"]["plan"]["hash"] != before
    assert shared.edits(service) == []


def test_a_plan_of_two_operations_is_approved_once_and_exactly(shared: Workbench) -> None:
    service, changed = shared.fresh_service(), shared.fresh_service()
    both = {"configuredState": "STOPPED", "change": {"approval": "Manual"}}
    for name, one in (("whole", service), ("changed", changed)):
        shared.declare(name, one, WANTED, **both)
    body = shared.wait("whole", "AwaitingApproval")
    whole, rest = body["status"]["plan"]["hash"], body["status"]["plan"]["rest"]
    do_as_told(shared, condition(body)["message"])
    history = shared.converged("whole")["status"]["history"]
    assert [(one["operation"], one["plan"], one["approved"]) for one in history] == [
        ("stop", rest, True),
        ("edit", whole, True),
    ]
    assert shared.reasons("whole").count("AwaitingApproval") == 1

    shared.site.next_job(service=changed, hang=True)
    do_as_told(shared, condition(shared.wait("changed", "AwaitingApproval"))["message"])
    job = shared.wait_job("changed")
    both["change"]["approvedPlan"] = shared.get("changed")["spec"]["change"]["approvedPlan"]
    shared.declare("changed", changed, {**WANTED, "properties": {"maxRecordCount": 2000}}, **both)
    shared.site.finish(job)
    shared.wait("changed", "AwaitingApproval", also=lambda one: len(one["status"].get("history", [])) == 1)
    assert len(shared.edits(changed)) == 1


def test_what_lets_a_plan_through_its_window_lets_both_of_its_operations_through(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.declare("both", service, WANTED, configuredState="STOPPED", change={"windows": CLOSED})
    do_as_told(shared, condition(shared.wait("both", "OutsideWindow"))["message"])
    history = shared.converged("both")["status"]["history"]
    assert [(one["operation"], one["overridden"]) for one in history] == [("stop", True), ("edit", True)]


def test_a_drift_is_restored_though_new_settings_need_approval(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("calm", service, WANTED)
    resyncing.declare("calm", service, WANTED, change={"approval": "Manual"})
    resyncing.converged("calm")
    resyncing.site.drift(service, {"description": "by hand"})
    resyncing.wait_edits(service, 2)
    resyncing.converged("calm")
    assert resyncing.site.document(service)["description"] == "wanted"


def test_a_restart_is_approved_where_edits_restart_and_not_where_they_do_not(bench: Workbench) -> None:
    for name, version in (("prod", "12.0"), ("older", "11.5")):
        bench.start_site(f"--switch=version={version}", name=name)
        bench.register(name)
    bench.start_operator()
    service = "FireWeatherWatch.MapServer"
    bench.declare("new", service, WANTED, change={"approval": "WhenRestarting"})
    bench.declare(
        "old",
        "Transport/TrafficCounts.MapServer",
        WANTED,
        site="older",
        change={"approval": "WhenRestarting"},
    )
    bench.converged("old")
    bench.wait("new", "AwaitingApproval")


def test_outside_a_window_nothing_is_sent_until_a_person_lets_this_plan_through(shared: Workbench) -> None:
    service = shared.fresh_service()
    tomorrow = (datetime.now(UTC) + timedelta(hours=25)).strftime("%M %H %d %m *")
    shared.declare("later", service, WANTED, change={"windows": [{"schedule": tomorrow, "duration": "1h"}]})
    body = shared.wait("later", "OutsideWindow")
    assert shared.edits(service) == []
    opens = datetime.fromisoformat(body["status"]["nextWindowTime"])
    assert timedelta(hours=24) < opens - datetime.now(UTC) < timedelta(hours=26)
    assert body["status"]["nextWindowTime"] in condition(body)["message"]

    do_as_told(shared, condition(body)["message"])
    body = shared.converged("later")
    assert body["status"]["lastHandledOverride"].startswith("sha256:")
    assert "nextWindowTime" not in body["status"]
    assert shared.wait_event("later", "WindowOverridden")["type"] == "Normal"


def test_the_windows_of_a_site_hold_and_its_owner_lets_one_plan_through(shared: Workbench) -> None:
    first, second = shared.fresh_service(), shared.fresh_service()
    shared.register(alias="quiet", change={"windows": CLOSED})
    shared.declare("first", first, WANTED, site="quiet")
    shared.declare("second", second, WANTED, site="quiet")
    message = condition(shared.wait("first", "OutsideWindow"))["message"]
    assert "kubectl annotate agsite quiet" in message
    plan = shared.wait("second", "OutsideWindow")["status"]["plan"]["hash"]
    shared.kubectl("annotate", "agsvc", "second", f"arcgis-operator.dev/overrideWindows={plan} me")
    do_as_told(shared, message)
    shared.converged("first")
    assert shared.edits(second) == [], "an annotation of the service opens no window of its site"
    shared.wait("second", "OutsideWindow")

    shared.register(alias="quiet", change={"windows": []})
    shared.converged("second")


def test_a_site_whose_windows_cannot_be_read_says_so_and_gets_nothing(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.register(alias="moon", change={"windows": [{"schedule": "0 0 31 2 *", "duration": "1h"}]})
    body = shared.wait("moon", "SpecInvalid", plural=SITES)
    assert "spec.change.windows[0].schedule: there is no such day" in condition(body)["message"]
    shared.declare("there", service, WANTED, site="moon")
    shared.wait("there", "AccessUnknown")
    assert shared.edits(service) == []
