"""All that a turn decides on: the record, what the site shows now, and what this process remembers."""

import math
from collections.abc import Callable
from dataclasses import replace

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.core import status
from arcgis_operator.core.annotations import ABANDON, override_in, requests_in
from arcgis_operator.core.bounds import may_have_just_ended, recent
from arcgis_operator.core.case import Case, Hold, Policy, Seen
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.memory import Rivals
from arcgis_operator.core.model import Desired, SpecInvalid
from arcgis_operator.core.operations import all_have_jobs
from arcgis_operator.core.record import Phase, Record
from arcgis_operator.core.said import UNSAID, plainly
from arcgis_operator.core.settle import settle
from arcgis_operator.core.usual import UNKNOWN
from arcgis_operator.reconcilers.clock import Clock
from arcgis_operator.reconcilers.hearing import PASSED_OVER
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.observe import observe
from arcgis_operator.reconcilers.ports import Term
from arcgis_operator.sites.session import SiteSession
from arcgis_operator.sites.sessions import Sessions


class Gathering:
    """One for all turns."""

    def __init__(
        self, sites: Sessions, ledger: Ledger, clock: Clock, policy: Policy, new_id: Callable[[], str]
    ) -> None:
        self._sites, self._ledger = sites, ledger
        self._clock, self._policy, self._new_id = clock, policy, new_id

    def record(self, key: str, body: Object) -> Record:
        """The record, with an outcome that could not be stored when it was known."""
        record = status.parse(body)
        if record.ready.reason in PASSED_OVER and not record.journal.open:
            return replace(record, known=False)
        fact = self._ledger[key].facts.get(record.journal.id)
        if fact is None or record.journal.phase is not Phase.INTENDED:
            return record
        return settle(record, fact, self._clock.now(), self._policy).record

    async def case(
        self,
        key: str,
        body: Object,
        record: Record,
        desired: Desired | SpecInvalid,
        site: SiteSession | Hold,
        unlooked: tuple[Hold, ...],
        term: Term,
        fresh: bool,
        rivals: Rivals,
    ) -> Case:
        annotations = body["metadata"].get("annotations") or {}
        wanted = desired if isinstance(desired, Desired) else None
        record = self._met(key, record, rivals)
        seen: Seen | None = None
        if not isinstance(site, Hold) and (not unlooked or record.journal.open):
            seen = await self._look(key, record, wanted, site, term, fresh)
            seen = await self._guessed(seen, site, wanted, body["metadata"]["namespace"])
        memory, now = self._ledger[key], self._clock.monotonic()
        return Case(
            desired=wanted,
            generation=body["metadata"]["generation"],
            record=record,
            seen=seen,
            now=self._clock.now(),
            policy=policy_at(self._policy, site, key, record),
            site_url="" if isinstance(site, Hold) else site.url,
            site_version="" if isinstance(site, Hold) else site.version,
            username=UNSAID if isinstance(site, Hold) else site.username,
            show=plainly if isinstance(site, Hold) else site.show,
            unlooked=unlooked,
            trouble=None if isinstance(site, Hold) else site.trouble(),
            requested=requests_in(annotations),
            abandon=annotations.get(ABANDON, ""),
            override=override_in(annotations),
            site_override="" if isinstance(site, Hold) else site.wanted.override,
            site_windows=() if isinstance(site, Hold) else site.wanted.windows,
            fresh_id=self._new_id(),
            open_for=memory.open_for(now=now),
            lost_for=memory.lost_for(now=now),
            ended_for=memory.ended_for(seen.asked_at) if seen else math.inf,
            sent=memory.declared,
            vain_for=memory.vain_for(now=now),
            busy_for=memory.busy_for(now=now),
            sends=memory.stamps(),
            sent_ago=memory.sent_ago(now=now),
            whose=whose(body),
        )

    def _met(self, key: str, record: Record, rivals: Rivals) -> Record:
        """The record, with the sends of the last hour that others told of: they count for the service."""
        now, memory = self._clock.now(), self._ledger[key]
        ended = may_have_just_ended(record, now, self._policy)
        sends = recent((*record.journal.sends, *rivals.sends), now)
        memory = memory.meets(record.journal, ended, sends, now=self._clock.monotonic())
        self._ledger[key] = memory
        if record.journal.open:
            return record
        return replace(record, journal=record.journal.with_sends(recent((*memory.inherited, *sends), now)))

    async def _look(
        self, key: str, record: Record, wanted: Desired | None, site: SiteSession, term: Term, fresh: bool
    ) -> Seen:
        memory, clock = self._ledger[key], self._clock.monotonic
        jobless = wanted is not None and not all_have_jobs(wanted.leaves)
        waits = memory.waits(record, term, self._policy, jobless, now=clock())
        service_key = wanted.service.key if wanted else _service_key(key)
        seen = await observe(site, service_key, wanted, record, memory, waits, fresh, clock)
        self._ledger[key] = self._ledger[key].after_look(seen, record.journal, now=clock())
        return seen

    async def _guessed(self, seen: Seen, site: SiteSession, wanted: Desired | None, namespace: str) -> Seen:
        """With what was probably meant, where the site has no such service."""
        missing = isinstance(seen.document, Failure) and seen.document.kind is Kind.MISSING
        if wanted is None or not missing:
            return seen
        may = self._sites.may(wanted.aim, namespace)
        return replace(seen, likely=await site.likely(wanted.service, may))


def policy_at(policy: Policy, site: SiteSession | Hold, key: str, record: Record) -> Policy:
    """With what jobs of late took on the site."""
    if isinstance(site, Hold):
        return policy
    usual = site.usual(record.journal.operation) if record.journal.open else UNKNOWN
    return replace(policy, usual_job_seconds=site.usual_job_seconds(key), usual=usual)


def whose(body: Object) -> str:
    """The resource as kubectl takes it."""
    return f"{body['metadata']['name']} -n {body['metadata']['namespace']}"


def _service_key(key: str) -> str:
    """Of a key that was joined with another one it is the title there: a readable spec knows better."""
    return key.partition("|")[2]
