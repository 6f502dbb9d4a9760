"""One turn of one canonical service.

    read → observe → decide → store → act → store

Every turn begins with the object fresh from the API server and ends with its status saying what is true; only
while a job runs, and nothing is told of the object, it begins with the object as this process stored it last.
Nothing is sent before its intent is stored with the version just read; what became of the request is folded
into the record of that intent only. The reasons for this order: `docs/architecture.md`.
"""

import math
from collections.abc import Callable, Set
from dataclasses import replace

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.core import status
from arcgis_operator.core.case import ABANDON, REQUESTED, Case, Hold, Policy, Seen
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Fact, Failure, Kind
from arcgis_operator.core.job import Job
from arcgis_operator.core.look import SITE_AWAY
from arcgis_operator.core.model import Desired, SpecInvalid
from arcgis_operator.core.record import Journal, Phase, Record
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.core.settle import settle
from arcgis_operator.core.verdict import Edit, Reason, Verdict
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.observe import observe
from arcgis_operator.reconcilers.ports import Claim, Clock, Name, Registry, Site, Sites, Term
from arcgis_operator.reconcilers.store import StatusStore

AGAIN = 4  # reads of an object that moves under our hands, before the queue's backoff takes over
DOCUMENT_SECONDS = 5.0
BACKOFF = math.nan
NOW = 0.0
PASSED_OVER = (Reason.CONFLICT, Reason.SITE_NOT_ALLOWED)
"""Meanwhile another resource may have spoken for the service: what the record says is no longer known."""


class ServiceReconciler:
    """Gives turns. `told(key, before, verdict)` hears every conclusion; `sent(fact)` every outcome."""

    def __init__(
        self,
        store: StatusStore,
        sites: Sites,
        registry: Registry,
        ledger: Ledger,
        clock: Clock,
        policy: Policy,
        new_id: Callable[[], str],
        told: Callable[[str, Record, Verdict], None],
        sent: Callable[[Fact], None],
    ) -> None:
        self._store, self._sites, self._registry, self._ledger = store, sites, registry, ledger
        self._clock, self._policy, self._new_id = clock, policy, new_id
        self._told, self._sent = told, sent
        self._followed: dict[str, tuple[Term, Object]] = {}

    async def turn(self, key: str, term: Term) -> float:
        """Seconds until the next turn: infinity leaves it to the resync, NaN to the queue's backoff."""
        claim = await self._heard(self._registry.claim(key))
        for loser in claim.losers:
            await self._tell_conflict(loser, claim)
        if claim.winner is None:
            return await self._follow_orphan(key)
        for _ in range(AGAIN):
            body = await self._read(key, claim.winner, term)
            if isinstance(body, KubeFailure):
                return self._unread(claim.winner, body)
            wake = await self._attempt(key, body, term)
            if wake is not None:
                return NOW if await self._passed_on(claim) else wake
        return BACKOFF

    def look_anew(self, key: str) -> None:
        """Something is told of the service: its next turn reads the object, whatever was stored last."""
        self._followed.pop(key, None)

    def remembered(self) -> Set[str]:
        """Services of which something is remembered, that nobody may speak for any more."""
        return self._ledger.remembered()

    async def fail(self, key: str, error: Exception) -> None:
        """Say on the resource that its turn crashed; the error's own text may hold secrets: not shown."""
        winner = (await self._heard(self._registry.claim(key))).winner
        body = await self._store.read(winner) if winner else None
        if isinstance(body, dict):
            text = f"This is a bug of the operator ({type(error).__name__}); see its log. Trying again."
            verdict = Verdict(Reason.INTERNAL_ERROR, text, status.parse(body), wake=BACKOFF)
            await self._store.store(body, verdict)
            self._told(key, verdict.record, verdict)

    async def _read(self, key: str, name: Name, term: Term) -> Object | KubeFailure:
        stored_in, body = self._followed.pop(key, (None, {}))
        if stored_in is term and _name(body) == name:
            return body
        return await self._store.read(name)

    def _follow(self, key: str, term: Term, stored: Object, journal: Journal) -> None:
        """Keep what was stored for the polls of a job; if it grows old, the next write is refused."""
        if journal.phase is Phase.RUNNING:
            metadata = {what: value for what, value in stored["metadata"].items() if what != "managedFields"}
            self._followed[key] = (term, {**stored, "metadata": metadata})

    def _unread(self, name: Name, failure: KubeFailure) -> float:
        if failure.kind is KubeFailureKind.MISSING:
            self._registry.forget(name)
            return NOW
        return failure.retry_after or BACKOFF

    async def _attempt(self, key: str, body: Object, term: Term, again: bool = False) -> float | None:
        """One read-to-store; None when the object moved meanwhile.

        Whoever is Ready shares the list of jobs with others. It is a moment old, which would let an edit
        be sent into a job that has just begun: before one is sent, all is looked at `again`.
        """
        record = self._recall(key, body)
        desired = parse_service(body)
        allowed = await self._allowed(desired, body)
        if not self._registry.speaks(key, _name(body), body["metadata"]["uid"]):
            return BACKOFF  # the turn is another service's: what tells of the object gives it its own
        gate, site = _gate(desired, allowed), self._holding(record, allowed)
        looks = not isinstance(site, Hold) and (gate is None or record.journal.open)
        if looks and not await self._admitted(site, allowed, desired, body):
            return NOW
        read_at = self._clock.monotonic()
        fresh = again or not (record.known and record.is_ready(body["metadata"]["generation"]))
        case = await self._case(key, body, record, desired, site, gate, term, fresh)
        if not self._identified(key, case):
            return NOW
        if not isinstance(site, Hold):
            case = replace(case, sending=site.sending(key))
        verdict = decide(case)
        if verdict.effect and not fresh:
            return await self._attempt(key, body, term, again=True)
        wake = self._slot(key, site, verdict)
        stored = await self._stored(body, verdict, term)
        if isinstance(stored, KubeFailure):
            return self._unstored(key, record, verdict, stored, site)
        self._remember(key, case, verdict)
        self._told(key, record, verdict)
        if verdict.effect is None or isinstance(site, Hold):
            self._follow(key, term, stored, verdict.record.journal)
            return wake
        return await self._perform(key, stored, verdict.effect, site, term, read_at)

    def _recall(self, key: str, body: Object) -> Record:
        """The record, with an outcome that could not be stored when it was known."""
        record = status.parse(body)
        if record.ready.reason in PASSED_OVER and not record.journal.open:
            return replace(record, known=False)
        fact = self._ledger[key].facts.get(record.journal.id)
        if fact is None or record.journal.phase is not Phase.INTENDED:
            return record
        return settle(record, fact, self._clock.now(), self._policy).record

    async def _allowed(self, desired: Desired | SpecInvalid, body: Object) -> Site | Hold:
        """The session that the resource may use, or why it gets none."""
        if isinstance(desired, SpecInvalid):
            return Hold(Reason.SPEC_INVALID, " ".join(desired.problems))
        return await self._sites.resolve(desired, body["metadata"]["namespace"])

    async def _admitted(
        self, site: Site | Hold, allowed: Site | Hold, desired: Desired | SpecInvalid, body: Object
    ) -> bool:
        """Waits for the site's budget; False when the site, or its rules, changed meanwhile."""
        if not isinstance(site, Hold):
            await site.pace()
        return allowed == await self._allowed(desired, body)

    def _holding(self, record: Record, allowed: Site | Hold) -> Site | Hold:
        """While an operation is open, the session that holds it will do to follow it."""
        if isinstance(allowed, Hold) and record.journal.open:
            return self._sites.at(record.journal.site_url) or allowed
        return allowed

    async def _case(
        self,
        key: str,
        body: Object,
        record: Record,
        desired: Desired | SpecInvalid,
        site: Site | Hold,
        gate: Hold | None,
        term: Term,
        fresh: bool,
    ) -> Case:
        annotations = body["metadata"].get("annotations") or {}
        wanted = desired if isinstance(desired, Desired) else None
        seen: Seen | None = None
        self._ledger.follow(key, record.journal, ended=False)
        settle_in = self._ledger.settle_in(key, record, term)
        if not isinstance(site, Hold) and (gate is None or record.journal.open):
            seen = await observe(
                site,
                wanted.service.key if wanted else _service_key(key),
                wanted,
                record,
                self._ledger[key],
                settle_in,
                self._ledger.presumed(key),
                fresh,
            )
            if any(isinstance(job, Job) and job.ended for job in (seen.ours, seen.candidate)):
                self._ledger.follow(key, record.journal, ended=True)
        return Case(
            desired=wanted,
            generation=body["metadata"]["generation"],
            record=record,
            seen=seen,
            now=self._clock.now(),
            policy=self._policy_at(site, key),
            site_url="" if isinstance(site, Hold) else site.url,
            username="" if isinstance(site, Hold) else site.username,
            gate=gate,
            requested=next((annotations[name] for name in REQUESTED if annotations.get(name)), ""),
            abandon=annotations.get(ABANDON, ""),
            fresh_id=self._new_id(),
            open_for=self._ledger.open_for(key),
            ended_for=self._ledger.ended_for(key),
            vain_for=self._ledger.vain_for(key),
            sends=self._ledger[key].sends,
        )

    def _identified(self, key: str, case: Case) -> bool:
        """Whether this key may speak for the service that was read: one service can have two addresses."""
        document = case.seen.document if case.seen else None
        service_id = (
            "" if document is None or isinstance(document, Failure) else str(document.get("id") or "")
        )
        return not service_id or self._registry.identify(key, service_id)

    async def _stored(self, body: Object, verdict: Verdict, term: Term) -> Object | KubeFailure:
        """Stored, if the term is still ours: after it we do not know what is on its way to the site."""
        if why := term.check():
            return KubeFailure(KubeFailureKind.UNREACHABLE, why)
        return await self._store.store(body, verdict)

    def _unstored(
        self, key: str, record: Record, verdict: Verdict, failure: KubeFailure, site: Site | Hold
    ) -> float | None:
        if verdict.effect:
            self._ledger.unsent(key, verdict.effect.intent_id, "the intent could not be stored")
        if not isinstance(site, Hold):
            site.occupy(key, record.journal.open)
        if failure.kind is KubeFailureKind.CONFLICT:
            return None
        return NOW if failure.kind is KubeFailureKind.MISSING else failure.retry_after or BACKOFF

    def _slot(self, key: str, site: Site | Hold, verdict: Verdict) -> float:
        """When to look again: of those that wait for a slot one looks by itself, the others are called."""
        used = None if isinstance(site, Hold) else site
        if used and verdict.reason is Reason.QUEUED:
            return verdict.wake if used.call_when_free(key) else math.inf
        if used:
            used.occupy(key, verdict.record.journal.open)
        if not verdict.record.journal.open:
            self._sites.left(key)
        return verdict.wake

    def _remember(self, key: str, case: Case, verdict: Verdict) -> None:
        seen, journal = case.seen, verdict.record.journal
        self._ledger.looked(key, in_vain=verdict.reason in SITE_AWAY)
        over = not journal.open or verdict.effect is not None
        if seen:
            self._ledger.explain(key, frozenset(job.id for job in seen.strays))
        if seen and seen.listed_ids is not None and over and not seen.others:
            self._ledger.concluded(key, seen.listed_ids)
        if verdict.effect is not None:
            self._ledger.follow(key, Journal(), ended=False)
        self._ledger.follow(key, journal, ended=False)

    async def _perform(
        self, key: str, body: Object, effect: Edit, site: Site, term: Term, read_at: float
    ) -> float:
        """Send the stored intent's request and fold in what became of it."""

        def guard() -> str | None:
            if self._clock.monotonic() - read_at > DOCUMENT_SECONDS:
                return "the document was read too long ago"
            return term.check()

        self._ledger.sending(key, effect.intent_id, status.parse(body).journal.intent_time)
        fact = await site.edit(effect.service, effect.document, guard)
        self._ledger.sent(key, effect.intent_id, fact)
        self._sent(fact)
        return await self._record_fact(key, body, effect.intent_id, fact, site, term)

    async def _record_fact(
        self, key: str, body: Object, intent_id: str, fact: Fact, site: Site, term: Term
    ) -> float:
        """Onto the fresh record if it is still this intent's; else the ledger alone keeps it."""
        for _ in range(AGAIN):
            record = status.parse(body)
            if record.journal.id != intent_id or record.journal.phase is not Phase.INTENDED:
                return NOW
            verdict = settle(record, fact, self._clock.now(), self._policy_at(site, key))
            stored = await self._store.store(body, verdict)
            if isinstance(stored, dict):
                site.occupy(key, verdict.record.journal.open)
                self._ledger.follow(key, verdict.record.journal, ended=False)
                self._follow(key, term, stored, verdict.record.journal)
                self._told(key, record, verdict)
                return verdict.wake
            if stored.kind is not KubeFailureKind.CONFLICT:
                return self._policy.poll_seconds
            fresh = await self._store.read(_name(body))
            if isinstance(fresh, KubeFailure):
                return self._policy.poll_seconds
            body = fresh
        return self._policy.poll_seconds

    def _policy_at(self, site: Site | Hold, key: str) -> Policy:
        if isinstance(site, Hold):
            return self._policy
        return replace(self._policy, usual_job_seconds=site.usual_job_seconds(key))

    async def _heard(self, claim: Claim) -> Claim:
        """Who is refused by the site is told so, and keeps nobody else from the service by being older."""
        if claim.winner is None or not claim.losers:
            return claim
        names = (claim.winner, *claim.losers)
        refusals = [await self._refusal(name) for name in names]
        heard = [name for name, refusal in zip(names, refusals, strict=True) if refusal is None]
        for refusal in filter(None, refusals if heard else ()):
            await self._store.store(*refusal)
        return Claim(heard[0], tuple(heard[1:])) if heard else claim

    async def _passed_on(self, claim: Claim) -> bool:
        """Whether the one who spoke may no longer, now that its operation is over."""
        return bool(claim.losers) and (await self._heard(claim)).winner != claim.winner

    async def _refusal(self, name: Name) -> tuple[Object, Verdict] | None:
        """What a resource is told that may not use its site; one with an open operation is followed first."""
        body = await self._store.read(name)
        desired = SpecInvalid(()) if isinstance(body, KubeFailure) else parse_service(body)
        if isinstance(body, KubeFailure) or isinstance(desired, SpecInvalid):
            return None
        site = await self._sites.resolve(desired, name.namespace)
        record = status.parse(body)
        if not isinstance(site, Hold) or site.reason is not Reason.SITE_NOT_ALLOWED or record.journal.open:
            return None
        return body, Verdict(site.reason, site.message, record, wake=math.inf)

    async def _tell_conflict(self, loser: Name, claim: Claim) -> None:
        body = await self._store.read(loser)
        if isinstance(body, KubeFailure):
            self._unread(loser, body)
            return
        text = (
            f"{claim.winner} speaks for the same service and is older; nothing is sent for this one. "
            "Delete one of the two."
        )
        verdict = Verdict(Reason.CONFLICT, text, status.parse(body), wake=math.inf)
        await self._store.store(body, verdict)

    async def _follow_orphan(self, key: str) -> float:
        """No resource is left: an edit that still runs is followed to its end."""
        entry, site = self._ledger[key], self._sites.at(key.partition("|")[0])
        if not entry.open_job:
            self._sites.left(key)
            return self._ledger.leave(key)
        if site is None:
            return math.inf
        job = await site.job(entry.open_job)
        missing = isinstance(job, Failure) and job.kind is Kind.MISSING
        if (isinstance(job, Job) and job.ended) or (missing and not self._ledger.presumed(key)):
            entry.open_job = ""
            return NOW
        return self._policy.poll_max_seconds


def _gate(desired: Desired | SpecInvalid, site: Site | Hold) -> Hold | None:
    if isinstance(desired, SpecInvalid):
        return Hold(Reason.SPEC_INVALID, " ".join(desired.problems))
    if isinstance(site, Hold):
        return site
    if desired.suspend:
        return Hold(Reason.SUSPENDED, "spec.suspend is true: nothing is read or sent for this service.")
    return site.gate()


def _name(body: Object) -> Name:
    return Name(body["metadata"]["namespace"], body["metadata"]["name"])


def _service_key(key: str) -> str:
    """Of a key that was joined with another one it is the title there: a readable spec knows better."""
    return key.partition("|")[2]
