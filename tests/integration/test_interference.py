"""Others act while an edit is on its way or its job runs: still one edit, and the truth on the resource."""

from collections.abc import Callable

import pytest

from harness.bench import SERVICES, Workbench, condition, resource

SETTINGS = {"description": "wanted"}


def hold_the_answer(bench: Workbench, service: str) -> None:
    bench.site.fault({"hold": "answer"}, when="after", operation="edit", service=service)


def test_a_label_set_between_intent_and_job_id_costs_nothing(shared: Workbench) -> None:
    service = shared.fresh_service()
    hold_the_answer(shared, service)
    shared.declare("labelled", service, SETTINGS)
    shared.site.wait_parked("answer")
    shared.api.merge(SERVICES, "labelled", {"metadata": {"labels": {"team": "roads"}}})
    shared.site.release("answer")
    body = shared.converged("labelled")
    assert len(shared.edits(service)) == 1
    assert shared.status_conflicts("labelled") == 1
    assert body["status"]["job"]["id"] == shared.edits(service)[0]["job"]
    assert body["metadata"]["labels"] == {"team": "roads"}
    assert shared.reasons("labelled") == ["Submitting", "JobRunning", "Converged"]


def test_a_spec_edited_between_intent_and_job_id_follows_after_the_job(shared: Workbench) -> None:
    service = shared.fresh_service()
    hold_the_answer(shared, service)
    shared.declare("overtaken", service, SETTINGS)
    shared.site.wait_parked("answer")
    shared.declare("overtaken", service, {"description": "newer"})
    shared.site.release("answer")
    shared.converged("overtaken")
    assert shared.sent(service, "description") == ["wanted", "newer"]
    assert shared.most_jobs_at_once(service) == 1


def test_a_status_wiped_while_the_job_runs_is_found_again(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, hang=True)
    shared.declare("wiped", service, SETTINGS)
    job = shared.wait_job("wiped")
    shared.api.merge(SERVICES, "wiped", {"status": None}, subresource="status")
    body = shared.wait("wiped", "ServiceBusy")
    assert job in condition(body)["message"]
    shared.site.finish(job)
    shared.converged("wiped")
    assert len(shared.edits(service)) == 1


def delete_and_create(bench: Workbench, name: str, service: str, description: str) -> None:
    bench.api.delete(SERVICES, name)
    bench.api.create(SERVICES, resource(name, service, {"description": description}))


def test_a_resource_re_created_while_its_job_runs_needs_no_second_edit(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, hang=True)
    shared.declare("again", service, SETTINGS)
    job = shared.wait_job("again")
    delete_and_create(shared, "again", service, "wanted")
    shared.wait("again", "ServiceBusy")
    shared.site.finish(job)
    shared.converged("again")
    assert len(shared.edits(service)) == 1


def test_a_resource_re_created_with_other_settings_waits_for_the_old_job(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, hang=True)
    shared.declare("other", service, SETTINGS)
    job = shared.wait_job("other")
    delete_and_create(shared, "other", service, "newer")
    shared.wait("other", "ServiceBusy")
    shared.site.finish(job)
    shared.converged("other")
    assert shared.sent(service, "description") == ["wanted", "newer"]
    assert shared.most_jobs_at_once(service) == 1


def test_a_resource_deleted_while_its_job_runs_leaves_the_service_as_it_was_asked(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, hang=True)
    shared.declare("gone", service, SETTINGS)
    job = shared.wait_job("gone")
    shared.api.delete(SERVICES, "gone")
    shared.site.finish(job)
    assert shared.site.document(service)["description"] == "wanted"
    assert shared.get("gone") is None
    shared.converge_on("gone-next", service, {"description": "next"})
    assert shared.sent(service, "description") == ["wanted", "next"]


def test_a_job_of_somebody_else_is_waited_for(shared: Workbench) -> None:
    service = shared.fresh_service()
    job = shared.site.foreign_job(service, hang=True, document={"properties.novel": "theirs"})
    shared.declare("polite", service, SETTINGS)
    body = shared.wait("polite", "ServiceBusy")
    assert job in condition(body)["message"]
    assert "colleague" in condition(body)["message"]
    assert shared.edits(service) == []
    shared.site.finish(job)
    shared.converged("polite")
    document = shared.site.document(service)
    assert (document["description"], document["properties"]["novel"]) == ("wanted", "theirs")
    assert len(shared.edits(service)) == 1
    assert shared.most_jobs_at_once(service) == 1


def test_a_job_of_somebody_else_that_undoes_ours_is_mended_after_it(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, hang=True)
    shared.declare("undone", service, SETTINGS)
    ours = shared.wait_job("undone")
    theirs = shared.site.foreign_job(service, hang=True, document={"description": "theirs"})
    shared.site.finish(ours)
    shared.wait("undone", "ServiceBusy")
    shared.site.finish(theirs)
    shared.wait_edits(service, 2)
    shared.converged("undone")
    assert shared.sent(service, "description") == ["wanted", "wanted"]
    shared.wait_event("undone", "StrayEdit")


def drop(bench: Workbench, service: str, when: str) -> None:
    bench.site.fault({"drop": True}, when=when, operation="edit", service=service)


def test_the_lost_answer_of_an_edit_that_was_applied_costs_no_second_edit(shared: Workbench) -> None:
    service = shared.fresh_service()
    drop(shared, service, "after")
    body = shared.converge_on("lost", service, SETTINGS)
    assert len(shared.edits(service)) == 1
    assert shared.reasons("lost") == ["Submitting", "LookingForJob", "Converged"]
    assert body["status"]["job"]["id"] == shared.edits(service)[0]["job"]
    assert body["status"]["job"]["status"] == "COMPLETED"


def test_the_lost_answer_of_an_edit_that_never_arrived_is_followed_by_the_one_edit(shared: Workbench) -> None:
    service = shared.fresh_service()
    drop(shared, service, "before")
    shared.converge_on("dropped", service, SETTINGS)
    assert len(shared.edits(service)) == 1
    assert shared.status("dropped")["job"]["attempt"] == 2


def test_an_applied_edit_whose_answer_is_lost_and_whose_job_is_listed_late(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.lag_jobs(1.5)
    shared.site.next_job(service=service, seconds=3)
    drop(shared, service, "after")
    shared.converge_on("late", service, SETTINGS)
    shared.site.lag_jobs(0)
    assert len(shared.edits(service)) == 1


ANSWERS: dict[str, dict[str, object]] = {
    "a web page": {"html": True},
    "an empty answer": {"body": ""},
    "half a JSON text": {"body": '{"jobid": "j12', "headers": {"content-type": "application/json"}},
    "a JSON list": {"json": []},
    "a gateway's time-out": {"status": 504, "body": "upstream"},
    "a reset connection": {"reset": True},
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_applied_edit_whose_answer_is_replaced_costs_no_second_edit(
    shared: Workbench, answer: dict[str, object]
) -> None:
    service = shared.fresh_service()
    shared.site.fault(answer, when="after", operation="edit", service=service)
    shared.converge_on(f"replaced-{service[-14:-10]}", service, SETTINGS)
    assert len(shared.edits(service)) == 1


def newest(bench: Workbench, name: str, service: str) -> None:
    for number in (2, 3):
        bench.declare(name, service, {"description": f"generation {number}"})


def suspended_between(bench: Workbench, name: str, service: str) -> None:
    bench.declare(name, service, {"description": "generation 2"}, suspend=True)
    bench.declare(name, service, {"description": "generation 3"}, suspend=False)


CHANGES: dict[str, Callable[[Workbench, str, str], None]] = {
    "twice": newest,
    "suspended and resumed": suspended_between,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_of_the_specs_edited_while_a_job_runs_the_newest_follows_it(
    shared: Workbench, change: Callable[[Workbench, str, str], None]
) -> None:
    service = shared.fresh_service()
    name = f"edited-{service[-14:-10]}"
    shared.site.next_job(service=service, hang=True)
    shared.declare(name, service, {"description": "generation 1"})
    job = shared.wait_job(name, "EXECUTING")
    change(shared, name, service)
    assert len(shared.edits(service)) == 1
    shared.site.finish(job)
    shared.converged(name)
    assert shared.sent(service, "description") == ["generation 1", "generation 3"]
    assert shared.most_jobs_at_once(service) == 1


def test_a_service_suspended_while_its_job_runs_is_followed_to_the_end_first(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.site.next_job(service=service, hang=True)
    shared.declare("halted", service, SETTINGS)
    job = shared.wait_job("halted")
    shared.declare("halted", service, {"description": "later"}, suspend=True)
    body = shared.wait("halted", "JobRunning")
    assert "suspend" in condition(body)["message"]
    shared.site.finish(job)
    shared.wait("halted", "Suspended")
    assert shared.sent(service, "description") == ["wanted"]


def test_a_job_that_somebody_started_a_moment_ago_is_seen_before_an_edit_is_sent(shared: Workbench) -> None:
    service = shared.fresh_service()
    shared.converge_on("moment", service, SETTINGS)
    job = shared.site.foreign_job(service, hang=True)
    shared.declare("moment", service, {"description": "newer"})
    shared.wait("moment", "ServiceBusy")
    shared.site.finish(job)
    shared.converged("moment")
    assert shared.most_jobs_at_once(service) == 1


def test_drift_is_not_mended_into_a_job_that_somebody_started_a_moment_ago(resyncing: Workbench) -> None:
    service = resyncing.fresh_service()
    resyncing.converge_on("mended", service, SETTINGS)
    resyncing.looked_at(service)
    job = resyncing.site.foreign_job(service, hang=True, document={"description": "theirs"})
    resyncing.site.drift(service, {"description": "theirs"})
    resyncing.wait("mended", "ServiceBusy")
    resyncing.site.finish(job)
    resyncing.wait_edits(service, 2)
    resyncing.converged("mended")
    assert resyncing.most_jobs_at_once(service) == 1
