"""The search finds what it is for: each bug planted here breaks a promise within a few hundred schedules."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import model_process
import model_world
import pytest
from model_process import Process, Term
from model_schedule import Draw, Search

from arcgis_operator.core import look, status
from arcgis_operator.core.jobs import Signal
from arcgis_operator.core.jsondoc import dumps, loads
from arcgis_operator.core.memory import Memory
from arcgis_operator.core.operations import Request
from arcgis_operator.core.record import Phase
from arcgis_operator.reconcilers import gathering, observe, sending
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.service import ServiceReconciler
from arcgis_operator.reconcilers.store import StatusStore
from arcgis_operator.sites.jobtable import JobTable

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Plant:
    """A bug, the promise it breaks, and the faults that bring it out."""

    plant: Callable[[Patch], None]
    breaks: tuple[str, ...]
    kinds: tuple[str, ...]
    each: int | None = None
    steps: int = 150


def intent_not_stored(patch: Patch) -> None:
    stored = StatusStore.store

    async def store(self: Any, body: Any, verdict: Any) -> Any:
        return body if verdict.effect else await stored(self, body, verdict)

    patch.setattr(StatusStore, "store", store)


def others_not_looked_at(patch: Patch) -> None:
    patch.setattr(observe, "_others", lambda jobs, remembered, journal: ())


def nothing_settles(patch: Patch) -> None:
    patch.setattr(Memory, "settle_in", lambda self, record, term, seconds, now: 0.0)


def an_intent_of_others_is_as_old_as_the_term(patch: Patch) -> None:
    """Beside the rules of the term: each of the two alone would hide that the other one is gone."""
    whole = Memory.settle_in

    def settle_in(self: Any, record: Any, term: Any, seconds: float, now: float) -> float:
        return whole(replace(self, open_since=None), record, term, seconds, now=now)

    patch.setattr(Memory, "settle_in", settle_in)


def settled_by_our_own_clock_only(patch: Patch) -> None:
    an_intent_of_others_is_as_old_as_the_term(patch)
    whole = Memory.settle_in

    def settle_in(self: Any, record: Any, term: Any, seconds: float, now: float) -> float:
        return whole(self, record, replace(term, acquired_at=-math.inf), seconds, now=now)

    patch.setattr(Memory, "settle_in", settle_in)


def leadership_instead_of_the_term(patch: Patch) -> None:
    an_intent_of_others_is_as_old_as_the_term(patch)

    def check(self: Term) -> str | None:
        return None if getattr(self.world.lease, "holder", "") == self.holder else "not the leader"

    patch.setattr(Term, "check", check)


def no_look_at_the_lease(patch: Patch) -> None:
    an_intent_of_others_is_as_old_as_the_term(patch)
    patch.setattr(Term, "check", lambda self: None)


def an_old_leader_stores(patch: Patch) -> None:
    an_intent_of_others_is_as_old_as_the_term(patch)

    async def stored(self: Any, body: Any, verdict: Any, term: Any) -> Any:
        return await self._store.store(body, verdict)

    patch.setattr(ServiceReconciler, "_stored", stored)


def no_status_is_a_status(patch: Patch) -> None:
    parsed = status.parse
    patch.setattr(status, "parse", lambda body: replace(parsed(body), known=True))


def not_found_is_over(patch: Patch) -> None:
    patch.setattr(look, "_missing", lambda case: look.Sight(Signal.JOB_LOST))
    patch.setattr(JobTable, "gone", lambda self, job_id, now: self.concluded(job_id))
    patch.setattr(Memory, "presumed", lambda self, seconds, now: False)


def a_listed_job_that_is_not_found_is_over(patch: Patch) -> None:
    patch.setattr(JobTable, "hidden", lambda self, now: None)


def an_old_document_is_sent(patch: Patch) -> None:
    patch.setattr(sending, "DOCUMENT_SECONDS", math.inf)


def no_compare_and_swap(patch: Patch) -> None:
    swapped = model_world.World.patch_status

    async def patch_status(self: Any, kind: Any, namespace: str, name: str, version: str, change: Any) -> Any:
        known = self.objects.get(name, {"metadata": {"resourceVersion": version}})
        return await swapped(self, kind, namespace, name, known["metadata"]["resourceVersion"], change)

    patch.setattr(model_world.World, "patch_status", patch_status)


def failed_jobs_for_ever(patch: Patch) -> None:
    patch.setattr(model_process, "POLICY", replace(model_process.POLICY, jobs_per_digest=10**6))


def edits_without_a_budget(patch: Patch) -> None:
    patch.setattr(model_process, "POLICY", replace(model_process.POLICY, edits_per_hour=10**6))


def a_match_is_ready_while_our_job_runs(patch: Patch) -> None:
    def running(case: Any) -> Any:
        return look.Sight(Signal.MATCHES) if case.matches else whole(case)

    async def seen(site: Any, key: str, desired: Any, record: Any, *rest: Any, **more: Any) -> Any:
        found = await observed(site, key, desired, record, *rest, **more)
        return replace(found, document=await site.document(desired.service)) if desired else found

    whole, observed = look._running, observe.observe
    patch.setitem(look.LOOKS, Phase.RUNNING, running)
    patch.setattr(gathering, "observe", seen)


def every_release_is_settled(patch: Patch) -> None:
    patch.setattr(Ledger, "calm", lambda self: True)


def only_declared_settings_are_sent(patch: Patch) -> None:
    submitted = Process.submit

    async def submit(self: Process, asked: Request, guard: Any) -> Any:
        declared = {"description": loads(asked.form["service"])["description"]}
        return await submitted(self, replace(asked, form={"service": dumps(declared)}), guard)

    patch.setattr(Process, "submit", submit)


PLANTS = {
    "the intent is not stored": Plant(intent_not_stored, ("P2",), ()),
    "R1 and R2: jobs of others are not looked at": Plant(
        others_not_looked_at, ("P1", "doubled"), ("crash", "lost", "slow"), 6
    ),
    "no settle time at all": Plant(nothing_settles, ("P1", "doubled"), ("late", "lost", "crash"), 6),
    "R1: the settle time of the term is left out": Plant(
        settled_by_our_own_clock_only, ("P1", "P6", "P8"), ("crash", "late"), 6
    ),
    "the leader is asked for, not the term": Plant(
        leadership_instead_of_the_term, ("P1", "P8"), ("lease", "spec"), 6
    ),
    "nobody asks for the lease": Plant(no_look_at_the_lease, ("P1", "P8"), ("lease", "spec"), 6),
    "a leader whose term is over stores": Plant(an_old_leader_stores, ("P1",), ("lease", "late"), 8),
    "R3: no status counts as a calm one": Plant(
        no_status_is_a_status, ("P1", "P6", "P8"), ("wipe", "crash", "late"), 6
    ),
    "a job that is not found is over": Plant(not_found_is_over, ("P1", "doubled"), ("hide", "spec"), 6),
    "a listed job that is not found is over": Plant(
        a_listed_job_that_is_not_found_is_over, ("P1", "doubled"), ("hide", "crash", "slow"), 6
    ),
    "an old document is sent": Plant(an_old_document_is_sent, ("P3",), ("spec",), 6),
    "only what is declared is sent": Plant(only_declared_settings_are_sent, ("P3",), ()),
    "no compare-and-swap": Plant(
        no_compare_and_swap,
        ("P1", "P2", "P6", "P8"),
        ("recreate", "wipe", "touch", "crash", "late", "spec"),
        6,
    ),
    "failed jobs are tried for ever": Plant(failed_jobs_for_ever, ("P4",), ("endings",), 40, 600),
    "edits without a budget": Plant(edits_without_a_budget, ("P4",), ("spec",), 400, 900),
    "a match is Ready while our job runs": Plant(
        a_match_is_ready_while_our_job_runs, ("P6",), ("spec", "drift", "slow"), 8
    ),
    "every release says that all is settled": Plant(
        every_release_is_settled, ("P1", "P6", "P8"), ("release", "lag", "wipe", "lost", "late"), 8
    ),
}
SEEDS = 1500


@pytest.mark.parametrize("name", PLANTS)
def test_the_search_finds(name: str, monkeypatch: Patch) -> None:
    one = PLANTS[name]
    one.plant(monkeypatch)
    draws = (Draw(seed, one.kinds, one.each, one.steps) for seed in range(SEEDS))
    search = asyncio.run(Search().through(draws, shrink=False))
    assert search.found, search.met
    assert any(f"Broken: {promise}" in search.found.error for promise in (*one.breaks, "doubled")), (
        search.found
    )
