"""The plan is there in every turn that read the service, and costs no write by itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from situations import NOW, case, digest, job, journal, live, plan_hash, proved, record, seen, wanting

from arcgis_operator.core.case import Case, Hold
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.jsondoc import merge_patch
from arcgis_operator.core.model import Desired, Leaf, LeafKind
from arcgis_operator.core.record import JobShown, Phase, PlanShown
from arcgis_operator.core.status import parse, render
from arcgis_operator.core.verdict import Reason

TRIED = journal(ended=3, attempt=3, failure="JobFailed: it broke.")
SPENT = journal(digest="sha256:another", sends=tuple(f"2026-11-23T19:{at}:14Z" for at in range(10, 22)))
WAITING: dict[str, Case] = {
    "Queued": case(record=record(), unsent=(Hold(Reason.QUEUED, "all slots are taken"),)),
    "SiteReadOnly": case(record=record(), unsent=(Hold(Reason.SITE_READ_ONLY, "read-only"),)),
    "ServiceBusy": case(record=record(), seen=seen(others=(job(job_id="j9"),))),
    "EditBudgetSpent": case(record=record(journal=SPENT)),
    "given up": case(record=record(journal=TRIED)),
    "new, and the term is not settled": case(seen=seen(settle_in=90.0)),
    "new, where jobs are not listed": case(seen=seen(listed=False, unseen_in=900.0)),
    "the jobs could not be read": case(record=record(), seen=seen(jobs_failure=Failure(Kind.UNSURE, "no"))),
    "Suspended after its job ended": case(
        record=record(Phase.RUNNING),
        seen=seen(ours=job("FAILED")),
        unlooked=(Hold(Reason.SUSPENDED, "spec.suspend is true."),),
    ),
}
SHOWN = PlanShown(
    plan_hash(),
    digest(),
    "Spec",
    "2026-11-23T19:45:14Z",
    1,
    ({"operation": "edit", "path": "settings.description", "from": "old", "to": "new"},),
)


def stored(status: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"metadata": {"generation": 1, "name": "roads", "namespace": "gis"}, "status": status or {}}


@pytest.mark.parametrize("waiting", WAITING.values(), ids=WAITING)
def test_the_whole_difference_is_shown_while_nothing_is_sent(waiting: Case) -> None:
    verdict = decide(waiting)
    assert verdict.effect is None
    assert verdict.record.plan == SHOWN
    assert decide(case()).record.plan == SHOWN


@pytest.mark.parametrize("waiting", WAITING.values(), ids=WAITING)
def test_a_plan_that_waits_is_written_once(waiting: Case) -> None:
    first = render(stored(), decide(waiting), NOW)
    later = replace(waiting, record=parse(stored(first)), now=NOW + timedelta(seconds=30))
    again = render(stored(first), decide(later), later.now)
    assert merge_patch(first, again).get("plan", {}) == {}
    assert again["plan"]["sinceTime"] == "2026-11-23T19:45:14Z"


def test_a_site_that_answers_in_another_order_makes_no_other_plan() -> None:
    desired = Desired(
        wanting().site, wanting().service, (Leaf(("jsonProperties", "a"), LeafKind.JSON, {"x": 0}),)
    )
    told = [
        decide(
            replace(WAITING["Queued"], desired=desired, seen=seen(document=live(jsonProperties={"a": one})))
        )
        for one in ({"x": 1, "y": [{"p": 1, "q": 2}]}, {"y": [{"q": 2, "p": 1}], "x": 1})
    ]
    assert told[0].record.plan == told[1].record.plan


def test_another_starting_point_of_the_same_wish_is_another_plan() -> None:
    before = decide(WAITING["Queued"]).record
    moved = replace(WAITING["Queued"], record=before, seen=seen(document=live("older")))
    plan = decide(replace(moved, now=NOW + timedelta(seconds=30))).record.plan
    assert plan is not None
    assert (plan.hash, plan.since_time) == (plan_hash(document=live("older")), "2026-11-23T19:45:44Z")
    assert plan.digest == digest()


def test_a_drift_that_waits_is_told_as_drift_when_its_edit_is_sent() -> None:
    hold = Hold(Reason.QUEUED, "all slots are taken")
    waiting = decide(case(record=proved(), unsent=(hold,)))
    assert waiting.record.plan is not None
    assert waiting.record.plan.cause == "Drift"
    assert "(after drift)" in decide(case(record=waiting.record)).message


def test_a_plan_goes_when_its_settings_are_found_live() -> None:
    waiting = decide(WAITING["Queued"]).record
    assert decide(case(record=waiting, seen=seen(document=live("new")))).record.plan is None


def test_a_plan_that_nobody_sent_tells_of_no_new_settings() -> None:
    desired = wanting("old", extra="x")
    waiting = decide(replace(WAITING["Queued"], desired=desired))
    assert waiting.record.plan is not None
    found = case(record=waiting.record, desired=desired, seen=seen(document=live(extra="x")))
    assert decide(found).record.observed is not None
    assert decide(found).record.observed.new_count == 0  # type: ignore[union-attr]


def test_the_plan_of_a_wish_that_was_taken_back_goes_though_somebodys_job_still_runs() -> None:
    waiting = decide(WAITING["Queued"]).record
    busy = case(
        record=waiting, desired=wanting("old"), seen=seen(others=(job(job_id="j9"),), document=live("old"))
    )
    assert decide(busy).record.plan is None


def test_the_plan_of_an_edit_stays_until_it_is_verified() -> None:
    sent = decide(case()).record
    done = replace(sent, journal=replace(sent.journal, phase=Phase.IDLE), job=JobShown())
    for changed in (
        case(record=sent, seen=seen(document=live("older"), settle_in=1.0)),
        case(record=done, seen=seen(document=live("older")), ended_for=1.0),
        case(record=done, seen=seen(document=live("new"), others=(job(job_id="j9"),))),
        case(record=done, seen=seen(document=Failure(Kind.UNSURE, "no"))),
        case(record=done, seen=seen(document=live(serviceName="Other"))),
        case(record=done, seen=None, unlooked=(Hold(Reason.SUSPENDED, "spec.suspend is true."),)),
        case(record=done, desired=None),
    ):
        assert decide(changed).record.plan == sent.plan


def test_what_cannot_be_sent_is_no_plan() -> None:
    waiting = decide(WAITING["Queued"]).record
    odd = decide(case(record=waiting, seen=seen(document=live({"a": 1}))))  # type: ignore[arg-type]
    assert odd.reason is Reason.SHAPE_MISMATCH
    assert odd.record.plan is None
