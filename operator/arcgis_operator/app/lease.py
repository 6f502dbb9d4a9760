"""Which replica may act: an elector on a `coordination.k8s.io` Lease, and the terms it hands out.

A term ends for its holder (renew deadline) well before anybody else may take the lease (lease time). Both
are counted on a clock that runs while the machine sleeps; times written by others are never compared with it.
What may be sent in a term is decided elsewhere, with `Elector.check`. What the Lease holds: `lease_record`.
"""

import asyncio
import contextlib
import logging
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import LEASES, Kind
from arcgis_operator.app import lease_record as record
from arcgis_operator.telemetry.logs import fields

log = logging.getLogger(__name__)

RELEASE_TRIES = 3
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


def boottime() -> float:
    """Seconds on a clock that also runs while the machine sleeps, where there is one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def identity(pod_name: str) -> str:
    """A holder name that no other process has, not even the next one of the same pod."""
    return f"{pod_name}_{secrets.token_hex(4)}"


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
    ) -> None:
        self.holder = holder
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
        self._tried_at = clock()
        self.tried = asyncio.Event()
        """Set once the first try has shown who leads, or failed."""
        self._on_started: Callable[[Term], None] = lambda term: None
        self._on_lost: Callable[[str], None] = lambda reason: None

    @property
    def current(self) -> Term | None:
        """The term that runs now."""
        return self._term if self._term is not None and self._clock() < self._deadline else None

    def check(self, term: Term) -> str | None:
        """None while `term` is the current one and its renew deadline has not passed, else why not.

        Reads the clock and awaits nothing: call it right before a write.
        """
        if self._term is None or self._term.number != term.number:
            return "this lease term is over"
        if self._clock() >= self._deadline:
            return "the lease was not renewed in time"
        return None

    def stuck(self) -> str | None:
        """Why the elector makes no progress, whatever the answers; None while it tries."""
        silence = self._clock() - self._tried_at
        limit = 3 * (self._times.renew_deadline + self._times.retry)
        return f"no try at the lease for {silence:.0f} s" if silence > limit else None

    async def run(self, on_started: Callable[[Term], None], on_lost: Callable[[str], None]) -> None:
        """Hold the lease whenever possible, for ever; `on_started` and `on_lost(reason)` come by turns.

        Cancelling leaves a term to its deadline.
        """
        self._on_started, self._on_lost = on_started, on_lost
        while True:
            self._tried_at = self._clock()
            remaining = self._deadline - self._tried_at if self._term else self._times.renew_deadline
            with contextlib.suppress(TimeoutError):  # if it was applied after all, versions will tell
                async with asyncio.timeout(remaining):
                    await self._try()
            self.tried.set()
            self._expire()
            await asyncio.sleep(self._pause())
            self._expire()

    async def release(self, *, settled: bool) -> None:
        """End the term and let another replica take the lease at once. Call it after `run` has ended.

        `settled` says that nothing sent in this term, or before it, can still take effect.
        """
        if self._term is None:
            return
        settled = settled and self.current is not None
        self._term = None
        for _ in range(RELEASE_TRIES):
            try:
                async with asyncio.timeout(self._times.retry):
                    again = await self._empty(settled)
            except TimeoutError:
                again = True
            if not again:
                return

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
            await self._take(lease, started)
        elif lease.kind is KubeFailureKind.MISSING:
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
        if isinstance(answer, KubeFailure):
            self._ours = None
            if answer.kind is not KubeFailureKind.CONFLICT:
                log.warning("lease not written", extra=fields(reason=answer.detail))
            return False
        self._ours = answer
        self._seen = record.noticed(self._seen, answer, self._clock())
        self._expire()
        deadline = started + self._times.renew_deadline
        if self._clock() < deadline:
            self._deadline = deadline
            if self._term is None:
                self._begin(settled=settled, first=first)
        return True

    def _free(self) -> bool:
        seen = self._seen
        if seen is None or seen.holder in ("", self.holder):
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

    def _pause(self) -> float:
        """Until the next try. Towards the deadline they come closer together: one at it is too late."""
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
