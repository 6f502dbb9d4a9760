"""One cell: a kind of fault at a request, once, three times or until cleared. Then the judge is asked."""

import asyncio
import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from cell_flows import FLOWS, OTHER_PASSWORD
from cell_house import BASE, PASSWORD, SERVICE, USERNAME, House, Trap, house, now
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
    """All cells of a kind: of the first flow in each persistence, of the others in one of them, in turn."""
    requests = SITE_REQUESTS if peer == "site" else KUBE_REQUESTS
    for turn, (flow, request) in enumerate(product(FLOWS, requests), len(kind)):
        for number, persistence in enumerate(PERSISTENCE):
            cell = Cell(flow, peer, kind, request, persistence)
            wanted = FLOWS[flow].cold or turn % len(PERSISTENCE) == number
            if wanted and cell.fault.applies(request.partition(" ")[0]):
                yield cell


def run(cell: Cell) -> list[str] | None:
    """What is broken; None when the fault never occurred: that is no cell."""
    return virtual_time.run(_run(cell))


async def _run(cell: Cell) -> list[str] | None:
    flow = FLOWS[cell.flow]
    trap = Trap(f"{cell.peer} {cell.request}", 1, PERSISTENCE[cell.persistence], cell.fault)
    with house() as place:
        before = document(place)
        if flow.cold:
            place.traps.append(trap)
        async with place.running():
            await flow.prepare(place)
            if not flow.cold:
                place.traps.append(trap)
            flow.act(place)
            last = await _faulty(place, trap, flow.edits)
            if not trap.hits:
                return None
            spare = SPARE_EDITS.get(cell.kind, 0)
            refused = cell.request == "token" and cell.kind in REFUSALS
            limit = SETTLES + (PAUSE if refused or cell.kind in ASKED_TO_WAIT else 0.0)
            broken = await judged(place, before, last, flow.edits, spare, limit)
            return [one for one in broken if not (spare and one.startswith(OF_THE_MIDDLEBOX))]


async def _faulty(place: House, trap: Trap, edits: int) -> float:
    """Until the last fault is over; when that was."""
    if math.isinf(trap.times):
        await asyncio.sleep(CLEARED)
    else:
        await place.until(lambda: trap.hits >= trap.times or settled(place, edits), CLEARED)
    place.traps.clear()
    return now()


def settled(place: House, edits: int) -> bool:
    """Ready, and with all the edits of a clean run: a drift that nobody has seen yet is Ready, too."""
    return place.ready() and len(place.edits()) >= edits


async def judged(
    place: House, before: dict[str, object], last: float, edits: int, spare: int = 0, limit: float = SETTLES
) -> list[str]:
    """Settled in time, quiet afterwards, no rule broken, and as many edits as without faults."""
    await place.until(lambda: settled(place, edits) or place.stalled(), limit + JOB)
    if place.stalled():  # it says why: a person asks again
        place.ask_again()
        last = now()
        await place.until(lambda: settled(place, edits), limit + JOB)
    if not settled(place, edits):
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
    return copy.deepcopy(place.service().document)


def _history(place: House, before: dict[str, object]):  # type: ignore[no-untyped-def]
    wanted = place.store.objects[place.service_path]["spec"]["settings"]
    history = read(
        place.journal(),
        (),
        SERVICE,
        USERNAME,
        before=before,
        after=document(place),
        wanted={**before, **wanted},
        secrets=(PASSWORD, OTHER_PASSWORD),
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
