"""One turn of one ArcGISSite: ask the site who it is and how it is, and say so on the resource. Read-only."""

import math
from collections.abc import Awaitable, Callable
from typing import Protocol

from arcgis_operator.adapters.admin import SiteInfo, SiteMode
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.jsondoc import Json, printable
from arcgis_operator.core.look import reason_of
from arcgis_operator.core.model import SpecInvalid
from arcgis_operator.core.record import Record
from arcgis_operator.core.site_spec import parse_site
from arcgis_operator.core.verdict import ROWS, Look, Reason, Verdict
from arcgis_operator.reconcilers.ports import Name
from arcgis_operator.reconcilers.store import StatusStore


class Probe(Protocol):
    """The part of a session that asks about the site itself."""

    def gate(self) -> Hold | None:
        """Why the site is not even read now."""

    async def pace(self) -> None:
        """Wait until the site's request budget allows another turn."""

    async def root(self) -> SiteInfo | Failure:
        """What the site is."""

    async def mode(self) -> SiteMode | Failure:
        """Whether the site takes changes at the moment."""


class SiteReconciler:
    """Gives turns. `probe` gives the session of a site, None when it is gone; `counts` its services."""

    def __init__(
        self,
        store: StatusStore,
        probe: Callable[[Name], Awaitable[Probe | None]],
        counts: Callable[[Name], dict[str, Json]],
        gone: Callable[[Name], Awaitable[None]],
        told: Callable[[str, Verdict], None],
    ) -> None:
        self._store, self._probe, self._counts = store, probe, counts
        self._gone, self._told = gone, told

    async def turn(self, name: Name) -> float:
        """Seconds until the next turn: infinity leaves it to the resync, NaN to the queue's backoff."""
        body = await self._store.read(name)
        if isinstance(body, KubeFailure):
            if body.kind is KubeFailureKind.MISSING:
                await self._gone(name)
                return math.inf
            return body.retry_after or math.nan
        wanted = parse_site(body)
        facts: dict[str, Json] = {"services": self._counts(name)}
        if isinstance(wanted, SpecInvalid):
            verdict = _verdict(Reason.SPEC_INVALID, " ".join(wanted.problems))
        else:
            verdict = await self._asked(name, facts)
        stored = await self._store.store_site(body, verdict, facts)
        self._told(str(name), verdict)
        return math.nan if isinstance(stored, KubeFailure) else verdict.wake

    async def fail(self, name: Name, error: Exception) -> None:
        """Say on the resource that its turn crashed; the error's own text may hold secrets: not shown."""
        body = await self._store.read(name)
        if isinstance(body, dict):
            text = f"This is a bug of the operator ({type(error).__name__}); see its log. Trying again."
            verdict = _verdict(Reason.INTERNAL_ERROR, text)
            await self._store.store_site(body, verdict, {})
            self._told(str(name), verdict)

    async def _asked(self, name: Name, facts: dict[str, Json]) -> Verdict:
        probe = await self._probe(name)
        if probe is None:
            return _verdict(Reason.SITE_UNREACHABLE, "The site is not known yet.")
        if gate := probe.gate():
            return _verdict(gate.reason, gate.message)
        await probe.pace()
        info = await probe.root()
        if isinstance(info, Failure):
            reason = Reason.SITE_NOT_FOUND if info.kind is Kind.MISSING else reason_of(info)
            return _verdict(reason, _about(info))
        facts["version"] = printable(info.version, 64)
        mode = await probe.mode()
        if isinstance(mode, SiteMode):
            facts["mode"] = "ReadOnly" if mode.read_only else "ReadWrite"
            if mode.read_only:
                text = f"The site is in read-only mode: {mode.message or 'no reason given'}"
                return _verdict(Reason.SITE_READ_ONLY, text)
        return _verdict(Reason.REACHABLE, f"The site answers (version {info.version}).")


def _about(failure: Failure) -> str:
    if failure.kind is Kind.MISSING:
        return f"There is no Administrator API below the site's url: {failure.detail}"
    return failure.detail


def _verdict(reason: Reason, message: str) -> Verdict:
    wake = math.inf if ROWS[reason].look is Look.RESYNC else math.nan
    return Verdict(reason, message, Record(), wake=wake)
