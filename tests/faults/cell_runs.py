"""One cell: a kind of fault at a request, once, three times or until cleared. Then the judge is asked."""

import asyncio
import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from cell_clock import BASE, now
from cell_house import PASSWORD, SERVICE, USERNAME, House, house
from cell_player import OTHER_PASSWORD, HousePlayer
from cell_wire import Trap
from fault_kinds import KUBERNETES, SITE

from harness import virtual_time
from harness.fault import Fault
from harness.flows import FLOWS, Flow
from harness.history import Write, read
from harness.invariants import violations

SETTLES, JOB, QUIET, CLEARED = 15.0, 0.6, 60.0, 20.0
PERSISTENCE = {"once": 1.0, "3 times": 3.0, "until cleared": math.inf}
NEW = "create"
"""The flow in which each fault is tried in each way, from the start of the operator on."""
SITE_REQUESTS = ("token", "root", "mode", "jobs", "service", "edit", "job")
KUBE_REQUESTS = ("get", "list", "patch Intended", "patch Running", "patch Idle", "patch site", "lease",
                 "secret", "event")  # fmt: skip
SECOND = {"site": ("jobs", "service"), "kube": ("get", "lease")}
"""Of these the second one gets its faults as well."""
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
    nth: int = 1

    def __str__(self) -> str:
        which = f"{self.request} {self.nth}" if self.nth > 1 else self.request
        return f"{self.flow}: {self.kind} at {self.peer} {which}, {self.persistence}"

    @property
    def fault(self) -> Fault:
        return (SITE if self.peer == "site" else KUBERNETES)[self.kind]


def cells(peer: str, kind: str) -> Iterator[Cell]:
    """All cells of a kind: of the first flow in each persistence, of the others in one of them, in turn."""
    requests = SITE_REQUESTS if peer == "site" else KUBE_REQUESTS
    places = [*((one, 1) for one in requests), *((one, 2) for one in SECOND[peer])]
    for turn, (flow, (request, nth)) in enumerate(product(FLOWS, places), len(kind)):
        for number, persistence in enumerate(PERSISTENCE):
            cell = Cell(flow, peer, kind, request, persistence, nth)
            wanted = flow == NEW or turn % len(PERSISTENCE) == number
            if wanted and cell.fault.applies(request.partition(" ")[0]):
                yield cell


def run(cell: Cell) -> list[str] | None:
    """What is broken; None when the fault never occurred: that is no cell."""
    return virtual_time.run(_run(cell))


async def _run(cell: Cell) -> list[str] | None:
    flow = FLOWS[cell.flow]
    trap = Trap(f"{cell.peer} {cell.request}", cell.nth, PERSISTENCE[cell.persistence], cell.fault)
    with house() as place:
        player, before = HousePlayer(place), document(place)
        if cell.flow == NEW:
            place.traps.append(trap)
        async with place.running():
            for step in flow.before:
                await player.play(step)
            if cell.flow != NEW:
                place.traps.append(trap)
            for step in flow.then:
                await player.play(step)
            last = await _faulty(place, trap, flow)
            if not trap.hits:
                return None
            spare = SPARE_EDITS.get(cell.kind, 0)
            refused = cell.request == "token" and cell.kind in REFUSALS
            limit = SETTLES + (PAUSE if refused or cell.kind in ASKED_TO_WAIT else 0.0)
            broken = await judged(place, before, last, flow, spare, limit)
            return [one for one in broken if not (spare and one.startswith(OF_THE_MIDDLEBOX))]


async def _faulty(place: House, trap: Trap, flow: Flow) -> float:
    """Until the last fault is over; when that was."""
    if math.isinf(trap.times):
        await asyncio.sleep(CLEARED)
    else:
        await place.until(lambda: trap.hits >= trap.times or settled(place, flow), CLEARED)
    place.traps.clear()
    return now()


def settled(place: House, flow: Flow) -> bool:
    """As a clean run ends, with all its edits: a drift that nobody has seen yet is Ready, too."""
    there = place.gone() if flow.gone else place.ready()
    return there and place.site_ready() and place.counted() and len(place.edits()) >= len(flow.edits)


async def judged(
    place: House, before: dict[str, object], last: float, flow: Flow, spare: int = 0, limit: float = SETTLES
) -> list[str]:
    """Settled in time, quiet afterwards, no rule broken, and as many edits as without faults.

    A site may say once more how it is; what is settled of the service is not written again.
    """
    await place.until(lambda: settled(place, flow) or place.stalled(), limit + JOB)
    if place.stalled():  # it says why: a person asks again
        place.ask_again()
        last = now()
        await place.until(lambda: settled(place, flow), limit + JOB)
    at_rest = now()
    await place.until(lambda: now() - place.last_write() >= QUIET, last + limit + JOB + QUIET - now())
    place.alive()
    if not settled(place, flow):
        return [f"not settled {now() - last:.1f} s after the last fault: {place.condition()}"]
    broken = violations(_history(place, before))
    written = max(place.last_write(), place.last_edit()) - last
    if written > limit + JOB:
        broken.append(f"not quiet {written:.1f} s after the last fault")
    broken += _needless(place, at_rest)
    if not len(flow.edits) <= len(place.edits()) <= len(flow.edits) + spare:
        broken.append(f"{len(place.edits())} edits instead of {len(flow.edits)}")
    return broken


def _needless(place: House, at_rest: float) -> Iterator[str]:
    """Writes to the service after it was settled, of which there should be none."""
    writes = [at - at_rest for at, path, *_ in place.own_writes() if path.startswith(place.service_path)]
    if late := [after for after in writes if after > 0]:
        yield f"written {len(late)} times more, {late[-1]:.1f} s after it was settled"


def document(place: House) -> dict[str, object]:
    return copy.deepcopy(place.service().document)


def _history(place: House, before: dict[str, object]):  # type: ignore[no-untyped-def]
    history = read(
        place.journal(),
        (),
        SERVICE,
        USERNAME,
        before=before,
        after=document(place),
        wanted={**before, "description": place.wanted},
        secrets=(PASSWORD, OTHER_PASSWORD),
        gone=frozenset(["fire"] if place.gone() else []),
    )
    return replace(history, writes=tuple(_writes(place)))


def _writes(place: House) -> Iterator[Write]:
    for at, path, code, body in place.own_writes():
        _, _, rest = path.partition("/arcgisservices/")
        name, _, subresource = rest.partition("/")
        if name:
            known = body if code < 300 else {}
            metadata = known.get("metadata", {})
            yield Write(
                BASE.timestamp() + at,
                metadata.get("uid", ""),
                name,
                subresource,
                code,
                metadata.get("generation", 0),
                known.get("status") or {},
            )
