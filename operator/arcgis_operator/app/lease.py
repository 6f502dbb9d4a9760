"""Which replica may act: an elector on a `coordination.k8s.io` Lease, and the terms it hands out.

A term ends for its holder (renew deadline) well before anybody else may take the lease (lease time). Both
are counted on a clock that runs while the machine sleeps; times written by others are never compared with it.
What may be sent in a term is decided elsewhere, with `Elector.check`. What the Lease holds: `lease_record`.
An elector may have a loop of its own (`election`): `check`, `stuck` and `step_down` are for any thread.
"""

import asyncio
import logging
import math
import random
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind, unreachable
from arcgis_operator.adapters.kube.kinds import LEASES, Kind
from arcgis_operator.app import lease_record as record
from arcgis_operator.reconcilers.clock import boottime
from arcgis_operator.telemetry.logs import fields

log = logging.getLogger(__name__)

RELEASE_TRIES = 3
TRIES = 3  # one that hangs leaves time for two more before the renew deadline
SILENT = 15  # deadlines and pauses for which no try may succeed before a restart is the cure
Object = dict[str, Any]


class LeaseApi(Protocol):
    """The part of `KubeApi` that the elector uses."""

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object | KubeFailure:
        """One object."""

    async def create(self, kind: Kind, namespace: str | None, body: Object) -> Object | KubeFailure:
        """A new object."""

    async def replace(
        self, kind: Kind, namespace: str | None, name: str, body: Object
    ) -> Object | KubeFailure:
        """The whole object, if it is still at the version it was read with."""


@dataclass(frozen=True, slots=True)
class Term:
    """One uninterrupted holding of the lease.

    `number` counts this process's own acquisitions; `acquired_at` is in seconds on `boottime`.
    `starts_settled`: the last holder released cleanly and said that nothing it sent can still take effect.
    `first_install`: there was no Lease; whether anything may be in flight is for the caller to find out.
    """

    number: int
    acquired_at: float
    starts_settled: bool
    first_install: bool


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """Seconds: a silent holder is respected so long; a holder gives up after; the pause between tries."""

    lease: float = 15.0
    renew_deadline: float = 10.0
    retry: float = 2.0


def identity(pod_name: str, pod_uid: str = "") -> str:
    """A holder name that no other process has, not even the next one of the same pod.

    With the pod's uid the next one can tell that the holder was of its own pod (`lease_record.of_one_pod`).
    """
    return "_".join([*filter(None, (pod_name, pod_uid)), secrets.token_hex(4)])


async def _nothing() -> None:
    """There is no connection to close."""


class Elector:
    """Tries to hold one Lease. Belongs to one event loop: one `run`, and a `release` after its end."""

    def __init__(
        self,
        api: LeaseApi,
        namespace: str,
        name: str,
        holder: str,
        *,
        times: LeaseTimes | None = None,
        clock: Callable[[], float] = boottime,
        afresh: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self.holder = holder
        self._afresh = afresh  # closes the connections of `api`, after a try that failed on one
        self._api = api
        self._namespace = namespace
        self._name = name
        self._times = times or LeaseTimes()
        self._clock = clock
        self._seen: record.Sighting | None = None
        self._ours: Object | None = None  # the Lease as our last write left it, until one is refused
        self._term: Term | None = None
        self._deadline = 0.0
        self._number = 0
        self._rest_until, self._rest_why = -math.inf, ""
        self._tried_at = self._heard_at = clock()
        self.tried = asyncio.Event()
        """Set once the first try has shown who leads, or failed."""
        self._on_started: Callable[[Term], None] = lambda term: None
        self._on_lost: Callable[[str], None] = lambda reason: None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def current(self) -> Term | None:
        """The term that runs now."""
        return self._term if self._term is not None and self._clock() < self._deadline else None

    def check(self, term: Term) -> str | None:
        """None while `term` is the current one and its renew deadline has not passed, else why not.

        Reads the clock and awaits nothing: call it right before a write. Deadlines only grow, so one that is
        read before the term is never that of a later term.
        """
        deadline, current = self._deadline, self._term
        if current is None or current.number != term.number:
            return "this lease term is over"
        if self._clock() >= deadline:
            return "the lease was not renewed in time"
        return None

    def stuck(self) -> str | None:
        """Why the elector makes no progress: no try, or for minutes none that the API server answered."""
        silence, once = self._clock() - self._tried_at, self._times.renew_deadline + self._times.retry
        if silence > TRIES * once:
            return f"no try at the lease for {silence:.0f} s"
        unheard = self._clock() - self._heard_at
        return f"no try at the lease has succeeded for {unheard:.0f} s" if unheard > SILENT * once else None

    async def run(self, on_started: Callable[[Term], None], on_lost: Callable[[str], None]) -> None:
        """Hold the lease whenever possible, for ever; `on_started` and `on_lost(reason)` come by turns.

        Cancelling leaves a term to its deadline.
        """
        self._on_started, self._on_lost = on_started, on_lost
        self._loop = asyncio.get_running_loop()
        while True:
            await self._rest()
            hung = await self._bounded_try()
            self.tried.set()
            self._expire()
            await asyncio.sleep(self._pause(hung))
            self._expire()

    def step_down(self, why: str, *, rest: float) -> None:
        """End the term soon and give the lease up, unsettled; try for it again only after `rest` seconds."""
        self._rest_why, self._rest_until = why, self._clock() + rest
        if self._loop:
            self._loop.call_soon_threadsafe(self._end, why)

    async def release(self, *, settled: bool) -> None:
        """End the term and let another replica take the lease at once. Call it after `run` has ended.

        `settled` says that nothing sent in this term, or before it, can still take effect.
        """
        if self._term is None:
            return
        settled = settled and self.current is not None
        self._term = None
        await self._give_up(settled)

    async def _rest(self) -> None:
        """After a step down: a try that was under way may have taken the lease once more."""
        if self._clock() >= self._rest_until:
            return
        self._end(self._rest_why)
        await self._give_up(settled=False)
        self._ours = None
        while (left := self._rest_until - self._clock()) > 0:
            self._tried_at = self._clock()
            await asyncio.sleep(min(left, self._times.retry))

    async def _give_up(self, settled: bool) -> None:
        for _ in range(RELEASE_TRIES):
            try:
                async with asyncio.timeout(self._times.retry):
                    again = await self._empty(settled)
            except TimeoutError:
                again = True
            if not again:
                return

    async def _bounded_try(self) -> bool:
        """One try, and whether it hung; whatever failed, the next one has a connection of its own."""
        self._tried_at = self._clock()
        remaining = self._deadline - self._tried_at if self._term else self._times.renew_deadline
        bound = min(remaining, self._times.renew_deadline / TRIES)
        try:
            async with asyncio.timeout(bound):  # if it was applied after all, versions will tell
                await self._try()
        except TimeoutError:
            log.warning("lease unreadable", extra=fields(reason=f"no answer within {bound:.1f} s"))
            await self._afresh()
            return True
        if self._heard_at < self._tried_at:
            await self._afresh()
        return False

    async def _try(self) -> None:
        """Renew what is ours, or look whether the lease can be taken."""
        started = self._clock()
        if self._ours is not None:
            body = record.claimed(self._ours, self.holder, self._times.lease)
            answer = await self._api.replace(LEASES, self._namespace, self._name, body)
            if not self._accepted(answer, started, settled=False, first=False):
                await self._look(self._clock())
            return
        await self._look(started)

    async def _look(self, started: float) -> None:
        lease = await self._api.get(LEASES, self._namespace, self._name)
        if not isinstance(lease, KubeFailure):
            self._heard_at = self._clock()
            await self._take(lease, started)
        elif lease.kind is KubeFailureKind.MISSING:
            self._heard_at = self._clock()
            self._end("the Lease is gone")
            await self._make(started)
        else:
            log.warning("lease unreadable", extra=fields(reason=lease.detail))

    async def _take(self, lease: Object, started: float) -> None:
        self._seen = record.noticed(self._seen, lease, self._clock())
        if not self._free():
            self._end(f"the lease is held by {record.holder(lease)}")
            return
        settled = record.says_settled(lease)
        body = record.claimed(lease, self.holder, self._times.lease)
        answer = await self._api.replace(LEASES, self._namespace, self._name, body)
        self._accepted(answer, started, settled=settled, first=False)

    async def _make(self, started: float) -> None:
        if self._seen is not None and not self._free():
            return  # somebody deleted it under a holder who may not know yet
        body = record.claimed(record.blank(self._namespace, self._name), self.holder, self._times.lease)
        answer = await self._api.create(LEASES, self._namespace, body)
        self._accepted(answer, started, settled=False, first=self._seen is None)

    def _accepted(self, answer: Object | KubeFailure, started: float, *, settled: bool, first: bool) -> bool:
        """Take note of a write: a success counts from the moment before it was sent."""
        if not isinstance(answer, KubeFailure) and not record.is_held(answer, self.holder):
            answer = unreachable("the answer is not our Lease")
        if isinstance(answer, KubeFailure):
            self._ours = None
            if answer.kind is not KubeFailureKind.CONFLICT:
                log.warning("lease not written", extra=fields(reason=answer.detail))
            return False
        self._ours, self._heard_at = answer, self._clock()
        self._seen = record.noticed(self._seen, answer, self._clock())
        self._expire()
        deadline = started + self._times.renew_deadline
        if self._clock() < deadline:
            self._deadline = deadline
            if self._term is None and self._clock() >= self._rest_until:
                self._begin(settled=settled, first=first)
        return True

    def _free(self) -> bool:
        """Whether nobody can still be leading by what the Lease says.

        A Lease that was emptied without the words of a release may be one under a holder who does not know
        yet: he takes it back, all others wait as if he held it.
        """
        seen = self._seen
        if seen is None or record.of_one_pod(seen.holder, self.holder) or record.is_released(seen.lease):
            return True
        if not seen.holder and self._term is not None:
            return True
        return self._clock() - seen.since >= seen.lasts(self._times.lease)

    def _begin(self, *, settled: bool, first: bool) -> None:
        self._number += 1
        self._term = Term(self._number, self._clock(), starts_settled=settled, first_install=first)
        log.info("lease acquired", extra=fields(term=self._number, holder=self.holder, settled=settled))
        self._on_started(self._term)

    def _expire(self) -> None:
        if self._clock() >= self._deadline:
            self._end("the lease was not renewed in time")

    def _end(self, reason: str) -> None:
        if self._term is not None:
            log.warning("lease lost", extra=fields(term=self._term.number, reason=reason))
            self._term = None
            self._on_lost(reason)

    def _pause(self, hung: bool) -> float:
        """Until the next try. Towards the deadline they come closer together: one at it is too late.

        A try that hung has taken the time of a pause already.
        """
        if hung and self._term is not None:
            return self._times.retry / 10
        pause = self._times.retry * random.uniform(0.8, 1.2)  # noqa: S311 - spreads tries, guards nothing
        if self._term is None:
            return pause
        remaining = max(0.001, self._deadline - self._clock())
        return min(pause, remaining, max(self._times.retry / 10, remaining / 2))

    async def _empty(self, settled: bool) -> bool:
        """Write an empty holder; True when it is worth another try."""
        lease = await self._api.get(LEASES, self._namespace, self._name)
        if isinstance(lease, KubeFailure):
            return lease.kind is KubeFailureKind.UNREACHABLE
        if record.holder(lease) != self.holder:
            return False
        body = record.released(lease, settled=settled)
        answer = await self._api.replace(LEASES, self._namespace, self._name, body)
        if not isinstance(answer, KubeFailure):
            log.info("lease released", extra=fields(holder=self.holder, settled=settled))
        return isinstance(answer, KubeFailure)
