"""Every conclusion of the tables, word for word and field for field, as people and other tools read it.

`conclusions.json` is reviewed like a document. After a change that is wanted, write it anew and read the
difference: `.venv/bin/python tests/unit/core/test_core_conclusions.py`.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from situations import NOW, POLICY, case, digest, job, journal, live, plan_hash, proved, record, seen, wanting
from test_core_decide import SITUATIONS
from test_core_settle import FACTS

from arcgis_operator.core.case import Hold, Policy
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Accepted, Failure, Kind
from arcgis_operator.core.jsondoc import merge_patch
from arcgis_operator.core.operations import EDIT, Request
from arcgis_operator.core.record import Phase, PlanShown
from arcgis_operator.core.settle import settle
from arcgis_operator.core.status import render
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.core.wake import BACKOFF, RESYNC, After

WORDS = {BACKOFF: "nan", RESYNC: "inf"}
GOLDEN = Path(__file__).with_name("conclusions.json")
BODY = {"metadata": {"generation": 1}, "status": {}}
PLANNED = replace(
    record(Phase.INTENDED), plan=PlanShown("sha256:1", "sha256:1", "Spec", "2026-11-23T19:45:14Z", 3)
)


def planned(count: int) -> PlanShown:
    """So many changes, for the settings that the situations want."""
    change = {"operation": "edit", "path": "settings.description", "from": "old", "to": "new"}
    return PlanShown("sha256:2", digest(wanting()), "Spec", "2026-11-23T19:45:14Z", count, (change,) * count)


MANY = wanting(**{f"p{number}": "x" for number in range(30)})
MORE = {
    "more settings differ than are shown": case(desired=MANY),
    "drift of more settings than are told": case(desired=MANY, record=proved(MANY)),
    "a job of ours that nobody has on record": case(seen=seen(strays=(job(job_id="j8"),))),
    "a job of somebody that nobody has on record": case(seen=seen(strays=(job(job_id="j8", username=""),))),
    "of two jobs that run the first is told": case(
        seen=seen(others=(job(job_id="j9", username="anna"), job(job_id="j7", username="ben")))
    ),
    "a job that runs for a long time": case(
        record=record(Phase.RUNNING, journal=journal(Phase.RUNNING, intent_time="2026-11-23T10:00:00Z")),
        seen=seen(ours=job()),
    ),
    "a job that took its time, and the settings are live": case(
        record=replace(record(Phase.RUNNING), plan=planned(1)),
        seen=seen(ours=job("COMPLETED", end_ms=1_795_463_072_000), document=live("new")),
    ),
    "a job that changed more settings than are told": case(
        record=replace(record(Phase.RUNNING), plan=planned(5)),
        seen=seen(ours=job("COMPLETED", end_ms=1_795_463_072_000), document=live("new")),
    ),
    "a history of more jobs than are kept": case(
        record=record(
            job=record(Phase.RUNNING).job, history=tuple({"id": f"h{number}"} for number in range(12))
        )
    ),
    "more sends than are kept": case(
        record=record(journal=journal(sends=tuple(f"2026-11-23T19:{minute}:00Z" for minute in range(10, 21))))
    ),
    "a completed job at the very end of its grace": case(
        record=record(Phase.RUNNING), seen=seen(ours=job("COMPLETED")), ended_for=POLICY.verify_grace_seconds
    ),
    "a completed job just within its grace": case(
        record=record(Phase.RUNNING), seen=seen(ours=job("COMPLETED")), ended_for=9.9
    ),
    "a completed job that leaves more settings other than are told": case(
        desired=MANY,
        record=record(Phase.RUNNING, journal=journal(Phase.RUNNING, digest=digest(MANY))),
        seen=seen(ours=job("COMPLETED"), document=live(p1="x")),
        ended_for=60.0,
    ),
    "a failed job with several messages": case(
        record=record(Phase.RUNNING), seen=seen(ours=job("FAILED", messages=("one.", "two")))
    ),
    "a failed job without a word": case(record=record(Phase.RUNNING), seen=seen(ours=job("FAILED"))),
    "a job at the very end of its time": case(
        record=record(Phase.RUNNING), seen=seen(ours=job()), open_for=POLICY.job_timeout_seconds
    ),
    "a job just beyond its time": case(record=record(Phase.RUNNING), seen=seen(ours=job()), open_for=1800.5),
    "a missing job at the very end of its time": case(
        record=record(Phase.RUNNING),
        seen=seen(ours=Failure(Kind.MISSING, "404")),
        open_for=POLICY.job_timeout_seconds,
        lost_for=POLICY.job_timeout_seconds,
    ),
    "a missing job just beyond its time": case(
        record=record(Phase.RUNNING),
        seen=seen(ours=Failure(Kind.MISSING, "404")),
        open_for=1800.5,
        lost_for=1800.5,
    ),
    "a site that is away for just less than is borne": case(
        record=proved(), seen=seen(document=Failure(Kind.UNSURE, "no")), vain_for=599.0
    ),
    "a site that is away for as long as is borne": case(
        record=proved(), seen=seen(document=Failure(Kind.UNSURE, "no")), vain_for=600.0
    ),
    "a document with long and with missing words": case(
        record=record(), seen=seen(document=live("new", id="i" * 99, provider="p" * 99, configuredState=None))
    ),
    "an edit of a document with a long id": case(seen=seen(document=live(id="i" * 99, configuredState=None))),
    "an edit of a document without an id": case(seen=seen(document=live(id=None))),
    "a plan of drift that is tried again": case(
        record=record(plan=PlanShown(plan_hash(), digest(), "Drift", "2026-11-23T19:00:00Z", 1))
    ),
    "a plan of the spec that is tried again": case(
        record=record(plan=PlanShown(plan_hash(), digest(), "Spec", "2026-11-23T19:00:00Z", 1))
    ),
    "a plan of the spec from another starting point": case(
        record=record(plan=PlanShown("sha256:2", digest(), "Spec", "2026-11-23T19:00:00Z", 1))
    ),
    "a plan of another spec": case(
        record=record(plan=PlanShown("sha256:1", "sha256:1", "Drift", "2026-11-23T19:00:00Z", 1))
    ),
    "an intent that left no trace, the third time": case(
        record=record(Phase.INTENDED, journal=journal(Phase.INTENDED, attempt=3))
    ),
    "an intent whose request was answered with an error": case(
        record=record(Phase.INTENDED, journal=journal(Phase.INTENDED, answer="500 locked"))
    ),
    "a site that was changed in the middle": case(
        record=record(Phase.RUNNING), seen=seen(ours=job()), site_url="https://other.example.com/arcgis"
    ),
    "a wish that is heard while all is well": case(
        record=replace(proved(), handled="monday"), seen=seen(document=live("new")), requested="tuesday"
    ),
    "an open gate in the middle": case(
        record=record(Phase.RUNNING),
        seen=seen(ours=job()),
        unlooked=(Hold(Reason.SUSPENDED, "spec.suspend is true."),),
    ),
    "a gate at rest with a match": case(
        record=record(Phase.RUNNING),
        seen=seen(ours=job("COMPLETED"), document=live("new")),
        unlooked=(Hold(Reason.SUSPENDED, "spec.suspend is true."),),
    ),
    "an unanswered intent that became a job": case(
        record=replace(PLANNED, journal=journal(Phase.INTENDED, attempt=2, generation=4)),
        seen=seen(candidate=job("COMPLETED")),
        ended_for=0.0,
    ),
    "an unanswered intent without a plan that became a job": case(
        record=record(Phase.INTENDED), seen=seen(candidate=job("COMPLETED")), ended_for=0.0
    ),
    "an unanswered intent that became a failed job": case(
        record=record(Phase.INTENDED), seen=seen(candidate=job("FAILED"), settle_in=0.0)
    ),
    "an unanswered intent of which the settings are live": case(
        record=record(Phase.INTENDED), seen=seen(candidate=job("COMPLETED"), document=live("new"))
    ),
    "a job that ended while the service cannot be read": case(
        record=record(Phase.RUNNING), seen=seen(ours=job("COMPLETED"), document=Failure(Kind.UNSURE, "no"))
    ),
    "a missing job while the service cannot be read": case(
        record=record(Phase.RUNNING),
        seen=seen(ours=Failure(Kind.MISSING, "404"), document=Failure(Kind.UNSURE, "no")),
    ),
    "an open intent while the service was not read": case(
        record=record(Phase.INTENDED), seen=seen(document=None)
    ),
    "an open intent and no look at all": case(record=record(Phase.INTENDED), seen=None),
    "a job that was not read": case(record=record(Phase.RUNNING), seen=seen(ours=None)),
    "a job that ended while another runs": case(
        record=record(Phase.RUNNING), seen=seen(ours=job("COMPLETED"), others=(job(job_id="j9"),))
    ),
    "a job that ended after the spec moved on": case(
        desired=wanting("newer"), record=record(Phase.RUNNING), seen=seen(ours=job("FAILED"))
    ),
    "a job read with a failure": case(
        record=record(Phase.RUNNING), seen=seen(ours=Failure(Kind.BUSY, "locked"))
    ),
    "an open intent given up": case(record=record(Phase.INTENDED), abandon="intent-1"),
    "an open intent given up while its request may arrive": case(
        record=record(Phase.INTENDED), seen=seen(settle_in=1.0), abandon="intent-1"
    ),
    "another intent given up": case(record=record(Phase.INTENDED), abandon="intent-0"),
    "a job of a former site given up": case(
        record=record(Phase.RUNNING), site_url="https://other.example.com/arcgis", abandon="intent-1"
    ),
    "an unanswered intent that became a job, and a spec that cannot be read": case(
        desired=None,
        record=record(Phase.INTENDED),
        seen=seen(candidate=job("COMPLETED")),
    ),
    "a job of somebody while another runs": case(
        seen=seen(others=(job(job_id="j9"),), strays=(job(job_id="j8", username="anna"),))
    ),
    "a long result of a job that failed": case(
        record=record(Phase.RUNNING), seen=seen(ours=job("FAILED", result={"service": live(x="x" * 20_000)}))
    ),
    "a failure that ends in dots": case(
        record=record(journal=journal(ended=3, attempt=3, failure="JobFailed: it broke. . XX"))
    ),
    "as many sends as are allowed": case(
        record=record(journal=journal(sends=tuple(f"2026-11-23T19:{minute}:14Z" for minute in range(10, 22))))
    ),
    "twelve sends, the oldest an hour ago": case(
        record=record(
            journal=journal(
                sends=("2026-11-23T18:45:14Z", *(f"2026-11-23T19:{minute}:14Z" for minute in range(10, 21)))
            )
        )
    ),
}
SETTLED = {
    "a job for a plan": (PLANNED, Accepted("j7", "SUBMITTED")),
    "a lost answer with a code and a long text": (PLANNED, Failure(Kind.UNSURE, "x" * 500, code=500)),
    "a lost answer without a code": (PLANNED, Failure(Kind.UNSURE, "x", code=None)),
    "a busy site after two attempts": (
        record(Phase.INTENDED, journal=journal(Phase.INTENDED, attempt=3, ended=1)),
        Failure(Kind.BUSY, "locked"),
    ),
}


USUAL = render(BODY, Verdict(Reason.VERIFYING, "", record(Phase.INTENDED), wake=After(0.0)), NOW)


def asked(request: Request) -> Any:
    """The document of an edit; of any other operation its name and form."""
    form = request.form
    return json.loads(form["service"]) if request.operation is EDIT else [request.operation.name, dict(form)]


def spelled(verdict: Verdict) -> dict[str, Any]:
    """All that a verdict says: the status as a patch of the usual one, times without an end as words."""
    effect = verdict.effect
    said = {
        "status": merge_patch(USUAL, render(BODY, verdict, NOW)),
        "message": verdict.message,
        "wake": verdict.wake.seconds if isinstance(verdict.wake, After) else WORDS[verdict.wake],
        "notes": [[str(note.reason), note.message] for note in verdict.notes],
        "sends": [effect.intent_id, effect.service.title, asked(effect)] if effect else None,
        "spent": verdict.spent,
        "aside": verdict.aside,
        "keep_ready": verdict.keep_ready,
    }
    return json.loads(json.dumps(said, default=str))  # type: ignore[no-any-return]


def decided() -> dict[str, dict[str, Any]]:
    cases = {name: situation for name, (situation, _) in SITUATIONS.items()} | MORE
    return {name: spelled(decide(situation)) for name, situation in cases.items()}


def settled() -> dict[str, dict[str, Any]]:
    facts = {name: (record(Phase.INTENDED), fact) for name, (fact, _, _) in FACTS.items()} | SETTLED
    return {name: spelled(settle(about, fact, NOW, POLICY)) for name, (about, fact) in facts.items()}


@pytest.mark.parametrize("made", [decided, settled])
def test_every_conclusion_is_what_its_page_says(made: Any) -> None:
    assert made() == json.loads(GOLDEN.read_text())[made.__name__]


PAUSES = {
    "nothing is known, at once": (Policy(), 0.0, 2),
    "nothing is known, after a while": (Policy(), 50.0, 5.0),
    "nothing is known, after long": (Policy(), 500.0, 10),
    "before the usual end": (Policy(usual_job_seconds=6), 2.0, 4.25),
    "just before the usual end": (Policy(usual_job_seconds=6), 5.5, 0.75),
    "at the usual end": (Policy(usual_job_seconds=6), 6.0, 0.5),
    "shortly after the usual end": (Policy(usual_job_seconds=6), 7.0, 0.5),
    "well after the usual end": (Policy(usual_job_seconds=6), 22.0, 4.0),
    "long before a far end": (Policy(usual_job_seconds=60), 2.0, 10),
    "before the end of a job that is usually short": (Policy(usual_job_seconds=0.5), 0.25, 0.3),
    "after the end of a job that is usually short": (Policy(usual_job_seconds=0.5), 0.75, 0.125),
}


@pytest.mark.parametrize(("policy", "open_for", "wait"), PAUSES.values(), ids=PAUSES)
def test_the_next_look_at_a_job_comes_after(policy: Policy, open_for: float, wait: float) -> None:
    assert policy.pause(open_for) == wait


if __name__ == "__main__":
    pages = {"decided": decided(), "settled": settled()}
    lines = {
        page: ",\n".join(f"{json.dumps(name)}: {json.dumps(said)}" for name, said in told.items())
        for page, told in pages.items()
    }
    GOLDEN.write_text("{" + ",\n".join(f'"{page}": {{\n{told}\n}}' for page, told in lines.items()) + "}\n")
