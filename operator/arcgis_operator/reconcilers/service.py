"""One turn of one canonical service.

    read → observe → decide → store → act → store

Every turn begins with the object fresh from the API server and ends with its status saying what is true; only
while a job runs, and nothing is told of the object, it begins with the object as this process stored it last.
Nothing is sent before its intent is stored with the version just read; what became of the request is folded
into the record of that intent only. The reasons for this order: `docs/explanation/architecture.md`.
"""

import math
from collections.abc import Callable, Set
from dataclasses import replace

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.core import sentences, status
from arcgis_operator.core.annotations import ABANDON, override_in, requests_in
from arcgis_operator.core.bounds import may_have_just_ended, recent
from arcgis_operator.core.case import Case, Hold, Policy, Seen
from arcgis_operator.core.conditions import next_look
from arcgis_operator.core.decide import decide, rests_on_version
from arcgis_operator.core.failures import Fact, Failure, Kind
from arcgis_operator.core.identity import Name
from arcgis_operator.core.job import Job, JobState
from arcgis_operator.core.line import Standing
from arcgis_operator.core.model import Aim, Desired, SiteRef, SpecInvalid
from arcgis_operator.core.operations import Request
from arcgis_operator.core.record import Journal, Phase, Record
from arcgis_operator.core.said import UNSAID, plainly
from arcgis_operator.core.service_spec import parse_aim, parse_service
from arcgis_operator.core.settle import settle
from arcgis_operator.core.usual import UNKNOWN
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.core.wake import BACKOFF, NOW, RESYNC, After, Wake, asked_for
from arcgis_operator.core.windows import are_open
from arcgis_operator.reconcilers.clock import Clock
from arcgis_operator.reconcilers.drifts import Drifts
from arcgis_operator.reconcilers.hearing import PASSED_OVER, Heard, Hearing, Voice
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.observe import observe
from arcgis_operator.reconcilers.polled import Polled
from arcgis_operator.reconcilers.ports import RIGHTS_SECONDS, Term
from arcgis_operator.reconcilers.registry import Registry
from arcgis_operator.reconcilers.rhythm import Rhythm
from arcgis_operator.reconcilers.store import StatusStore
from arcgis_operator.reconcilers.storms import Storms
from arcgis_operator.reconcilers.story import EditStory
from arcgis_operator.sites.session import SiteSession
from arcgis_operator.sites.sessions import Sessions
from arcgis_operator.telemetry.happenings import Concluded, Tell

AGAIN = 4  # reads of an object that moves under our hands, before the queue's backoff takes over
DOCUMENT_SECONDS = 5.0  # between asking for a document and sending it back
SLOWNESS = 2.0  # and so many times what the site took to answer: a slow one is served as well
SUSPENDED = Hold(Reason.SUSPENDED, sentences.SUSPENDED)
OBSERVING = Hold(Reason.OBSERVING, sentences.OBSERVES)
CONFIRM_SECONDS = 300.0  # between two looks whether two addresses are still one service


class ServiceReconciler:
    """Gives turns, and tells of every conclusion."""

    def __init__(
        self,
        store: StatusStore,
        sites: Sessions,
        registry: Registry,
        ledger: Ledger,
        polled: Polled,
        clock: Clock,
        policy: Policy,
        new_id: Callable[[], str],
        tell: Tell,
        storms: Storms,
        rhythm: Rhythm,
    ) -> None:
        self._store, self._sites, self._registry, self._ledger = store, sites, registry, ledger
        self._polled = polled
        self._clock, self._policy, self._new_id = clock, policy, new_id
        self._tell, self._drifts, self._rhythm = tell, Drifts(storms), rhythm
        self._hearing = Hearing(store, sites, registry)
        self._confirmed: dict[str, float] = {}  # when the address of a resource that does not speak was read

    async def turn(self, key: str, term: Term) -> Wake:
        """When the next one is due."""
        for former in self._registry.came_from(key):
            self._ledger.share(former, key)
        heard = await self._hearing.hear(self._registry.claim(key))
        if isinstance(heard, KubeFailure):
            return asked_for(heard.retry_after)
        if heard.speaker is None:
            return await self._follow_orphan(key)
        others_wait = await self._hearing.tell(heard)
        if not await self._joined(heard):
            return NOW
        for _ in range(AGAIN):
            uid = self._registry.uid(heard.speaker)
            kept = self._polled.take(key, heard.speaker, term)
            body = kept or await self._store.read(heard.speaker)
            if isinstance(body, KubeFailure):
                self._drifts.unread(key)
                return self._unread(heard.speaker, uid, body)
            wake = await self._attempt(key, body, term, heard)
            if wake is not None:
                over = self._ledger[key].open_since is None
                wake = BACKOFF if others_wait and wake is RESYNC else wake
                return NOW if heard.hold and over else wake
        return BACKOFF

    def remembered(self) -> Set[str]:
        """Services of which something is remembered, that nobody may speak for any more."""
        return self._ledger.remembered()

    async def fail(self, key: str, error: Exception) -> None:
        """Say on the resource that its turn crashed; the error's own text may hold secrets: not shown."""
        self._drifts.unread(key)
        winner = self._registry.claim(key).winner
        body = await self._store.read(winner) if winner else None
        if isinstance(body, dict):
            text = sentences.bug(type(error).__name__)
            verdict = Verdict(Reason.INTERNAL_ERROR, text, status.parse(body), wake=BACKOFF)
            await self._store.store(body, verdict)
            self._tell(Concluded(key, verdict.record, verdict))

    def _unread(self, name: Name, uid: str, failure: KubeFailure) -> Wake:
        if failure.kind is KubeFailureKind.MISSING:
            self._registry.forget(name, uid)
            return NOW
        return asked_for(failure.retry_after)

    async def _joined(self, heard: Heard) -> bool:
        """Whether those who were joined by their service's id still are; each is asked at its own address."""
        speaker = self._registry.address(heard.speaker) if heard.speaker else ""
        kept = True
        for voice in heard.others:
            aim, asked_at = parse_aim(voice.body), self._confirmed.get(voice.uid, -math.inf)
            due = self._clock.monotonic() - asked_at >= CONFIRM_SECONDS
            if aim and due and self._registry.address(voice.name) != speaker:
                self._confirmed[voice.uid] = self._clock.monotonic()
                kept = await self._still(voice, aim) and kept
        return kept

    async def _still(self, voice: Voice, aim: Aim) -> bool:
        site = await self._sites.resolve(aim, voice.name.namespace, RIGHTS_SECONDS)
        if isinstance(site, Hold) or site.gate():
            return True
        await site.pace()
        document = await site.document(aim.service)
        service_id = "" if isinstance(document, Failure) else str(document.get("id") or "")
        return not service_id or self._registry.confirm(voice.name, service_id)

    async def _attempt(
        self, key: str, body: Object, term: Term, heard: Heard, again: bool = False
    ) -> Wake | None:
        """One read-to-store; None when the object moved meanwhile.

        Whoever is Ready shares the list of jobs with others. It is a moment old, which would let an edit
        be sent into a job that has just begun: before one is sent, all is looked at `again`.
        """
        began_at, record, desired = self._clock.monotonic(), self._recall(key, body), parse_service(body)
        aim = desired.aim if isinstance(desired, Desired) else parse_aim(body)
        allowed = await self._allowed(aim, body)
        if not self._registry.speaks(key, _name(body), body["metadata"]["uid"]):
            return BACKOFF  # the turn is another service's: what tells of the object gives it its own
        unlooked, site = _unlooked(desired, allowed), self._holding(record, allowed, aim)
        looks = not isinstance(site, Hold) and (not unlooked or record.journal.open)
        if looks and not await self._admitted(site, allowed, aim, body):
            return NOW
        self._ledger[key] = self._ledger[key].speaks(
            body["metadata"]["uid"],
            heard.other_uids,
            status.parse(body),
            self._policy.settle_seconds,
            now=self._clock.monotonic(),
        )
        rests = record.known and not record.journal.open and record.is_ready(body["metadata"]["generation"])
        fresh = again or not rests
        case = await self._case(key, body, record, desired, site, unlooked, term, fresh)
        if not self._identified(body, case):
            return NOW
        if not isinstance(site, Hold):
            rivals = (heard.hold, heard.live_instead(case))
            own = (OBSERVING,) if case.desired and case.desired.observe else ()
            unsent = (*filter(None, rivals), *own, *site.unsent(key))
            case = replace(
                case,
                unsent=unsent,
                standing=_standing(key, site, unsent),
                drifts=self._drifts.holds(key, case),
            )
        verdict = decide(case)
        if verdict.effect and not fresh:
            return await self._attempt(key, body, term, heard, again=True)
        case, verdict = await self._by_its_version_now(case, verdict, site)
        if verdict.effect and not await self._still_may(key, body, heard, aim, site):
            return NOW
        self._drifts.ended(key, case, verdict, began_at)
        return await self._conclude(key, body, term, aim, site, case, verdict)

    async def _by_its_version_now(
        self, case: Case, verdict: Verdict, site: SiteSession | Hold
    ) -> tuple[Case, Verdict]:
        """Where only the site's version makes an approval needless, the site is asked for it once more.

        The last answer may be minutes old, and the site upgraded since. What cannot be read is not known.
        """
        if isinstance(site, Hold) or not rests_on_version(case, verdict):
            return case, verdict
        info = await site.root()
        case = replace(case, site_version="" if isinstance(info, Failure) else info.version)
        return case, decide(case)

    async def _still_may(
        self, key: str, body: Object, heard: Heard, aim: Aim | None, site: SiteSession | Hold
    ) -> bool:
        """Whether nothing has come in between while this turn waited for an answer."""
        if site != await self._allowed(aim, body, within=0.0):
            return False
        if not isinstance(site, Hold) and site.unsent(key):
            return False  # another one has taken the last slot, or the site has asked for a pause
        return self._registry.are_all(heard.names, key)  # perhaps an older one

    async def _conclude(
        self,
        key: str,
        body: Object,
        term: Term,
        aim: Aim | None,
        site: SiteSession | Hold,
        case: Case,
        verdict: Verdict,
    ) -> Wake | None:
        """Store what was decided, and send what it says."""
        wake = self._slot(key, site, verdict)
        stored = await self._stored(body, verdict, term)
        if isinstance(stored, KubeFailure):
            return self._unstored(key, case.record, verdict, stored, site)
        self._ledger[key] = self._ledger[key].after_turn(case, verdict, now=self._clock.monotonic())
        self._tell(Concluded(key, case.record, verdict))
        if not isinstance(site, Hold) and _is_over(case, verdict):
            site.over(case.record.journal.job_id)
        if verdict.effect is None or aim is None or case.seen is None or isinstance(site, Hold):
            self._polled.leave(key, stored, verdict.record.journal.phase, term)
            wake = next_look(stored, wake)
            # whose site is not asked is told when it may be, and who waits for a slot is called
            if wake is RESYNC and case.seen and verdict.reason is not Reason.QUEUED:
                self._rhythm.rested(key)
            return wake
        return await self._perform(key, stored, verdict.effect, aim.site, site, term, case.seen)

    def _recall(self, key: str, body: Object) -> Record:
        """The record, with an outcome that could not be stored when it was known."""
        record = status.parse(body)
        if record.ready.reason in PASSED_OVER and not record.journal.open:
            return replace(record, known=False)
        fact = self._ledger[key].facts.get(record.journal.id)
        if fact is None or record.journal.phase is not Phase.INTENDED:
            return record
        return settle(record, fact, self._clock.now(), self._policy).record

    async def _allowed(
        self, aim: Aim | None, body: Object, within: float = RIGHTS_SECONDS
    ) -> SiteSession | Hold:
        """The session that the resource may use, or why it gets none; `within`: how old its rights may be."""
        if aim is None:
            return Hold(Reason.SPEC_INVALID, sentences.NO_AIM)
        return await self._sites.resolve(aim, body["metadata"]["namespace"], within)

    async def _admitted(
        self, site: SiteSession | Hold, allowed: SiteSession | Hold, aim: Aim | None, body: Object
    ) -> bool:
        """Waits for the site's budget; False when the site, or its rules, changed meanwhile."""
        if not isinstance(site, Hold):
            await site.pace()
        return allowed == await self._allowed(aim, body)

    def _holding(self, record: Record, allowed: SiteSession | Hold, aim: Aim | None) -> SiteSession | Hold:
        """While an operation is open, the session that holds it will do to follow it."""
        if isinstance(allowed, Hold) and record.journal.open and aim:
            return self._sites.at(aim.site, record.journal.site_url) or allowed
        return allowed

    async def _case(
        self,
        key: str,
        body: Object,
        record: Record,
        desired: Desired | SpecInvalid,
        site: SiteSession | Hold,
        unlooked: tuple[Hold, ...],
        term: Term,
        fresh: bool,
    ) -> Case:
        annotations = body["metadata"].get("annotations") or {}
        wanted = desired if isinstance(desired, Desired) else None
        now = self._clock.monotonic()
        ended = may_have_just_ended(record, self._clock.now(), self._policy)
        sends = recent(record.journal.sends, self._clock.now())
        self._ledger[key] = self._ledger[key].meets(record.journal, ended, sends, now=now)
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
            policy=self._policy_at(site, key, record),
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
            whose=_whose(body),
        )

    async def _look(
        self, key: str, record: Record, wanted: Desired | None, site: SiteSession, term: Term, fresh: bool
    ) -> Seen:
        memory, clock = self._ledger[key], self._clock.monotonic
        waits = memory.waits(record, term, self._policy, now=clock())
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

    def _identified(self, body: Object, case: Case) -> bool:
        """Whether this key may speak for the service that was read: one service can have two addresses."""
        document = case.seen.document if case.seen else None
        service_id = (
            "" if document is None or isinstance(document, Failure) else str(document.get("id") or "")
        )
        return not service_id or self._registry.identify(_name(body), service_id)

    async def _stored(self, body: Object, verdict: Verdict, term: Term) -> Object | KubeFailure:
        """Stored, if the term is still ours: after it we do not know what is on its way to the site."""
        if why := term.check():
            return KubeFailure(KubeFailureKind.UNREACHABLE, why)
        return await self._store.store(body, verdict)

    def _unstored(
        self, key: str, record: Record, verdict: Verdict, failure: KubeFailure, site: SiteSession | Hold
    ) -> Wake | None:
        if verdict.effect:
            why = "the intent could not be stored"
            self._ledger[key] = self._ledger[key].unsent(verdict.effect.intent_id, why)
        if not isinstance(site, Hold):
            site.occupy(key, self._occupies(key, record.journal, site))
        if failure.kind is KubeFailureKind.CONFLICT:
            return None
        return NOW if failure.kind is KubeFailureKind.MISSING else asked_for(failure.retry_after)

    def _slot(self, key: str, site: SiteSession | Hold, verdict: Verdict) -> Wake:
        """When to look again: of those that wait for a slot one looks by itself, the others are called."""
        used = None if isinstance(site, Hold) else site
        if used and verdict.reason is Reason.QUEUED:
            return verdict.wake if used.call_when_free(key) else RESYNC
        if used:
            used.occupy(key, self._occupies(key, verdict.record.journal, used))
        if not verdict.record.journal.open:
            self._sites.left(key)
        return verdict.wake

    def _occupies(self, key: str, journal: Journal, site: SiteSession) -> bool:
        """A slot is held only while something of ours can run there."""
        longest, now = self._policy.job_timeout_seconds, self._clock.monotonic()
        may_run = self._ledger[key].may_run(longest, now=now)
        return journal.open and journal.site_url == site.url and may_run

    async def _perform(
        self, key: str, body: Object, effect: Request, ref: SiteRef, site: SiteSession, term: Term, seen: Seen
    ) -> Wake:
        """Send the stored intent's request and fold in what became of it."""
        limit = DOCUMENT_SECONDS + SLOWNESS * (seen.answered_at - seen.asked_at)
        journal = status.parse(body).journal
        story = EditStory(body, journal)

        def guard() -> str | None:
            old = self._clock.monotonic() - seen.asked_at > limit
            why = "the document was read too long ago" if old else term.check() or site.closed()
            if why is None and not are_open(effect.within, self._clock.now()):
                why = sentences.WINDOW_CLOSED
            if why is None:
                story.sent()
            return why

        self._ledger.sending(key, effect.intent_id, journal.intent_time, ref, site.url)
        fact = await site.submit(effect, guard)
        self._ledger.sent(key, effect.intent_id, fact)
        story.answered(fact)
        return await self._record_fact(key, body, effect.intent_id, fact, site, term)

    async def _record_fact(
        self, key: str, body: Object, intent_id: str, fact: Fact, site: SiteSession, term: Term
    ) -> Wake:
        """Onto the fresh record if it is still this intent's; else the ledger alone keeps it."""
        for _ in range(AGAIN):
            record = status.parse(body)
            if record.journal.id != intent_id or record.journal.phase is not Phase.INTENDED:
                return NOW
            verdict = settle(
                record, fact, self._clock.now(), self._policy_at(site, key, record), _whose(body)
            )
            stored = await self._store.store(body, verdict)
            if isinstance(stored, dict):
                site.occupy(key, verdict.record.journal.open)
                followed = self._ledger[key].follow(verdict.record.journal, now=self._clock.monotonic())
                self._ledger[key] = followed
                self._polled.leave(key, stored, verdict.record.journal.phase, term)
                self._tell(Concluded(key, record, verdict))
                return verdict.wake
            if stored.kind is not KubeFailureKind.CONFLICT:
                return After(self._policy.poll_seconds)
            fresh = await self._store.read(_name(body))
            if isinstance(fresh, KubeFailure):
                return After(self._policy.poll_seconds)
            body = fresh
        return After(self._policy.poll_seconds)

    def _policy_at(self, site: SiteSession | Hold, key: str, record: Record) -> Policy:
        if isinstance(site, Hold):
            return self._policy
        usual = site.usual(record.journal.operation) if record.journal.open else UNKNOWN
        return replace(self._policy, usual_job_seconds=site.usual_job_seconds(key), usual=usual)

    async def _follow_orphan(self, key: str) -> Wake:
        """No resource is left: an edit that still runs is followed to its end, within the site's budgets."""
        memory, now = self._ledger[key], self._clock.monotonic()
        if not memory.open_job or not memory.presumed(self._policy.job_timeout_seconds, now=now):
            self._ledger[key] = memory.given_up()
            self._sites.left(key)
            return self._ledger.leave(key)
        site = self._sites.at(*memory.site) if memory.site else None
        if site is None or site.gate():
            return BACKOFF
        await site.pace()
        job = await site.job(memory.open_job)
        if isinstance(job, Failure):
            gone = job.kind is Kind.MISSING
            return After(self._policy.poll_max_seconds) if gone else asked_for(job.retry_after)
        now = self._clock.monotonic()
        memory = self._ledger[key] = self._ledger[key].saw([job], now=now)
        if job.ended:
            self._ledger[key] = memory.given_up().ended(now=now)
            return NOW
        return After(self._policy.poll_max_seconds)


def _is_over(case: Case, verdict: Verdict) -> bool:
    """Whether this turn concluded the open operation; a job that is given up may still run."""
    ours = case.seen.ours if case.seen else None
    runs = isinstance(ours, Job) and ours.state is JobState.RUNNING
    return verdict.record.journal.job_id != case.record.journal.job_id and not runs


def _standing(key: str, site: SiteSession, unsent: tuple[Hold, ...]) -> Standing | None:
    """Its place in the line, where it waits in one: to look that up takes time in a long one."""
    return site.standing(key) if any(hold.reason is Reason.QUEUED for hold in unsent) else None


def _unlooked(desired: Desired | SpecInvalid, site: SiteSession | Hold) -> tuple[Hold, ...]:
    """All that keeps the service from being looked at."""
    invalid = isinstance(desired, SpecInvalid) and Hold(Reason.SPEC_INVALID, desired.text)
    suspended = isinstance(desired, Desired) and desired.suspend and SUSPENDED
    holds = (invalid, suspended, site if isinstance(site, Hold) else site.gate())
    return tuple(hold for hold in holds if isinstance(hold, Hold))


def _name(body: Object) -> Name:
    return Name(body["metadata"]["namespace"], body["metadata"]["name"])


def _whose(body: Object) -> str:
    """The resource as kubectl takes it."""
    return f"{body['metadata']['name']} -n {body['metadata']['namespace']}"


def _service_key(key: str) -> str:
    """Of a key that was joined with another one it is the title there: a readable spec knows better."""
    return key.partition("|")[2]
