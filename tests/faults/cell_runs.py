"""One cell: a flow, and a kind of fault at one of its requests, once, three times or until cleared.

A new resource, one that waits at a gate, one that is started or stopped: what else may be under way when a
fault comes is for the scenes of `tests/pairs`, which draw the same faults. Then the judge is asked.
"""

import asyncio
import copy
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from cell_clock import BASE, now
from cell_house import SERVICE, USERNAME, House, house
from cell_player import HousePlayer
from cell_wire import Trap
from fault_kinds import KUBERNETES, SITE

from arcgis_operator.adapters.admin import WINDOW_SECONDS
from arcgis_operator.sites.mode import MODE_SECONDS
from harness import virtual_time
from harness.canaries import told
from harness.fault import Fault
from harness.flows import CREATE, FLOWS, GATED, RUN_STATES, Flow
from harness.history import Write, read
from harness.invariants import violations

SETTLES, JOB, QUIET, CLEARED = 15.0, 0.6, 60.0, 20.0
PERSISTENCE = {"once": 1.0, "3 times": 3.0, "until cleared": math.inf}
PLAYED: Mapping[str, Flow] = {CREATE: FLOWS[CREATE], **GATED, **RUN_STATES}
"""In the first one each fault is tried in each way, from the start of the operator on."""
FAULTS = {"site": SITE, "kube": KUBERNETES}
EVERY = 10
"""Of the cells of the other flows: coprime with the persistences, so that all of them come."""
SITE_REQUESTS = ("token", "root", "mode", "jobs", "service", "edit", "job")
KUBE_REQUESTS = ("get", "list", "patch Intended", "patch Running", "patch Idle", "patch site", "lease",
                 "secret", "event")  # fmt: skip
SECOND = {"site": ("jobs", "service"), "kube": ("get", "lease")}
"""Of these the second one gets its faults as well."""
SPARE_EDITS = {"applied twice by a middlebox": 1}
"""A middlebox that sends an edit again makes an edit that is not ours to prevent."""
OF_THE_MIDDLEBOX = ("I1 P1: ", "P2: ", "I2: ")
PAUSE = 30.0
"""So long the operator waits at most for the API server, whatever that asks for."""
LOGIN_PAUSE = WINDOW_SECONDS + 5
"""A login that may have been refused twice is not tried again for so long: a site may lock the account."""
ASKED_TO_WAIT = frozenset(["HTTP 429 with a huge pause"])
SECOND_PAUSE = 10.0
"""Until the third attempt at an edit: two were refused by a site that did not say that it is read-only."""
REFUSED = frozenset(f"HTTP {code}" for code in (400, 403, 413, 422))
"""What the API server refuses is written again at growing pauses, up to `PAUSE`."""


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
    def waits(self) -> bool:
        """For what the other side asked for, or refused to store."""
        return self.kind in ASKED_TO_WAIT or (self.kind in REFUSED and self.request.startswith("patch"))

    @property
    def fault(self) -> Fault:
        return FAULTS[self.peer][self.kind]


def cells(peer: str, kind: str) -> Iterator[Cell]:
    """All cells of a kind: of the first flow in each persistence, of the others a tenth of these, in turn."""
    combined = product(_places(peer), PERSISTENCE)
    for turn, ((flow, request, nth), persistence) in enumerate(combined, list(FAULTS[peer]).index(kind)):
        cell = Cell(flow, peer, kind, request, persistence, nth)
        if (flow == CREATE or turn % EVERY == 0) and cell.fault.applies(request.partition(" ")[0]):
            yield cell


def _places(peer: str) -> Iterator[tuple[str, str, int]]:
    """The flows, and the requests at which each meets a fault: which, and the how manyth."""
    for name, flow in PLAYED.items():
        for request in (*SITE_REQUESTS, *sorted({*flow.runs})) if peer == "site" else KUBE_REQUESTS:
            yield name, request, 1
        yield from ((name, request, 2) for request in SECOND[peer])


def run(cell: Cell) -> list[str] | None:
    """What is broken; None when the fault never occurred: that is no cell."""
    return virtual_time.run(_run(cell))


async def _run(cell: Cell) -> list[str] | None:
    trap = Trap(f"{cell.peer} {cell.request}", cell.nth, PERSISTENCE[cell.persistence], cell.fault)
    flow = PLAYED[cell.flow]
    with house() as place:
        player, before = HousePlayer(place), document(place)
        async with place.running():
            await _play(player, flow.before)
            place.traps.append(trap)
            acting = asyncio.create_task(_play(player, flow.then))
            last = await _faulty(place, trap, len(flow.operations))
            if not trap.hits:
                return None
            spare = SPARE_EDITS.get(cell.kind, 0)
            limit = SETTLES + (PAUSE if cell.waits else 0.0)
            limit += LOGIN_PAUSE if cell.request == "token" else 0.0
            if "open_site" in flow.then:
                limit += MODE_SECONDS + (SECOND_PAUSE if cell.request == "mode" else 0.0)
            broken = await judged(place, before, last, len(flow.operations), spare, limit)
            if not broken:
                await acting
                broken += _in_another_order(place, flow, spare)
            return [one for one in broken if not (spare and one.startswith(OF_THE_MIDDLEBOX))]


async def _play(player: HousePlayer, steps: tuple[str, ...]) -> None:
    for step in steps:
        await player.play(step)


async def _faulty(place: House, trap: Trap, edits: int) -> float:
    """Until the last fault is over; when that was."""
    if math.isinf(trap.times):
        await asyncio.sleep(CLEARED)
    else:
        await place.until(lambda: trap.hits >= trap.times or settled(place, edits), CLEARED)
    place.traps.clear()
    return now()


def settled(place: House, edits: int) -> bool:
    """As a clean run ends, with all its edits, starts and stops."""
    return place.converged() and place.closed() and place.counted() and len(place.edits()) >= edits


async def judged(
    place: House, before: dict[str, object], last: float, edits: int, spare: int = 0, limit: float = SETTLES
) -> list[str]:
    """Settled in time, quiet afterwards, no rule broken, and as many edits as without faults.

    A site may say once more how it is; what is settled of the service is not written again.
    """
    await place.until(lambda: settled(place, edits) or place.stalled(), limit + JOB)
    if place.stalled():  # it says why: a person asks again
        place.ask_again()
        last = now()
        await place.until(lambda: settled(place, edits), limit + JOB)
    at_rest = now()
    await place.until(lambda: now() - place.last_write() >= QUIET, last + limit + JOB + QUIET - now())
    place.alive()
    if not settled(place, edits):
        return [f"not settled {now() - last:.1f} s after the last fault: {place.condition()}"]
    broken = violations(_history(place, before))
    written = max(place.last_write(), place.last_edit()) - last
    if written > limit + JOB:
        broken.append(f"not quiet {written:.1f} s after the last fault")
    broken += _needless(place, at_rest)
    broken += _told_in_events(place)
    if not edits <= len(place.edits()) <= edits + spare:
        broken.append(f"{len(place.edits())} edits instead of {edits}")
    return broken


def _in_another_order(place: House, flow: Flow, spare: int) -> Iterator[str]:
    """Of what was sent, but for what a middlebox sends."""
    sent = [one["operation"] for one in place.edits()]
    if not spare and sent != flow.operations:
        yield f"{sent} instead of {flow.operations}"


def _needless(place: House, at_rest: float) -> Iterator[str]:
    """Writes to the service after it was settled, of which there should be none."""
    writes = [at - at_rest for at, path, *_ in place.own_writes() if path.startswith(place.service_path)]
    if late := [after for after in writes if after > 0]:
        yield f"written {len(late)} times more, {late[-1]:.1f} s after it was settled"


def _told_in_events(place: House) -> Iterator[str]:
    told_of = json.dumps([body for _, path, _, body in place.store.writes if "/events" in path])
    if told(told_of, place.secrets):
        yield "I7: a secret is in an event"


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
        wanted={**before, "description": place.wanted, **place.state()},
        secrets=place.secrets,
        gone=frozenset(),
    )
    return replace(history, writes=tuple(_writes(place)))


def _writes(place: House) -> Iterator[Write]:
    for at, path, code, body in place.own_writes():
        _, _, rest = path.partition("/arcgisservices/")
        name, _, subresource = rest.partition("/")
        if path.startswith(place.service_path):
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
