"""One cell: a kind of fault at a request, once, three times or until cleared. Then the judge is asked."""

import asyncio
import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cell_house import BASE, SERVICE, House, Trap, house, now
from fault_kinds import KUBERNETES, SITE

from harness import virtual_time
from harness.fault import Fault
from harness.history import Write, read
from harness.invariants import violations

SETTLES, JOB, QUIET, CLEARED = 15.0, 0.6, 60.0, 20.0
PERSISTENCE = {"once": 1.0, "3 times": 3.0, "until cleared": math.inf}
SITE_REQUESTS = ("token", "root", "mode", "jobs", "service", "edit", "job")
KUBE_REQUESTS = ("get", "list", "patch Intended", "patch Running", "patch Idle", "patch site", "lease",
                 "secret", "event")  # fmt: skip
SPARE_EDITS = {"applied twice by a middlebox": 1}
"""A middlebox that sends an edit again makes an edit that is not ours to prevent."""
OF_THE_MIDDLEBOX = ("I1 P1: ", "P2: ", "I2: ")
PAUSE = 30.0
"""A refused login is not tried again for so long: a site may lock the account. Nor does the operator wait
longer for the API server, whatever that asks for."""
ASKED_TO_WAIT = frozenset(["HTTP 429 with a huge pause"])
REFUSALS = frozenset(
    [f"HTTP {code}" for code in (400, 401, 403, 404, 405, 409, 410, 413, 422, 498, 499)]
    + [f"envelope {code}" for code in (400, 401, 403, 404, 409, 498, 499)]
)
FLOWS = {"create": 1}
"""How many edits a clean run takes."""


@dataclass(frozen=True, slots=True)
class Cell:
    flow: str
    peer: str
    kind: str
    request: str
    persistence: str

    def __str__(self) -> str:
        return f"{self.flow}: {self.kind} at {self.peer} {self.request}, {self.persistence}"

    @property
    def fault(self) -> Fault:
        return (SITE if self.peer == "site" else KUBERNETES)[self.kind]


def cells(peer: str, kind: str) -> Iterator[Cell]:
    """All cells of a kind."""
    requests = SITE_REQUESTS if peer == "site" else KUBE_REQUESTS
    for flow in FLOWS:
        for request in requests:
            for persistence in PERSISTENCE:
                cell = Cell(flow, peer, kind, request, persistence)
                if cell.fault.applies(request.partition(" ")[0]):
                    yield cell


def run(cell: Cell) -> list[str] | None:
    """What is broken; None when the fault never occurred: that is no cell."""
    return virtual_time.run(_run(cell))


async def _run(cell: Cell) -> list[str] | None:
    with house() as place:
        trap = Trap(f"{cell.peer} {cell.request}", 1, PERSISTENCE[cell.persistence], cell.fault)
        before = document(place)
        if cell.flow == "create":
            place.traps.append(trap)
        async with place.running():
            place.declare("wanted 1")
            if cell.flow == "update":
                assert await place.until(place.ready, SETTLES), place.condition()
                place.traps.append(trap)
                place.declare("wanted 2")
            last = await _faulty(place, trap)
            if not trap.hits:
                return None
            spare = SPARE_EDITS.get(cell.kind, 0)
            refused = cell.request == "token" and cell.kind in REFUSALS
            limit = SETTLES + (PAUSE if refused or cell.kind in ASKED_TO_WAIT else 0.0)
            broken = await judged(place, before, last, FLOWS[cell.flow], spare, limit)
            return [one for one in broken if not (spare and one.startswith(OF_THE_MIDDLEBOX))]


async def _faulty(place: House, trap: Trap) -> float:
    """Until the last fault is over; when that was."""
    if math.isinf(trap.times):
        await asyncio.sleep(CLEARED)
        place.traps.clear()
        return now()
    await place.until(lambda: trap.hits >= trap.times or place.ready(), CLEARED)
    place.traps.clear()
    return now()


async def judged(
    place: House, before: dict[str, object], last: float, edits: int, spare: int = 0, limit: float = SETTLES
) -> list[str]:
    """Settled in time, quiet afterwards, no rule broken, and as many edits as without faults."""
    await place.until(lambda: place.ready() or place.stalled(), limit + JOB)
    if place.stalled():  # it says why: a person asks again
        place.ask_again()
        last = now()
        await place.until(place.ready, limit + JOB)
    if not place.ready():
        return [f"not settled {now() - last:.1f} s after the last fault: {place.condition()}"]
    await asyncio.sleep(3.0)  # counts on the site follow a moment later
    writes, accepted = len(place.own_writes()), len(place.edits())
    await asyncio.sleep(QUIET)
    place.alive()
    broken = violations(_history(place, before))
    if len(place.own_writes()) != writes or len(place.edits()) != accepted:
        broken.append(f"not quiet: {place.own_writes()[writes:]}")
    if not edits <= len(place.edits()) <= edits + spare:
        broken.append(f"{len(place.edits())} edits instead of {edits}")
    return broken


def document(place: House) -> dict[str, object]:
    found = place.world.catalogue.find("", SERVICE)
    assert found is not None
    return copy.deepcopy(found.document)


def _history(place: House, before: dict[str, object]):  # type: ignore[no-untyped-def]
    wanted = place.store.objects[place.service_path]["spec"]["settings"]
    history = read(
        place.journal(),
        (),
        SERVICE,
        "gitops",
        before=before,
        after=document(place),
        wanted={**before, **wanted},
        secrets=("right",),
    )
    return replace(history, writes=tuple(_writes(place)))


def _writes(place: House) -> Iterator[Write]:
    for at, path, code, body in place.own_writes():
        if path.startswith(place.service_path):
            known = body if code < 300 else {}
            metadata = known.get("metadata", {})
            yield Write(
                BASE.timestamp() + at,
                metadata.get("uid", ""),
                "fire",
                "status" if path.endswith("/status") else "",
                code,
                metadata.get("generation", 0),
                known.get("status") or {},
            )
