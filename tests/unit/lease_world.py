"""A Lease behind a bad network, and the replicas that want it: in virtual time, from one seed."""

import asyncio
import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import Kind
from arcgis_operator.app.lease import Elector, LeaseTimes, Term

Object = dict[str, Any]
TIMES = LeaseTimes(lease=15.0, renew_deadline=10.0, retry=2.0)


class Store:
    """One Lease at the API server, with versions."""

    def __init__(self) -> None:
        self.lease: Object | None = None
        self.version = 0

    def get(self) -> Object | KubeFailure:
        return copy.deepcopy(self.lease) if self.lease else KubeFailure(KubeFailureKind.MISSING, "404", 404)

    def create(self, body: Object) -> Object | KubeFailure:
        return KubeFailure(KubeFailureKind.CONFLICT, "409", 409) if self.lease else self._keep(body)

    def replace(self, body: Object) -> Object | KubeFailure:
        if self.lease is None:
            return KubeFailure(KubeFailureKind.MISSING, "404", 404)
        if body["metadata"].get("resourceVersion") != str(self.version):
            return KubeFailure(KubeFailureKind.CONFLICT, "409", 409)
        return self._keep(body)

    def _keep(self, body: Object) -> Object:
        self.version += 1
        self.lease = copy.deepcopy(body)
        self.lease["metadata"]["resourceVersion"] = str(self.version)
        return copy.deepcopy(self.lease)

    @property
    def holder(self) -> str:
        return str((self.lease or {}).get("spec", {}).get("holderIdentity", ""))


@dataclass
class Network:
    """One replica's way to the store. Requests may arrive late, and answers may be lost or late.

    A request that its sender gave up is applied all the same. `delay` gives seconds for one way;
    None means never: a black hole.
    """

    store: Store
    delay: Callable[[], float | None] = lambda: 0.01
    failing: bool = False
    afresh: Callable[[], None] = lambda: None
    late: set["asyncio.Task[Object | KubeFailure]"] = field(default_factory=set)

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object | KubeFailure:
        return await self._carried(self.store.get)

    async def create(self, kind: Kind, namespace: str | None, body: Object) -> Object | KubeFailure:
        return await self._carried(lambda: self.store.create(body))

    async def replace(
        self, kind: Kind, namespace: str | None, name: str, body: Object
    ) -> Object | KubeFailure:
        return await self._carried(lambda: self.store.replace(body))

    async def _carried(self, action: Callable[[], Object | KubeFailure]) -> Object | KubeFailure:
        if self.failing:
            return KubeFailure(KubeFailureKind.UNREACHABLE, "connection refused")
        there = self.delay()
        if there is None:
            await asyncio.Event().wait()
            raise AssertionError
        applied = asyncio.create_task(self._apply(there, action))
        self.late.add(applied)
        applied.add_done_callback(self.late.discard)
        answer = await asyncio.shield(applied)
        back = self.delay()
        if back is None:
            await asyncio.Event().wait()
        await asyncio.sleep(back or 0.0)
        return answer

    async def _apply(self, delay: float, action: Callable[[], Object | KubeFailure]) -> Object | KubeFailure:
        await asyncio.sleep(delay)
        return action()


class Replica:
    """An elector with a network and a clock of its own; `rate` is how fast that clock runs."""

    def __init__(self, store: Store, name: str, rate: float = 1.0) -> None:
        self.network = Network(store)
        self.name = name
        self.rate = rate
        self.elector = Elector(
            self.network, "gis", "leader", name, times=TIMES, clock=self.clock, afresh=self._afresh
        )
        self.history: list[tuple[float, Term | str]] = []
        self.task: asyncio.Task[None] | None = None
        self.look: Callable[[], None] = lambda: None

    def clock(self) -> float:
        return asyncio.get_running_loop().time() * self.rate

    async def _afresh(self) -> None:
        self.network.afresh()

    def start(self) -> None:
        self.task = asyncio.create_task(self.elector.run(self._note, self._note))

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])

    @property
    def leads(self) -> bool:
        term = self.elector.current
        return term is not None and self.elector.check(term) is None

    @property
    def terms(self) -> list[Term]:
        return [what for _, what in self.history if isinstance(what, Term)]

    @property
    def losses(self) -> list[tuple[float, str]]:
        return [(at, what) for at, what in self.history if isinstance(what, str)]

    def _note(self, what: Term | str) -> None:
        self.look()
        self.history.append((asyncio.get_running_loop().time(), what))


def bad_ways(chance: random.Random) -> Callable[[], float | None]:
    """Mostly quick, at times slow for seconds, at times never."""

    def delay() -> float | None:
        kind = chance.random()
        if kind < 0.1:
            return None
        return chance.uniform(1.0, 20.0) if kind < 0.3 else chance.uniform(0.0, 0.5)

    return delay
