"""Who speaks for a service that several resources are about, and what the others are told.

An open operation speaks first, for nobody else can follow it. Then the oldest resource speaks that its site
allows. What cannot be read is not a refusal: while one of them is unread nobody takes over, nothing is sent.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.core import sentences, status
from arcgis_operator.core.case import Case, Hold
from arcgis_operator.core.conditions import next_look
from arcgis_operator.core.identity import Name
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.memory import Rivals
from arcgis_operator.core.model import Desired, Leaf, Path
from arcgis_operator.core.plan import differing
from arcgis_operator.core.record import Record
from arcgis_operator.core.service_spec import parse_aim, parse_service
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.core.wake import BACKOFF, RESYNC
from arcgis_operator.reconcilers.ports import RIGHTS_SECONDS
from arcgis_operator.reconcilers.registry import Claim, Registry
from arcgis_operator.reconcilers.store import StatusStore
from arcgis_operator.sites.sessions import Sessions

STEPS_BACK = (Reason.SITE_NOT_ALLOWED, Reason.SITE_NOT_FOUND)
"""A resource without a site that allows it keeps nobody else from the service by being older."""
PASSED_OVER = (Reason.CONFLICT, *STEPS_BACK)
"""Meanwhile another resource may have spoken for the service: what the record says is no longer known."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One of the resources, as just read; `hold` is why its site does not let it speak."""

    name: Name
    body: Object
    record: Record
    hold: Hold | None

    @property
    def uid(self) -> str:
        """Of this very object."""
        return str(self.body["metadata"]["uid"])

    @property
    def state(self) -> str:
        """In a word or two, for people."""
        return "an operation is under way" if self.record.journal.open else self.record.ready.reason

    def is_older_than(self, other: "Voice") -> bool:
        """By the times of creation alone, which have whole seconds."""
        return str(self.body["metadata"]["creationTimestamp"]) < str(
            other.body["metadata"]["creationTimestamp"]
        )

    def is_live(self, document: Mapping[str, Json], due: tuple[Leaf, ...]) -> bool:
        """Whether all it declares is live, was never said to be, and would not be any more after `due`."""
        desired = parse_service(self.body)
        if self.hold or self.record.observed or not isinstance(desired, Desired):
            return False
        taken = any(_meet(leaf.path, other.path) for leaf in due for other in desired.leaves)
        return taken and not differing(desired.leaves, document)

    @property
    def steps_back(self) -> bool:
        """Others may speak instead."""
        return self.hold is not None and self.hold.reason in STEPS_BACK


@dataclass(frozen=True, slots=True)
class Heard:
    """Who speaks, and the others, the oldest first.

    `hold` is why the speaker begins no further operation: it has the word only while its operation is open.
    `voice` is what was read of the speaker, where there are others.
    """

    speaker: Name | None
    others: tuple[Voice, ...] = ()
    hold: Hold | None = None
    voice: Voice | None = None

    @property
    def names(self) -> Set[Name]:
        """Of all who were read."""
        return {*filter(None, (self.speaker,)), *(voice.name for voice in self.others)}

    @property
    def rivals(self) -> Rivals:
        """Those who do not speak."""
        journals = [voice.record.journal for voice in self.others]
        return Rivals(
            {voice.uid for voice in self.others},
            max((one.intent_time for one in journals), default=""),
            tuple(send for one in journals for send in one.sends),
        )

    def live_instead(self, case: Case) -> Hold | None:
        """Why the speaker may not send: another one's settings are live, and nothing tells which was first.

        A backup is put back in any order and without statuses; a map must not change hands by that.
        """
        if case.record.observed or case.desired is None or case.document is None:
            return None
        due = differing(case.leaves, case.document)
        rival = next((one for one in self.others if one.is_live(case.document, due)), None)
        return Hold(Reason.CONFLICT, sentences.conflict_live(str(rival.name))) if rival else None


class Hearing:
    """Reads the resources of a claim when there are several."""

    def __init__(self, store: StatusStore, sites: Sessions, registry: Registry) -> None:
        self._store, self._sites, self._registry = store, sites, registry

    async def hear(self, claim: Claim) -> Heard | KubeFailure:
        """Who speaks now; a failure while one could not be read and no other has anything open."""
        if not claim.losers:
            return Heard(claim.winner)
        voices: list[Voice] = []
        unread: dict[Name, KubeFailure] = {}
        for name in filter(None, (claim.winner, *claim.losers)):
            uid = self._registry.uid(name)
            body = await self._store.read(name)
            if isinstance(body, dict):
                voices.append(await self._listen(name, body))
            elif body.kind is not KubeFailureKind.MISSING:
                unread[name] = body
            else:
                self._registry.forget(name, uid)
        return _heard(voices, unread)

    async def tell(self, heard: Heard) -> bool:
        """Say on each of the others why it does not speak; whether one of them waits to be allowed."""
        waits = False
        for voice in heard.others if heard.speaker else ():
            stored = await self._store.store(voice.body, _passed_over(voice, heard))
            waits |= isinstance(stored, dict) and next_look(stored, RESYNC) is BACKOFF
        return waits

    async def _listen(self, name: Name, body: Object) -> Voice:
        aim = parse_aim(body)
        site = await self._sites.resolve(aim, name.namespace, RIGHTS_SECONDS) if aim else None
        return Voice(name, body, status.parse(body), site if isinstance(site, Hold) else None)


def _heard(voices: list[Voice], unread: Mapping[Name, KubeFailure]) -> Heard | KubeFailure:
    """An open operation is followed to its end, whoever else is unread; nothing is sent meanwhile."""
    first = next((voice for voice in voices if not voice.steps_back), voices[0] if voices else None)
    speaker = next((voice for voice in voices if voice.record.journal.open), None if unread else first)
    if speaker is None:
        return next(iter(unread.values()), Heard(None))
    others = tuple(voice for voice in voices if voice is not speaker)
    return Heard(speaker.name, others, _hold(speaker, first, unread), speaker)


def _meet(one: Path, other: Path) -> bool:
    """Whether one of the places is the other, or inside it."""
    return all(left == right for left, right in zip(one, other, strict=False))


def _hold(speaker: Voice, first: Voice | None, unread: Mapping[Name, KubeFailure]) -> Hold | None:
    if unread:
        name, failure = next(iter(unread.items()))
        return Hold(Reason.ACCESS_UNKNOWN, sentences.unread_rival(str(name), failure.detail))
    if first is None or first is speaker:
        return None
    return Hold(Reason.CONFLICT, sentences.conflict_ends(str(first.name), first.is_older_than(speaker)))


def _passed_over(voice: Voice, heard: Heard) -> Verdict:
    if voice.hold and voice.steps_back:
        return Verdict(voice.hold.reason, voice.hold.message, voice.record, wake=RESYNC)
    winner = heard.voice
    older = winner is not None and winner.is_older_than(voice)
    text = sentences.conflict(str(heard.speaker), winner.state if winner else "", older)
    return Verdict(Reason.CONFLICT, text, voice.record, wake=RESYNC)
