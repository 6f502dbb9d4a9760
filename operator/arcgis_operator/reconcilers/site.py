"""One turn of one ArcGISSite: ask the site who it is and how it is, and say so on the resource. Read-only."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from arcgis_operator.adapters.admin import SiteInfo, SiteMode
from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.core import sentences
from arcgis_operator.core.annotations import RESTORE, restore_command
from arcgis_operator.core.case import Hold
from arcgis_operator.core.conditions import next_look
from arcgis_operator.core.divergence import UPGRADE, divergence_of
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import Name
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.look import hold_of
from arcgis_operator.core.model import SpecInvalid
from arcgis_operator.core.record import Record
from arcgis_operator.core.site_spec import parse_site
from arcgis_operator.core.verdict import ROWS, Look, Reason, Verdict
from arcgis_operator.core.wake import BACKOFF, RESYNC, Wake, asked_for
from arcgis_operator.reconcilers.store import StatusStore
from arcgis_operator.reconcilers.storms import Storms
from arcgis_operator.telemetry.happenings import Concluded, Tell


class Probe(Protocol):
    """The part of a session that asks about the site itself."""

    def gate(self) -> Hold | None:
        """Why the site is not even read now."""

    def trouble(self) -> Hold | None:
        """Why the site is asked rarely, or not at the moment, whoever's turn it is to try."""

    async def pace(self) -> None:
        """Wait until the site's request budget allows another turn."""

    async def root(self) -> SiteInfo | Failure:
        """What the site is."""

    async def mode(self) -> SiteMode | Failure:
        """Whether the site takes changes at the moment."""

    def login(self) -> Mapping[str, Json] | None:
        """What to remember of refused logins, empty when nothing; None when no login is known."""


class SiteReconciler:
    """Gives turns. `probe` gives the session of a site, None when it is gone; `counts` its services.

    `uid` is that of the object known by a name; `gone` hears of an object that is no more, with its uid.
    """

    def __init__(
        self,
        store: StatusStore,
        probe: Callable[[Name], Awaitable[Probe | None]],
        counts: Callable[[Name], dict[str, Json]],
        uid: Callable[[Name], str],
        gone: Callable[[Name, str], Awaitable[None]],
        tell: Tell,
        storms: Storms,
    ) -> None:
        self._storms = storms
        self._store, self._probe, self._counts = store, probe, counts
        self._uid, self._gone, self._tell = uid, gone, tell

    async def turn(self, name: Name) -> Wake:
        """When the next one is due."""
        uid = self._uid(name)
        body = await self._store.read(name)
        if isinstance(body, KubeFailure):
            if body.kind is KubeFailureKind.MISSING:
                await self._gone(name, uid)
                return RESYNC
            return asked_for(body.retry_after)
        wanted = parse_site(body)
        facts: dict[str, Json] = {"services": self._counts(name)}
        if isinstance(wanted, SpecInvalid):
            verdict = _verdict(Reason.SPEC_INVALID, wanted.text)
        else:
            verdict = self._divergence(name, body, await self._asked(name, facts), facts)
        stored = await self._stored(name, body, verdict, facts)
        self._tell(Concluded(str(name), None, verdict))
        return BACKOFF if isinstance(stored, KubeFailure) else next_look(stored, verdict.wake)

    async def fail(self, name: Name, error: Exception) -> None:
        """Say on the resource that its turn crashed; the error's own text may hold secrets: not shown."""
        body = await self._store.read(name)
        if isinstance(body, dict):
            verdict = _verdict(Reason.INTERNAL_ERROR, sentences.bug(type(error).__name__))
            await self._store.store_site(body, verdict, {})
            self._tell(Concluded(str(name), None, verdict))

    async def _stored(
        self, name: Name, body: Object, verdict: Verdict, facts: Mapping[str, Json]
    ) -> Object | KubeFailure:
        """A refused login is noted in the status while the site is asked: then the object is a newer one."""
        stored = await self._store.store_site(body, verdict, facts)
        if not isinstance(stored, KubeFailure) or stored.kind is not KubeFailureKind.CONFLICT:
            return stored
        fresh = await self._store.read(name)
        if isinstance(fresh, KubeFailure) or _generation(fresh) != _generation(body):
            return stored
        return await self._store.store_site(fresh, verdict, facts)

    def _divergence(self, name: Name, body: Object, verdict: Verdict, facts: dict[str, Json]) -> Verdict:
        """Whether many of its services drifted; said where the site itself is well."""
        before, version = body.get("status") or {}, str(facts.get("version", ""))
        if version and before.get("version") not in (None, "", version):
            self._storms.upgraded(name)
        answer = (body["metadata"].get("annotations") or {}).get(RESTORE, "")
        asked = self._storms.meet(name, divergence_of(before), answer, read=bool(version))
        facts["divergence"] = asked.written() if asked else {}
        if asked is None or asked.released or verdict.reason is not Reason.REACHABLE:
            return verdict
        command = restore_command(f"{name.name} -n {name.namespace}", asked.id)
        text = sentences.site_diverged(asked.count, asked.since_time, asked.cause == UPGRADE, command)
        return _verdict(Reason.SITE_DIVERGED, text)

    async def _asked(self, name: Name, facts: dict[str, Json]) -> Verdict:
        probe = await self._probe(name)
        if probe is None:
            return _verdict(Reason.SITE_UNREACHABLE, "The site is not known yet.")
        if gate := probe.gate():
            return _verdict(gate.reason, gate.message)
        await probe.pace()
        info = await probe.root()
        if (login := probe.login()) is not None:
            facts["login"] = login
        if isinstance(info, Failure):
            if info.kind is Kind.MISSING:
                return _verdict(Reason.SITE_NOT_FOUND, sentences.no_api(info.detail))
            hold = hold_of(info, info.detail, probe.trouble())
            return _verdict(hold.reason, hold.message)
        facts["version"] = info.shown
        mode = await probe.mode()
        if isinstance(mode, SiteMode):
            facts["mode"] = "ReadOnly" if mode.read_only else "ReadWrite"
            if mode.read_only:
                return _verdict(Reason.SITE_READ_ONLY, sentences.read_only(mode.message))
        return _verdict(Reason.REACHABLE, sentences.reachable(info.shown))


def _generation(body: Object) -> tuple[Json, Json]:
    return body["metadata"]["uid"], body["metadata"]["generation"]


def _verdict(reason: Reason, message: str) -> Verdict:
    wake = RESYNC if ROWS[reason].look is Look.RESYNC else BACKOFF
    return Verdict(reason, message, Record(), wake=wake)
