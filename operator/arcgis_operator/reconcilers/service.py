"""One turn of one canonical service.

    read → observe → decide → store → act → store

Every turn begins with the object fresh from the API server and ends with its status saying what is true; only
while a job runs, and nothing is told of the object, it begins with the object as this process stored it last.
Nothing is sent before its intent is stored with the version just read; what became of the request is folded
into the record of that intent only. The reasons for this order: `docs/explanation/architecture.md`.
"""

from collections.abc import Callable, Set
from dataclasses import replace

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.core import sentences, status
from arcgis_operator.core.case import Case, Hold, Policy
from arcgis_operator.core.conditions import next_look
from arcgis_operator.core.decide import decide, rests_on_version
from arcgis_operator.core.failures import Failure
from arcgis_operator.core.identity import Name, name_of
from arcgis_operator.core.job import Job, JobState
from arcgis_operator.core.line import Standing
from arcgis_operator.core.model import Aim, Desired, SpecInvalid
from arcgis_operator.core.record import Journal, Record
from arcgis_operator.core.service_spec import parse_aim, parse_service
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.core.wake import BACKOFF, NOW, RESYNC, Wake, asked_for
from arcgis_operator.reconcilers.clock import Clock
from arcgis_operator.reconcilers.confirming import Confirming
from arcgis_operator.reconcilers.drifts import Drifts
from arcgis_operator.reconcilers.gathering import Gathering
from arcgis_operator.reconcilers.hearing import Heard, Hearing
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.orphans import Orphans
from arcgis_operator.reconcilers.polled import Polled
from arcgis_operator.reconcilers.ports import AGAIN, RIGHTS_SECONDS, Term
from arcgis_operator.reconcilers.registry import Registry
from arcgis_operator.reconcilers.rhythm import Rhythm
from arcgis_operator.reconcilers.sending import Sending
from arcgis_operator.reconcilers.store import StatusStore
from arcgis_operator.reconcilers.storms import Storms
from arcgis_operator.sites.session import SiteSession
from arcgis_operator.sites.sessions import Sessions
from arcgis_operator.telemetry.happenings import Concluded, Tell

SUSPENDED = Hold(Reason.SUSPENDED, sentences.SUSPENDED)
OBSERVING = Hold(Reason.OBSERVING, sentences.OBSERVES)


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
        self._polled, self._clock, self._policy = polled, clock, policy
        self._tell, self._drifts, self._rhythm = tell, Drifts(storms), rhythm
        self._hearing, self._confirming = Hearing(store, sites, registry), Confirming(sites, registry, clock)
        self._gathering = Gathering(sites, ledger, clock, policy, new_id)
        self._sending = Sending(store, ledger, polled, clock, policy, tell)
        self._orphans = Orphans(sites, ledger, clock, policy)

    async def turn(self, key: str, term: Term) -> Wake:
        """When the next one is due."""
        for former in self._registry.came_from(key):
            self._ledger.share(former, key)
        heard = await self._hearing.hear(self._registry.claim(key))
        if isinstance(heard, KubeFailure):
            return asked_for(heard.retry_after)
        if heard.speaker is None:
            return await self._orphans.follow(key)
        others_wait = await self._hearing.tell(heard)
        if not await self._confirming.still_one(heard):
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

    async def _attempt(
        self, key: str, body: Object, term: Term, heard: Heard, again: bool = False
    ) -> Wake | None:
        """One read-to-store; None when the object moved meanwhile.

        Whoever is Ready shares the list of jobs with others. It is a moment old, which would let an edit
        be sent into a job that has just begun: before one is sent, all is looked at `again`.
        """
        began_at, record, desired = (
            self._clock.monotonic(),
            self._gathering.record(key, body),
            parse_service(body),
        )
        aim = desired.aim if isinstance(desired, Desired) else parse_aim(body)
        allowed = await self._allowed(aim, body)
        if not self._registry.speaks(key, name_of(body), body["metadata"]["uid"]):
            return BACKOFF  # the turn is another service's: what tells of the object gives it its own
        unlooked, site = _unlooked(desired, allowed), self._holding(record, allowed, aim)
        looks = not isinstance(site, Hold) and (not unlooked or record.journal.open)
        if looks and not await self._admitted(site, allowed, aim, body):
            return NOW
        rivals, settle = heard.rivals, self._policy.settle_seconds
        memory, now = self._ledger[key], self._clock.monotonic()
        uid = body["metadata"]["uid"]
        self._ledger[key] = memory.speaks(uid, rivals, status.parse(body), settle, now=now)
        rests = record.known and not record.journal.open and record.is_ready(body["metadata"]["generation"])
        fresh = again or not rests
        case = await self._gathering.case(key, body, record, desired, site, unlooked, term, fresh, rivals)
        if not self._identified(body, case):
            return NOW
        if not isinstance(site, Hold):
            held = (heard.hold, heard.live_instead(case))
            own = (OBSERVING,) if case.desired and case.desired.observe else ()
            unsent = (*filter(None, held), *own, *site.unsent(key))
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
        return await self._sending.send(key, stored, verdict.effect, aim.site, site, term, case.seen)

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

    def _identified(self, body: Object, case: Case) -> bool:
        """Whether this key may speak for the service that was read: one service can have two addresses."""
        document = case.seen.document if case.seen else None
        service_id = (
            "" if document is None or isinstance(document, Failure) else str(document.get("id") or "")
        )
        return not service_id or self._registry.identify(name_of(body), service_id)

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
        occupies = used is not None and self._occupies(key, verdict.record.journal, used)
        if used:
            used.occupy(key, occupies)
        if not (verdict.record.journal.open or occupies):
            self._sites.left(key)
        return verdict.wake

    def _occupies(self, key: str, journal: Journal, site: SiteSession) -> bool:
        """A slot is held only while something of ours can run there."""
        return self._ledger[key].occupies(journal, site.url, self._policy, now=self._clock.monotonic())


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
