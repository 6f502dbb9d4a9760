"""The request of a stored intent: sent once, and its outcome folded into the record of that intent."""

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.core import sentences, status
from arcgis_operator.core.case import Policy, Seen
from arcgis_operator.core.failures import Fact
from arcgis_operator.core.identity import name_of
from arcgis_operator.core.model import SiteRef
from arcgis_operator.core.operations import Request
from arcgis_operator.core.record import Phase
from arcgis_operator.core.settle import settle
from arcgis_operator.core.wake import NOW, After, Wake
from arcgis_operator.core.windows import are_open
from arcgis_operator.reconcilers.clock import Clock
from arcgis_operator.reconcilers.gathering import policy_at, whose
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.polled import Polled
from arcgis_operator.reconcilers.ports import AGAIN, Term
from arcgis_operator.reconcilers.store import StatusStore
from arcgis_operator.reconcilers.story import EditStory
from arcgis_operator.sites.session import SiteSession
from arcgis_operator.telemetry.happenings import Concluded, Tell

DOCUMENT_SECONDS = 5.0  # between asking for a document and sending it back
SLOWNESS = 2.0  # and so many times what the site took to answer: a slow one is served as well


class Sending:
    """Sends, and tells of the conclusion."""

    def __init__(
        self, store: StatusStore, ledger: Ledger, polled: Polled, clock: Clock, policy: Policy, tell: Tell
    ) -> None:
        self._store, self._ledger, self._polled = store, ledger, polled
        self._clock, self._policy, self._tell = clock, policy, tell

    async def send(
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

        has_job = effect.operation.asynchronous
        self._ledger.sending(key, effect.intent_id, journal.intent_time, has_job, ref, site.url)
        fact = await site.submit(effect, guard)
        self._ledger.sent(key, effect.intent_id, fact)
        story.answered(fact)
        return await self._fold(key, body, effect.intent_id, fact, site, term)

    async def _fold(
        self, key: str, body: Object, intent_id: str, fact: Fact, site: SiteSession, term: Term
    ) -> Wake:
        """Onto the fresh record if it is still this intent's; else the ledger alone keeps it."""
        for _ in range(AGAIN):
            record = status.parse(body)
            if record.journal.id != intent_id or record.journal.phase is not Phase.INTENDED:
                return NOW
            policy = policy_at(self._policy, site, key, record)
            verdict = settle(record, fact, self._clock.now(), policy, whose(body))
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
            fresh = await self._store.read(name_of(body))
            if isinstance(fresh, KubeFailure):
                return After(self._policy.poll_seconds)
            body = fresh
        return After(self._policy.poll_seconds)
